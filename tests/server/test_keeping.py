"""Raw paths of answers: kept where the operator says so, and not otherwise."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from gateway.hand.kept import unpack
from gateway.kept.marks import marks_of
from gateway.kept.recent import Recent, all_kept
from gateway.server import KeptTraces
from gateway.stores.memory import MemoryStore
from tests.hand.drawn import drawn
from tests.samples import RING
from tests.server.desk import CALLER, HAND, Desk, right
from tests.server.test_hands import REPORT, trace

DRAWN = trace(drawn(), "d", "u")


def keeping(store: MemoryStore, most: int = 10, share: float = 1.0) -> KeptTraces:
    return KeptTraces(Recent(store, RING, most, 60.0, book="traces"), share)


async def answered(desk: Desk, **changes: Any) -> dict[str, Any]:
    data = await desk.page("tap")
    signals = right(data)["signals"] | REPORT
    await desk.answer(data, **({"trace": DRAWN, "signals": signals} | changes))
    return data


async def test_an_answer_s_paths_are_kept_under_its_challenge(open_desk: Any) -> None:
    store = MemoryStore()
    desk = await open_desk(traces=keeping(store))
    data = await answered(desk)
    assert desk.parts.traces is not None
    await desk.parts.traces.recent.flush()
    assert await store.entries() == []
    (kept,) = [each async for each in all_kept(store, book="traces")]
    assert kept.entry.id == data["reference"] == kept.record["reference"]
    assert kept.marks == frozenset(marks_of(RING, CALLER))
    (row,) = unpack(RING, kept.record["paths"])
    assert (row["kind"], len(row["t"])) == ("drag", len(DRAWN))
    said = json.dumps(row) + kept.entry.text.decode()
    assert CALLER.address not in said and "192.0.2" not in said


@pytest.mark.parametrize(
    "changes", [{"trace": []}, {"trace": "x"}, {"signals": HAND}, {"trace": [[0, 0, 0, "k"]] * 9}]
)
async def test_without_paths_nothing_is_kept(open_desk: Any, changes: dict[str, Any]) -> None:
    store = MemoryStore()
    desk = await open_desk(traces=keeping(store))
    await answered(desk, **changes)
    await desk.parts.traces.recent.flush()
    assert await store.entries(book="traces") == []


@pytest.mark.parametrize("most, share", [(0, 1.0), (10, 0.0)])
async def test_by_default_nothing_is_kept(open_desk: Any, most: int, share: float) -> None:
    store = MemoryStore()
    desk = await open_desk(traces=keeping(store, most, share))
    await answered(desk)
    await desk.parts.traces.recent.flush()
    assert await store.entries(book="traces") == []
    await answered(await open_desk())


async def test_paths_that_fit_nowhere_are_counted(
    open_desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.hand.kept.seal", _too_long)
    lost: Counter[str] = Counter()
    desk = await open_desk(traces=keeping(MemoryStore()))
    monkeypatch.setattr(
        desk.parts.metrics, "traces_lost", lambda why, count: lost.update({why: count})
    )
    await answered(desk)
    assert lost == {"long": 1}


def _too_long(*_: object) -> str:
    from gateway.seal import TokenTooLongError

    raise TokenTooLongError


@pytest.mark.parametrize(
    "share, digits, wanted",
    [
        (1.0, "ffffffff", True),
        (0.5, "7fffffff", True),
        (0.5, "80000000", False),
        (0.0, "00000000", False),
    ],
)
def test_a_share_is_of_visits(share: float, digits: str, wanted: bool) -> None:
    """By the visit's own chance: all its answers are of the share, or none."""
    kept = keeping(MemoryStore(), share=share)
    assert kept.wants(f"0199c2f0-5f0e-7c3a-9d3b-5b1c{digits}") is wanted
    assert not replace(kept, recent=keeping(MemoryStore(), 0).recent).wants(f"0{digits}")
