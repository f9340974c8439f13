"""What the model of hands is asked, and what it is not asked."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.hand.model import OWN_SHARE, THRESHOLD
from gateway.model import Answer
from gateway.server.hands import scripted
from gateway.signals import SCRIPTED_FROM
from tests.hand.drawn import drawn, ruled

WIDE, HIGH = 1280, 800
REPORT: dict[str, Any] = {"inner": [WIDE, HIGH]}


def trace(path: Any, begin: str = "m", end: str = "d") -> list[list[Any]]:
    t, x, y = (values.tolist() for values in path)
    kinds = [begin, *"m" * (len(t) - 2), end]
    places = zip(t, x, y, kinds, strict=True)
    return [[round(at), round(x / WIDE, 4), round(y / HIGH, 4), kind] for at, x, y, kind in places]


def asked(found: Any, report: Any = REPORT) -> Any:
    return scripted(Answer(None, None, found, report))


async def test_a_script_and_a_hand() -> None:
    ruler = await asked(trace(ruled(), "d", "u"))
    hand = await asked(trace(drawn()))
    assert 0 <= hand < ruler <= 1
    assert ruler > THRESHOLD


def later(found: list[list[Any]], by_ms: int) -> list[list[Any]]:
    return [[at + by_ms, *rest] for at, *rest in found]


async def test_moves_beside_a_drag_do_not_excuse_it() -> None:
    """Before it or after: moves are heard with it, and it by itself."""
    drag, move = trace(ruled(), "d", "u"), trace(drawn(), "m", "m")
    ruler, hand = await asked(drag), await asked(move)
    for found, expected in (
        (move + later(drag, 9000), OWN_SHARE * ruler),
        (drag + later(move, 9000), OWN_SHARE * ruler),
        (drag + later(move, 9000) + later(move, 18000), OWN_SHARE * ruler),
        (trace(ruled(), "m", "m") + later(move, 9000), (ruler + hand) / 2),  # the last is its own
        (move + later(trace(ruled(), "m", "m"), 9000), OWN_SHARE * ruler),
    ):
        assert await asked(found) == pytest.approx(expected, abs=0.01)
    assert OWN_SHARE * ruler > THRESHOLD


async def test_what_came_before_may_add_but_never_excuse() -> None:
    ruler, hand = trace(ruled()), trace(drawn())
    here = await asked(hand)
    for before, expected in (
        (None, here),
        ({"trace": hand, "inner": [WIDE, HIGH]}, here),
        ({"trace": ruler, "inner": [WIDE, HIGH]}, (here + await asked(ruler)) / 2),
        ({"trace": ruler}, here),
        ({"trace": "x", "inner": [WIDE, HIGH]}, here),
        ({"trace": [[0, 0, 0, "?"]] * 9, "inner": [WIDE, HIGH]}, here),
        ([ruler], here),
    ):
        found = await scripted(Answer(None, None, hand, REPORT, before))
        assert found == pytest.approx(expected, abs=0.01)
    excused = Answer(None, None, ruler, REPORT, {"trace": hand, "inner": [WIDE, HIGH]})
    assert await scripted(excused) == pytest.approx(await asked(ruler), abs=1e-3)
    alone = Answer(None, None, [], REPORT, {"trace": ruler, "inner": [WIDE, HIGH]})
    assert await scripted(alone) == pytest.approx(await asked(ruler), abs=1e-3)


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        {},
        "mmmmmmmmmmm",
        [[100 * i, 0, 0, "k"] for i in range(20)],  # keys
        [[0, 0.5, 0.5, "d"], [90, 0.5, 0.5, "u"]] * 6,  # taps
        trace(ruled())[:7],
        [[0, 0, "x", "m"]] * 9,
        [None] * 9,
        [[0, 0, 0, "m", 1]] * 9,
        [[float("nan"), 0, 0, "m"]] * 9,
    ],
)
async def test_no_path_says_nothing(found: Any) -> None:
    assert await asked(found) is None


@pytest.mark.parametrize(
    "report",
    [
        None,
        {},
        [],
        {"inner": None},
        {"inner": [WIDE]},
        {"inner": [WIDE, "800"]},
        {"inner": ["1200", HIGH]},
        {"inner": [True, 800]},
        {"inner": [0, 800]},
        {"inner": [WIDE, -1]},
        {"inner": [float("nan"), 800]},
        {"inner": [1e300, 800]},
    ],
)
async def test_without_the_viewport_nothing_is_said(report: Any) -> None:
    assert await asked(trace(ruled()), report) is None


def test_the_signal_begins_where_the_model_says() -> None:
    assert SCRIPTED_FROM == THRESHOLD
