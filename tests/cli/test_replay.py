"""`gateway replay`: the log of a real gate, decided again."""

from __future__ import annotations

import asyncio
import gzip
import hmac
import json
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio

from tests.cli.conftest import Command
from tests.conftest import gates
from tests.gatekeeper import GateProcess
from tests.recorder import Recorder
from tests.visitor import CHROME, Visitor

KEY = "7618a1cfd379b9c7ef753c2a24cdf02b"
INVISIBLE_OR_CLICK = [{"kind": "invisible", "max_risk": "0.2"}, "one_click"]
OFTEN = {"per": "route", "within": "1h", "then": "deny", "name": "often"}
ROUTES: list[dict[str, Any]] = [
    {"name": "open", "match": {"path": "/open"}, "action": "allow"},
    {"name": "shut", "match": {"path": "/shut/**"}, "action": "deny"},
    {"name": "wall", "match": {"path": "/wall/**"}, "ladder": ["one_click"]},
    {"name": "steps", "match": {"path": "/steps"}, "ladder": INVISIBLE_OR_CLICK},
    {
        "name": "form",
        "match": {"method": "POST", "path": "/form", "form": {"do": "register"}},
        "ladder": [{"kind": "invisible", "max_risk": "0.3"}, "slider"],
    },
    {"name": "shade", "match": {"path": "/shade"}, "mode": "shadow", "ladder": INVISIBLE_OR_CLICK},
    {
        "name": "few",
        "match": {"path": "/few"},
        "ladder": ["one_click"],
        "limits": [OFTEN | {"most": "2"}],
    },
    {
        "name": "spent",
        "match": {"path": "/spent"},
        "ladder": ["one_click"],
        "pass": {"uses": "2", "spend": "all"},
    },
    {"name": "once", "match": {"method": "POST", "path": "/once"}, "pass": {"uses": "1"}},
    {
        "name": "strict",
        "match": {"path": "/strict"},
        "ladder": ["one_click"],
        "refuse_above": "0.1",
    },
    {"name": "probed", "match": {"path": "/probed"}, "flow": "probe"},
    {
        "name": "any",
        "match": {"path": "/any"},
        "flow": "multiple",
        "ladder": [{"kind": "one_click", "level": "1"}, {"kind": "slider", "level": "1"}],
    },
    {
        "name": "twice",
        "match": {"path": "/twice"},
        "rounds": "2",
        "ladder": [{"kind": "invisible", "max_risk": "0.5"}, "word"],
    },
    {
        "name": "bill",
        "match": {"path": "/bill"},
        "ladder": ["one_click"],
        "budget": {"hour": "1"},
    },
    *(
        {
            "name": f"named-{mode}",
            "match": {"path": f"/named/{mode}"},
            "mode": mode,
            "flow": "fusion",
            "ladder": ["invisible", "one_click"],
            "fusion": {"key": KEY, "query": "risk"},
            "limits": [{"per": "route", "most": "2", "within": "1h", "then": "harder"}],
        }
        for mode in ("enforce", "shadow")
    ),
]
OPEN_SESAME = "open-sesame-open-sesame-open-sesame"
LISTS = {
    "deny": [{"header": {"X-Who": "bad"}}],
    "allow": [{"header": {"X-Who": OPEN_SESAME}}],
}
CROSS = {"Sec-Fetch-Site": "cross-site", "Origin": "http://elsewhere.example"}


def signed(kind: str, age_s: float = 0.0) -> str:
    said = f"{kind}|{time.time() - age_s}|0123456789abcdef"
    sign = hmac.new(KEY.encode(), said.encode(), "sha256").hexdigest()
    return urlencode({"risk": f"{said}|{sign}"})


