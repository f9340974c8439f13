"""Fields of real browsers, recorded; and what each signal needs to fire."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.model import Background, Caller
from gateway.risk import score_request
from gateway.signals import OF_FIELDS, OF_REQUESTS, SIGNALS
from gateway.signals.of_fields import grease

RECORDED = {
    path.stem: json.loads(path.read_text())
    for path in sorted((Path(__file__).parent / "recorded").glob("*.json"))
}
REQUESTS = [(name, what) for name, seen in RECORDED.items() for what in seen]
HTTPS = Caller("192.0.2.7", "192.0.2.0/24", "https", False)
CHROMIUM, FIREFOX = RECORDED["chromium-156"], RECORDED["firefox-153"]
PAGE, POST, FETCH = CHROMIUM["GET /"], CHROMIUM["POST /form"], CHROMIUM["POST /fetch-json"]
FOX, FOX_FETCH = FIREFOX["GET /"], FIREFOX["POST /fetch-json"]

AS_FOX = dict(FOX)["User-Agent"]
BARE = ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest")
Fields = list[list[str]]


def signals(fields: Fields, caller: Caller = HTTPS, *, direct: bool = True) -> set[str]:
    raw = tuple((name.encode(), value.encode()) for name, value in fields)
    return {signal.name for signal in score_request(raw, caller, Background(direct)).signals}


def without(fields: Fields, *names: str) -> Fields:
    return [each for each in fields if each[0].lower() not in names]


def changed(fields: Fields, **values: str) -> Fields:
    wanted = {name.replace("_", "-"): value for name, value in values.items()}
    return [[name, wanted.get(name.lower(), value)] for name, value in fields]


def moved(fields: Fields, name: str, behind: str) -> Fields:
    moving = next(each for each in fields if each[0].lower() == name)
    rest = [each for each in fields if each is not moving]
    at = next(i for i, each in enumerate(rest) if each[0].lower() == behind)
    return [*rest[: at + 1], moving, *rest[at + 1 :]]


def lower(fields: Fields) -> Fields:
    return [[name.lower(), value] for name, value in fields]


def test_enough_was_recorded():
    assert {"chromium-156", "firefox-153"} <= set(RECORDED)
    assert all(len(seen) >= 20 for seen in RECORDED.values())


@pytest.mark.parametrize(("name", "what"), REQUESTS)
@pytest.mark.parametrize("direct", [True, False])
def test_real_browsers_are_innocent(name, what, direct):
    assert signals(RECORDED[name][what], direct=direct) == set()


@pytest.mark.parametrize(("name", "what"), REQUESTS)
def test_real_browsers_are_innocent_behind_http_2(name, what):
    """A proxy hands on what came over HTTP/2: lower case, no Connection, and its own order."""
    fields = lower(without(RECORDED[name][what], "connection"))
    assert signals(sorted(fields), replace(HTTPS, trusted=True), direct=False) == set()


@pytest.mark.parametrize(
    "fields, fired",
    [
        # order: of any request, of navigations; scripts may move what they set themselves
        (moved(PAGE, "user-agent", "accept"), {"fields_disordered"}),
        (moved(PAGE, "accept-encoding", "accept-language"), {"fields_disordered"}),
        (moved(PAGE, "sec-fetch-site", "sec-fetch-dest"), {"fields_disordered"}),
        (moved(PAGE, "connection", "accept-language"), {"fields_disordered"}),
        (moved(PAGE, "sec-ch-ua", "accept"), {"fields_disordered"}),
        (moved(FETCH, "accept-language", "host"), set()),
        (moved(FETCH, "accept-encoding", "host"), {"fields_disordered"}),
        (moved(FOX, "accept-language", "accept-encoding"), {"fields_disordered"}),
        (moved(FOX, "sec-fetch-dest", "sec-fetch-site"), {"fields_disordered"}),
        (moved(FOX, "connection", "sec-fetch-dest"), {"fields_disordered"}),
        (moved(FOX_FETCH, "user-agent", "accept-encoding"), {"fields_disordered"}),
        (moved(FOX_FETCH, "connection", "host"), set()),
        # a browser's fields, in Chrome's order, under Firefox's name and the other way round
        (changed(without(PAGE, "sec-ch-ua", "sec-ch-ua-platform"), user_agent=AS_FOX),
         {"fields_disordered"}),
        # spelling
        (lower(PAGE), {"fields_misspelt"}),
        (lower(FOX), {"fields_misspelt"}),
        (lower(PAGE[:8]) + PAGE[8:], set()),  # one that is spelt as it should be
        # brands
        (changed(PAGE, sec_ch_ua='"Chromium";v="156", " Not A;Brand";v="99"'), {"brands_forged"}),
        (changed(PAGE, sec_ch_ua='"Chromium";v="156", "Not:A-Brand";v="8"'), set()),
        (changed(PAGE, sec_ch_ua='"Chromium";v="156", "Not;A=Brand";v="8"'), {"brands_forged"}),
        (changed(PAGE, sec_ch_ua='"Chromium";v="156"'), {"brands_forged"}),
        (changed(PAGE, sec_ch_ua='"Not:A-Brand";v="8", "Opera";v="140"'), {"brands_forged"}),
        (changed(PAGE, sec_ch_ua=dict(PAGE)["sec-ch-ua"].replace("Chromium", "HeadlessChrome")),
         {"brands_forged", "agent_headless"}),
        (without(PAGE, "sec-ch-ua"), {"no_hints"}),
        (changed(without(FETCH, "sec-ch-ua"), sec_fetch_dest="serviceworker"), set()),
        # Fetch Metadata
        (changed(PAGE, sec_fetch_dest="script"), {"fetch_metadata_impossible"}),
        (changed(PAGE, sec_fetch_dest="empty"), set()),  # through a service worker
        (changed(FETCH, sec_fetch_dest="document"), {"fetch_metadata_impossible"}),
        (changed(FETCH, sec_fetch_mode="cors, navigate"), {"fetch_metadata_impossible"}),
        (changed(FETCH, sec_fetch_site="same"), {"fetch_metadata_impossible"}),
        (without(FETCH, "sec-fetch-mode"), {"fetch_metadata_impossible"}),
        (changed(PAGE, sec_fetch_user="?0"), {"fetch_metadata_impossible"}),
        ([*FETCH, ["Sec-Fetch-User", "?1"]], {"fetch_metadata_impossible"}),
        (without(FETCH, *BARE), {"no_fetch_metadata"}),
        # going to a page
        (changed(PAGE, accept="*/*"), {"accepts_anything"}),
        (changed(FETCH, accept="*/*"), set()),
        (without(PAGE, "upgrade-insecure-requests"), {"no_upgrade"}),
        (without(FOX, "upgrade-insecure-requests"), {"no_upgrade"}),
        # languages
        (changed(PAGE, accept_language="en-US, en;q=0.9"), {"languages_odd"}),
        (changed(PAGE, accept_language="en;q=0.5,de"), {"languages_odd"}),
        (changed(PAGE, accept_language="*"), {"languages_odd"}),
        (changed(PAGE, accept_language=""), {"languages_odd"}),
        (changed(PAGE, accept_language="en-US,en;q=0.9;q=0.8"), {"languages_odd"}),
        (changed(PAGE, accept_language="zh-Hant-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7"), set()),
        (changed(PAGE, accept_language="de-DE,de;q=0.8,en-US;q=0.5,en;q=0.3"), set()),
        (changed(PAGE, accept_language="fr"), set()),
        (changed(FETCH, accept_language="as I like, it"), set()),
        # the connection
        (changed(PAGE, connection="close"), {"connection_closed"}),
        (without(FOX, "connection"), {"connection_closed"}),
        (changed(PAGE, connection="keep-alive, Upgrade"), set()),
        # who claims nothing of the sort is asked for nothing of the sort
        (changed(lower(PAGE), user_agent="Lynx/2.9.0"), {"hints_disagree", "platform_disagrees"}),
    ],
)  # fmt: skip
def test_what_fires(fields, fired):
    assert signals(fields) == fired


BEHIND = {"fields_disordered", "fields_misspelt", "connection_closed"}


@pytest.mark.parametrize(
    "fields",
    [moved(PAGE, "user-agent", "accept"), lower(PAGE), lower(FOX), without(PAGE, "connection")],
)
def test_order_and_spelling_count_only_as_the_client_sent_them(fields):
    assert signals(fields) & BEHIND
    assert signals(fields, direct=False) == set()
    assert signals([*fields, ["Via", "1.1 proxy"]]) == set()


@pytest.mark.parametrize(
    "agent",
    [
        # older than what is known, another engine, a web view
        "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 Chrome/79.0.3945.88 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; rv:78.0) Gecko/20100101 Firefox/89.0",
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/64.0 Safari/537.36 Edge/17.17134",
        "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Version/4.0 Chrome/141.0.0.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/141.0 Mobile Safari/604.1",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15",
    ],
)
def test_other_browsers_are_not_held_to_these(agent):
    fields = [["accept", "*/*"], ["user-agent", agent], ["accept-language", "de, en"]]
    assert signals(fields) & set(OF_FIELDS) == set()


@pytest.mark.parametrize(
    "major, brand",
    [
        (156, '"Not:A-Brand";v="8"'),
        (141, '"Not?A_Brand";v="8"'),
        (120, '"Not_A Brand";v="8"'),
        (124, '"Not-A.Brand";v="99"'),
    ],
)
def test_the_brand_that_is_none(major, brand):
    """The first as recorded; the others as published for these versions."""
    assert grease(major) == brand


NEW, OLD = '"Not*A*Brand";v="1"', '" Not A;Brand";v="99"'


@pytest.mark.parametrize(
    "major, other, value",
    [
        (109, NEW, 0.0),
        (110, NEW, 0.6),
        (160, NEW, 0.6),
        (161, NEW, 0.0),
        # written so until 103, and by stealth plug-ins ever since
        (109, OLD, 0.0),
        (110, OLD, 1.0),
        (200, OLD, 1.0),
    ],
)
def test_where_brands_are_known(major, other, value):
    """Another way of making it, some day, is no reason for doubt."""
    agent = f"Mozilla/5.0 (X11; Linux x86_64) Chrome/{major}.0.0.0 Safari/537.36"
    brands = f'"Chromium";v="{major}", {other}'
    raw = [["User-Agent", agent], ["sec-ch-ua", brands]]
    found = score_request(tuple((n.encode(), v.encode()) for n, v in raw), HTTPS).signals
    values = {signal.name: signal.value for signal in found}
    assert values.get("brands_forged", 0.0) == value


def test_every_one_has_a_row_and_a_weight():
    rows = next(mark for mark in test_what_fires.pytestmark if mark.args[0] == "fields, fired")
    fired = set().union(*(row[1] for row in rows.args[1]))
    assert set(OF_FIELDS) <= fired
    assert set(OF_FIELDS) <= set(OF_REQUESTS) <= set(SIGNALS)
    assert all(0 < rule.weight < 0.7 for rule in OF_FIELDS.values())  # none decides alone
