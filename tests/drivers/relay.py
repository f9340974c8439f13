"""A relay on loopback between a browser and the gate: what people have as their network.

It hands on every byte in order, gives each visit an address of its own (`X-Forwarded-For`, which
the gate believes of it), and keeps what the oracle and the count of work need: the questions the
gate asked, and the proofs that were sent. No page and no script is changed by it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import zlib
from dataclasses import dataclass, field
from typing import Any

_DATA = re.compile(rb'<script[^>]*id="gateway-data"[^>]*>(.*?)</script>', re.S)
_LIMIT = 2**22


@dataclass
class Told:
    """What went through since the visit began."""

    questions: list[dict[str, Any]] = field(default_factory=list)  # as the page got them
    proofs: list[int] = field(default_factory=list)  # the numbers found
    answers: list[dict[str, Any]] = field(default_factory=list)  # bodies of `answer`
    replies: list[dict[str, Any]] = field(default_factory=list)  # … and what was said to them
    requests: int = 0

    @property
    def hashes(self) -> int:
        """What finding the proofs took, trying every number from 0."""
        return sum(number + 1 for number in self.proofs)


class Relay:
    """`url` is where browsers go; `address` is the one its requests seem to come from."""

    def __init__(self, port: int, gate_port: int) -> None:
        self.port = port
        self.gate_port = gate_port
        self.address = "203.0.113.7"
        self.told = Told()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=_LIMIT)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()

    def begin(self, address: str) -> None:
        """Another visit, from another address."""
        self.address, self.told = address, Told()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        gate: asyncio.StreamWriter | None = None
        broken = (OSError, asyncio.IncompleteReadError, asyncio.CancelledError)
        with contextlib.suppress(*broken):
            from_gate, gate = await asyncio.open_connection(
                "127.0.0.1", self.gate_port, limit=_LIMIT
            )
            while await self._exchange(reader, writer, from_gate, gate):
                pass
        for each in (writer, gate):
            if each is not None:
                each.close()

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        from_gate: asyncio.StreamReader,
        gate: asyncio.StreamWriter,
    ) -> bool:
        """One request and its reply. False when the connection ends with it."""
        head = await reader.readuntil(b"\r\n\r\n")
        body = await body_of(reader, head, to_end=False)
        told, target = self.told, head.split(b" ", 2)[1]
        told.requests += 1
        gate.write(with_address(head, self.address) + body.raw)
        await gate.drain()
        reply_head = await from_gate.readuntil(b"\r\n\r\n")
        bare = reply_head[9:12] in (b"204", b"304") or head.startswith(b"HEAD ")
        reply = Body() if bare else await body_of(from_gate, reply_head, to_end=True)
        note(told, target, body.data, reply_head, reply.data)
        writer.write(reply_head + reply.raw)
        await writer.drain()
        return not reply.ended and b"connection: close" not in reply_head.lower()


@dataclass(frozen=True)
class Body:
    raw: bytes = b""  # as framed
    data: bytes = b""  # without framing
    ended: bool = False  # by the end of the connection


async def body_of(reader: asyncio.StreamReader, head: bytes, *, to_end: bool) -> Body:
    """What follows a head. `to_end`: without a length it lasts as long as the connection."""
    if field_of(head, b"transfer-encoding"):
        return await _chunks(reader)
    if length := field_of(head, b"content-length"):
        data = await reader.readexactly(int(length))
        return Body(data, data)
    if not to_end:
        return Body()
    data = await reader.read(-1)
    return Body(data, data, ended=True)


async def _chunks(reader: asyncio.StreamReader) -> Body:
    raw, data = bytearray(), bytearray()
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        part = await reader.readexactly(size + 2)
        raw += line + part
        data += part[:-2]
        if not size:
            return Body(bytes(raw), bytes(data))


def field_of(head: bytes, name: bytes) -> bytes:
    """The first value of a head's field, by lower-case name; empty if there is none."""
    for line in head.split(b"\r\n")[1:]:
        key, colon, value = line.partition(b":")
        if colon and key.strip().lower() == name:
            return value.strip()
    return b""


def with_address(head: bytes, address: str) -> bytes:
    """The head as it came, with the one field behind it that says who the client is."""
    return head[:-2] + b"X-Forwarded-For: " + address.encode() + b"\r\n\r\n"


def note(told: Told, target: bytes, sent: bytes, reply_head: bytes, reply: bytes) -> None:
    """Keep what the gate asked and what it was sent. Never raises."""
    with contextlib.suppress(ValueError, zlib.error):
        encoded = field_of(reply_head, b"content-encoding")
        plain = zlib.decompress(reply, 47) if encoded in (b"gzip", b"deflate") else reply
        if target.endswith((b"/answer", b"/challenge")):
            _note_call(told, target, json.loads(sent), json.loads(plain))
        elif found := _DATA.search(plain):
            _note_question(told, json.loads(found[1]).get("challenge"))


def _note_call(told: Told, target: bytes, sent: Any, said: Any) -> None:
    proof = sent.get("proof")
    if isinstance(proof, dict) and isinstance(proof.get("number"), int):
        told.proofs.append(proof["number"])
    if target.endswith(b"/answer"):
        told.answers.append(sent)
        told.replies.append({key: said.get(key) for key in ("outcome", "reason")})
    _note_question(told, said.get("challenge"))


def _note_question(told: Told, challenge: Any) -> None:
    if isinstance(challenge, dict):
        told.questions.append(challenge)