async def visits(gate: GateProcess) -> None:
    """Every kind of decision and answer there is."""
    async with Visitor(gate.url) as visitor:
        for path in ("/open", "/free", "/shut/1", "/shade", "/wall/%2e/x", "/WALL/y"):
            await visitor.get(path)
        shown = await visitor.get("/wall/1?token=hunter2")
        body = visitor.answer_body(shown.page["visit"], shown.page["challenge"])
        wrong = await visitor.call(shown.page, "answer", body | {"answer": False})
        assert wrong.json()["outcome"] == "again"
        page = shown.page | {"challenge": wrong.json()["challenge"]}
        assert (await visitor.finish(await visitor.solve(page))).status == 200
        spent = await visitor.call(
            page, "answer", visitor.answer_body(page["visit"], page["challenge"])
        )
        assert spent.json()["outcome"] == "refused"
        for _ in range(3):
            assert (await visitor.get("/wall/2")).status == 200
        for _ in range(3):
            await visitor.through(await visitor.get("/few")) if _ == 0 else await visitor.get(
                "/few"
            )
        await visitor.through(await visitor.get("/spent"))
        for _ in range(3):
            await visitor.get("/spent")
        await visitor.through(await visitor.post("/form", "do=register&name=ann"))
        await visitor.post("/form", "do=login")
        await visitor.through(await visitor.post("/once", "vote=1"))
        for who in (OPEN_SESAME, "bad"):
            await visitor.get("/wall/9", headers={"X-Who": who})
        await visitor.get("/wall/3", headers={"Host": "nobody.example"})
        await visitor.ask(
            "OPTIONS", "/once", None, CROSS | {"Access-Control-Request-Method": "POST"}
        )
        await visitor.post("/wall/4", "gateway_visit=nonsense")
        await visitor.get("/steps")
        for path in ("/probed", "/any", "/twice"):
            shown = await visitor.get(path)
        await visitor.call(
            shown.page, "answer", visitor.answer_body(shown.page["visit"], shown.page["challenge"])
        )
        await visitor.through(await visitor.get("/bill"))
        await visitor.get("/bill")
        for path in ("/named/enforce", "/named/shadow"):
            known = f"{path}?{signed('one_click')}"
            await visitor.through(await visitor.get(known)) if "enforce" in path else None
            for each in (known, path, f"{path}?{signed('icon')}", f"{path}?{signed('ai', 999)}"):
                await visitor.get(each)
            for _ in range(3):
                await visitor.get(f"{path}?{signed('ai')}")
    async with Visitor(gate.url, headers=CHROME | {"Accept-Language": ""}) as robot:
        shown = await robot.get("/steps")
        body = robot.answer_body(shown.page["visit"], shown.page["challenge"])
        await robot.call(shown.page, "answer", body)
        shown = await robot.get("/strict")
        body = robot.answer_body(shown.page["visit"], shown.page["challenge"])
        refused = await robot.call(shown.page, "answer", body)
        assert refused.json()["outcome"] == "refused"
        await robot.get("/shade")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory, recorder: Recorder) -> GateProcess:
    """One that has seen them all, and has stopped."""
    site = {"hosts": ["127.0.0.1"], **LISTS}
    async with gates(tmp_path_factory.mktemp("gate"), recorder) as start:
        gate = await start(ROUTES, site=site)
        await visits(gate)
        await gate.stop()
    return gate


def told(done: Any) -> dict[str, Any]:
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def changed(gate: GateProcess, folder: Path, routes: list[dict[str, Any]], **more: Any) -> Path:
    """Another configuration of the same site."""
    site = gate.settings["sites"][0] | {"routes": routes}
    file = folder / "new.yaml"
    file.write_text(json.dumps(gate.settings | {"sites": [site]} | more))
    return file


def but(name: str, change: dict[str, Any]) -> list[dict[str, Any]]:
    return [route | change if route["name"] == name else route for route in ROUTES]


def test_the_log_has_every_kind_of_decision(gate: GateProcess) -> None:
    found = Counter(
        (r["event"], r.get("action") or r.get("outcome"), r.get("reason", ""))
        for r in gate.records()
        if r["event"] in ("decision", "answer")
    )
    assert {
        ("decision", "challenge", "no_pass"),
        ("decision", "challenge", "single_use"),
        ("decision", "challenge", "uses_spent"),
        ("decision", "deny", "denied"),
        ("decision", "deny", "limited"),
        ("decision", "deny", "listed"),
        ("decision", "deny", "unknown_site"),
        ("decision", "deny", "visit_unreadable"),
        ("decision", "forward", "listed"),
        ("decision", "forward", "pass"),
        ("decision", "forward", "shadow"),
        ("decision", "resume", ""),
        ("decision", "deny", "budget_spent"),
        ("decision", "forward", "probed"),
        ("answer", "solved", ""),
        ("answer", "again", "next"),
        ("answer", "again", "malformed"),
        ("answer", "refused", "spent"),
        ("answer", "refused", "blocked"),
    } <= {*found}, found
    assert "hunter2" not in gate.log_text()


