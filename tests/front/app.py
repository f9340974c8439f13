"""An app with a page, a WebSocket and an event stream, that tells what reached it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web


@dataclass
class Got:
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def names(self) -> set[str]:
        return {key.lower() for key, _ in self.headers}

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass
class App:
    """`got` is every request but those of streams, in order."""

    got: list[Got] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)  # the stream's next event
    port: int = 0

    async def start(self) -> None:
        app = web.Application(client_max_size=2**26)
        app.router.add_get("/vote/live", self._live)
        app.router.add_get("/vote/events", self._events)
        app.router.add_route("*", "/{rest:.*}", self._page)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def _page(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.got.append(self._note(request, body))
        return web.Response(text="the app's own page")

    def _note(self, request: web.Request, body: bytes = b"") -> Got:
        headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in request.raw_headers]
        return Got(request.method, request.raw_path, headers, body)

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await socket.send_str(f"you said {message.data}")
        return socket

    async def _events(self, request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await reply.prepare(request)
        for number in range(3):
            await reply.write(b"data: %d\n\n" % number)
            await self.go_on.wait()
            self.go_on.clear()
        return reply
