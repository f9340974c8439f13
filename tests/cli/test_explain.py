"""`gateway explain`: as an operator uses it, on files and on a gate that ran."""

from __future__ import annotations

import asyncio
import hmac
import json
import time
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from yarl import URL

from gateway.ids import uuid7
from tests.cli.conftest import Command
from tests.conftest import StartGate
from tests.visitor import CHROME, Visitor

CONFIG = {
    "upstreams": {"app": "http://127.0.0.1:8000"},
    "sites": [
        {
            "name": "shop",
            "hosts": ["shop.example"],
            "routes": [
                {"name": "feed", "action": "allow", "match": {"path": "/feed"}},
                {
                    "name": "register",
                    "match": {"method": "POST", "path": "/register", "form": {"do": "register"}},
                    "ladder": [{"kind": "invisible", "max_risk": "0.4"}, "slider"],
                },
            ],
        }
    ],
}
AGENT = CHROME["User-Agent"]
HINTS = f"-H 'sec-ch-ua: {CHROME['sec-ch-ua']}'"
CURL = f"curl 'https://shop.example/register' -H 'User-Agent: {AGENT}' {HINTS} --compressed"


@pytest.fixture
def config(tmp_path: Path) -> str:
    file = tmp_path / "gateway.yaml"
    file.write_text(json.dumps(CONFIG))
    return str(file)


def test_a_tree_says_why_and_what_would_change_it(gateway: Command, config: str) -> None:
    done = gateway("explain", config, "--curl", f"{CURL} -d do=register")
    assert done.code == 0, done.err
    for line in (
        "POST shop.example/register → slider",
        "route register: challenge, mode enforce",
        "✓ form do=register",
        "risk 0.675",
        "no_fetch_metadata: 1 × 0.5 = 0.5; without it 0.35",
        "→ slider up to 1",
        "with Sec-Fetch-Site, as browsers send over https, risk would be 0.35: invisible instead",
    ):
        assert line in done.out, done.out
    assert "\x1b" not in done.out


def test_a_near_miss_says_which_condition_failed(gateway: Command, config: str) -> None:
    done = gateway("explain", config, "--curl", "-", stdin=f"{CURL} -d do=login".encode())
    assert "forwarded (no_route)" in done.out
    assert "nearly: register" in done.out
    assert "✗ form do=register: the request has do=login" in done.out


def test_what_comes_from_outside_steers_no_terminal(gateway: Command, config: str) -> None:
    command = "curl $'https://shop.example/\\x1b[31m[red]x' -H $'Host: shop.example'"
    done = gateway("explain", config, "--curl", command)
    assert "\x1b" not in done.out
    assert "[red]x" in done.out


def har(tmp_path: Path, count: int) -> str:
    request: dict[str, Any] = {"method": "GET", "url": "https://shop.example/feed", "headers": []}
    entries = [{"request": request} for _ in range(count)]
    file = tmp_path / "session.har"
    file.write_text(json.dumps({"log": {"entries": entries}}))
    return str(file)


@pytest.mark.parametrize(("words", "count"), [((), 20), (("--entry", "30"), 1)])
def test_requests_of_a_har_file(
    gateway: Command, config: str, tmp_path: Path, words: tuple[str, ...], count: int
) -> None:
    done = gateway("explain", config, "--har", har(tmp_path, 30), "--json", *words)
    told = json.loads(done.out)
    assert [each["outcome"] for each in told] == ["forwarded (allowed)"] * count
    assert ("20 of 30" in done.err) is (not words)


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ((), "one of --curl, --har and --id"),
        (("--curl", "curl a.example", "--id", "x"), "one of --curl, --har and --id"),
        (("--curl", "curl --nonsense a.example"), "--nonsense is not known"),
        (("--har", "HAR", "--entry", "9"), "the file has 2"),
        (("--har", "CONFIG"), "not a HAR file"),
        (("--id", "not-a-uuid"), "a reference is a UUID"),
    ],
)
def test_faults_of_use(
    gateway: Command, config: str, tmp_path: Path, words: tuple[str, ...], fault: str
) -> None:
    files = {"HAR": har(tmp_path, 2), "CONFIG": config}
    done = gateway("explain", config, *(files.get(word, word) for word in words))
    assert done.code == 2
    assert fault in done.err


def test_a_reference_that_nobody_kept(gateway: Command, config: str) -> None:
    done = gateway("explain", config, "--id", uuid7(1_800_000_000, b"\0" * 10))
    assert done.code == 1
    assert "no such decision is kept" in done.err


async def test_what_a_visitor_quotes_is_explained(start_gate: StartGate, gateway: Command) -> None:
    """The reference on the page leads to the decision, and to the answers that followed."""
    gate = await start_gate([{"name": "wall", "match": {"path": "/wall"}, "ladder": ["one_click"]}])
    async with Visitor(gate.url) as visitor:
        shown = await visitor.get("/wall?secret=hunter2", headers={"Accept-Language": ""})
        assert (await visitor.through(shown)).status == 200
        cookies = visitor.session.cookie_jar.filter_cookies(URL(gate.url))
        sent = "; ".join(f"{each.key}={each.value}" for each in cookies.values())
        curl = f"curl {gate.url}/wall -b '{sent}' -A '{AGENT}'"
    reference = shown.page["reference"]
    await gate.stop()
    told = partial(asyncio.to_thread, gateway, "explain", gate.config_file)
    done = await told("--id", reference.upper())
    assert done.code == 0, done.err
    for line in (
        "/wall → challenge (no_pass): one_click",
        "asked as a page; body held: none",
        "answered one_click: solved",
        "no_language: 1 × ",
        "with a fresh pass of scope wall, level 1: forwarded (pass) instead of one_click",
    ):
        assert line in done.out, done.out
    assert "by this configuration" not in done.out
    assert "hunter2" not in done.out
    (answer,) = gate.records("answer")
    done = await told("--id", answer["reference"], "--json")
    (again,) = json.loads(done.out)
    assert again["recorded"]["reference"] == reference
    done = await told("--curl", curl)
    assert "/wall → forwarded (pass)" in done.out
    assert "level 1: serves" in done.out
    done = await told("--curl", curl.replace("Chrome/142", "Chrome/143"))
    assert "level 1: of another browser" in done.out


