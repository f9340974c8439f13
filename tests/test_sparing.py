"""Refusals in the log: some of each moment, and how many more there were."""

from __future__ import annotations

import io
import json
import socket
from collections import Counter
from contextlib import ExitStack
from typing import Any

from gateway.model import Peer, Refusal
from gateway.sparing import APP_AGAIN_S, MOST_REFUSED, SparingLog
from tests.conftest import StartGate
from tests.recorder import Recorder
from tests.test_connections import until

PEER = Peer("203.0.113.7")


def written(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_few_of_each_moment_are_written_and_the_others_counted() -> None:
    lines = io.StringIO()
    log = SparingLog(lines, lambda: 0.0)
    log.tell_more()
    for number in range(MOST_REFUSED + 3):
        log.refused(Refusal(400, f"reason {number}"), PEER)
    log.record("other")
    log.tell_more()
    log.refused(Refusal(408, "head"), PEER)
    log.tell_more()
    said = written(lines)
    reasons = [f"reason {number}" for number in range(MOST_REFUSED)]
    assert [record["reason"] for record in said if record["event"] == "refused"] == [
        *reasons,
        "head",
    ]
    others = [(r["event"], r["level"], r.get("count")) for r in said if r["event"] != "refused"]
    assert others == [("other", "info", None), ("refused_more", "warning", 3)]


def test_an_app_that_goes_on_failing_is_told_of_once_a_minute() -> None:
    lines = io.StringIO()
    log = SparingLog(lines, lambda: 0.0)
    for now_s in (5.0, 5.1, 5.0 + APP_AGAIN_S - 0.1, 5.0 + APP_AGAIN_S, 6.0 + APP_AGAIN_S):
        log.app_failed("app", "127.0.0.1:8000", now_s)
    log.app_failed("app", "127.0.0.1:8001", 5.2)
    said = [(record["event"], record["upstream"], record["address"]) for record in written(lines)]
    first = ("upstream_failed", "app", "127.0.0.1:8000")
    assert said == [first, first, ("upstream_failed", "app", "127.0.0.1:8001")]


async def test_a_flood_of_refused_connections_is_told_in_a_few_lines(
    app: Recorder, start_gate: StartGate
) -> None:
    gate = await start_gate([])
    count = 200

    def told() -> Counter[str]:
        more = sum(record["count"] for record in gate.records("refused_more"))
        return Counter(written=len(gate.records("refused")), more=more)

    with ExitStack() as stack:
        for _ in range(count):
            peer = stack.enter_context(socket.create_connection(("127.0.0.1", gate.port), 5))
            peer.sendall(b"\x16\x03\x01")
    await until(lambda: told().total() == count)
    assert MOST_REFUSED <= told()["written"] < count
