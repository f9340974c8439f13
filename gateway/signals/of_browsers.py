"""What the page found of its browser: parts that disagree, patches, drivers at work.

`templates/probe.js` sends verdicts and words from short lists; here they are weighed, and compared
with the request's own headers, which no script of the page can change. People's add-ons patch
their browsers too, and virtual machines draw in software: most of this only adds up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.signals.rules import Rule, Seen

_BRAND: Final = re.compile(r'"([^"]{1,60})";v="(\d{1,4})"')
_SYSTEMS: Final = (  # how navigator.platform begins, and what the User-Agent then says
    ("Win", ("Windows",)),
    ("Mac", ("Macintosh", "Mac OS X")),
    ("iP", ("iPhone", "iPad", "iPod", "Macintosh")),
    ("Linux", ("Linux", "X11", "Android", "CrOS")),
)
_CONSISTENT: Final = {"default/prompt", "granted/granted", "denied/denied"}
_TOLD: Final = {  # … of what can be told at all
    f"{said}/{state}"
    for said in ("default", "granted", "denied")
    for state in ("prompt", "granted", "denied")
}


def _worker(seen: Seen) -> float:
    """By how many, and by which: people's add-ons switch user agents and round processors."""
    differs = seen.words("differs")
    if "renderer" in differs or {"cores", "platform"} <= differs:
        return 1.0
    if differs & {"cores", "platform"}:
        return 0.5
    return 0.4 if differs & {"agent", "languages", "zone"} else 0.0


def _brands(seen: Seen, name: str) -> set[tuple[str, str]] | None:
    """Brands and major versions of a reported list; None when it is none."""
    listed = seen.reported.get(name)
    if not isinstance(listed, list) or len(listed) > 8:
        return None
    pairs = [tuple(pair) for pair in listed if isinstance(pair, list) and len(pair) == 2]
    return {(str(brand)[:60], str(version)[:4]) for brand, version in pairs}


def _page_disagrees(seen: Seen) -> bool:
    """Scripts see another browser than the one whose request brings their report."""
    agent = seen.reported.get("agent")
    if isinstance(agent, str) and seen.agent and agent[:512] != seen.agent[:512]:
        return True
    system, hint = seen.reported.get("system"), seen.headers.get("sec-ch-ua-platform")
    if isinstance(system, str) and system and hint and system != hint.strip('"'):
        return True
    lists = [_brands(seen, "brands"), _brands(seen, "full")]
    lists.append(set(_BRAND.findall(seen.headers.get("sec-ch-ua", ""))))
    return len({frozenset(found) for found in lists if found}) > 1


def _system_disagrees(seen: Seen) -> bool:
    platform = seen.reported.get("platform")
    if not isinstance(platform, str) or not seen.agent:
        return False
    for begins, said in _SYSTEMS:
        if platform.startswith(begins):
            return not any(word in seen.agent for word in said)
    return False


def _language_disagrees(seen: Seen) -> bool:
    """The page's first language is none of those that the request accepts."""
    language, accepted = seen.reported.get("language"), seen.headers.get("accept-language")
    if not isinstance(language, str) or not language or not accepted or "*" in accepted:
        return False
    first = language.split("-")[0].lower()
    return first not in re.findall(r"(?:^|,)\s*([a-z]{2,3})\b", accepted.lower())


def _notifications(seen: Seen) -> bool:
    said = seen.reported.get("notifications")
    return isinstance(said, str) and "Chrome/" in seen.agent and said in _TOLD - _CONSISTENT


def _software(seen: Seen) -> bool:
    """SwiftShader or llvmpipe, which Chrome ships or finds on Linux: phones and Macs have none."""
    drawn = seen.reported.get("drawn") == "software"
    return drawn and any(
        name in seen.agent for name in ("Windows", "Macintosh", "Android", "iPhone")
    )


def _utc(seen: Seen) -> bool:
    """Hardened browsers claim UTC too, and English with it."""
    language = seen.reported.get("language")
    known = isinstance(language, str) and "Chrome/" in seen.agent
    return known and seen.reported.get("utc") is True and not str(language).startswith("en")


OF_BROWSERS: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "webdriver": Rule(
            0.95, "navigator.webdriver is true", lambda s: s.reported.get("webdriver") is True
        ),
        "automation": Rule(
            0.95,
            "names that drivers leave in the page (cdc_, __playwright, __puppeteer, …)",
            lambda s: s.reported.get("automation") is True,
        ),
        "layout_wrong": Rule(
            0.95,
            "boxes drawn for this question lie elsewhere than browsers put them, or nowhere",
            lambda s: s.mislaid,
        ),
        "driver_called": Rule(
            0.8,
            "functions of the page were called by a driver, by the stack",
            lambda s: s.reported.get("called") is True,
        ),
        "worker_disagrees": Rule(
            0.8, "a worker sees another system, processor or renderer than the window", _worker
        ),
        "frame_patched": Rule(
            0.8,
            "a fresh iframe element comes with properties of its own",
            lambda s: "iframe" in s.words("tampered"),
        ),
        "native_patched": Rule(
            0.5,
            "the browser's own functions are replaced or behind a Proxy",
            lambda s: "native" in s.words("tampered"),
        ),
        "navigator_patched": Rule(
            0.5,
            "navigator or screen tells by properties of its own, or lacks webdriver",
            lambda s: "navigator" in s.words("tampered"),
        ),
        "page_disagrees": Rule(
            0.8, "scripts see another browser than the request's headers name", _page_disagrees
        ),
        "versions_hollow": Rule(
            0.3,
            "brands without full versions: a browser started with a User-Agent of its own",
            lambda s: bool(_brands(s, "brands")) and s.reported.get("full") == [],
        ),
        "system_disagrees": Rule(
            0.4, "navigator.platform names another system than the User-Agent", _system_disagrees
        ),
        "language_disagrees": Rule(
            0.3, "the page's language is not among those the request accepts", _language_disagrees
        ),
        "permission_disagrees": Rule(
            0.5, "two ways to ask about notifications give two answers", _notifications
        ),
        "log_read": Rule(
            0.3,
            "somebody reads the console: a driver, or open developer tools",
            lambda s: s.reported.get("console") is True,
        ),
        "software_drawn": Rule(
            0.4, "drawn by Linux's software renderer on a system that has another", _software
        ),
        "utc_abroad": Rule(0.15, "a clock at UTC, and a language other than English", _utc),
    }
)
