"""Bots that publish how to know them: what they call themselves, and what proves it.

`names` are endings of their reverse names. Google's other fetchers have names below google.com and
googleusercontent.com; both also belong to what anybody can send by Google (proxies, scripts, rented
machines), so they are not taken here. From the vendors' own pages on how to verify their crawlers,
as of November 2026; what moves since is the operator's to say under `bots`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class KnownBot:
    """`agents` are parts of its User-Agent, `sources` where its address ranges are published."""

    agents: tuple[str, ...]
    names: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


KNOWN: Final[Mapping[str, KnownBot]] = MappingProxyType(
    {
        "google": KnownBot(
            ("Googlebot", "GoogleOther", "Google-InspectionTool", "Storebot-Google"),
            (".googlebot.com",),
            ("https://developers.google.com/static/crawling/ipranges/common-crawlers.json",),
        ),
        "bing": KnownBot(
            ("bingbot",), (".search.msn.com",), ("https://www.bing.com/toolbox/bingbot.json",)
        ),
        "apple": KnownBot(
            ("Applebot",),
            (".applebot.apple.com",),
            ("https://search.developer.apple.com/applebot.json",),
        ),
        "duckduckgo": KnownBot(("DuckDuckBot",), (), ("https://duckduckgo.com/duckduckbot.json",)),
        "yandex": KnownBot(("Yandex",), (".yandex.ru", ".yandex.net", ".yandex.com")),
        "baidu": KnownBot(("Baiduspider",), (".crawl.baidu.com", ".crawl.baidu.jp")),
        "openai": KnownBot(
            ("GPTBot", "OAI-SearchBot"),
            (),
            ("https://openai.com/gptbot.json", "https://openai.com/searchbot.json"),
        ),
    }
)
