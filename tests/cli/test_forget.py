"""`gateway forget`, on what a gate has kept."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from functools import partial
from typing import Any

import pytest

from gateway.hold.format import FORMATS, Record, chunk_key, head_key, state_key
from gateway.stores import open_store
from tests.cli.conftest import Command
from tests.conftest import StartGate
from tests.gatekeeper import GateProcess
from tests.hand.drawn import drawn
from tests.server.test_hands import REPORT, trace
from tests.visitor import Visitor

CURRENT = FORMATS[1]
ROUTES: list[dict[str, Any]] = [
    {
        "name": "form",
        "match": {"method": "POST", "path": "/form"},
        "ladder": ["one_click"],
        "limits": [{"per": "address", "most": "9", "within": "1h", "then": "deny", "name": "many"}],
        "user": {"header": "X-User"},
    }
]
TRUSTS = {"trusted_proxies": ["127.0.0.1"]}
HERE, THERE = "192.0.2.7", "198.51.100.9"


class Hand(Visitor):
    """One that moves."""

    def answer_body(self, visit: str, challenge: dict[str, Any]) -> dict[str, Any]:
        said = super().answer_body(visit, challenge)
        return said | {"trace": trace(drawn(), "d", "u"), "signals": said["signals"] | REPORT}


async def visited(start_gate: StartGate) -> tuple[GateProcess, dict[str, str]]:
    """A gate that challenged two, of whom the first solved; and their references."""
    gate = await start_gate(ROUTES, **TRUSTS, traces={"keep": 10, "for": "1d"})
    references = {}
    for address in (HERE, THERE):
        headers = {"X-Forwarded-For": address, "X-User": f"user of {address}"}
        async with Hand(gate.url) as visitor:
            visitor.headers |= headers
            shown = await visitor.post("/form", "a=1")
            references[address] = shown.page["reference"]
            if address == HERE:
                assert (await visitor.through(shown)).status == 200
    await gate.stop()
    return gate, references


async def kept(gate: GateProcess) -> list[dict[str, Any]]:
    store = open_store(gate.settings["store"])
    found = [json.loads(entry.text) for entry in await store.entries()]
    await store.close()
    return found


async def traces(gate: GateProcess) -> int:
    store = open_store(gate.settings["store"])
    found = await store.entries(book="traces")
    await store.close()
    return len(found)


async def keys(gate: GateProcess, named: str = "") -> int:
    """What else the store holds, of what is `named` so."""
    with sqlite3.connect(gate.settings["store"].removeprefix("sqlite:")) as db:
        found = [key for (key,) in db.execute("SELECT key FROM entries WHERE key != 'ping'")]
    db.close()
    return sum(named in key for key in found)


@pytest.mark.parametrize("how", ["address", "prefix", "user", "id"])
async def test_what_is_kept_about_somebody_is_removed(
    start_gate: StartGate, gateway: Command, how: str
) -> None:
    gate, references = await visited(start_gate)
    names = {
        "address": HERE,
        "prefix": "192.0.2.0/24",
        "user": f"user of {HERE}",
        "id": references[HERE],
    }
    forget = partial(asyncio.to_thread, gateway, "forget", gate.config_file, f"--{how}", names[how])
    before, rows = await kept(gate), await keys(gate)
    assert len(before) == 6  # challenged, asked, answered, sent on; and the other's two
    planned = await forget("--dry-run")
    assert planned.code == 0, planned.err
    assert "4 records would be removed" in planned.out
    assert "paths of 1 answer would be removed" in planned.out
    assert "1 held request would be removed" in planned.out
    assert (await kept(gate), await keys(gate)) == (before, rows)
    assert await traces(gate) == 1
    done = await forget()
    assert "4 records removed" in done.out
    assert "paths of 1 answer removed" in done.out
    assert await traces(gate) == 0
    after = await kept(gate)
    assert {each["record"]["reference"] for each in after} == {references[THERE]}
    assert await keys(gate) < rows
    again = await forget()
    assert (again.code, "0 records removed" in again.out) == (0, True)
    explained = await asyncio.to_thread(
        gateway, "explain", gate.config_file, "--id", references[HERE]
    )
    assert explained.code == 1


async def test_what_limits_count_by_somebodys_pass_goes_too(
    start_gate: StartGate, gateway: Command
) -> None:
    limit = {"per": "pass", "most": "9", "within": "1h", "then": "deny", "name": "own"}
    gate = await start_gate([ROUTES[0] | {"limits": [limit]}], **TRUSTS)
    async with Visitor(gate.url) as visitor:
        visitor.headers |= {"X-Forwarded-For": HERE}
        assert (await visitor.through(await visitor.post("/form", "a=1"))).status == 200
        assert (await visitor.post("/form", "a=2")).status == 200
    await gate.stop()

    assert await keys(gate, "/own/") == 1
    forget = partial(asyncio.to_thread, gateway, "forget", gate.config_file)
    assert (await forget("--address", HERE)).code == 0
    assert await keys(gate, "/own/") == 0


async def test_of_a_network_no_key_is_left_that_names_it(
    start_gate: StartGate, gateway: Command
) -> None:
    """Of one address the network's are: they are its neighbours' too."""
    gate, _ = await visited(start_gate)
    assert await keys(gate, ":198.51.100.0/24") == 1  # of what it has held
    forget = partial(asyncio.to_thread, gateway, "forget", gate.config_file)
    assert (await forget("--address", THERE)).code == 0
    assert await keys(gate, "198.51.100.0/24") > 0
    assert (await forget("--prefix", "198.51.100.0/24")).code == 0
    assert await keys(gate, "198.51.100.0/24") == 0


async def test_paths_are_found_after_the_records_are_gone(
    start_gate: StartGate, gateway: Command
) -> None:
    gate, references = await visited(start_gate)
    printed = await asyncio.to_thread(gateway, "trace", "--kept", gate.config_file)
    (line,) = printed.out.splitlines()
    assert json.loads(line)["session"] == references[HERE]
    store = open_store(gate.settings["store"])
    await store.strike(await store.entries())
    await store.close()
    done = await asyncio.to_thread(gateway, "forget", gate.config_file, "--address", HERE)
    assert ("0 records removed" in done.out, "paths of 1 answer removed" in done.out) == (True,) * 2
    assert await traces(gate) == 0


@pytest.mark.parametrize(("state", "stays"), [("held", False), ("sent", True), ("claimed", True)])
async def test_what_is_on_its_way_to_the_app_is_left_alone(
    start_gate: StartGate, gateway: Command, state: str, stays: bool
) -> None:
    gate, references = await visited(start_gate)
    store = open_store(gate.settings["store"])
    holds = [json.loads(e.text).get("hold") for e in await store.entries(references[THERE])]
    (hold_id,) = {hold for hold in holds if hold}
    await store.put(state_key(hold_id), CURRENT.dump_record(Record(state, 60.0)), 60.0)
    done = await asyncio.to_thread(gateway, "forget", gate.config_file, "--address", THERE)
    assert ("on the way to the app: 1 held request" in done.out) is stays
    for key in (state_key(hold_id), head_key(hold_id), chunk_key(hold_id, 0)):
        assert (await store.get(key) is not None) is stays
    await store.close()


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ((), "one of --address"),
        (("--address", "x"), "not an address"),
        (("--prefix", "10.0.0.0/8"), "name smaller ones"),
        (("--id", "x"), "a reference is a UUID"),
        (("--address", HERE, "--id", "x"), "one of --address"),
    ],
)
async def test_faults_of_use(
    start_gate: StartGate, gateway: Command, file: Any, words: tuple[str, ...], fault: str
) -> None:
    (file.parent / "keys").mkdir(mode=0o700)
    await asyncio.to_thread(gateway, "keys", "create", file)
    done = await asyncio.to_thread(gateway, "forget", file, *words)
    assert done.code == 2
    assert fault in done.err
