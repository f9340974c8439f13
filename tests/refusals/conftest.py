"""A real gate before an app that records, for all of a module."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import h11
import pytest

from tests.gatekeeper import GateProcess, config
from tests.refusals.app import RawApp

TIMEOUT_S = 30.0
Part = bytes | Callable[[], bytes]  # what to send, or what says it once its time has come


@dataclass
class Door:
    gate: GateProcess
    app: RawApp

    def ask(self, *parts: Part, count: int = 1) -> tuple[list[int], bool, bytes]:
        """Send; the statuses of up to `count` replies, whether the gate then ended, all bytes."""
        self.app.take()
        with socket.create_connection(("127.0.0.1", self.gate.port), TIMEOUT_S) as client:
            for part in parts:
                client.sendall(part if isinstance(part, bytes) else part())
            asks_head = isinstance(parts[0], bytes) and parts[0].startswith(b"HEAD ")
            return _replies(client, count, "HEAD" if asks_head else "GET")


def _replies(client: socket.socket, count: int, method: str) -> tuple[list[int], bool, bytes]:
    raw, statuses = b"", list[int]()
    parser = h11.Connection(h11.CLIENT)
    _asks(parser, method)
    while len(statuses) < count:
        event = parser.next_event()
        if event is h11.NEED_DATA:
            data = client.recv(65536)
            raw += data
            parser.receive_data(data)
        elif isinstance(event, h11.Response):
            statuses.append(event.status_code)
        elif isinstance(event, h11.EndOfMessage) and parser.their_state is h11.DONE:
            parser.start_next_cycle()
            _asks(parser, "GET")
        elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
            break
    said = raw.lower()
    closes = b"\r\nconnection: close\r\n" in said
    if closes:  # then an end must come, and nothing before it but the rest of the reply
        while data := client.recv(65536):
            raw += data
    return statuses, closes, raw


def _asks(parser: h11.Connection, method: str) -> None:
    parser.send(h11.Request(method=method, target="/", headers=[("Host", "site")]))
    parser.send(h11.EndOfMessage())


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    app = RawApp()
    gate = GateProcess(tmp_path_factory.mktemp("refusals"), config(app.url, []))
    asyncio.run(gate.start())
    try:
        yield Door(gate, app)
        assert "Traceback" not in gate.log_text()
        assert not gate.records("error")
    finally:
        asyncio.run(gate.stop())
        app.shutdown()
        app.server_close()
