"""The plain way through: keep-alive, bodies, pooled connections, both kinds of sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.model import Address, Reason, Upstream
from tests.wire.harness import PAGE, Conn, gate_before, ok, replies

GET = b"GET /a HTTP/1.1\r\nHost: site\r\n\r\n"


@pytest.mark.parametrize("unix", [False, True])
async def test_get_twice_on_one_connection(tmp_path: Path, unix: bool) -> None:
    async with gate_before(replies(ok()), tmp_path, unix=unix) as gate:
        client = await gate.client()
        for _ in range(3):
            await client.send(GET)
            assert await client.message() == ok()
        client.close()
        assert gate.app.connections == 1
        assert (
            gate.app.heads
            == [
                b"GET /a HTTP/1.1\r\nHost: site\r\nX-Forwarded-For: 203.0.113.7\r\n"
                b"X-Real-IP: 203.0.113.7\r\nX-Forwarded-Proto: http\r\n"
                b"X-Forwarded-Host: site\r\n\r\n"
            ]
            * 3
        )
        assert gate.guard.done == [("app", 200, 5)] * 3


LENGTH = b"POST / HTTP/1.1\r\nHost: s\r\nContent-Length: 3\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS = b"3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nX-T: 1\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "body"), [(LENGTH, b"abc"), (CHUNKED, CHUNKS), (CHUNKED, b"0\r\n\r\n")]
)
@pytest.mark.parametrize("step", [1, 2, 7, 100])
async def test_bodies_pass_byte_for_byte(
    tmp_path: Path, head: bytes, body: bytes, step: int
) -> None:
    got: list[bytes] = []

    async def serve(conn: Conn) -> None:
        while await conn.head():
            got.append(await conn.exactly(len(body)))
            await conn.send(ok())

    async with gate_before(serve, tmp_path) as gate:
        client = await gate.client()
        for _ in range(2):
            await client.send(head)
            await client.send(*(body[at : at + step] for at in range(0, len(body), step)))
            assert await client.message() == ok()
        client.close()
        assert gate.app.connections == 2  # unsafe: a fresh one each
    assert got == [body, body]


REPLIES = {
    "length": ok(),
    "empty": ok(b""),
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    "reason": b"HTTP/1.1 299 All r\xe9ght  then\r\nContent-Length: 0\r\n\r\n",
    "no reason": b"HTTP/1.1 200 \r\nX: y\r\ncontent-LENGTH: 0\r\nX: \xff\r\n\r\n",
    "204": b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
    "304": b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 77\r\n\r\n',
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
@pytest.mark.parametrize("step", [1, 7, 1000])
async def test_replies_pass_byte_for_byte(tmp_path: Path, reply: bytes, step: int) -> None:
    parts = [reply[at : at + step] for at in range(0, len(reply), step)]
    async with gate_before(replies(*parts), tmp_path) as gate:
        client = await gate.client()
        for _ in range(2):
            await client.send(GET)
            assert await client.exactly(len(reply)) == reply
        client.close()
        assert gate.app.connections == 1


async def test_reply_until_close(tmp_path: Path) -> None:
    async def serve(conn: Conn) -> None:
        await conn.head()
        await conn.send(b"HTTP/1.0 200 OK\r\nX: y\r\n\r\n", b"all ", b"there is")

    async with gate_before(serve, tmp_path) as gate:
        assert await gate.ask(GET) == (
            b"HTTP/1.1 200 OK\r\nX: y\r\nConnection: close\r\n\r\nall there is"
        )


async def test_app_unreachable_shows_the_gates_page(tmp_path: Path) -> None:
    async with gate_before(replies(ok()), tmp_path) as gate:
        gate.guard.upstream = Upstream("app", (Address(unix_path=str(tmp_path / "nobody")),))
        assert await gate.message(GET) == PAGE
        assert gate.guard.reasons == [Reason.APP_UNREACHABLE]
        assert gate.guard.done == [("app", 0, 0), ("gate", 502, 6)]


async def test_gate_unreachable_is_not_asked_for_its_own_error_page(tmp_path: Path) -> None:
    async with gate_before(replies(ok()), tmp_path) as gate:
        gate.guard.gate = Upstream("gate", (Address(unix_path=str(tmp_path / "nobody")),))
        gate.guard.change = {"upstream": gate.guard.gate, "ours": True}
        assert (await gate.ask(GET)).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert gate.guard.reasons == []


async def test_gate_unreachable_too(tmp_path: Path) -> None:
    async with gate_before(replies(ok()), tmp_path) as gate:
        nobody = Upstream("app", (Address(unix_path=str(tmp_path / "nobody")),))
        gate.guard.upstream = gate.guard.gate = nobody
        said = await gate.ask(GET)
        assert said.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"Connection: close" in said
