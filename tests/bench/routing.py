"""What routing costs with 10 and with 10,000 routes. Run: python tests/bench/routing.py

Prints microseconds per request for paths seen before (cached) and paths never seen; the promise is
that 10,000 routes cost at most 1.1 times what 10 do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from gateway.model import (
    Address,
    BodySeen,
    Length,
    Match,
    NoBody,
    RequestHead,
    Route,
    Rung,
    Site,
    Upstream,
)
from gateway.routing import Router

ROUNDS = 7
REQUESTS = 4_000
HEADERS = ((b"Host", b"shop.example"), (b"User-Agent", b"bench"), (b"Accept", b"*/*"))
FORM = (*HEADERS, (b"Content-Type", b"application/x-www-form-urlencoded"))


def routes(count: int) -> tuple[Route, ...]:
    """A mixture: exact, below a folder, with a wildcard, by query and by form on one script."""
    shapes: Sequence[Callable[[int], Match]] = (
        lambda n: Match(paths=(f"/page{n}",)),
        lambda n: Match(frozenset({"GET"}), (f"/area{n}/**",)),
        lambda n: Match(paths=(f"/shop/*/item{n}",)),
        lambda n: Match(paths=("/index.php",), query={"title": f"Special{n}"}),
        lambda n: Match(frozenset({"POST"}), ("/forum.php",), form={"do": f"action{n}"}),
    )
    return tuple(
        Route(
            f"r{n}", "bench", shapes[n % len(shapes)](n), params="php", ladder=(Rung("pow", None),)
        )
        for n in range(count)
    )


def get(target: str) -> RequestHead:
    return RequestHead("GET", target.encode(), (1, 1), HEADERS, NoBody(), "shop.example", True)


def post(target: str, size: int) -> RequestHead:
    return RequestHead("POST", target.encode(), (1, 1), FORM, Length(size), "shop.example", True)


FIELDS = b"name=someone&text=some+words&do=login"
CASES: dict[str, Callable[[int], tuple[RequestHead, BodySeen | None]]] = {
    "no route, seen": lambda n: (get("/static/app.css?v=3"), None),
    "no route, new": lambda n: (get(f"/static/{n}/app.css"), None),
    "exact": lambda n: (get("/page5"), None),
    "folder, new": lambda n: (get(f"/area6/x/{n}"), None),
    "wildcard, new": lambda n: (get(f"/shop/{n}/item7"), None),
    "odd, new": lambda n: (get(f"/static/..%2f{n}/%2e/page5;x"), None),
    "by query": lambda n: (get("/index.php?title=Main_Page&action=view"), None),
    "by form": lambda n: (post("/forum.php", len(FIELDS)), BodySeen(FIELDS, True)),
}


def cost_us(router: Router, site: Site, case: str) -> float:
    """The best of some rounds, per request; each round asks other new paths."""
    best = float("inf")
    for turn in range(ROUNDS):
        asked = [CASES[case](turn * REQUESTS + n) for n in range(REQUESTS)]
        start_s = time.process_time()
        for request, body in asked:
            router.match(site, request, body)
        best = min(best, time.process_time() - start_s)
    return best / REQUESTS * 1e6


def main() -> None:
    app = Upstream("app", (Address("127.0.0.1", 8000),))
    sites = [Site("bench", ("*",), app, routes(count)) for count in (10, 10_000)]
    routers = [Router([site], "/_gateway/") for site in sites]
    print(f"{'request':18}{'10 routes':>14}{'10,000 routes':>16}{'ratio':>8}")
    for case in CASES:
        few, many = (cost_us(*pair, case) for pair in zip(routers, sites, strict=True))
        print(f"{case:18}{few:11.2f} us{many:13.2f} us{many / few:8.2f}")


if __name__ == "__main__":
    main()
