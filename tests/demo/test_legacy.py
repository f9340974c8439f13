"""The demo's app on its own: it must be a decent app before a gate stands in front of it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest
from websockets.asyncio.client import connect

from gateway.demo.legacy.echo import accept_key
from gateway.demo.legacy.forms import read_form


@pytest.fixture(scope="module")
def url():
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.demo.legacy", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = process.stdout.readline().split()[-1]
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)
    process.stdout.close()


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def test_imports_nothing_of_ours():
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, gateway.demo.legacy.app\n"
            "print(*(m for m in sys.modules if m.split('.')[0] in ('gateway', 'aiohttp')))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(found.stdout.split()) == [
        "gateway",
        "gateway.demo",
        "gateway.demo.legacy",
        "gateway.demo.legacy.app",
        "gateway.demo.legacy.echo",
        "gateway.demo.legacy.forms",
        "gateway.demo.legacy.talker",
    ]


@pytest.mark.parametrize(
    "path", ["/", "/register", "/sms", "/vote", "/guestbook", "/quotes", "/live", "/style.css"]
)
async def test_every_page(url, browser, path):
    async with browser.get(url + path) as reply:
        assert reply.status == 200
        assert "$" not in await reply.text() or path == "/style.css"


async def test_tells_the_digest_of_a_file(url, browser):
    data = bytes(range(256)) * 4096
    form = aiohttp.FormData()
    form.add_field("name", "Ann")
    form.add_field("document", data, filename="a.bin")
    async with browser.post(url + "/register", data=form) as reply:
        assert hashlib.sha256(data).hexdigest() in await reply.text()


async def test_counts_what_it_received(url, browser):
    async def counters():
        async with browser.get(url + "/counters") as reply:
            return await reply.json()

    async def status_of(path, form):
        async with browser.post(url + path, data=form) as reply:
            return reply.status

    before = await counters()
    assert await status_of("/sms", {"phone": "1"}) == 200
    assert await status_of("/vote", {"choice": "Library"}) == 200
    assert await status_of("/vote", {"choice": "Other"}) == 400
    after = await counters()
    assert after["sms"] == before.get("sms", 0) + 1
    assert after["votes"] == before.get("votes", 0) + 1


async def test_shows_an_entry_escaped(url, browser):
    async with browser.post(url + "/guestbook", data={"name": "Bo", "message": "<b>"}) as reply:
        text = await reply.text()
    assert "&lt;b&gt;" in text
    assert "<b>" not in text


async def test_chunked_body(url, browser):
    async def chunks():
        yield b"phone="
        yield b"12"

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with browser.post(url + "/sms", data=chunks(), headers=headers) as reply:
        assert "on its way to 12" in await reply.text()


async def test_clock_ticks(url, browser):
    async with browser.get(url + "/events") as reply:
        assert (await reply.content.readline()).startswith(b"data: ")


async def test_echo(url):
    async with connect(url.replace("http", "ws") + "/ws") as socket:
        for message in ("hi", b"\x00\xff", "x" * 70_0, b"y" * 65_536):
            await socket.send(message)
            assert await socket.recv() == message


def test_accept_key_of_the_rfc():
    assert accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    "content_type, body",
    [
        ("", b"a=b"),
        ("text/plain", b"a=b"),
        ("multipart/form-data", b"--x\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"--x\r\nno head\r\n--x--"),
    ],
)
def test_another_body_is_an_empty_form(content_type, body):
    form = read_form(content_type, body)
    assert (form.fields, form.uploads) == ({}, {})