async def test_a_request_that_was_held_is_told_to_its_end(
    start_gate: StartGate, gateway: Command
) -> None:
    """Whichever reference is quoted: of the challenge, or of what it was finished under."""
    form = {"name": "form", "match": {"method": "POST", "path": "/form"}, "ladder": ["one_click"]}
    gate = await start_gate([form])
    async with Visitor(gate.url) as visitor:
        assert (await visitor.through(await visitor.post("/form", "a=1"))).status == 200
    await gate.stop()
    challenged, finished = gate.records("decision")
    assert finished["challenged"] == challenged["reference"]
    for record in (challenged, finished):
        done = await asyncio.to_thread(
            gateway, "explain", gate.config_file, "--id", record["reference"]
        )
        assert done.out.count(" → challenge (no_pass): one_click") == 1, done.out
        assert done.out.count("→") == 2  # one tree, and the rung that is asked
        for line in (
            "asked as a page; body held: kept",
            "one_click: solved",
            "sent on, status 200",
        ):
            assert line in done.out
        words = "--id", record["reference"], "--log", gate.log_file
        logged = await asyncio.to_thread(gateway, "explain", gate.config_file, *words)
        assert logged.out == done.out


async def test_any_gate_of_one_store_explains_what_another_decided(
    start_gate: StartGate, gateway: Command, redis_url: str
) -> None:
    wall = [{"name": "wall", "match": {"path": "/wall"}, "ladder": ["one_click"]}]
    one, two = [await start_gate(wall, store=redis_url) for _ in range(2)]
    async with Visitor(one.url) as visitor:
        reference = (await visitor.get("/wall")).page["reference"]
    await one.stop()
    done = await asyncio.to_thread(gateway, "explain", two.config_file, "--id", reference)
    assert done.code == 0, done.err
    assert "/wall → challenge (no_pass): one_click" in done.out
    address = "--address", "127.0.0.1"
    forgotten = await asyncio.to_thread(gateway, "forget", two.config_file, *address)
    assert "2 records removed" in forgotten.out
    done = await asyncio.to_thread(gateway, "explain", two.config_file, "--id", reference)
    assert done.code == 1


FUSION = """
upstreams: {app: http://127.0.0.1:8000}
keys: ./keys
sites:
  - name: shop
    routes:
      - name: sms
        match: {path: /sms}
        flow: fusion
        ladder: [one_click, icon]
        fusion: {key: "${RISK_KEY:-7618a1cfd379b9c7ef753c2a24cdf02b}", query: risk}
"""


@pytest.mark.parametrize(
    ("age_s", "said"),
    [
        (
            0.0,
            (
                "GET shop.example/sms → icon",
                "the app named icon",
                "if the app named one_click: one_click instead of icon",
            ),
        ),
        (
            900.0,
            (
                "GET shop.example/sms → denied (risk_type_stale)",
                "its parameter: risk_type_stale",
                "if the app named icon: icon instead of denied (risk_type_stale)",
            ),
        ),
    ],
)
def test_what_the_app_named(
    gateway: Command, tmp_path: Path, age_s: float, said: tuple[str, ...]
) -> None:
    """Signed as the app does it; nothing is spent by asking."""
    path = tmp_path / "fusion.yaml"
    path.write_text(FUSION)
    message = f"icon|{time.time() - age_s}|0123456789abcdef"
    key = b"7618a1cfd379b9c7ef753c2a24cdf02b"
    value = f"{message}|{hmac.new(key, message.encode(), 'sha256').hexdigest()}"
    address = f"http://shop.example/sms?{urlencode({'risk': value})}"
    done = gateway("explain", str(path), "--curl", f"curl '{address}' {HINTS}")
    for line in (*said, "whether the app's parameter was used before"):
        assert line in done.out, done.out + done.err


LIMITED = """
upstreams: {app: http://127.0.0.1:8000}
sites:
  - name: shop
    routes:
      - name: sms
        match: {path: /sms}
        limits: [{per: number_prefix, field: phone, region: CN, countries: CN, most: 5, within: 1h}]
"""


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("13800138000", "POST shop.example/sms → one_click"),
        ("%2B14155552671", "POST shop.example/sms → denied (country_refused)"),
        ("%2B14155552671", "with a phone number that is allowed: one_click instead of denied"),
        ("", "POST shop.example/sms → one_click"),
    ],
)
def test_numbers_of_other_countries_are_told(
    gateway: Command, tmp_path: Path, number: str, said: str
) -> None:
    path = tmp_path / "limited.yaml"
    path.write_text(LIMITED)
    headers = "-H 'Accept-Language: en'"
    curl = f"curl 'http://shop.example/sms' -A '{AGENT}' {headers} {HINTS} --compressed"
    done = gateway("explain", str(path), "--curl", f"{curl} -d phone={number}")
    assert said in done.out, done.out + done.err
    assert ("a phone number that is not allowed" in done.out) is number.startswith("%2B1")
