"""The drivers' own parts, and one visit each of two of them to a real gate."""

from __future__ import annotations

import json
import os
import time
from itertools import pairwise
from math import hypot
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.kinds import load
from tests.drivers import cost, cpu, summary
from tests.drivers.__main__ import DRIVERS, addresses, line, main
from tests.drivers.http_only import made_up_trace, search
from tests.drivers.oracle import Gesture, Oracle
from tests.drivers.recordings import Recordings, Step, fit
from tests.drivers.relay import Relay, Told, field_of, note, with_address
from tests.drivers.stage import Visited, default_route, scored

CURVE = [Step(100 + 9 * i, 10 + 5 * i, 20 + (i * (40 - i)) / 20) for i in range(40)]
HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length:  7\r\n\r\n"


def test_fit_leads_where_it_should() -> None:
    found = fit(CURVE, (300, 300), (100, 50))
    assert (found[0].x, found[0].y, found[0].t_ms) == (300, 300, 0)
    assert (round(found[-1].x, 6), round(found[-1].y, 6)) == (100, 50)
    assert found[-1].t_ms == CURVE[-1].t_ms - CURVE[0].t_ms
    scale = hypot(200, 250) / hypot(CURVE[-1].x - CURVE[0].x, CURVE[-1].y - CURVE[0].y)
    for (a, b), (c, d) in zip(pairwise(CURVE), pairwise(found), strict=True):
        assert hypot(d.x - c.x, d.y - c.y) == pytest.approx(hypot(b.x - a.x, b.y - a.y) * scale)


def test_a_path_is_not_stretched_too_far() -> None:
    short = [Step(step.t_ms, step.x / 10, step.y / 10) for step in CURVE]
    recordings = Recordings(Random(1), [short] * 50 + [CURVE], [CURVE])
    for _ in range(5):
        assert recordings.move((0, 0), (200, 0))[1].t_ms == 9
        assert hypot(*(getattr(recordings.move((0, 0), (200, 0))[1], at) for at in "xy")) < 9


def test_heads() -> None:
    assert field_of(HEAD, b"content-length") == b"7"
    assert field_of(HEAD, b"host") == b"a"
    assert field_of(HEAD, b"x") == b""
    assert with_address(HEAD, "1.2.3.4") == HEAD[:-2] + b"X-Forwarded-For: 1.2.3.4\r\n\r\n"


@pytest.mark.parametrize(
    "target, sent, reply, questions, hashes",
    [
        (b"/r", b"", b'<script id="gateway-data">{"challenge": {"kind": "a"}}</script>', 1, 0),
        (b"/r", b"", b"<p>The app's", 0, 0),
        (b"/_g/answer", b'{"proof": {"number": 6}}', b'{"outcome": "solved"}', 0, 7),
        (b"/_g/answer", b'{"proof": null}', b'{"outcome": "again", "challenge": {}}', 1, 0),
        (b"/_g/challenge", b'{"proof": {"number": 0}}', b'{"challenge": {}}', 1, 1),
        (b"/_g/answer", b"{", b"{}", 0, 0),
    ],
)
def test_what_the_relay_keeps(
    target: bytes, sent: bytes, reply: bytes, questions: int, hashes: int
) -> None:
    told = Told()
    note(told, target, sent, b"HTTP/1.1 200 OK\r\n\r\n", reply)
    assert (len(told.questions), told.hashes) == (questions, hashes)


def test_records() -> None:
    records: list[dict[str, Any]] = [
        {"event": "decision", "risk": 0.2, "signals": {"a": {"value": 0.1, "weight": 1}}},
        {"event": "answer", "risk": 0.7, "signals": {"a": {"value": 1, "weight": 0.5}}},
        {"event": "own"},
    ]
    assert scored(records) == {"risk": 0.7, "signals": {"a": 1.0}}
    assert scored([{}]) == {"risk": None, "signals": {}}


def test_summary() -> None:
    visits = [
        Visited("x", 0, 1, 0.2, {"a": 1.0, "b": 0.01}, ["slider"], "solved", 2.0, 100),
        Visited("x", 1, 0, 0.9, {"a": 0.5}, [], "refused blocked", 4.0, 300),
        Visited("x", 2, 0, None, {}, [], "", 0.0, 200),
        Visited("y", 0, 5, 0.0, {}),
    ]
    assert summary.passed(visits[:3]) == pytest.approx(1 / 3)
    assert summary.risk(visits[:3]) == pytest.approx(0.55)
    assert summary.fired(visits[:3]) == [("a", pytest.approx(2 / 3))]
    assert summary.per_cpu_minute(visits[:3]) == 10
    assert summary.per_cpu_minute(visits[3:]) == 0
    *_, first, second = summary.table(visits).splitlines()
    assert first == "| x | 1 of 3 (33%) | 0.55 | 2.0 | 200 | 10.0 | a 67% |"
    assert second == "| y | 1 of 1 (100%) | 0.00 | 0.0 | 0 | 0.0 | none |"
    assert "stopped" in line(visits[1]) and "a=0.5" in line(visits[1])
    assert json.loads(json.dumps(visits[0].json()))["signals"] == {"a": 1.0, "b": 0.01}


