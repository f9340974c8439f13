"""`gateway demo`, from the checkout and from a built wheel: the first thing a stranger runs."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import signal
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect

from tests.gatekeeper import free_port
from tests.visitor import Visitor

ROOT = Path(__file__).parent.parent.parent
START_WITHIN_S = 40.0
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", params=["checkout", "wheel"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `gateway` is imported from."""
    if request.param == "checkout":
        return ROOT
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--wheel-dir", str(folder), str(ROOT)),
        ],
        check=True,
        timeout=300,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def demo(home: Path):
    url = f"127.0.0.1:{free_port()}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "demo", "--listen", url),
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(home)},
        stdout=asyncio.subprocess.PIPE,
        # What runs in the background ignores Ctrl-C, and so do its children unless they are told.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    async with asyncio.timeout(START_WITHIN_S):
        said = (await process.stdout.readuntil(b"Ctrl-C")).decode()
    assert f"http://{url}/" in said
    assert str(home / "gateway" / "demo" / "demo.yaml") in said
    yield f"http://{url}"
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(START_WITHIN_S):
        await process.stdout.read()
        assert await process.wait() == 0
    log = re.search(r"log: +(\S+)", said)
    assert log and not Path(log[1]).parent.exists()  # nothing is left behind


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(demo):
    async with Visitor(demo) as visitor:
        yield visitor


async def counters(visitor: Visitor) -> dict[str, int]:
    found: dict[str, int] = (await visitor.get("/counters")).json()
    return found


async def test_registration_with_a_file(visitor):
    data = hashlib.shake_128(b"file").digest(300_000)
    form = aiohttp.FormData()
    form.add_field("name", "Zoë")
    form.add_field("document", data, filename="a.bin")
    payload = form()
    body = b"".join([part async for part in _written(payload)])
    before = (await counters(visitor)).get("registrations", 0)
    met = await visitor.post("/register", body, content_type=payload.content_type)
    assert met.challenged
    reply = await visitor.through(met)
    assert hashlib.sha256(data).hexdigest() in reply.text
    assert (await counters(visitor))["registrations"] == before + 1


async def _written(payload):
    class Sink:
        def __init__(self) -> None:
            self.parts: list[bytes] = []

        async def write(self, data: bytes) -> None:
            self.parts.append(bytes(data))

    sink = Sink()
    await payload.write(sink)
    for part in sink.parts:
        yield part


@pytest.mark.parametrize(
    "path, form, counter",
    [
        ("/sms", b"phone=1", "sms"),
        ("/vote", b"choice=Library", "votes"),
        ("/guestbook", b"name=Bo&message=hi", "entries"),
    ],
)
async def test_forms(visitor, path, form, counter):
    before = (await counters(visitor)).get(counter, 0)
    met = await visitor.post(path, form)
    assert met.challenged
    solved = await visitor.solve(met.page)
    assert (await visitor.finish(solved)).status == 200
    assert (await visitor.finish(solved)).status == 409
    assert (await counters(visitor))[counter] == before + 1


async def test_the_script_of_a_page_is_told_how(visitor):
    headers = {"Sec-Fetch-Mode": "cors", "Accept": "*/*"}
    reply = await visitor.post(
        "/api/quote", b"{}", content_type="application/json", headers=headers
    )
    assert (reply.status, reply.headers["X-Gateway-Challenge"]) == (403, "1")
    assert (await visitor.get("/_gateway/gateway.js")).status == 200


async def test_live_connections(demo):
    async with aiohttp.ClientSession() as session, session.get(demo + "/events") as reply:
        assert (await reply.content.readline()).startswith(b"data: ")
    async with connect(demo.replace("http", "ws") + "/ws") as socket:
        await socket.send("hello")
        assert await socket.recv() == "hello"
