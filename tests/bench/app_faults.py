"""The app is killed, is stopped, or does not hear that its client left: what each costs."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.bench.proxied.figures import Figure, percentile
from tests.bench.rig import (
    AppProcess,
    Line,
    Probe,
    Rig,
    Say,
    ask,
    at_rest,
    get,
    settled,
    status_of,
    worker_of,
)

END_OF_CHUNKS = b"0\r\n\r\n"
_NO_LINGER = struct.pack("ii", 1, 0)


def at_once(app: AppProcess) -> dict[str, Any]:
    """The app, without waiting for it to come back: what is measured is the refusal."""
    return {"url": app.url, "wait": "0s"}


# --- kill -9 in the middle of a body ---------------------------------------------------------


async def app_killed(rig: Rig, say: Say, rounds: int = 100) -> list[Figure]:
    """Truncated replies, the next request's 502, and descriptors afterwards."""
    app = await rig.app()
    gate = await rig.gate(at_once(app))
    pid = worker_of(gate)
    before = await at_rest(gate)
    figures = []
    for kind, path in (("length", "/half"), ("chunked", "/half-chunked")):
        cut, refused_s, statuses = 0, [], []
        for done in range(rounds):
            cut += await _killed_halfway(gate.port, app, path)
            status, seconds = await ask(gate.port, get("/1k"))
            statuses.append(status)
            refused_s.append(1000 * seconds)
            await app.start()
            if done % 25 == 24:
                say(f"{kind}: {done + 1} of {rounds}")
        figures += [
            Figure(f"{kind}: replies not seen as cut", rounds - cut, most=0),
            Figure(f"{kind}: next request not 502", sum(s != 502 for s in statuses), most=0),
            Figure(f"{kind}: next request p50", percentile(refused_s, 50), "ms"),
            Figure(f"{kind}: next request max", max(refused_s), "ms", 50),
        ]
    status, _ = await ask(gate.port, get("/1k"))
    after = await settled(pid, before)
    return [
        *figures,
        Figure("not served once it was back", int(status != 200), most=0),
        Figure("descriptors before", before),
        Figure("descriptors more after", after - before, most=0),
    ]


async def _killed_halfway(port: int, app: AppProcess, path: str) -> bool:
    """Whether the client can tell that its reply broke off."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(get(path))
        head = await reader.readuntil(b"\r\n\r\n")
        assert status_of(head) == 200, head
        got = await reader.read(1000)
        app.kill()
        try:
            async with asyncio.timeout(5):
                got += await reader.read()
        except ConnectionError:
            return True  # a reset says so
        except TimeoutError:
            return False
        return not got.endswith(END_OF_CHUNKS) and len(got) < 100_000
    finally:
        writer.transport.abort()


# --- SIGSTOP ---------------------------------------------------------------------------------


async def app_stopped(
    rig: Rig, say: Say, requests: int = 40, reply_timeout_s: float = 2.0, quiet_s: float = 5.0
) -> list[Figure]:
    """504 at the set second, and another site's requests next to how they were before."""
    app, other = await rig.app(), await rig.app()
    sites = [
        {"name": "one", "hosts": ["one.example"], "upstream": "app"},
        {"name": "two", "hosts": ["two.example"], "upstream": "other"},
    ]
    gate = await rig.gate(
        "",
        upstreams={"app": at_once(app), "other": at_once(other)},
        sites=sites,
        limits={"wire": {"reply_timeout": f"{reply_timeout_s:g}s"}},
    )
    two = get("/1k", host="two.example")
    async with Probe(gate.port, two) as before:
        await asyncio.sleep(quiet_s)
    say("the app is stopped")
    app.pause()
    async with Probe(gate.port, two) as during:
        tasks = []
        for _ in range(requests):  # spread, so that they meet the clock at all its phases
            tasks.append(asyncio.create_task(ask(gate.port, get("/1k", host="one.example"))))
            await asyncio.sleep(max(quiet_s, 1.0) / requests)
        replies = await asyncio.gather(*tasks)
    app.resume()
    status, _ = await ask(gate.port, get("/1k", host="one.example"))
    late_ms = [1000 * (seconds - reply_timeout_s) for _, seconds in replies]
    return [
        Figure("not 504", sum(status != 504 for status, _ in replies), most=0),
        Figure("too early", sum(late < 0 for late in late_ms), most=0),
        Figure("late p50", percentile(late_ms, 50), "ms"),
        Figure("late max", max(late_ms), "ms", 250),
        *before.figures("another site before"),
        *during.figures("another site meanwhile", 100),
        Figure("not served once it went on", int(status != 200), most=0),
    ]


# --- The client leaves -----------------------------------------------------------------------

UPLOAD = (
    b"POST /sink?id=%b HTTP/1.1\r\nHost: bench.example\r\nContent-Length: 1000000\r\n\r\n"
    + b"x" * 9000
)
SOCKET = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
WAYS: dict[str, Callable[[str], bytes]] = {
    "slow GET": lambda id: get(f"/slow?id={id}"),
    "upload": lambda id: UPLOAD % id.encode(),
    "SSE": lambda id: get(f"/sse?id={id}"),
    "WebSocket": lambda id: get(
        f"/ws?id={id}", *SOCKET, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
    ),
}


async def client_gone(rig: Rig, say: Say, rounds: int = 50) -> list[Figure]:
    """How long after the client's end the app sees its own."""
    app = await rig.app()
    gate = await rig.gate(at_once(app))
    pid = worker_of(gate)
    before = await at_rest(gate)
    figures = []
    for name, raw in WAYS.items():
        say(name)
        for how, leave in (("closed", _close), ("reset", _reset)):
            told_ms = [
                await _told_ms(gate.port, app.port, raw, f"{name[:3].strip()}-{how}-{turn}", leave)
                for turn in range(rounds)
            ]
            figures.append(Figure(f"{name}, {how}: max", max(told_ms), "ms", 100))
    after = await settled(pid, before)
    return [*figures, Figure("descriptors more after", after - before, most=0)]


async def _told_ms(
    port: int, app_port: int, raw: Callable[[str], bytes], id: str, leave: Callable[..., None]
) -> float:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw(id))
    await _told(app_port, f"/seen/{id}")
    left_s = time.monotonic()
    leave(writer)
    return 1000 * (await _gone_at_s(app_port, id) - left_s)


async def _gone_at_s(app_port: int, id: str) -> float:
    """When the app saw its connection end; endless: never."""
    return float(await _told(app_port, f"/gone/{id}") or "inf")


async def _told(app_port: int, path: str) -> bytes:
    """What the app says once it knows; nothing after five seconds."""
    line = Line(app_port)
    try:
        for _ in range(1000):
            status, body = await line.read(get(path))
            if status == 200:
                return body
            await asyncio.sleep(0.005)
    finally:
        line.close()
    return b""


def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    writer.transport.abort()


ROWS: dict[str, Callable[[Rig, Say], Awaitable[list[Figure]]]] = {
    "app-killed": app_killed,
    "app-stopped": app_stopped,
    "client-gone": client_gone,
}