def test_cpu_counts_what_is_below_but_not_what_is_left_out() -> None:
    before_s = cpu.seconds(os.getpid())
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    assert cpu.seconds(os.getpid()) > before_s
    assert cpu.tree(os.getpid(), without=(os.getpid(),)) == []
    assert os.getpid() in cpu.tree(os.getppid())


def test_search_finds_the_number_alone() -> None:
    import hashlib

    digest = hashlib.sha256(b"s&41").hexdigest()
    assert search("s&", digest, 0, 100) == 41
    assert search("s&", digest, 0, 41) == search("s&", digest, 42, 50) == -1


@pytest.mark.parametrize("kind", sorted(load()))
def test_gestures_or_none(kind: str, tmp_path: Path) -> None:
    """What a hand does is known of every kind that a default ladder asks."""
    boxes = dict.fromkeys(("tick", "track", "step", "confirm"), (100.0, 200.0, 300.0, 50.0))
    boxes["handle"] = (100.0, 200.0, 50.0, 50.0)
    oracle = Oracle(tmp_path, Relay(1, 2))
    question = {"kind": kind, "view": {"start": 0.1}}
    match kind:
        case "slider":
            assert oracle.gestures(question, boxes) == [Gesture((150, 225), (406, 228))]
        case "one_click":
            assert oracle.gestures(question, boxes) == [Gesture((250, 225))]
        case "invisible" | "pow" | "wait":
            assert oracle.gestures(question, boxes) == []


def test_addresses_are_apart() -> None:
    found = [address for address, _ in zip(addresses(Random(1)), range(200), strict=False)]
    assert len({address.rpartition(".")[0] for address in found}) > 195


def test_unknown_drivers_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["nobody"])
    assert ended.value.code == 2
    assert "naive" in capsys.readouterr().err
    assert set(DRIVERS) >= {"naive", "patched", "ghost", "replayer", "keyboard", "http", "people"}


def test_a_made_up_trace_reads_as_the_pages() -> None:
    from gateway.trace import features

    recordings = Recordings(Random(1), [CURVE], [CURVE])
    told = features(made_up_trace(recordings, Random(2), "slider"))
    assert (told.malformed, told.disordered, told.presses) == (False, 0, 1)
    assert told.drag is not None and told.drag.moves > 10


def test_the_readme_shows_what_was_measured() -> None:
    """`python -m tests.drivers.cost` prints its tables."""
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    lines = cost.tables(json.loads(cost.MEASURED.read_text()))
    assert [each for each in lines if each not in readme] == []


FARM = cost.Measured("people", 50, 50, 1.0, 20.0, 1.0)
FAST = cost.Measured("http_ported", 10, 5, 0.1, 4.0, 0.2)
ONCE = cost.Measured("ghost_bare+accessible", 4, 4, 8.64, 30.0, 8.64)
BLIND = cost.Measured("naive", 10, 0, 2.0, 4.0, 0.0)
POLICY = cost.Policy(uses=5, answers=172_800, of_address=50, budget=1000)


@pytest.mark.parametrize(
    "of, addresses, expected",
    [
        (FARM, 1, (216_000, 50, 50)),
        (FARM, 100, (216_000, 5000, 1000)),
        (FAST, 1, (432_000, 50, 50)),  # bound by answers from one network
        (FAST, 10_000, (17_280_000, 500_000, 1000)),
        (ONCE, 1, (2160, 50, 50)),  # one request a solve, and the accessible way is counted
        (ONCE, 100, (80_000, 5000, 1000)),
        (BLIND, 10_000, (0, 0, 0)),
    ],
)
def test_a_day(of: cost.Measured, addresses: int, expected: tuple[int, int, int]) -> None:
    assert cost.deliveries(of, POLICY, addresses) == expected


def test_the_policy_is_what_init_writes() -> None:
    tried = [{"driver": "http_ported", "delivered": each} for each in (5, 0, 4)]
    assert cost.policy_of(default_route()) == POLICY
    assert cost.policy_of(default_route(), tried).uses == 4.5


def test_cost_of_measured_visits() -> None:
    visits = [
        {"driver": "naive", "delivered": 0, "cpu_s": 2.0, "seconds": 3.0},
        {"driver": "http_ported", "delivered": 5, "cpu_s": 0.1, "seconds": 4.0},
        {"driver": "http_ported", "delivered": 0, "cpu_s": 0.3, "seconds": 4.0},
    ]
    found = cost.measured(visits)
    assert [each.name for each in found] == ["naive", "http_ported"]
    assert (found[1].share, found[1].cpu_s, found[1].solve_cpu_s) == (0.5, 0.2, 0.4)
    naive, ported = cost.table(found, POLICY).splitlines()[2:]
    assert naive == "| naive script | 0 of 1 | – | – | 0 / 0 / 0 | 0 / 0 / 0 | 0 / 0 / 0 |"
    assert "| 1 of 2 | 0.080 | 0.2 |" in ported and "50 / 1,000 / 1,000 |" in ported
