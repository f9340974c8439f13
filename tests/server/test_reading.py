"""Whatever is posted: a reply of ours, never an exception, never a pass."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.server.reading import MAX_BODY_BYTES, MAX_DEPTH, parse
from tests.server.desk import SCRIPT, Desk, envelope, right

HOSTILE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
FIELDS = ("visit", "ticket", "answer", "proof", "trace", "signals", "want", "why")


async def post(desk: Desk, endpoint: str, body: bytes, kind: str = "application/json") -> Any:
    sealed = envelope(action="own", headers=SCRIPT, navigation=False).seal().decode()
    headers = {"X-Gateway-Envelope": sealed, "Content-Type": kind}
    return await desk.client.post(f"/own/{endpoint}", data=body, headers=headers)


async def refusal(response: Any) -> tuple[int, str]:
    body = await response.json()
    assert "Set-Cookie" not in response.headers
    return response.status, body.get("reason", "")


# --- Bounds -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe",
        b'{"visit": NaN}',
        b'{"visit": 1e999}',
        b'{"visit": Infinity}',
        b'{"visit": 9007199254740993}',
        b'{"visit": ' + b"9" * 5000 + b"}",
        b'{"visit": -' + b"9" * 5000 + b".0}",
        b"[" * 30_000,
        b'{"visit":' * 5_000,
        b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}",
        b'{"visit": "' + b"x" * MAX_BODY_BYTES + b'"}',
    ],
    ids=range(16),
)
@pytest.mark.parametrize("endpoint", ["answer", "challenge", "loop"])
async def test_unreadable_is_400(desk: Desk, body: bytes, endpoint: str) -> None:
    assert await refusal(await post(desk, endpoint, body)) == (400, "unreadable")
    assert desk.lines.getvalue() == ""


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b"9007199254740992", 2**53),
        (b"9007199254740993", None),
        (b"-9007199254740992", -(2**53)),
        (b"-9007199254740993", None),
        (b"1e308", 1e308),
        (b"1e309", None),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), None),
    ],
)
def test_bounds_of_json(body: bytes, parsed: Any) -> None:
    assert parse(body) == parsed


@given(st.binary(max_size=300) | ANY_JSON.map(lambda v: json.dumps(v).encode()))
def test_parsing_never_raises(body: bytes) -> None:
    parse(body)


async def test_size_is_bounded_at_the_byte(desk: Desk) -> None:
    data = await desk.page("form")
    body = json.dumps(right(data)).encode()
    desk.clock.now_s += 1
    over = await post(desk, "answer", body + b" " * (MAX_BODY_BYTES + 1 - len(body)))
    assert await refusal(over) == (400, "unreadable")
    most = await post(desk, "answer", body + b" " * (MAX_BODY_BYTES - len(body)))
    assert (await most.json())["outcome"] == "solved"


# --- Anything at all ----------------------------------------------------------------------------


@HOSTILE
@given(st.dictionaries(st.sampled_from(FIELDS), ANY_JSON), st.sampled_from(["answer", "challenge"]))
async def test_any_object_is_answered(desk: Desk, body: dict[str, Any], endpoint: str) -> None:
    response = await post(desk, endpoint, json.dumps(body).encode())
    assert await refusal(response) == (400, "unreadable")


@HOSTILE
@given(st.sampled_from(["answer", "proof", "trace", "signals"]), ANY_JSON)
async def test_any_part_of_an_answer_is_judged(desk: Desk, part: str, value: Any) -> None:
    """A valid ticket with one hostile part: judged, or unreadable; never broken."""
    desk.parts.store._entries.clear()  # type: ignore[attr-defined]  # no limit: each is the first
    data = await desk.page("drag")
    response = await desk.answer(data, **{part: value})
    body = await response.json()
    if response.status == 400:
        assert body["reason"] == "unreadable"
    else:
        assert body["outcome"] in ("again", "solved")
        assert (body["outcome"] == "solved") is ("Set-Cookie" in response.headers)
    if part == "proof" and body["outcome"] == "solved":
        assert value == right(data)["proof"]
    assert desk.metric("gateway_gate_errors_total") == 0


@HOSTILE
@given(st.binary(max_size=400))
async def test_any_form_is_answered(desk: Desk, body: bytes) -> None:
    response = await post(desk, "wait", body, "application/x-www-form-urlencoded")
    assert response.status == 400
    assert "Set-Cookie" not in response.headers


# --- Bodies that break off ------------------------------------------------------------------------


@pytest.mark.parametrize("handler", ["/challenge", "/own/answer"])
async def test_a_client_that_leaves_breaks_nothing(desk: Desk, handler: str) -> None:
    """Half a body, then nothing: no hold is left, no error is counted."""
    action = "challenge" if handler == "/challenge" else "own"
    sealed = envelope(action=action, method="POST", headers=SCRIPT).seal().decode()
    _, writer = await asyncio.open_connection("127.0.0.1", desk.client.port)
    head = (
        f"POST {handler} HTTP/1.1\r\nHost: gateway\r\nX-Gateway-Envelope: {sealed}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\nhalf"
    )
    writer.write(head.encode())
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.close()
    await asyncio.sleep(0.05)
    assert desk.metric("gateway_gate_errors_total") == 0
    assert desk.metric("gateway_holds_kept_total") == 0
    assert [record for record in desk.records() if record["event"] == "error"] == []


@pytest.mark.parametrize("body", [b"zz\r\n", b"5\r\nabc\r\n0\r\n\r\n", b"-1\r\n"])
async def test_a_body_framed_wrongly_is_a_bad_request(
    desk: Desk, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """aiohttp answers it, and writes nothing: what it quotes could be an envelope."""
    sealed = envelope(method="POST", headers=SCRIPT).seal().decode()
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.client.port)
    head = (
        f"POST /challenge HTTP/1.1\r\nHost: gateway\r\nX-Gateway-Envelope: {sealed}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    writer.write(head.encode() + body)
    answer = await asyncio.wait_for(reader.read(16), 5)
    writer.close()
    assert b" 400 " in answer
    assert caplog.records == []
    assert desk.metric("gateway_gate_errors_total") == 0
