"""Whole visits to an app at several addresses, or one that restarts, or one that is busy."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.gatekeeper import GateProcess, config, free_port
from tests.recorder import Recorder, Seen, polite
from tests.visitor import Visitor

FORM = {
    "name": "form",
    "match": {"method": "POST", "path": "/form"},
    "ladder": ["pow"],
    "work": 1000,
}
# The count lies in a file of the server's own; a visitor sent elsewhere begins again at 1.
SESSION = """<?php
session_start();
$_SESSION["count"] = ($_SESSION["count"] ?? 0) + 1;
header("Content-Type: application/json");
echo json_encode(["by" => getenv("NAME"), "count" => $_SESSION["count"],
    "method" => $_SERVER["REQUEST_METHOD"], "sent" => $_POST, "session" => session_id()]);
"""


@dataclass
class Php:
    """PHP's own server with sessions on its own disk."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.contextmanager
def php(folder: Path, name: str) -> Iterator[Php]:
    binary = shutil.which("php")
    assert binary, "these tests need PHP: apt-get install php-cli"
    home, port = folder / name, free_port()
    home.mkdir()
    (home / "index.php").write_text(SESSION)
    options = ["-n", "-d", f"session.save_path={home}", "-d", "display_errors=0"]
    process = subprocess.Popen(
        [binary, *options, "-S", f"127.0.0.1:{port}", str(home / "index.php")],
        env={**os.environ, "NAME": name},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Php(name, port, process)
    finally:
        process.kill()
        process.wait()


async def until_open(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            return


@contextlib.asynccontextmanager
async def gate_of(
    folder: Path, upstream: dict[str, Any], **more: Any
) -> AsyncIterator[GateProcess]:
    gate = GateProcess(folder, config(upstream, [FORM], **more))
    try:
        await gate.start()
        yield gate
    finally:
        await gate.stop()


@contextlib.asynccontextmanager
async def three_php(folder: Path, affinity: str) -> AsyncIterator[tuple[GateProcess, list[Php]]]:
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(php(folder, name)) for name in ("a", "b", "c")]
        for server in servers:
            await until_open(server.port)
        upstream = {"url": [server.url for server in servers], "affinity": affinity}
        trusted = {"trusted_proxies": ["127.0.0.1"]}
        async with gate_of(folder, upstream, **trusted) as gate:
            yield gate, servers


def coming_from(number: int) -> dict[str, str]:
    return {"X-Forwarded-For": f"198.51.{number}.7"}


@pytest.mark.parametrize("affinity", ["cookie", "client"])
async def test_php_sessions(tmp_path: Path, affinity: str) -> None:
    """The form page, the held POST that is finished, and what follows: one session, one place."""
    async with three_php(tmp_path, affinity) as (gate, _):
        places = Counter[str]()
        for number in range(12):
            async with Visitor(gate.url) as visitor:
                visitor.headers.update(coming_from(number))
                first = (await visitor.get("/")).json()
                assert first["count"] == 1
                challenge = await visitor.post("/form", b"a=%d" % number)
                solved = await visitor.solve(challenge.page)
                if affinity == "cookie":
                    visitor.headers.update(coming_from(100 + number))  # a telephone on a train
                finished = (await visitor.finish(solved)).json()
                assert finished["sent"] == {"a": str(number)}
                last = (await visitor.get("/")).json()
                told = [(said["by"], said["session"]) for said in (first, finished, last)]
                assert len(set(told)) == 1
                assert [said["count"] for said in (finished, last)] == [2, 3]
                places[first["by"]] += 1
        assert len(places) > 1  # all at one: once in 177,000 runs


async def test_php_sessions_without_affinity_are_lost(tmp_path: Path) -> None:
    """Why it is there."""
    async with three_php(tmp_path, "none") as (gate, _), Visitor(gate.url) as visitor:
        counts = [(await visitor.get("/")).json()["count"] for _ in range(3)]
        assert counts == [1, 1, 1]


async def test_a_visitors_server_dies(tmp_path: Path) -> None:
    """The session is gone with it, the visitor is not; and stays where it then was."""
    async with three_php(tmp_path, "cookie") as (gate, servers), Visitor(gate.url) as visitor:
        first = (await visitor.get("/")).json()["by"]
        (server,) = (each for each in servers if each.name == first)
        server.process.kill()
        server.process.wait()
        solved = await visitor.solve((await visitor.post("/form", b"a=1")).page)
        finished = (await visitor.finish(solved)).json()
        assert finished["by"] != first
        assert finished["sent"] == {"a": "1"}
        later = [(await visitor.get("/")).json() for _ in range(3)]
        assert {said["by"] for said in later} == {finished["by"]}
        assert [said["count"] for said in later] == [2, 3, 4]


async def test_one_of_three_dies_under_load(tmp_path: Path) -> None:
    """No GET fails, and the log and the metrics tell of it."""
    async with three_php(tmp_path, "none") as (gate, servers), aiohttp.ClientSession() as session:
        statuses = Counter[int]()

        async def ask(count: int) -> None:
            for _ in range(count):
                async with session.get(gate.url) as reply:
                    statuses[reply.status] += 1
                    await reply.read()

        load = asyncio.gather(*(ask(30) for _ in range(10)))
        while statuses.total() < 60:
            await asyncio.sleep(0.005)
        servers[1].process.kill()
        await load
        assert statuses == {200: 300}
        (out,) = gate.records("upstream_out")
        assert (out["upstream"], out["address"]) == ("app", f"127.0.0.1:{servers[1].port}")
        async with session.get(f"http://127.0.0.1:{gate.admin_port}/metrics") as reply:
            text = await reply.text()
        labels = f'address="127.0.0.1:{servers[1].port}",event="out",upstream="app"'
        assert f"gateway_upstream_events_total{{{labels}}} 1.0" in text


async def test_restart(tmp_path: Path, app: Recorder) -> None:
    """What comes while the app restarts waits: GET, POST, and the finished request."""
    async with gate_of(tmp_path, {"url": app.url, "wait": "20s"}) as gate:
        async with Visitor(gate.url) as visitor:
            solved = await visitor.solve((await visitor.post("/form", b"a=held")).page)
            await app.stop()
            waiting = [
                asyncio.create_task(visitor.finish(solved)),
                *(asyncio.create_task(visitor.get(f"/get/{n}")) for n in range(10)),
                *(asyncio.create_task(visitor.post(f"/post/{n}", b"b=%d" % n)) for n in range(10)),
            ]
            await asyncio.sleep(0.4)
            assert not any(task.done() for task in waiting)
            await app.start()
            assert {reply.status for reply in await asyncio.gather(*waiting)} == {200}
        seen = Counter((s.method, s.target.decode(), bytes(s.body)) for s in app.seen)
        assert seen == Counter(
            [
                ("POST", "/form", b"a=held"),
                *(("GET", f"/get/{n}", b"") for n in range(10)),
                *(("POST", f"/post/{n}", b"b=%d" % n) for n in range(10)),
            ]
        )


async def test_an_app_that_is_away_is_told_of_once(tmp_path: Path) -> None:
    port = free_port()
    async with gate_of(tmp_path, {"url": f"http://127.0.0.1:{port}", "wait": "0s"}) as gate:
        async with Visitor(gate.url) as visitor:
            assert [(await visitor.get(f"/{n}")).status for n in range(3)] == [502] * 3
        said = [(told["upstream"], told["address"]) for told in gate.records("upstream_failed")]
        assert said == [("app", f"127.0.0.1:{port}")]


async def test_a_log_that_cannot_be_written_is_told_where_health_is(
    tmp_path: Path, app: Recorder
) -> None:
    gate = GateProcess(tmp_path, config(app.url, [FORM]))
    gate.log_file = Path("/dev/full")
    await gate.start()
    try:
        url = f"http://127.0.0.1:{gate.admin_port}/readyz"
        async with aiohttp.ClientSession() as session, session.get(url) as reply:
            told = await reply.json()
    finally:
        await gate.stop()
    assert told["ready"] is True
    assert any("could not be written" in warning for warning in told["warnings"])


async def test_busy(tmp_path: Path, app: Recorder) -> None:
    """Over the limit: 503 and when to come back; a held request stays held."""
    go = asyncio.Event()

    async def slowly(seen: Seen, line: Any) -> None:
        await go.wait()
        await polite(seen, line)

    upstream = {"url": app.url, "max_requests": 1, "queue": 0}
    async with gate_of(tmp_path, upstream) as gate, Visitor(gate.url) as visitor:
        solved = await visitor.solve((await visitor.post("/form", b"a=1")).page)
        app.answer = slowly
        first = asyncio.create_task(visitor.get("/slow"))
        await app.until(1)
        page = await visitor.get("/")
        assert (page.status, page.headers["Retry-After"]) == (503, "5")
        assert 'data-reason="app_busy"' in page.text
        said = await visitor.ask(
            "GET", "/", None, {"Accept": "application/json", "Sec-Fetch-Mode": "cors"}
        )
        assert (said.status, said.headers["Retry-After"]) == (503, "5")
        assert json.loads(said.body)["reason"] == "app_busy"
        refused = await visitor.finish(solved)
        assert refused.status == 503
        assert solved["visit"] in refused.text  # the button sends it after all
        go.set()
        assert (await first).status == 200
        assert (await visitor.finish(solved)).status == 200
        assert [bytes(s.body) for s in app.seen] == [b"", b"a=1"]
