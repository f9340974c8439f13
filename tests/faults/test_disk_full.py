"""The store's disk takes no more: nothing breaks, nothing is lost in silence, and it goes on after.

The room is taken away by a limit on the size of files, which a running process can be given and
relieved of (prlimit(2)); SQLite meets it as it meets a full disk.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
from typing import Any

import aiohttp
import pytest_asyncio

from gateway.files import data_dir
from tests.gatekeeper import GateProcess
from tests.recorder import Recorder
from tests.visitor import Visitor

FORM = {
    "name": "form",
    "match": {"method": "POST", "path": "/form"},
    "ladder": ["pow"],
    "work": 1000,
}
SMS = {**FORM, "name": "sms", "match": {"method": "POST", "path": "/sms"}, "pass": {"uses": 1}}
EN = json.loads((data_dir("templates") / "texts" / "en.json").read_text())
BODY = os.urandom(2 * 2**20)


@pytest_asyncio.fixture
async def gate(start_gate) -> GateProcess:
    """Its worker serves and has opened the store: the sockets stand before either."""
    gate = await start_gate([FORM, SMS])
    async with aiohttp.ClientSession() as session, asyncio.timeout(20):
        while (await ready(gate, session))[0] != 200:
            await asyncio.sleep(0.05)
    return gate


async def ready(gate: GateProcess, session: aiohttp.ClientSession) -> tuple[int, Any]:
    async with session.get(f"http://127.0.0.1:{gate.admin_port}/readyz") as reply:
        return reply.status, await reply.json()


@pytest_asyncio.fixture
async def visitor(gate: GateProcess):
    async with Visitor(gate.url) as visitor:
        yield visitor


def room(gate: GateProcess, size_bytes: int) -> None:
    for pid in gate.workers():
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, hard))


async def test_what_finds_no_room_is_asked_without_being_held(app: Recorder, gate, visitor):
    room(gate, 512 * 1024)
    met = await visitor.post("/form", BODY, content_type="application/octet-stream")
    assert met.status == 403
    assert met.page["finish"] == "reload"  # the browser still has it, and sends it again
    (asked,) = gate.records("asked")
    assert asked["hold"] == "full"
    assert app.seen == []


async def test_single_use_is_refused_rather_than_half_kept(app: Recorder, gate, visitor):
    room(gate, 512 * 1024)
    met = await visitor.post("/sms", BODY, content_type="application/octet-stream")
    assert met.status == 503
    assert met.headers["Retry-After"]
    assert EN["denied"]["store_full"] in met.text  # not: "the site does not answer"
    assert app.seen == []


async def test_with_room_again_all_is_well(app: Recorder, gate, visitor):
    room(gate, 512 * 1024)
    await visitor.post("/form", BODY, content_type="application/octet-stream")
    room(gate, resource.RLIM_INFINITY)
    met = await visitor.post("/form", BODY, content_type="application/octet-stream")
    assert met.page["finish"] == "post"
    reply = await visitor.through(met)
    assert reply.status == 200
    assert [seen.body for seen in app.seen] == [BODY]


async def test_what_was_held_before_still_goes_on(app: Recorder, gate, visitor):
    met = await visitor.post("/form", b"a=1")
    solved = await visitor.solve(met.page)
    room(gate, 0)
    reply = await visitor.finish(solved)
    assert reply.status in (200, 503)  # it goes, or the visitor is told that it did not …
    room(gate, resource.RLIM_INFINITY)
    if reply.status == 503:
        reply = await visitor.finish(solved)
    assert reply.status in (200, 409)
    assert len(app.seen) == 1  # … and never twice


async def test_an_answer_that_cannot_be_noted_says_why(gate, visitor):
    met = await visitor.post("/form", b"a=1")
    body = visitor.answer_body(met.page["visit"], met.page["challenge"])
    room(gate, 0)
    told = await visitor.call(met.page, "answer", body)
    assert (told.status, told.json()["reason"]) == (503, "full")
    assert told.headers["Retry-After"]
    room(gate, resource.RLIM_INFINITY)
    assert (await visitor.call(met.page, "answer", body)).json()["outcome"] == "solved"


async def test_readyz_calls_it_full(gate):
    room(gate, 0)
    async with aiohttp.ClientSession() as session:
        status, told = await ready(gate, session)
        assert (status, told["checks"]) == (503, {"store": "StoreFull"})
        room(gate, resource.RLIM_INFINITY)
        assert (await ready(gate, session))[0] == 200