@pytest.mark.parametrize("how", ["plain", "gzip", "stdin", "old"])
def test_by_the_same_configuration_nothing_changes(
    gate: GateProcess, gateway: Command, tmp_path: Path, how: str
) -> None:
    log = gate.log_file
    words: list[Any] = ["replay", log, "--config", gate.config_file, "--json"]
    if how == "gzip":
        words[1] = tmp_path / "log.gz"
        words[1].write_bytes(gzip.compress(log.read_bytes()))
    elif how == "stdin":
        words[1] = "-"
    elif how == "old":
        words += ["--old", gate.config_file]
    found = told(gateway(*words, stdin=log.read_bytes() if how == "stdin" else None))
    assert (found["changes"], found["changed"], found["unread"]) == ([], 0, 0)
    assert found["read"] > 30
    assert found["stands_in"] < 8  # those of `form`, and what is cut or escaped
    assert found["undecided"] == 1  # of no site


async def test_what_the_store_keeps_is_replayed_too(gate: GateProcess, gateway: Command) -> None:
    run = partial(asyncio.to_thread, gateway, "replay", "--config", gate.config_file, "--json")
    found = told(await run())
    assert found["read"] > 30
    assert found["changes"] == []


EASY = [{"kind": "invisible", "max_risk": "0.9"}, "one_click"]


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        (
            "wall",
            {"action": "deny", "ladder": None},
            {"wall: challenge one_click (no_pass) → wall: deny (denied)"},
        ),
        (
            "shut",
            {"match": {"path": "/elsewhere"}},
            {"shut: deny (denied) → : forward (no_route)"},
        ),
        (
            "shade",
            {"mode": "enforce"},
            {
                f"shade: forward would challenge {one} (shadow: no_pass)"
                f" → shade: challenge {one} (no_pass)"
                for one in ("invisible", "one_click")
            },
        ),
        (
            "steps",
            {"ladder": EASY},
            {"steps: challenge one_click (no_pass) → steps: challenge invisible (no_pass)"},
        ),
        (
            "strict",
            {"refuse_above": "0.9"},
            {"strict: answer one_click: refused (blocked) → strict: answer one_click: solved"},
        ),
        (
            "few",
            {"limits": [OFTEN | {"most": "9"}]},
            {"few: deny (limited) → few: forward one_click (pass)"},
        ),
        (
            "form",
            {"name": "signup"},
            {
                "form: challenge invisible (no_pass) → : no rule form any more",
                "form: resume invisible → : deny (visit_unreadable)",
                "form: answer invisible: solved → : no rule form any more",
            },
        ),
    ],
)
def test_another_configuration_changes_what_it_says(
    gate: GateProcess,
    gateway: Command,
    tmp_path: Path,
    name: str,
    change: dict[str, Any],
    expected: set[str],
) -> None:
    routes = [{k: v for k, v in r.items() if v is not None} for r in but(name, change)]
    file = changed(gate, tmp_path, routes)
    found = told(gateway("replay", gate.log_file, "--config", file, "--json"))
    came = {
        f"{c['route']}: {c['was']} → {c['new_route']}: {c['would_be']}" for c in found["changes"]
    }
    assert expected <= came
    assert {c["route"] for c in found["changes"]} == {name}
    assert all(c["references"] for c in found["changes"])
    again = told(
        gateway("replay", gate.log_file, "--config", file, "--old", gate.config_file, "--json")
    )
    assert again["changes"] == found["changes"]


def test_it_prints_a_table_and_what_is_not_known(
    gate: GateProcess, gateway: Command, tmp_path: Path
) -> None:
    limits = [{"per": "route", "most": "1", "within": "1d", "then": "deny", "name": "daily"}]
    file = changed(gate, tmp_path, but("wall", {"limits": limits, "ladder": ["slider"]}))
    done = gateway("replay", gate.log_file, "--config", file)
    assert done.code == 0, done.err
    assert "challenge one_click (no_pass)" in done.out
    assert "challenge slider (no_pass)" in done.out
    assert "were not counted for the limit daily" in done.out
    assert "the recorded rule stands in" in done.out


def test_lines_that_are_none_are_counted(gateway: Command, file: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text('x "decision"\n{"event": "decision", "facts": 1}\n{"event": "asked"}\n\n')
    done = gateway("replay", log, "--config", file, "--json")
    assert done.code == 1
    assert json.loads(done.out)["unread"] == 2


def test_a_log_that_no_gate_wrote_is_told_from_one_without_changes(
    gateway: Command, file: Path, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_text('192.0.2.7 - - [21/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12\n')
    done = gateway("replay", log, "--config", file)
    assert (done.code, "no decisions here" in done.out) == (1, True)
