"""Real programs that stand behind gates: node, nginx before node, PHP's own server."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import h11

from tests.refusals.comparing import NEXT, sent_on, stays
from tests.refusals.fuzzing import Message
from tests.refusals.parsers import Got
from tests.servers import HOST, free_ports, wait_for

APPS = Path(__file__).parent / "apps"
TIMEOUT_S = 30.0
CLOSES = {"php"}  # after each reply, so the next request comes on another connection


@contextmanager
def programs(folder: Path) -> Iterator[dict[str, int]]:
    """Each program's port, by its name."""
    with ExitStack() as stack:
        node = stack.enter_context(_node())
        nginx, php = free_ports(2)
        folder.chmod(0o755)
        config = (APPS / "nginx.conf").read_text().format(folder=folder, port=nginx, app=node)
        (folder / "nginx.conf").write_text(config)
        stack.enter_context(_running(nginx, ["nginx", "-c", str(folder / "nginx.conf")]))
        stack.enter_context(_running(php, ["php", "-S", f"{HOST}:{php}", str(APPS / "php.php")]))
        yield {"node": node, "nginx": nginx, "php": php}


@contextmanager
def _node() -> Iterator[int]:
    process = subprocess.Popen(["node", str(APPS / "node.mjs")], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@contextmanager
def _running(port: int, command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )

    def answers() -> bool:
        assert process.poll() is None, command
        with suppress(OSError), socket.create_connection((HOST, port), 1):
            return True
        return False

    try:
        wait_for(answers, about=command[0])
        yield
    finally:
        process.kill()
        process.wait()


def read_by(name: str, port: int, message: Message) -> str:
    """What this program takes from what we send on, as a word; `DIVERGES …` must not be."""
    sent = sent_on(message)
    if sent is None:
        return "not sent"
    head, raw, body = sent
    want = [Got(head.method.encode(), head.target, body, True)]
    if stays(head) and name not in CLOSES:
        raw += NEXT
        want.append(Got(b"GET", b"/next", b"", True))
    got = _ask(port, raw, [each.method.decode() for each in want])
    if got == want:
        return "agrees"
    refused = isinstance(got, int) and (400 <= got < 500 or got == 501)
    return f"refuses {got}" if refused else f"DIVERGES {name} reads {got}"


def _ask(port: int, raw: bytes, methods: list[str]) -> list[Got] | int:
    """What each reply says was read; or the status of one that says nothing."""
    got: list[Got] = []
    with socket.create_connection((HOST, port), TIMEOUT_S) as client:
        client.sendall(raw)
        parser = h11.Connection(h11.CLIENT)
        for method in methods:
            parser.send(h11.Request(method=method, target="/", headers=[("Host", "site")]))
            parser.send(h11.EndOfMessage())
            while not isinstance(event := parser.next_event(), h11.EndOfMessage):
                if event is h11.NEED_DATA:
                    data = client.recv(65536)
                    if not data and parser.their_state is h11.SEND_RESPONSE:
                        return got  # without a reply
                    parser.receive_data(data)
                elif isinstance(event, h11.Response):
                    said = dict(event.headers).get(b"x-said")
                    if said is None:
                        return event.status_code
                    got.append(_got(bytes.fromhex(said.decode())))
            if parser.their_state is not h11.DONE:
                break
            parser.start_next_cycle()
        more = parser.trailing_data[0]
    return [*got, Got(b"", b"", more, False)] if more else got


def _got(said: bytes) -> Got:
    method, target, body = json.loads(said)
    return Got(method.encode(), target.encode("latin-1"), bytes.fromhex(body), True)
