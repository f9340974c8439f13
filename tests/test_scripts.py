"""A scripted visitor without a browser gets nowhere, on any kind of route, however far it goes.

What remains is a script written for this very page, which makes up its report and its hand as well:
see the README on what that costs.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from tests.conftest import forgetful_app, one_gate
from tests.layouts import lay_out
from tests.proofs import solve_work
from tests.visitor import CHROME, SIGNALS, Visitor, answer_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

KINDS = ["pow", "invisible", "one_click", "slider"]
ROUTES = [
    {
        "name": f"{kind}{'-once' if once else ''}",
        "match": {"method": "POST", "path": f"/{kind}{'-once' if once else ''}"},
        "ladder": [kind],
        "work": 1000,
        **({"pass": {"uses": 1}} if once else {}),
    }
    for kind in KINDS
    for once in (False, True)
]
TARGETS = [f"/{route['name']}" for route in ROUTES]
CURL = {"User-Agent": "curl/8.5.0", "Accept": "*/*"}
BROWSER = CHROME  # every header of one, sent by a script

gate = one_gate(ROUTES, limits={"answers": {"answers": 100_000, "accessible": 100_000}})
app = forgetful_app()


class Script(Visitor):
    """Follows the protocol and does the work natively, but no page runs: nothing is reported."""

    report: Any = None

    def answer_body(self, visit: str, challenge: dict[str, Any]) -> dict[str, Any]:
        body = super().answer_body(visit, challenge)
        return body | {"trace": None, "signals": self.told(challenge)}

    def told(self, challenge: dict[str, Any]) -> Any:
        """The report made up, with boxes laid out where it says anything."""
        if not isinstance(self.report, dict) or not self.report:
            return self.report
        return {"laid": lay_out(challenge.get("layout"))} | self.report


@pytest_asyncio.fixture(loop_scope="module")
async def script(gate):
    async with Script(gate.url, dict(BROWSER)) as script:
        yield script


async def answered(script: Script, page: dict[str, Any], challenge: dict[str, Any]) -> Any:
    body = script.answer_body(page["visit"], challenge)
    return (await script.call(page, "answer", body)).json()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("report", [None, {}, [], "x"], ids=["none", "empty", "list", "text"])
async def test_work_alone_opens_nothing(app, script, target, report):
    script.report = report
    page = (await script.post(target, b"phone=1")).page
    said = await answered(script, page, page["challenge"])
    assert said == {"outcome": "refused", "reason": "blocked"}
    assert app.seen == []


@pytest.mark.parametrize("report", [None, SIGNALS | {"webdriver": True}], ids=["none", "driven"])
async def test_nor_does_the_accessible_way(app, script, report):
    script.report = report
    page = (await script.post("/slider-once", b"phone=1")).page
    want = {"visit": page["visit"], "ticket": page["challenge"]["ticket"], "want": "accessible"}
    challenge = (await script.call(page, "challenge", want)).json()["challenge"]
    assert challenge["kind"] == "one_click"
    early = await answered(script, page, challenge)
    assert (early["outcome"], early["reason"]) == ("refused", "too_early")
    await asyncio.sleep(early["retry_after_s"])
    said = await answered(script, page, challenge)
    assert said == {"outcome": "refused", "reason": "blocked"}
    assert app.seen == []


@pytest.mark.parametrize("target", TARGETS)
async def test_an_automated_browser_says_so_itself(app, script, target):
    script.report = SIGNALS | {"webdriver": True}
    page = (await script.post(target, b"phone=1")).page
    said = await answered(script, page, page["challenge"])
    assert said == {"outcome": "refused", "reason": "blocked"}
    assert app.seen == []


@pytest.mark.parametrize("target", TARGETS)
async def test_without_the_work_nothing_else_counts(app, script, target):
    script.report = SIGNALS
    page = (await script.post(target, b"phone=1")).page
    challenge = page["challenge"]
    for proof in (None, {"number": 0}, {"number": -1}, {"number": True}, 7):
        body = script.answer_body(page["visit"], challenge) | {"proof": proof}
        said = (await script.call(page, "answer", body)).json()
        assert said["outcome"] == "again"
        challenge = said["challenge"]
    assert app.seen == []


async def test_the_answer_to_one_kind_is_none_to_another(app, script):
    """An easy visit's ticket and solution are worth nothing on a hard route."""
    script.report = SIGNALS
    easy = (await script.post("/pow", b"phone=1")).page
    hard = (await script.post("/slider", b"phone=1")).page
    mixed = script.answer_body(hard["visit"], easy["challenge"])
    assert (await script.call(hard, "answer", mixed)).json()["reason"] == "unreadable"
    solved = await script.solve(easy)
    posted = await script.post("/slider", f"gateway_visit={solved['visit']}")
    assert posted.status == 400
    assert app.seen == []


async def test_a_tool_that_works_hard_is_still_a_tool(app, gate):
    async with Script(gate.url, dict(CURL)) as script:
        page = (await script.post("/pow", b"phone=1", headers={"Sec-Fetch-Mode": "navigate"})).page
        body = {
            "visit": page["visit"],
            "ticket": page["challenge"]["ticket"],
            "answer": answer_for(page["challenge"]),
            "proof": solve_work(page["challenge"]["work"]),
        }
        said = (await script.call(page, "answer", body)).json()
    assert said == {"outcome": "refused", "reason": "blocked"}
    assert app.seen == []
