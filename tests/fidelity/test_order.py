"""Requests that the app answers and those that the gate answers, mixed on one connection."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fidelity.frames import Line
from tests.fidelity.pair import chunked, get, post
from tests.fidelity.ways import WITHIN_S, gated
from tests.recorder import Recorder

COUNT = 150
Expected = tuple[bytes, bytes, bytes]  # method, start of the reply, something in it


def mixed(rng: random.Random) -> Iterator[tuple[bytes, Expected]]:
    """Requests with what must be answered to each."""
    for number in range(COUNT):
        body = b"a=%d&" % number * rng.randrange(1, 400)
        echoed = b"%d %b" % (len(body), hashlib.sha256(body).hexdigest().encode())
        target = b"/%d" % number
        chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        ok, asked = b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 403 Forbidden\r\n"
        form = b"Content-Type: application/x-www-form-urlencoded"
        yield rng.choice(
            [
                (get(target), (b"GET", ok, b"GET %b 0 " % target)),
                (get(target, method=b"HEAD"), (b"HEAD", ok, b"\r\n\r\n")),
                (_at(target, post(body)), (b"POST", ok, b"POST %b %b" % (target, echoed))),
                (_at(target, chunked(chunk)), (b"POST", ok, b"POST %b %b" % (target, echoed))),
                (get(b"/_gateway/jwks.json"), (b"GET", ok, b'{"keys":')),
                (get(b"/_gateway/gateway.js"), (b"GET", ok, b"text/javascript")),
                (get(b"/_gateway/none"), (b"GET", b"HTTP/1.1 404 ", b"\r\n\r\n")),
                (_at(b"/register", post(body, form)), (b"POST", asked, b"gateway")),
                (_at(b"/register", chunked(chunk)), (b"POST", asked, b"gateway")),
            ]
        )


def _at(target: bytes, request: bytes) -> bytes:
    return request.replace(b" / ", b" %b " % target, 1)


@pytest.mark.parametrize("ahead", [1, COUNT])
async def test_every_answer_in_its_place(tmp_path: Path, app: Recorder, ahead: int) -> None:
    """`ahead`: how many requests are sent before the first answer is read."""
    rng = random.Random(ahead)  # as every run
    requests = list(mixed(rng))
    async with gated(tmp_path, app.url, mode="enforce") as gate, asyncio.timeout(WITHIN_S * 3):
        line = await Line.to(gate.port)
        try:
            for at in range(0, COUNT, ahead):
                await _one_batch(line, requests[at : at + ahead], rng)
        finally:
            line.close()
    forwarded = [raw.split(b" ", 2)[:2] for raw, (_, _, inside) in requests if b"/" in inside]
    seen = [[each.method.encode(), each.target] for each in app.seen if each.method != "HEAD"]
    assert seen == [each for each in forwarded if each[1] != b"/_gateway/gateway.js"]


async def _one_batch(line: Line, batch: list[tuple[bytes, Expected]], rng: random.Random) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_send(line, b"".join(raw for raw, _ in batch), rng))
        for raw, (method, start, inside) in batch:
            begins = line.at
            await line.reply(method)
            said = bytes(line.kept[begins : line.at])
            assert said.startswith(start), (raw[:99], said[:200])
            assert inside in said, (raw[:99], said[:200])


async def _send(line: Line, data: bytes, rng: random.Random) -> None:
    """In pieces that keep to no border of anything."""
    at = 0
    while at < len(data):
        size = rng.randrange(1, 20_000)
        await line.send(data[at : at + size])
        at += size
        await asyncio.sleep(0)
