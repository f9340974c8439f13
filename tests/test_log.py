"""What a record says, and what no record may say."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.log import MAX_METHOD_CHARS, MAX_PATH_CHARS, Addresses, DecisionLog, path_of, truncated
from gateway.model import (
    Caller,
    Challenge,
    Decision,
    Deny,
    Forward,
    NoBody,
    Pass,
    Peer,
    Reason,
    Refusal,
    RequestHead,
    Resume,
)
from gateway.records import Judged
from tests.samples import CALLER, ROUTE, SOLVED, VISIT

SECRETS = ("hunter2", "session=1", "token=abc", "p4ss")
REQUEST = RequestHead(
    method="POST",
    target=b"/login?token=abc",
    version=(1, 1),
    headers=((b"Cookie", b"session=1"), (b"Authorization", b"hunter2"), (b"Referer", b"p4ss")),
    framing=NoBody(),
    host="shop.example",
    keep_alive=True,
)
PASS = Pass("pass-1", "site", 2, 1.0, 2.0, None, "p1", "slider", browser="p4ss")


@dataclass(frozen=True)
class Seen:
    """What the guard remembers of a request."""

    decision: Decision | None
    reference: str = "ref-1"
    site: str = "shop"
    caller: Caller = CALLER
    request: RequestHead = REQUEST
    visit_token: str = "p4ss"

    @property
    def judged(self) -> Judged:
        return Judged(self.decision)


def logged(act: Any, **settings: Any) -> list[dict[str, Any]]:
    lines = io.StringIO()
    act(DecisionLog(lines, lambda: 1_790_000_040.25, **settings))
    return [json.loads(line) for line in lines.getvalue().splitlines()]


COMMON = {
    "ts": "2026-09-21T14:14:00.250+00:00",
    "level": "info",
    "event": "decision",
    "reference": "ref-1",
    "site": "shop",
    "caller": "192.0.2.0/24",
    "method": "POST",
    "path": "/login",
    "status": 403,
    "seconds": 0.012346,
}
OF_ROUTE = {"route": "register", "mode": "enforce", "flow": "intelligent"}


@pytest.mark.parametrize(
    ("decision", "fields"),
    [
        (None, {"action": "own"}),
        (Forward(Reason.NO_ROUTE), {"action": "forward", "reason": "no_route"}),
        (
            Forward(Reason.PASS, ROUTE, used=PASS),
            OF_ROUTE
            | {"action": "forward", "reason": "pass", "kind": "slider", "pass_id": "pass-1"},
        ),
        (
            Forward(
                Reason.SHADOW,
                replace(ROUTE, mode="shadow"),
                would="challenge",
                why=Reason.NO_PASS,
            ),
            {
                "route": "register",
                "mode": "shadow",
                "flow": "intelligent",
                "action": "forward",
                "reason": "shadow",
                "would": "challenge",
                "would_reason": "no_pass",
            },
        ),
        (
            Resume(ROUTE, replace(VISIT, solved=SOLVED)),
            OF_ROUTE | {"action": "resume", "kind": "slider", "visit": "v1"},
        ),
        (Resume(ROUTE, VISIT), OF_ROUTE | {"action": "resume", "visit": "v1"}),
        (
            Challenge(Reason.NO_PASS, ROUTE, 0.3001),
            OF_ROUTE
            | {"action": "challenge", "reason": "no_pass", "risk": 0.3001}
            | {"rung": 1, "kind": "slider"},
        ),
        (Deny(Reason.CROSS_SITE, 403), {"action": "deny", "reason": "cross_site"}),
    ],
)
def test_a_record_of_each_decision(decision: Decision | None, fields: dict[str, Any]) -> None:
    (record,) = logged(lambda log: log.decision(Seen(decision), 403, 0.0123456))
    assert record == COMMON | fields
    assert not [secret for secret in SECRETS if secret in json.dumps(record)]


@pytest.mark.parametrize(
    ("addresses", "address", "written"),
    [
        ("full", "192.0.2.7", "192.0.2.7"),
        ("truncate", "192.0.2.7", "192.0.2.0/24"),
        ("truncate", "2001:db8:1:2::3", "2001:db8:1::/48"),
        ("truncate", "fe80::1%eth0", "fe80::/48"),
        ("truncate", "unix", "unix"),
        ("truncate", "nonsense\n", None),
        ("hide", "192.0.2.7", None),
    ],
)
def test_addresses_as_the_operator_wants(
    addresses: Addresses, address: str, written: str | None
) -> None:
    (record,) = logged(
        lambda log: log.refused(Refusal(400, "bad_target"), Peer(address)), addresses=addresses
    )
    assert record.get("caller") == written
    assert (record["event"], record["status"], record["reason"]) == ("refused", 400, "bad_target")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/a/b?token=abc", "/a/b"),
        (b"/\xff\x00\n\x7f", "/%FF%00%0A%7F"),
        (b"/" + b"a" * 300, "/" + "a" * (MAX_PATH_CHARS - 1)),
        (b"/" + b"\xff" * 300, ("/" + "%FF" * 300)[:MAX_PATH_CHARS]),
        (b"*", "*"),
    ],
)
def test_a_path_is_bounded_and_printable(target: bytes, path: str) -> None:
    assert path_of(target) == path


@given(st.binary(max_size=400))
def test_any_target_is_one_line(target: bytes) -> None:
    path = path_of(target)
    assert len(path) <= MAX_PATH_CHARS
    assert path.isascii()
    assert path == "" or path.isprintable()


@given(st.text())
def test_any_address_is_written(address: str) -> None:
    assert "\n" not in truncated(address)


@given(st.text(max_size=50))
def test_every_record_is_one_line(text: str) -> None:
    (record,) = logged(lambda log: log.record("x", why=text))
    assert record.get("why", "") == text


def test_levels_below_are_dropped() -> None:
    def act(log: DecisionLog) -> None:
        log.record("one")
        log.warning("two", why="proxy")
        log.error("three")

    assert [(r["level"], r["event"]) for r in logged(act, level="warning")] == [
        ("warning", "two"),
        ("error", "three"),
    ]
    assert len(logged(act)) == 3


def test_empty_fields_are_left_out_and_zeros_kept() -> None:
    (record,) = logged(lambda log: log.record("x", a="", b=None, c=0, d=False))
    assert {k: v for k, v in record.items() if k in "abcd"} == {"c": 0, "d": False}


class Full:
    """A disk without room."""

    def write(self, text: str) -> None:
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        raise AssertionError("nothing was written")


def test_what_cannot_be_written_is_counted() -> None:
    told: list[int] = []
    log = DecisionLog(Full(), lambda: 0.0, on_lost=lambda: told.append(1))
    log.record("x")
    log.decision(Seen(None), 200, 0.1)
    assert log.lost == len(told) == 2
    closed = io.StringIO()
    closed.close()
    log = DecisionLog(closed, lambda: 0.0)
    log.error("x")
    assert log.lost == 1


class Sometimes(io.StringIO):
    """A file whose disk is full from time to time."""

    full = False

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(text)


STEPS = st.sampled_from(("record", "decision", "warning", "due", "flush", "full", "room"))


@given(st.lists(STEPS, max_size=40), st.integers(0, 200))
@example(["decision", "due"], 200)
@settings(deadline=None, derandomize=True)
def test_lines_written_together_stay_in_order_and_none_goes_unheard(steps, burst) -> None:
    due: list[Callable[[], None]] = []
    sink, lost = Sometimes(), []
    log = DecisionLog(sink, lambda: 1.0, soon=due.append, on_lost=lambda: lost.append(1))
    said = 0
    for step in (*steps, "room", *["record"] * burst, "flush"):
        match step:
            case "due":
                waiting, due[:] = due[:], []
                for write in waiting:
                    write()
            case "flush":
                log.flush()
            case "full" | "room":
                sink.full = step == "full"
            case _:
                if step == "decision":
                    log.decision(Seen(None), said, 0.1)
                else:
                    getattr(log, step)("x", status=said)
                said += 1
    for write in due:
        write()
    written = [json.loads(line)["status"] for line in sink.getvalue().splitlines()]
    assert written == sorted(written)
    assert len(written) + len(lost) == said
    assert log.lost == len(lost)
    assert written[-burst:] == list(range(said - burst, said)) or not burst


def test_who_says_little_waits_for_no_other() -> None:
    """A single line is due at once, and again after it was written."""
    due: list[Callable[[], None]] = []
    log = DecisionLog(io.StringIO(), lambda: 1.0, soon=due.append)
    for expected in (1, 2):
        log.record("x")
        log.record("x")
        assert len(due) == expected
        due[-1]()


class Broken:
    """What can't be put into words."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")


