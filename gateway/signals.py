"""The signals of risk: each a name, a weight and a rule. `risk` combines them.

Strengths are those measured in headless Chromium, stealth plug-ins and real browsers; every rule
here is known to lawful scripts too, so none is trusted to stop one that takes trouble: cost, use
limits and counts do. What is absent is innocent: no trace (a keyboard), no client hints (plain
http), another browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from gateway.model import JSON
from gateway.trace import ABSENT, Features

TOOL_HASHES_PER_S = 20e6  # several browser threads reach a third of it
HASTE_S: Final = {"one_click": 0.35, "slider": 0.6}  # page shown, seen, hand there
SCRIPTED_FROM = 0.5  # `gateway.hand.model.THRESHOLD`; some one in a hundred hands lie above
BUSY_FROM, BUSY_AT = 30, 300  # answers from one prefix in the window: doubt begins, is full

_TOOLS = re.compile(
    r"^$|python|curl/|wget|httpx|aiohttp|go-http-client|okhttp|java/|libwww|scrapy|ruby|node-fetch|axios|"
    r"phantomjs|guzzle|^mozilla/5\.0$",
    re.IGNORECASE,
)
_VERSION = re.compile(r"(Chrome|Firefox)/(\d{1,4})\b")
_HINT = re.compile(r'"(?:Chromium|Google Chrome)";v="(\d{1,4})"')
_PLATFORMS: Final = {
    "Windows": "Windows NT",
    "macOS": "Macintosh",
    "Android": "Android",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rules look at. An answer's parts are absent while a request is scored."""

    headers: Mapping[str, str]
    https: bool
    recent: int = 0
    kind: str = ""
    elapsed_s: float = -1.0  # from the ticket's issue; negative: unknown
    work: int = 0  # the number found
    moved: bool = False  # asked elsewhere than answered
    stepped: bool = False  # by keys or taps, it says
    hand: Features = ABSENT
    scripted: float | None = None  # of the pointer's paths, 0 to 1; None: there are none
    reported: Mapping[str, JSON] = field(default_factory=dict)
    silent: bool = False  # the page's own report is missing

    @property
    def agent(self) -> str:
        return self.headers.get("user-agent", "")

    def count(self, name: str) -> float:
        """A reported number; 0 for anything else, NaN and infinities included."""
        value = self.reported.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return 0.0
        return float(value) if abs(value) <= 1e9 else 0.0

    def pair(self, name: str) -> tuple[float, float]:
        value = self.reported.get(name)
        if not isinstance(value, list) or len(value) != 2:
            return (0.0, 0.0)
        inner = Seen({}, False, reported={"0": value[0], "1": value[1]})
        return (inner.count("0"), inner.count("1"))


@dataclass(frozen=True, slots=True)
class Rule:
    """One signal: the risk it carries alone, what it means, how it is seen."""

    weight: float
    doc: str
    see: Callable[[Seen], float | bool]


def _claims_browser(seen: Seen) -> bool:
    return seen.agent.startswith(("Mozilla/", "Opera/"))


def _major(seen: Seen) -> tuple[str, int]:
    found = _VERSION.search(seen.agent)
    return (found[1], int(found[2])) if found else ("", 0)


def _lacks_fetch_metadata(seen: Seen) -> bool:
    """Sent over https by Chrome since 76 and Firefox since 90; not asked of others."""
    name, major = _major(seen)
    modern = (name == "Chrome" and major >= 80) or (name == "Firefox" and major >= 90)
    return seen.https and modern and "sec-fetch-site" not in seen.headers


def _hints_disagree(seen: Seen) -> bool:
    hint = _HINT.search(seen.headers.get("sec-ch-ua", ""))
    return hint is not None and _major(seen) != ("Chrome", int(hint[1]))


def _platform_disagrees(seen: Seen) -> bool:
    named = seen.headers.get("sec-ch-ua-platform", "").strip('"')
    return named in _PLATFORMS and _PLATFORMS[named] not in seen.agent


def _busy(seen: Seen) -> float:
    return min(max((seen.recent - BUSY_FROM) / (BUSY_AT - BUSY_FROM), 0.0), 1.0)


def _hasty(seen: Seen) -> bool:
    """A clock that jumped back is no haste."""
    return 0.0 <= seen.elapsed_s < HASTE_S.get(seen.kind, 0.0)


def _tireless(seen: Seen) -> bool:
    return 0.0 <= seen.elapsed_s < seen.work / TOOL_HASHES_PER_S


def _flat(seen: Seen) -> bool:
    return seen.count("pressed") >= 1 and seen.count("flat") >= seen.count("pressed")


def _between_pixels(seen: Seen) -> bool:
    """A mouse rests on whole device pixels; touch and zoomed pages do not."""
    mouse = seen.count("dpr") == 1 and seen.count("touch_points") == 0
    return (
        mouse and seen.count("moved") >= 10 and seen.count("fractional") > 0.9 * seen.count("moved")
    )


