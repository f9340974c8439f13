"""Which of two routes is the stricter, also across scopes."""

from __future__ import annotations

import pytest

from gateway.model import Match, PassRule, Route, Rung
from gateway.routing.strengths import Rank, kinds_in_order
from tests.routing.asking import name_of, request


def ladder(scope: str, *rungs: tuple[str, int], uses: int | None = None, path: str = "/x") -> Route:
    return Route(
        name=f"{scope}-{rungs[0][0]}",
        site="shop",
        match=Match(paths=(path,)),
        ladder=tuple(Rung(kind, None, level=level) for kind, level in rungs),
        pass_rule=PassRule(scope, uses=uses),
    )


POW_SLIDER = (("pow", 1), ("slider", 2))


@pytest.mark.parametrize(
    ("routes", "order"),
    [
        ([], {}),
        ([ladder("a", ("slider", 1))], {"slider": 1}),
        ([ladder("a", *POW_SLIDER), ladder("b", ("slider", 1))], {"pow": 1, "slider": 2}),
        (
            [ladder("a", ("pow", 1), ("tap", 2)), ladder("b", ("tap", 1), ("slider", 2))],
            {"pow": 1, "tap": 2, "slider": 3},
        ),
        (  # two scopes that contradict each other
            [ladder("a", *POW_SLIDER), ladder("b", ("slider", 1), ("pow", 2))],
            {"pow": 1, "slider": 1},
        ),
        ([ladder("a", ("slider", 1), ("slider", 5))], {"slider": 1}),
    ],
)
def test_kinds_in_order(routes: list[Route], order: dict[str, int]) -> None:
    assert kinds_in_order(routes) == order


def test_a_longer_contradiction_ends() -> None:
    pairs = [("a", "b"), ("b", "c"), ("c", "a")]
    assert kinds_in_order([ladder(low, (low, 1), (high, 2)) for low, high in pairs])


WEAK = ladder("shop", ("pow", 1), ("slider", 2))
ALONE = ladder("account", ("slider", 1))  # its scope has nothing else, so its level is 1
ONCE = ladder("sms", ("pow", 1), uses=1)
THRICE = ladder("vote", ("slider", 1), uses=3)


@pytest.mark.parametrize(
    ("stricter", "other"),
    [(ALONE, WEAK), (ONCE, ALONE), (ONCE, THRICE), (THRICE, ALONE), (THRICE, WEAK)],
)
def test_ranks(stricter: Route, other: Route) -> None:
    kinds = kinds_in_order([WEAK, ALONE, ONCE, THRICE])
    for orders in ((0, 1), (1, 0)):
        first, second = (
            Rank.of(each, order, kinds)
            for each, order in zip((stricter, other), orders, strict=True)
        )
        assert first > second


@pytest.mark.parametrize("flip", [False, True])
def test_overlapping_readings_ask_the_stronger(flip: bool) -> None:
    """Read as it stands this is below /weak, with its dots resolved it is /strong."""
    weak = ladder("shop", ("pow", 1), ("slider", 2), path="/weak/**")
    strong = ladder("account", ("slider", 1), path="/strong")
    routes = [strong, weak] if flip else [weak, strong]
    assert name_of(routes, request("/weak/%2e%2e/../strong")) == strong.name
