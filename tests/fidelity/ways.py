"""The three ways to the app: straight, through the gate, through nginx; and what each did."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from typer.testing import CliRunner

from gateway.cli.app import app as commands
from tests.fidelity.frames import Line, OverError, methods_of, says_close
from tests.fidelity.pair import MALFORMED, Pair
from tests.gatekeeper import GateProcess, free_port

WITHIN_S = 30.0
# Asked after the last reply: shows that the connection is where it should be, byte for byte.
LAST = b"GET /last HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\n"
LAST_REPLY = b"HTTP/1.1 200 Last\r\nContent-Length: 4\r\n\r\nlast"


@dataclass
class Seen:
    """What came of one pair on one way."""

    app: list[bytes]  # whole requests, raw
    client: bytes  # everything up to the reply to LAST, or to the end
    stays: bool  # LAST was answered on the same connection
    was_reset: bool = False


Serve = Callable[[Line, bytes], Awaitable[bool]]


@dataclass
class ScriptedApp:
    """Says what the pair says, and keeps what it was sent. One pair at a time.

    `serve`: instead of the pair, this converses once a head has come; False: the connection ends.
    """

    pair: Pair = field(default_factory=lambda: Pair("none"))
    serve: Serve | None = None
    got: list[bytes] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            connection.setblocking(False)
            task = asyncio.create_task(self._serve(Line(connection)))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _serve(self, line: Line) -> None:
        try:
            while await self._answer(line):
                pass
        except OverError:
            pass
        finally:
            line.close()

    async def _answer(self, line: Line) -> bool:
        """One request; whether the connection stays."""
        head = await line.head()
        if head.startswith(b"GET /last "):
            await line.send(LAST_REPLY)
            return not says_close(head)
        if MALFORMED in head and MALFORMED not in self.pair.sent:
            return False  # late: its pair is over
        pair, got, index = self.pair, self.got, len(self.got)
        got.append(head)
        if self.serve is not None:
            return await self.serve(line, head)
        if pair.at_head and index == 0:
            await line.send(pair.at_head)
        try:
            got[index] += await line.body(head)
            got[index] += await line.exactly(len(pair.tunnel))
        except OverError:
            got[index] += bytes(line.kept[line.at :])
            raise
        again = index > len(pair.more)  # asked once more on a new connection
        for part in pair.parts if index == 0 or again else (pair.more[index - 1],):
            await line.send(part)
            await asyncio.sleep(0)
        if pair.resets:
            line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return not (pair.ends or pair.resets or says_close(head))


@contextlib.asynccontextmanager
async def scripted(unix: Path | None = None) -> AsyncIterator[tuple[ScriptedApp, str]]:
    """A running app and its address."""
    listener = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
    listener.bind(str(unix) if unix else ("127.0.0.1", 0))
    listener.listen(64)
    listener.setblocking(False)
    app = ScriptedApp()
    task = asyncio.create_task(app.accept(listener))
    try:
        yield app, f"unix:{unix}" if unix else f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        for each in (task, *app.tasks):
            each.cancel()
        await asyncio.gather(task, *app.tasks, return_exceptions=True)
        listener.close()


async def visit(app: ScriptedApp, port: int, pair: Pair, within_s: float = WITHIN_S) -> Seen:
    """Send the pair's request there, and then LAST. Raises TimeoutError."""
    app.pair, app.got, app.serve = pair, [], None
    line = await Line.to(port)
    try:
        async with asyncio.timeout(within_s):
            stays = await _talk(line, pair)
    finally:
        line.close()
    said = bytes(line.kept)
    return Seen(app.got, said[: line.at] if stays else said, stays, line.was_reset)


@contextlib.asynccontextmanager
async def conversing(app: ScriptedApp, port: int, serve: Serve) -> AsyncIterator[Line]:
    """A client's connection, while the app converses by `serve`. Bounded by WITHIN_S."""
    app.serve, app.got = serve, []
    line = await Line.to(port)
    try:
        async with asyncio.timeout(WITHIN_S):
            yield line
    finally:
        line.close()


async def _talk(line: Line, pair: Pair) -> bool:
    first, *later = pair.steps
    await line.send(first)
    try:
        for part in later:
            await line.until(lambda data: 0 if data else None)
            await line.send(part)
        methods = [first.split(b" ")[0]] if pair.refused else methods_of(pair.sent)
        for method in methods:
            await line.reply(method)
        if pair.tunnel:
            await line.send(pair.tunnel)
            await line.exactly(sum(map(len, pair.parts)))
            return False
        await line.send(LAST)
        await line.until(_last_at)
    except OverError:
        return False
    return True


def _last_at(data: bytes) -> int | None:
    """How much came before the reply to LAST."""
    found = re.search(rb"HTTP/1\.1 200 Last\r\n.*last\Z", data, re.S)
    return found.start() if found else None


# --- Gate and nginx ------------------------------------------------------------------------


def settings_of_init(upstream: str) -> dict[str, Any]:
    """The configuration that `gateway init` prints."""
    printed = CliRunner().invoke(commands, ["init", "--upstream", upstream])
    assert printed.exit_code == 0, printed.output
    loaded: dict[str, Any] = YAML(typ="safe").load(printed.stdout)
    return loaded


@contextlib.asynccontextmanager
async def gated(
    folder: Path,
    upstream: str,
    *,
    mode: str = "shadow",
    routes: Sequence[dict[str, Any]] = (),
    **more: Any,
) -> AsyncIterator[GateProcess]:
    """The whole program before `upstream`; only its addresses and files are the test's.

    `routes` come before the one of `gateway init`; `mode` is the site's; `more` at the top.
    """
    settings = settings_of_init(upstream) | more
    site = settings["sites"][0]
    site |= {"mode": mode, "routes": [*routes, *site["routes"]]}
    for placed in ("listen", "admin", "keys", "store"):
        del settings[placed]
    gate = GateProcess(folder, settings)
    await gate.start()
    try:
        yield gate
    finally:
        await gate.stop()


_NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  map $http_upgrade $said_upgrade {{ default upgrade; "" ""; }}
  upstream app {{ server {app}; keepalive 4; }}
  server {{
    listen 127.0.0.1:{port};
    client_max_body_size 0; large_client_header_buffers 4 64k; keepalive_timeout 75s;
    location / {{
      proxy_pass http://app; proxy_http_version 1.1;
      proxy_set_header Host $http_host; proxy_set_header Connection $said_upgrade;
      proxy_set_header Upgrade $http_upgrade;
      proxy_buffering off; proxy_request_buffering off;
      proxy_buffer_size 64k; proxy_buffers 4 64k;
    }}
  }}
}}
"""


@contextlib.asynccontextmanager
async def nginx_before(folder: Path, upstream: str) -> AsyncIterator[int]:
    """Debian's nginx with an ordinary, unbuffered proxy_pass. Yields its port."""
    port = free_port()
    app = upstream.removeprefix("http://")
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, app=app, port=port))
    command = ["nginx", "-c", str(config), "-p", str(folder)]
    with (folder / "nginx.out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        async with asyncio.timeout(WITHIN_S):
            await _until_up(process, port)
        yield port
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, WITHIN_S)


async def _until_up(process: subprocess.Popen[bytes], port: int) -> None:
    while True:
        assert process.poll() is None, "nginx did not start"
        try:
            line = await Line.to(port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        line.close()
        return
