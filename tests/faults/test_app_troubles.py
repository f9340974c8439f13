"""The app refuses, hangs or dies: a page that says so, and a visit that is never silently lost."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from tests.gatekeeper import GateProcess, free_port
from tests.recorder import die, die_halfway, hang, polite
from tests.visitor import Reply, Visitor

FORM = {
    "name": "form",
    "match": {"method": "POST", "path": "/form"},
    "ladder": ["pow"],
    "work": 1000,
}
SMS = {**FORM, "name": "sms", "match": {"method": "POST", "path": "/sms"}, "pass": {"uses": 1}}
SHORT = {"wire": {"connect_timeout": "500ms", "reply_timeout": "700ms"}}


@pytest.fixture
async def gate(start_gate):
    return await start_gate([FORM, SMS], limits=SHORT)


@pytest.fixture
async def visitor(gate):
    async with Visitor(gate.url) as visitor:
        yield visitor


async def again(visitor: Visitor, solved: dict[str, Any]) -> Reply:
    """The visitor read that it may have arrived, and decided to send it again."""
    form = {"gateway_visit": solved["visit"], "gateway_again": "1"}
    return await visitor.post(solved["url"], urlencode(form))


async def reference_in(gate: GateProcess, reply: Reply) -> bool:
    """Whether the page's reference id is in the log too; it is written when the reply has ended."""
    for _ in range(250):
        references = [record["reference"] for record in gate.records("decision")]
        if any(reference in reply.text for reference in references):
            return True
        await asyncio.sleep(0.02)
    return False


@pytest.mark.parametrize(
    "trouble, status", [("refuses", 502), ("hangs", 504), ("dies", 502)], ids=lambda x: str(x)
)
async def test_plain_request(app, gate, visitor, trouble, status):
    if trouble == "refuses":
        await app.stop()
    else:
        app.answer = {"hangs": hang, "dies": die}[trouble]
    reply = await visitor.post("/free", b"a=1")
    assert reply.status == status
    assert await reference_in(gate, reply)
    assert "Traceback" not in reply.text
    assert len(app.seen) == (0 if trouble == "refuses" else 1)


async def test_a_get_on_a_dead_kept_connection_is_tried_once_more(app, gate, visitor):
    assert (await visitor.get("/free")).status == 200
    await app.stop()  # drops the gate's pooled connection
    await app.start()
    assert (await visitor.get("/free")).status == 200


@pytest.mark.parametrize("path", ["/form", "/sms"])
async def test_refused_visit_goes_on_later(app, gate, visitor, path):
    solved = await visitor.solve((await visitor.post(path, b"phone=1")).page)
    await app.stop()
    refused = await visitor.finish(solved)
    assert refused.status == 502
    assert await reference_in(gate, refused)
    await app.start()
    assert (await visitor.finish(solved)).status == 200
    assert [bytes(s.body) for s in app.seen] == [b"phone=1"]


@pytest.mark.parametrize("answer, status", [(hang, {502, 504}), (die, {502})])
async def test_broken_visit_is_not_sent_again_by_itself(app, gate, visitor, answer, status):
    solved = await visitor.solve((await visitor.post("/form", b"a=1")).page)
    app.answer = answer
    assert (await visitor.finish(solved)).status in status | {409}
    app.answer = polite
    told = await visitor.finish(solved)
    assert told.status == 409
    assert len(app.seen) == 1
    assert (await again(visitor, solved)).status == 200
    assert [bytes(s.body) for s in app.seen] == [b"a=1", b"a=1"]
    assert (await again(visitor, solved)).status == 409  # delivered now


async def test_broken_single_use_is_never_sent_again(app, gate, visitor):
    solved = await visitor.solve((await visitor.post("/sms", b"phone=1")).page)
    app.answer = die
    await visitor.finish(solved)
    app.answer = polite
    assert (await again(visitor, solved)).status == 409
    assert len(app.seen) == 1


async def test_a_reply_cut_short_does_not_end_cleanly(app, gate, visitor):
    app.answer = die_halfway
    with pytest.raises(aiohttp.ClientPayloadError):
        await visitor.get("/free")


async def test_a_held_request_with_a_reply_cut_short_is_delivered(app, gate, visitor):
    solved = await visitor.solve((await visitor.post("/form", b"a=1")).page)
    app.answer = die_halfway
    with pytest.raises(aiohttp.ClientPayloadError):
        await visitor.finish(solved)
    app.answer = polite
    assert (await visitor.finish(solved)).status == 409
    assert len(app.seen) == 1


async def test_an_app_that_accepts_nobody(start_gate, app):
    """A full backlog: the connection never stands, so nothing was sent and the visit goes on."""
    with socket.create_server(("127.0.0.1", free_port()), backlog=0) as deaf:
        port = deaf.getsockname()[1]
        full = [_begin(port) for _ in range(4)]
        gate = await start_gate([FORM], upstream=f"http://127.0.0.1:{port}", limits=SHORT)
        async with Visitor(gate.url) as visitor:
            solved = await visitor.solve((await visitor.post("/form", b"a=1")).page)
            began_s = time.monotonic()
            assert (await visitor.finish(solved)).status in (502, 504)
            assert time.monotonic() - began_s < 5
            for one in full:
                one.close()
            deaf.close()
            app.port = port
            await app.stop()
            await app.start()
            assert (await visitor.finish(solved)).status == 200
    assert [bytes(s.body) for s in app.seen] == [b"a=1"]


def _begin(port: int) -> socket.socket:
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(("127.0.0.1", port))
    return one


async def test_the_visitor_leaves_while_the_app_thinks(app, gate, visitor):
    """The reply has nobody to go to; the request arrived once, and the visit says so."""
    solved = await visitor.solve((await visitor.post("/form", b"a=1")).page)
    app.answer = hang
    finishing = asyncio.create_task(visitor.finish(solved))
    await app.until(1)
    finishing.cancel()
    await asyncio.gather(finishing, return_exceptions=True)
    app.answer = polite
    await asyncio.sleep(1.5)  # beyond the reply's time
    assert (await visitor.finish(solved)).status == 409
    assert len(app.seen) == 1
