"""What fields of a request say against the browser it claims: order, spelling, shape, consistency.

Orders are those of `tests/signals/recorded`, of browsers started as people start them. Scripts of a
page may add fields and so move others; what is compared here they can't. Order and spelling count
only where fields come as the client sent them: no trusted proxy in between (unless it is known to
keep them), no `Via`. Over HTTP/2 all names are in lower case, so that says nothing behind a proxy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from gateway.signals.rules import Rule, Seen

_VERSION = re.compile(r"(Chrome|Firefox)/(\d{1,4})\b")
_GREASE = re.compile(r'"(?:[^"\\]|\\.)?Not[^A-Za-z0-9"]A[^A-Za-z0-9"]Brand"')
_LANGUAGES = re.compile(
    r"(?:[A-Za-z]{2,3}|\*)(?:-[A-Za-z0-9]{1,8})*(?:;q=(?:0(?:\.\d{1,3})?|1))?"
    r"(?:,(?:[A-Za-z]{2,3}|\*)(?:-[A-Za-z0-9]{1,8})*(?:;q=(?:0(?:\.\d{1,3})?|1))?)*"
)
_GREASE_SINCE, _GREASE_UNTIL = 110, 160  # Chromium's way of making the brand, as checked
_DESTINATIONS: Final = {
    "navigate": {"document", "iframe", "frame", "fencedframe", "embed", "object", "empty"},
    "websocket": {"websocket", "empty"},
}
_MODES = {"navigate", "cors", "no-cors", "same-origin", "websocket"}
_SITES = {"none", "same-origin", "same-site", "cross-site"}

# In this order wherever they stand in one request: sent by all of it, and by navigations besides.
_ALWAYS: Final = {
    "Chrome": (("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "accept-encoding"),),
    "Firefox": (
        ("user-agent", "accept", "accept-language", "accept-encoding"),
        ("sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site"),
    ),
}
_NAVIGATIONS: Final = {
    "Chrome": (
        ("sec-ch-ua", "user-agent", "accept", "accept-encoding", "accept-language"),
        ("connection", "user-agent"),
    ),
    "Firefox": (("accept-encoding", "connection", "upgrade-insecure-requests", "sec-fetch-dest"),),
}
_SINCE: Final = {"Chrome": 80, "Firefox": 90}  # both send Sec-Fetch-* from then on


def browser(seen: Seen) -> tuple[str, int]:
    """The engine that the User-Agent claims, if it is one whose fields are known; else ""."""
    return _claimed(seen.agent)


@lru_cache(maxsize=1_000)
def _claimed(agent: str) -> tuple[str, int]:
    found = _VERSION.search(agent)
    if found is None or "Edge/" in agent or "; wv)" in agent:
        return "", 0
    major = int(found[2])
    return (found[1], major) if major >= _SINCE[found[1]] else ("", 0)


def _navigates(seen: Seen) -> bool:
    """By itself: what goes through a service worker is sent as that sends it, to `empty`."""
    to = seen.headers.get("sec-fetch-dest")
    return seen.headers.get("sec-fetch-mode") == "navigate" and to in ("document", "iframe")


def _in_order(seen: Seen, wanted: tuple[str, ...]) -> bool:
    places = [seen.names.index(name) for name in wanted if name in seen.names]
    return places == sorted(places)


def _disordered(seen: Seen) -> bool:
    name, _ = browser(seen)
    if not seen.direct or not name:
        return False
    orders = _ALWAYS[name] + (_NAVIGATIONS[name] if _navigates(seen) else ())
    return not all(_in_order(seen, wanted) for wanted in orders)


def _misspelt(seen: Seen) -> bool:
    """Libraries that speak HTTP/2 in their heart spell all names in lower case."""
    return seen.direct and seen.lower and bool(browser(seen)[0])


def _forged_brands(seen: Seen) -> float:
    """Chromium names itself and one brand that is none, each version in its own spelling."""
    brands, (name, major) = seen.headers.get("sec-ch-ua", ""), browser(seen)
    if not brands or name != "Chrome" or major < _GREASE_SINCE:
        return 0.0
    if '"Chromium"' not in brands or _GREASE.search(brands) is None or '" Not' in brands:
        return 1.0
    known = major <= _GREASE_UNTIL
    return 0.0 if not known or grease(major) in brands else 0.6


def grease(major: int) -> str:
    """The brand that is none, of a Chromium (components/embedder_support/user_agent_utils.cc)."""
    odd, versions = (" ", "(", ":", "-", ".", "/", ")", ";", "=", "?", "_"), ("8", "99", "24")
    first, second = odd[major % len(odd)], odd[(major + 1) % len(odd)]
    return f'"Not{first}A{second}Brand";v="{versions[major % len(versions)]}"'


def _lacks_hints(seen: Seen) -> bool:
    """Sent by every Chromium since 90 where the connection is secure, but for workers' scripts."""
    name, major = browser(seen)
    modern = seen.https and name == "Chrome" and major >= 90
    worker = seen.headers.get("sec-fetch-dest", "").endswith("worker")
    return modern and not worker and "sec-ch-ua" not in seen.headers