def _oversized(seen: Seen) -> bool:
    (width, height), (most_wide, most_high) = seen.pair("outer"), seen.pair("screen")
    known = most_wide > 0 and most_high > 0 and seen.count("touch_points") == 0
    return known and (width > 1.2 * most_wide or height > 1.2 * most_high)


def _no_pointer(seen: Seen) -> bool:
    """A desktop browser that knows of no pointing device, though something pointed."""
    none = seen.reported.get("fine") is False and seen.reported.get("hover") is False
    return none and seen.count("touch_points") == 0 and seen.hand.presses > 0


def _ruled(seen: Seen) -> bool:
    """Straight to a tenth of a pixel and even in step or pace: a ruler, not a hand."""
    drag = seen.hand.drag
    if drag is None or drag.moves < 8 or not drag.length > 0.05:
        return False
    return drag.bend < 2e-4 and min(drag.step_cv, drag.pace_cv) < 0.1


def _scripted(seen: Seen) -> float:
    """From the model's threshold upwards: below it paths say nothing, for or against."""
    if seen.scripted is None:
        return 0.0
    beyond = (seen.scripted - SCRIPTED_FROM) / (1 - SCRIPTED_FROM)
    return min(max(beyond, 0.0), 1.0) if beyond == beyond else 1.0  # NaN is no innocence


def _jumped(seen: Seen) -> bool:
    """Dragged in next to no moves. Keys and taps on the step button drag nothing."""
    dragged = seen.kind == "slider" and seen.hand.presses > 0 and not seen.stepped
    return dragged and seen.count("touch_points") == 0 and seen.hand.moves < 3


# What a request tells by itself; the same visitor's requests tell the same.
OF_REQUESTS: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "agent_headless": Rule(
            0.95, "the User-Agent says HeadlessChrome", lambda s: "HeadlessChrome" in s.agent
        ),
        "agent_tool": Rule(
            0.7,
            "the User-Agent is missing or that of a library or tool",
            lambda s: bool(_TOOLS.search(s.agent)),
        ),
        "no_language": Rule(
            0.35,
            "claims to be a browser but sends no Accept-Language",
            lambda s: _claims_browser(s) and "accept-language" not in s.headers,
        ),
        "no_encoding": Rule(
            0.15,
            "claims to be a browser but accepts no compression",
            lambda s: _claims_browser(s) and "gzip" not in s.headers.get("accept-encoding", ""),
        ),
        "no_fetch_metadata": Rule(
            0.5,
            "a modern Chrome or Firefox over https without Sec-Fetch-Site",
            _lacks_fetch_metadata,
        ),
        "hints_disagree": Rule(
            0.6, "Sec-CH-UA names another version than the User-Agent", _hints_disagree
        ),
        "platform_disagrees": Rule(
            0.4, "Sec-CH-UA-Platform names another system than the User-Agent", _platform_disagrees
        ),
        "prefix_busy": Rule(
            0.5, f"{BUSY_FROM} to {BUSY_AT} answers from the same prefix of late", _busy
        ),
    }
)

# What an answer tells beside.
OF_ANSWERS: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "address_changed": Rule(
            0.2, "asked at one address prefix, answered from another", lambda s: s.moved
        ),
        "too_fast": Rule(0.6, "answered before a hand could have", _hasty),
        "work_too_fast": Rule(0.6, "the work was done faster than browsers can", _tireless),
        "reported_nothing": Rule(
            0.95, "the report that our page always sends is missing", lambda s: s.silent
        ),
        "webdriver": Rule(
            0.95, "navigator.webdriver is true", lambda s: s.reported.get("webdriver") is True
        ),
        "automation": Rule(
            0.95,
            "names that automation leaves in the page (cdc_, __playwright, __puppeteer)",
            lambda s: s.reported.get("automation") is True,
        ),
        "untrusted_events": Rule(
            0.7, "input events made by a script of the page", lambda s: s.count("untrusted") >= 1
        ),
        "flat_press": Rule(0.7, "every press of mouse or pen had no pressure", _flat),
        "between_pixels": Rule(
            0.5, "a mouse that moved between device pixels nine times of ten", _between_pixels
        ),
        "window_oversized": Rule(0.45, "a window larger than its screen", _oversized),
        "no_pointer": Rule(0.35, "pressed by pointer where the browser knows of none", _no_pointer),
        "trace_malformed": Rule(
            0.5, "a trace that our page never sends", lambda s: s.hand.malformed
        ),
        "trace_disordered": Rule(
            0.5, "a trace whose clock runs backwards", lambda s: s.hand.disordered > 0
        ),
        "scripted_hand": Rule(
            0.5, "the pointer's paths look like a script's, by the model of gateway/hand", _scripted
        ),
        "ruled_drag": Rule(0.6, "a drag perfectly straight and even", _ruled),
        "jumped_drag": Rule(0.5, "a drag by mouse with next to no moves", _jumped),
    }
)

SIGNALS: Final[Mapping[str, Rule]] = MappingProxyType({**OF_REQUESTS, **OF_ANSWERS})