def test_a_line_without_words_is_lost_alone() -> None:
    sink, told = io.StringIO(), list[int]()
    log = DecisionLog(sink, lambda: 1.0, soon=lambda write: None, on_lost=lambda: told.append(1))
    log.record("one")
    log.record("two", what=Broken())
    log.record("three")
    log.flush()
    assert [json.loads(line)["event"] for line in sink.getvalue().splitlines()] == ["one", "three"]
    assert log.lost == len(told) == 1


class Shelf:
    """Keeps what it is given."""

    keeps = True

    def __init__(self) -> None:
        self.kept: list[tuple[str, str, Caller, str]] = []

    def add(self, reference: str, line: str, caller: Caller, hold: str = "") -> None:
        self.kept.append((reference, line, caller, hold))


@pytest.mark.parametrize(("level", "written"), [("info", 3), ("warning", 0)])
def test_what_is_kept_is_the_line_whatever_the_level(level: str, written: int) -> None:
    sink, shelf = io.StringIO(), Shelf()
    log = DecisionLog(sink, lambda: 1.0, level=level, keeper=shelf)
    log.decision(Seen(Forward(Reason.NO_ROUTE)), 200, 0.1)
    log.decision(Seen(Deny(Reason.CROSS_SITE, 403)), 403, 0.1, keep=True)
    log.record_of(CALLER, "asked", "hold-1", reference="ref-2", machine=True)
    lines = sink.getvalue().splitlines()
    assert len(lines) == written
    assert lines[1:] == [line for _, line, _, _ in shelf.kept][:written]
    assert [json.loads(line)["event"] for _, line, _, _ in shelf.kept] == ["decision", "asked"]
    assert [(name, who, hold) for name, _, who, hold in shelf.kept] == [
        ("ref-1", CALLER, ""),
        ("ref-2", CALLER, "hold-1"),
    ]
    assert not [line for _, line, _, _ in shelf.kept if "hold-1" in line or "_keep" in line]


def test_a_method_is_bounded() -> None:
    seen = Seen(None, request=replace(REQUEST, method="M" * (MAX_METHOD_CHARS + 1)))
    (record,) = logged(lambda log: log.decision(seen, 405, 0.01))
    assert record["method"] == "M" * MAX_METHOD_CHARS


def test_a_line_begins_alike_and_keeps_its_order() -> None:
    (record,) = logged(lambda log: log.decision(Seen(Deny(Reason.CROSS_SITE, 403)), 403, 0.01))
    assert [*record] == [*COMMON, "action", "reason"]


def test_few_lines_wait_however_many_are_said_at_once() -> None:
    sink = io.StringIO()
    log = DecisionLog(sink, lambda: 1.0, soon=lambda write: None)
    for _ in range(1000):
        log.record("x")
    assert 1000 - sink.getvalue().count("\n") < 100
