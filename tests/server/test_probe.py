"""`/probe`: a page's report, and the sealed verdict it leaves in the browser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.model import Probe
from gateway.probing import presented
from gateway.server.probing import MOST
from tests.samples import RING
from tests.server.desk import BROWSER, CALLER, HAND, SCRIPT, Desk
from tests.visitor import hand


@pytest.fixture
async def probing(open_desk: Any) -> Desk:
    usual: Desk = await open_desk()
    shop = usual.parts.sites["shop"]
    watched = replace(shop.routes[0], name="watched", flow="probe", ladder=())
    opened: Desk = await open_desk(sites={"shop": replace(shop, routes=(*shop.routes, watched))})
    return opened


def verdict(response: Any, desk: Desk) -> Probe | None:
    pair = response.headers["Set-Cookie"].partition(";")[0].encode()
    return presented(RING, ((b"Cookie", pair),), "shop", CALLER, desk.clock())


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ({"signals": HAND}, (None, 0)),
        ({"signals": HAND, "trace": []}, (None, 0)),
        ({"signals": HAND | {"webdriver": True}}, (None, 1)),
        ({"signals": HAND | {"untrusted": 3}}, (1, 0)),
        ({"signals": HAND, "trace": "junk"}, (1, 0)),
    ],
)
async def test_a_report_leaves_a_verdict(
    probing: Desk, report: dict[str, Any], expected: tuple[int | None, int]
) -> None:
    response = await probing.post("probe", report)
    assert (response.status, await response.read()) == (204, b"")
    found = verdict(response, probing)
    assert found is not None
    assert (found.model_probability, found.web_simulator) == expected
    assert (found.risk or 0.0) > 0.4 or expected == (None, 0)


async def test_paths_are_heard(probing: Desk) -> None:
    signals = HAND | {"inner": [1200, 800]}
    found = verdict(await probing.post("probe", {"signals": signals, "trace": hand()}), probing)
    assert found is not None
    assert found.model_probability is not None


@pytest.mark.parametrize("report", [{}, {"signals": {}}, {"signals": [1]}, {"trace": []}, []])
async def test_no_report_is_no_verdict(probing: Desk, report: Any) -> None:
    response = await probing.post("probe", report)
    assert (response.status, "Set-Cookie" in response.headers) == (400, False)


async def test_other_sites_report_nothing(probing: Desk) -> None:
    own = (b"Origin", b"Sec-Fetch-Site")
    other = ((b"Origin", b"https://evil.example"), (b"Sec-Fetch-Site", b"cross-site"))
    foreign = (*(each for each in SCRIPT if each[0] not in own), *other)
    response = await probing.post("probe", {"signals": HAND}, headers=foreign)
    assert (response.status, "Set-Cookie" in response.headers) == (400, False)


async def test_only_sites_that_probe_listen(desk: Desk) -> None:
    assert (await desk.post("probe", {"signals": HAND})).status == 404


async def test_reports_are_bounded(probing: Desk) -> None:
    statuses = [(await probing.post("probe", {})).status for _ in range(MOST + 1)]
    assert statuses == [400] * MOST + [429]
    other = replace(CALLER, prefix="198.51.100.0/24")
    assert (await probing.post("probe", {"signals": HAND}, caller=other)).status == 204
    probing.clock.now_s += 61
    assert (await probing.post("probe", {"signals": HAND})).status == 204


async def test_where_addresses_tell_nobody_apart_all_are_counted_together(
    open_desk: Any, probing: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.server.probing.MOST_OF_ALL", 2)
    desk: Desk = await open_desk(sites=probing.parts.sites, addresses_known=lambda: False)
    prefixes = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
    callers = [replace(CALLER, prefix=prefix) for prefix in prefixes]
    told = [(await desk.post("probe", {"signals": HAND}, caller=each)).status for each in callers]
    assert told == [204, 204, 429]


async def test_the_script_is_found_by_a_fixed_name(desk: Desk) -> None:
    asked: dict[str, Any] = {"verb": "GET", "headers": BROWSER}
    response = await desk.send("own", "/own/verdict.js", **asked)
    assert response.status == 302
    assert response.headers["Location"].startswith("/_gateway/assets/")
    assert response.headers["Location"].endswith(".verdict.js")
    found = await desk.send(
        "own", response.headers["Location"].replace("/_gateway", "/own"), **asked
    )
    assert 'from "./' in await found.text()
