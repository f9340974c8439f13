"""What a request tells by itself; the same visitor's requests tell the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.signals.rules import Rule, Seen

BUSY_FROM, BUSY_AT = 30, 300  # answers from one prefix in the window: doubt begins, is full

_TOOLS = (
    *("python", "curl/", "wget", "httpx", "aiohttp", "go-http-client", "okhttp", "java/", "libwww"),
    *("scrapy", "ruby", "node-fetch", "axios", "phantomjs", "guzzle"),
)
_VERSION = re.compile(r"(Chrome|Firefox)/(\d{1,4})\b")
_HINT = re.compile(r'"(?:Chromium|Google Chrome)";v="(\d{1,4})"')
_PLATFORMS: Final = {
    "Windows": "Windows NT",
    "macOS": "Macintosh",
    "Android": "Android",
    "Linux": "Linux",
}


def _claims_browser(seen: Seen) -> bool:
    return seen.agent.startswith(("Mozilla/", "Opera/"))


def _major(seen: Seen) -> tuple[str, int]:
    found = _VERSION.search(seen.agent)
    return (found[1], int(found[2])) if found else ("", 0)


def _tool(seen: Seen) -> bool:
    agent = seen.agent.lower()
    return agent in ("", "mozilla/5.0") or any(word in agent for word in _TOOLS)


def _headless(seen: Seen) -> bool:
    """A User-Agent of one's own leaves the brands as they were."""
    return "HeadlessChrome" in seen.agent or "HeadlessChrome" in seen.headers.get("sec-ch-ua", "")


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


OF_REQUESTS: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "agent_headless": Rule(0.95, "the User-Agent or Sec-CH-UA says HeadlessChrome", _headless),
        "agent_tool": Rule(
            0.7,
            "the User-Agent is missing or that of a library or tool",
            _tool,
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
