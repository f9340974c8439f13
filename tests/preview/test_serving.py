"""The page to try by hand: what its script is told, and what is noted."""

from __future__ import annotations

import json
import re

import pytest

from gateway import kinds
from gateway.files import data_dir
from gateway.pages import Pages
from gateway.preview.serving import MOST_RUNS, PREFIX, Study, application
from gateway.preview.study import read

RIGHT = {"slider": {"reached": 1}, "one_click": True}
MOUSE = {"X-Pointer": "mouse"}


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def notes(tmp_path):
    return tmp_path / "tries.jsonl"


@pytest.fixture
def study(notes, clock):
    found = {name: (kinds.load()[name], kinds.load()[name].params()) for name in RIGHT}
    return Study(found, Pages(data_dir("templates"), PREFIX), notes, clock)


@pytest.fixture
async def client(study, aiohttp_client):
    return await aiohttp_client(application(study))


async def asked(client, run="a", **query):
    """(what the page's script reads, the page)"""
    page = await client.get("/try", params={"run": run, **query})
    text = await page.text()
    found = re.search(r'id="gateway-data"[^>]*>(.*?)</script>', text, re.S)
    return json.loads(found[1]), page


async def answer(client, ticket, value, run="a", headers=MOUSE):
    body = {"visit": run, "ticket": ticket, "answer": value}
    return await (await client.post(PREFIX + "answer", json=body, headers=headers)).json()


async def test_the_kinds_come_in_turn(client):
    seen = []
    for _ in range(3):
        data, _ = await asked(client)
        seen.append(data["challenge"]["kind"])
        reply = await answer(client, data["challenge"]["ticket"], RIGHT[seen[-1]])
        assert reply == {"outcome": "solved", "finish": "reload"}
    assert seen == ["slider", "one_click", "slider"]


async def test_a_wrong_answer_brings_the_next_question_of_the_kind(client, notes, clock):
    data, _ = await asked(client)
    clock.now_s += 2.5
    reply = await answer(client, data["challenge"]["ticket"], {"reached": 0})
    assert (reply["outcome"], reply["reason"]) == ("again", "wrong")
    clock.now_s += 4
    await answer(
        client, reply["challenge"]["ticket"], RIGHT["slider"], headers={"X-Pointer": "touch"}
    )
    noted = [(t.kind, t.outcome, t.attempt, t.seconds, t.pointer) for t in read(notes.read_text())]
    assert noted == [("slider", "wrong", 1, 2.5, "mouse"), ("slider", "right", 2, 4.0, "touch")]


async def test_one_answer_is_judged_once(client, study):
    data, _ = await asked(client)
    ticket = data["challenge"]["ticket"]
    await answer(client, ticket, RIGHT["slider"])
    for again in (ticket, "", None, "b"):
        assert (await answer(client, again, RIGHT["slider"]))["outcome"] == "refused"
    assert len(study.tries) == 1


async def test_a_new_one_and_a_skipped_one_are_noted(client, study):
    data, _ = await asked(client)
    body = {"visit": "a", "want": "new"}
    reply = await (await client.post(PREFIX + "challenge", json=body)).json()
    assert reply["challenge"]["ticket"] != data["challenge"]["ticket"]
    assert (await client.post("/skip", json={"visit": "a"})).status == 200
    assert [(t.outcome, t.attempt, t.pointer) for t in study.tries] == [
        ("exchanged", 1, ""),
        ("skipped", 2, ""),
    ]
    assert (await asked(client))[0]["challenge"]["kind"] == "one_click"


async def test_runs_do_not_disturb_each_other(client, study):
    mine, _ = await asked(client, "a", kind="one_click")
    yours, _ = await asked(client, "b")
    assert (mine["challenge"]["kind"], yours["challenge"]["kind"]) == ("one_click", "slider")
    assert (await answer(client, mine["challenge"]["ticket"], True, "b"))["outcome"] == "refused"
    assert (await answer(client, mine["challenge"]["ticket"], True, "a"))["outcome"] == "solved"


async def test_the_oldest_runs_go(study):
    for number in range(MOST_RUNS + 5):
        study.run(str(number), "")
    assert len(study.runs) == MOST_RUNS
    assert "4" not in study.runs
    assert "5" in study.runs


@pytest.mark.parametrize("lang, title", [("zh", "zh"), ("en", "en"), ("xx", "en"), ("", "en")])
async def test_the_page_speaks_the_language_asked_for(client, lang, title):
    data, page = await asked(client, lang=lang)
    assert data["lang"] == title
    assert "script-src 'nonce-" in page.headers["Content-Security-Policy"]


async def test_a_theme_is_a_style_that_heeds_no_system(client):
    dark = await (await client.get("/theme/dark.css")).text()
    light = await (await client.get("/theme/light.css")).text()
    assert "prefers-color-scheme" not in dark + light
    assert "@media all" in dark
    assert "@media not all" in light
    _, page = await asked(client, theme="dark")
    assert "/theme/dark.css" in await page.text()
    assert (await client.get("/theme/pink.css")).status == 404


async def test_results_are_shown_and_exported(client):
    data, _ = await asked(client)
    await answer(client, data["challenge"]["ticket"], RIGHT["slider"])
    rows = await (await client.get("/results")).json()
    assert [(r["kind"], r["pointer"], r["right_first"], r["rate"]) for r in rows] == [
        ("slider", "", 1, 1.0),
        ("slider", "mouse", 1, 1.0),
    ]
    exported = await client.get("/tries.jsonl")
    assert "attachment" in exported.headers["Content-Disposition"]
    assert len(read(await exported.text())) == 1


async def test_earlier_tries_are_kept(study, notes, client):
    data, _ = await asked(client)
    await answer(client, data["challenge"]["ticket"], RIGHT["slider"])
    assert Study(study.kinds, study.pages, notes, Clock()).tries == study.tries


@pytest.mark.parametrize("said, noted", [("pen", "pen"), ("nose", ""), (None, "")])
async def test_a_pointer_is_one_of_a_few(client, study, said, noted):
    data, _ = await asked(client)
    headers = {"X-Pointer": said} if said else {}
    await answer(client, data["challenge"]["ticket"], RIGHT["slider"], headers=headers)
    assert study.tries[0].pointer == noted


@pytest.mark.parametrize(
    "path, status",
    [
        ("/", 200),
        ("/site/index.js", 200),
        ("/site/study.css", 200),
        ("/site/..%2fstudy.py", 404),
        ("/site/none.js", 404),
        (PREFIX + "assets/none.js", 404),
        ("/options", 200),
    ],
)
async def test_files(client, path, status):
    assert (await client.get(path)).status == status


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"1"])
async def test_nonsense_is_refused(client, body):
    for path in (PREFIX + "answer", PREFIX + "challenge", "/skip"):
        assert (await client.post(path, data=body)).status == 400