def _impossible(seen: Seen) -> bool:
    """Sec-Fetch-* that no browser sends together (Fetch Metadata, W3C)."""
    site, mode, dest, user = (
        seen.headers.get(f"sec-fetch-{part}") for part in ("site", "mode", "dest", "user")
    )
    if site is None:  # plain http; or see `no_fetch_metadata`
        return False
    if site not in _SITES or mode not in _MODES or dest is None:
        return True
    if user is not None and (user != "?1" or mode != "navigate"):
        return True
    allowed = _DESTINATIONS.get(mode)
    return dest not in allowed if allowed else dest in ("document", "iframe", "frame")


def _accepts_anything(seen: Seen) -> bool:
    """Browsers that go to a page ask for HTML first."""
    accept = seen.headers.get("accept", "")
    return _navigates(seen) and bool(browser(seen)[0]) and not accept.startswith("text/html")


def _odd_languages(seen: Seen) -> bool:
    """Browsers write `de-DE,de;q=0.9`: no blanks, weights that fall. Scripts write as they like."""
    languages = seen.headers.get("accept-language")
    if languages is None or not _navigates(seen) or not browser(seen)[0]:
        return False
    if len(languages) > 200 or _LANGUAGES.fullmatch(languages) is None or languages == "*":
        return len(languages) <= 200
    weights = [float(part.partition(";q=")[2] or 1) for part in languages.split(",")]
    return weights != sorted(weights, reverse=True)


def _no_upgrade(seen: Seen) -> bool:
    bare = seen.headers.get("upgrade-insecure-requests") != "1"
    return _navigates(seen) and bool(browser(seen)[0]) and bare


def _closes(seen: Seen) -> bool:
    """Browsers keep connections; a WebSocket's handshake is no request of a route's."""
    said = {part.strip() for part in seen.headers.get("connection", "").lower().split(",")}
    return seen.direct and bool(browser(seen)[0]) and not {"keep-alive", "upgrade"} & said


OF_FIELDS: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "fields_disordered": Rule(
            0.5, "fields in another order than the claimed browser sends them in", _disordered
        ),
        "fields_misspelt": Rule(
            0.5, "names in lower case over HTTP/1.1, as no browser writes them", _misspelt
        ),
        "brands_forged": Rule(
            0.6, "Sec-CH-UA lacks or misspells what this Chromium would write", _forged_brands
        ),
        "no_hints": Rule(0.35, "a modern Chrome over https without Sec-CH-UA", _lacks_hints),
        "fetch_metadata_impossible": Rule(
            0.5, "Sec-Fetch-* that no browser sends together", _impossible
        ),
        "accepts_anything": Rule(
            0.4, "goes to a page, but does not ask for HTML first", _accepts_anything
        ),
        "languages_odd": Rule(
            0.25, "Accept-Language written as no browser writes it", _odd_languages
        ),
        "no_upgrade": Rule(0.2, "goes to a page without Upgrade-Insecure-Requests", _no_upgrade),
        "connection_closed": Rule(
            0.3, "does not ask to keep the connection, as browsers do", _closes
        ),
    }
)
