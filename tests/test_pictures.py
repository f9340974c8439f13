"""Whole visits to a running gate whose route asks a kind that is drawn; and how makers end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from gateway.gate import look_of
from gateway.keys import Key, KeyRing, rotate
from gateway.kinds import Look
from tests.conftest import StartGate
from tests.gatekeeper import GateProcess
from tests.recorder import Recorder
from tests.test_workers import until
from tests.visitor import Visitor

DRAWN = {
    "name": "form",
    "match": {"method": "POST", "path": "/form"},
    "ladder": ["restore"],
    "work": 1000,
}
FEW = {"items": 4}


def visitor(gate: GateProcess) -> Visitor:
    return Visitor(gate.url, keys=gate.folder / "keys")


def children(pid: int) -> set[int]:
    """The processes that one has started, and they in turn."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child} | children(child)
    return found


def makers(gate: GateProcess) -> set[int]:
    return {pid for pid in children(gate.pid) if b"gateway.stock.child" in command(pid)}


def command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


async def scraped(gate: GateProcess, name: str) -> float:
    """A metric, all its samples added up."""
    async with Visitor(f"http://127.0.0.1:{gate.admin_port}") as operator:
        lines = (await operator.get("/metrics")).text.splitlines()
    return sum(
        float(line.split()[-1]) for line in lines if line.startswith((f"{name}{{", f"{name} "))
    )


async def full(gate: GateProcess, items: int) -> None:
    async with asyncio.timeout(30):
        while await scraped(gate, "gateway_stock_items") != items:
            await asyncio.sleep(0.2)


async def sent(gate: GateProcess) -> int:
    """A form through its challenge: the app's status."""
    async with visitor(gate) as someone:
        return (await someone.through(await someone.post("/form", b"a=1"))).status


async def test_toll_picture_answer_delivered(app: Recorder, start_gate: StartGate) -> None:
    gate = await start_gate([DRAWN], stock=FEW)
    await full(gate, 4)  # or a busy machine's visitor may get work in a picture's place
    async with visitor(gate) as someone:
        met = await someone.post("/form", b"a=1")
        toll = met.page["challenge"]
        assert (toll["kind"], toll["view"], toll["drawn"]) == ("restore", None, True)
        shown = await someone.picture(met.page, toll)
        assert "data:image/jpeg;base64," in str(shown["view"])
        spent = await someone.call(met.page, "challenge", someone.wish(met.page, toll, "picture"))
        assert spent.json() == {"outcome": "refused", "reason": "spent"}
        page = met.page | {"challenge": shown}
        await asyncio.sleep(1)
        assert (await someone.finish(await someone.solve(page))).status == 200
    (seen,) = app.of("POST", "/form")
    assert bytes(seen.body) == b"a=1"
    (answer,) = gate.records("answer")
    assert (answer["kind"], answer["outcome"]) == ("restore", "solved")


async def test_two_workers_share_out_one_stock(app: Recorder, start_gate: StartGate) -> None:
    gate = await start_gate([DRAWN], workers=2, stock={"items": 6})
    await full(gate, 6)
    assert len(makers(gate)) == 2
    for _ in range(4):
        assert await sent(gate) == 200
    assert {answer["kind"] for answer in gate.records("answer")} == {"restore"}


async def test_a_killed_maker_costs_nobody_a_visit(app: Recorder, start_gate: StartGate) -> None:
    gate = await start_gate([DRAWN], stock=FEW)
    await full(gate, 4)
    (pid,) = makers(gate)
    os.kill(pid, signal.SIGKILL)
    for _ in range(3):
        assert await sent(gate) == 200
    await until(lambda: makers(gate) and pid not in makers(gate))
    (told,) = gate.records("stock_maker_ended")
    assert (told["pid"], told["code"]) == (pid, -9)
    assert await scraped(gate, "gateway_stock_makers_ended_total") == 1


async def test_without_pictures_there_is_work_in_their_place(
    app: Recorder, start_gate: StartGate
) -> None:
    """Every maker is killed as it comes: visitors still get through, and the record says how."""
    gate = await start_gate([DRAWN], stock={"items": 1})

    async def kill() -> None:
        while True:
            for pid in makers(gate):
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.01)

    killing = asyncio.create_task(kill())
    await until(lambda: len(gate.records("stock_maker_ended")) >= 3)
    statuses = [await sent(gate) for _ in range(3)]
    killing.cancel()
    assert statuses == [200] * 3
    answers = gate.records("answer")[-2:]  # one may have been in stock
    assert {(answer["kind"], answer.get("instead_of")) for answer in answers} == {
        ("pow", "restore")
    }
    assert await scraped(gate, "gateway_stock_missed_total") >= 2


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_makers_end_with_the_gate(app: Recorder, start_gate: StartGate, how: str) -> None:
    gate = await start_gate([DRAWN], workers=2, stock=FEW)
    await until(lambda: len(makers(gate)) == 2)
    pids = makers(gate)
    await getattr(gate, how)()
    await until(lambda: not any(b"stock.child" in command(pid) for pid in pids), 5)


async def test_a_killed_worker_takes_its_maker_along(app: Recorder, start_gate: StartGate) -> None:
    gate = await start_gate([DRAWN], stock=FEW)
    await until(lambda: len(makers(gate)) == 1)
    (pid,) = makers(gate)
    (worker,) = gate.workers()
    os.kill(worker, signal.SIGKILL)
    await until(lambda: not command(pid), 5)
    await until(lambda: len(makers(gate)) == 1)
    assert await sent(gate) == 200


async def test_a_reload_brings_a_new_stock_and_a_new_look(
    app: Recorder, start_gate: StartGate
) -> None:
    gate = await start_gate([DRAWN], stock=FEW, limits={"wire": {"drain": "1s"}})
    await full(gate, 4)
    before = makers(gate)
    rotate(gate.folder / "keys", time.time(), 10**9, sign_after_s=0.0)
    async with visitor(gate) as someone:
        met = await someone.post("/form", b"a=1")
        shown = await someone.picture(met.page, met.page["challenge"])
        os.kill(gate.pid, signal.SIGHUP)
        await until(lambda: gate.records("reloaded"))
        await until(lambda: makers(gate) and not makers(gate) & before)
        page = met.page | {"challenge": shown}
        assert (await someone.finish(await someone.solve(page))).status == 200, "asked before"
    assert await sent(gate) == 200, "asked after"
    assert {answer["kind"] for answer in gate.records("answer")} == {"restore"}


def test_the_look_is_the_newest_keys() -> None:
    old, new = (Key(kid, 0.0, bytes([byte]) * 32) for kid, byte in (("a", 1), ("b", 2)))
    before, after = look_of(KeyRing((old,)), ()), look_of(KeyRing((old, new)), (b"one",))
    assert before.salt != after.salt
    assert after == Look(KeyRing((new,)).newest.derive("look"), (b"one",))
    assert new.secret not in (after.salt, before.salt)


async def test_nothing_drawn_nothing_started(app: Recorder, start_gate: StartGate) -> None:
    gate = await start_gate([DRAWN | {"ladder": ["slider"]}])
    assert await sent(gate) == 200
    assert makers(gate) == set()
    for pid in children(gate.pid) | {gate.pid}:
        mapped = Path(f"/proc/{pid}/maps").read_bytes()
        assert b"numpy" not in mapped
        assert b"PIL" not in mapped
