"""What breaks inside is a plain page with a reference, and a record that quotes nothing."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from gateway import kinds
from gateway.kinds import Kind
from gateway.model import JSON, Made, Verdict
from tests.server.desk import Desk


class Faulty:
    """A kind that breaks, quoting what no log may hold."""

    params = kinds.load()["invisible"].params
    drawn = False

    def __init__(self, at: str) -> None:
        self.at = at

    def make(self, rng: Random, params: Any) -> Made:
        if self.at == "make":
            raise RuntimeError("hunter2")
        return Made({}, {})

    def check(self, secret: Any, answer: JSON) -> Verdict:
        raise RecursionError("hunter2")


@pytest.mark.parametrize("at", ["make", "check"])
async def test_an_exception_is_a_plain_500(open_desk: Any, at: str) -> None:
    faulty: dict[str, Kind] = {**kinds.load(), "invisible": Faulty(at)}
    desk: Desk = await open_desk(kinds=faulty)
    if at == "make":
        response = await desk.send("challenge", "/challenge")
    else:
        response = await desk.answer(await desk.page("form"))
    text = await response.text()
    assert (response.status, response.content_type) == (500, "text/plain")
    assert "01990000-0000-7000-8000-000000000001" in text
    assert "hunter2" not in text + desk.lines.getvalue()
    assert "Set-Cookie" not in response.headers
    record = desk.records()[-1]
    assert (record["event"], record["level"]) == ("error", "error")
    assert record["type"] == ("RuntimeError" if at == "make" else "RecursionError")
    assert record["at"].startswith("server/asking.py:" if at == "make" else "judge.py:")
    assert desk.metric("gateway_gate_errors_total") == 1
