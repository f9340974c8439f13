"""Many visitors that differ, and passes of theirs."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from gateway.callers import TrustedProxies, caller_of
from gateway.config import load
from gateway.keys import load_keys
from gateway.model import Peer, Solved
from gateway.passes import cookie_name, issue

_SEED = 3
_LANGUAGES = ("en-GB,en;q=0.9", "de,en;q=0.7", "fr-FR,fr;q=0.8", "zh-CN,zh;q=0.9", "es,en;q=0.5")


@dataclass(frozen=True, slots=True)
class Visitor:
    target: str
    headers: Mapping[str, str]

    def also(self, cookie: str) -> Visitor:
        """With one more cookie."""
        jar = f"{self.headers['Cookie']}; {cookie}"
        return replace(self, headers={**self.headers, "Cookie": jar})

    def head(self) -> bytes:
        fields = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return f"GET {self.target} HTTP/1.1\r\n{fields}\r\n".encode("ascii")


def visitors(count: int, path: str, targets: Sequence[str] = ()) -> list[Visitor]:
    """Heads as Chrome sends them: browser, language, cookies, referrer and query differ in each."""
    rng = Random(_SEED)
    found = []
    for n in range(count):
        target = targets[n] if targets else f"{path}?id={n}&from={rng.randrange(10**6)}"
        version = f"{rng.randrange(100, 143)}.0.{rng.randrange(7000)}.{rng.randrange(200)}"
        headers = {
            "Host": "shop.example",
            "Connection": "keep-alive",
            "Upgrade-Insecure-Requests": "1",
            "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, "
            f"like Gecko) Chrome/{version} Safari/537.36 v{n}",
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
            "Referer": f"http://shop.example/list?page={rng.randrange(10**6)}",
            "Accept-Encoding": "gzip, deflate",
            "Accept-Language": rng.choice(_LANGUAGES),
            "Cookie": f"session={rng.randbytes(16).hex()}; _ga=GA1.1.{rng.randrange(10**9)}",
        }
        found.append(Visitor(target, headers))
    return found


def passes(config_file: Path, browsers: Sequence[Mapping[str, str]]) -> list[str]:
    """For each browser a Cookie that is a valid pass, from the gate's own keys."""
    config = load(config_file, os.environ)
    route = next(each for each in config.sites[0].routes if each.name == "register")
    ring = load_keys(config.keys)
    nobody, now_s = TrustedProxies(), time.time()
    solved = Solved("slider", max(rung.level for rung in route.ladder), None)
    found = []
    for n, browser in enumerate(browsers):
        headers = tuple((name.encode(), value.encode()) for name, value in browser.items())
        caller = caller_of(Peer("127.0.0.1"), headers, nobody, "auto", ring.browser_key)
        token = issue(
            ring,
            solved,
            rule=route.pass_rule,
            site=route.site,
            policy=route.policy,
            caller=caller,
            now_s=now_s,
            id=f"bench{n}",
        )
        found.append(f"{cookie_name(route.pass_rule.scope, https=False)}={token}")
    return found
