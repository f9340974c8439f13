"""Records what browsers of this machine send, field by field: `python -m tests.signals.record`.

Each is started as a person would start it (Chromium with a window, under Xvfb; no driver, no
protocol of automation) at a page that asks for everything it can ask for by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

RECORDED = Path(__file__).parent / "recorded"
WITHIN_S = 90
PAGE = b"""<!doctype html><meta charset=utf-8><title>Record</title><iframe name=frame></iframe>
<form id=plain method=post action=/form target=frame><input name=a value=1></form>
<form id=parts method=post action=/parts enctype=multipart/form-data target=frame>
<input name=a value=1></form>
<script>
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
(async () => {
  await fetch("/fetch");
  await fetch("/fetch-json", {method: "POST", body: "{}",
    headers: {"Content-Type": "application/json", Accept: "application/json", "X-Own": "1"}});
  await fetch("/fetch-form", {method: "POST", body: new URLSearchParams({a: 1})});
  await fetch("/fetch-parts", {method: "POST", body: new FormData(document.forms[1])});
  await fetch("/fetch-language",
    {headers: {"Accept-Language": "de", "X-Requested-With": "XMLHttpRequest"}});
  await fetch("/fetch-fresh", {cache: "reload"});
  await fetch("/fetch-alive", {method: "POST", body: "x", keepalive: true});
  await new Promise((done) => {
    const asked = new XMLHttpRequest();
    asked.open("POST", "/xhr");
    asked.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    asked.setRequestHeader("Accept", "text/javascript, text/html, */*; q=0.01");
    asked.setRequestHeader("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8");
    asked.onloadend = done;
    asked.send("a=1");
  });
  navigator.sendBeacon("/beacon", "x");
  document.cookie = "kept=1";
  if (!sessionStorage.again) { sessionStorage.again = 1; location.reload(); return; }
  document.forms[0].submit(); await wait(600);
  document.forms[1].submit(); await wait(600);
  await navigator.serviceWorker.register("/worker.js");
  while (!navigator.serviceWorker.controller) await wait(50);
  await fetch("/worker-fetch");
  document.forms[0].action = "/worker-form"; document.forms[0].submit(); await wait(600);
  location.href = "/worker-page";
})();
</script>"""

# Through it go all that follow: many sites have one like it.
WORKER = b"""self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => event.respondWith(fetch(event.request)));"""
PAGES = {
    "/": (b"text/html", PAGE),
    "/worker.js": (b"text/javascript", WORKER),
    "/worker-page": (b"text/html", b"<script>location.href = '/last'</script>"),
}


class Server:
    def __init__(self) -> None:
        self.seen: dict[str, list[tuple[str, str]]] = {}
        self.done = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.split("\r\n")[:-2]
                fields = [(n, v.strip()) for n, _, v in (line.partition(":") for line in lines)]
                size = next((int(v) for n, v in fields if n.lower() == "content-length"), 0)
                await reader.readexactly(size)
                method, target = first.split(" ")[:2]
                if target != "/favicon.ico":
                    name = f"{method} {target}"
                    self.seen[f"{name} again" if name in self.seen else name] = fields
                kind, body = PAGES.get(target, (b"text/html", b"ok"))
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
                    % (kind, len(body), body)
                )
                if target == "/last":
                    self.done.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def record(command: list[str], name: str) -> None:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    browser = subprocess.Popen(
        [*command, f"http://127.0.0.1:{port}/"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with contextlib.suppress(TimeoutError):  # what was asked for by then is recorded
            async with asyncio.timeout(WITHIN_S):
                await server.done.wait()
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()
        listening.close()
    agent = dict(server.seen["GET /"])["User-Agent"]
    found = re.search(r"(Chrome|Firefox)/(\d+)", agent)
    assert found
    path = RECORDED / f"{name}-{found[2]}.json"
    lines = [f"{json.dumps(what)}: {json.dumps(fields)}" for what, fields in server.seen.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{path}: {len(server.seen)} requests")


async def main() -> None:
    wanted = sys.argv[1:] or ["chromium", "firefox"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        chromium = ["xvfb-run", "-a", "chromium", "--no-sandbox", "--no-first-run"]
        if "chromium" in wanted:
            await record([*chromium, f"--user-data-dir={folder}/chromium"], "chromium")
        firefox = ["firefox", "--headless", "--no-remote", "--profile", f"{folder}/firefox"]
        Path(folder, "firefox").mkdir()
        if "firefox" in wanted:
            await record(firefox, "firefox")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
