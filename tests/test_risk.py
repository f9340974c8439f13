"""Rules one by one, and whole visitors: real header sets and reports, honest and not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Answer, Background, Caller, Headers, Score, Signal, Ticket
from gateway.risk import combine, score_answer, score_report, score_request
from gateway.signals import BUSY_AT, BUSY_FROM, HASTE_S, SCRIPTED_FROM, SIGNALS
from tests.samples import CALLER, TICKET
from tests.test_trace import drag

HTTP = replace(CALLER, scheme="http")
CHROME = {
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "sec-ch-ua": '"Google Chrome";v="141", "Not?A_Brand";v="8", "Chromium";v="141"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Windows"',
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "de-DE,de;q=0.9",
}
FIREFOX = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate, br",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
}
SAFARI = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 15_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/15.0 Mobile/15E148 Safari/604.1",
    "Accept-Language": "fr-FR",
    "Accept-Encoding": "gzip, deflate, br",
}
EDGE = CHROME | {
    "User-Agent": CHROME["User-Agent"] + " Edg/141.0.0.0",
    "sec-ch-ua": '"Microsoft Edge";v="141", "Not?A_Brand";v="8", "Chromium";v="141"',
}
ANDROID = CHROME | {
    "User-Agent": "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Mobile Safari/537.36",
    "sec-ch-ua-platform": '"Android"',
}
OLD_CHROME = {
    "User-Agent": "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 "
    "Chrome/49.0.2623.112 Safari/537.36",
    "Accept-Language": "ru",
    "Accept-Encoding": "gzip, deflate, sdch",
}
PLAIN = {"Accept-Language": "en", "Accept-Encoding": "gzip"}
LYNX = {"User-Agent": "Lynx/2.9.0 libwww-FM/2.14", "Accept-Language": "en"}


def without(headers: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


def raw(headers: dict[str, str]) -> Headers:
    return tuple((name.encode(), value.encode()) for name, value in headers.items())


def names(score: Score) -> set[str]:
    return {signal.name for signal in score.signals}


@pytest.mark.parametrize(
    "headers, caller, expected",
    [
        (CHROME, CALLER, set()),
        (EDGE, CALLER, set()),
        (ANDROID, CALLER, set()),
        (FIREFOX, CALLER, set()),
        (SAFARI, CALLER, set()),
        (OLD_CHROME, CALLER, set()),
        # plain http: no client hints, no fetch metadata
        (
            without(
                CHROME, "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "Sec-Fetch-Site"
            ),
            HTTP,
            set(),
        ),
        (without(FIREFOX, "Sec-Fetch-Site"), HTTP, set()),
        # what is missing or contradicts itself
        (without(CHROME, "Sec-Fetch-Site"), CALLER, {"no_fetch_metadata"}),
        (without(FIREFOX, "Sec-Fetch-Site"), CALLER, {"no_fetch_metadata"}),
        (without(FIREFOX, "Accept-Language"), CALLER, {"no_language"}),
        (without(FIREFOX, "Accept-Encoding"), CALLER, {"no_encoding"}),
        (FIREFOX | {"Accept-Encoding": "identity"}, CALLER, {"no_encoding"}),
        (CHROME | {"sec-ch-ua": '"Chromium";v="99"'}, CALLER, {"hints_disagree", "brands_forged"}),
        (FIREFOX | {"sec-ch-ua": '"Chromium";v="140"'}, CALLER, {"hints_disagree"}),
        (CHROME | {"sec-ch-ua-platform": '"Linux"'}, CALLER, {"platform_disagrees"}),
        (CHROME | {"sec-ch-ua-platform": '"Fuchsia"'}, CALLER, set()),
        (
            CHROME | {"User-Agent": CHROME["User-Agent"].replace("Chrome/", "HeadlessChrome/")},
            CALLER,
            {"agent_headless"},
        ),
        # tools
        (LYNX, CALLER, {"agent_tool"}),
        ({}, CALLER, {"agent_tool"}),
        ({"User-Agent": "curl/8.5.0"}, CALLER, {"agent_tool"}),
        (
            {"User-Agent": "python-requests/2.32.0", "Accept-Encoding": "gzip"},
            CALLER,
            {"agent_tool"},
        ),
        (
            {"User-Agent": "Mozilla/5.0"},
            CALLER,
            {"agent_tool", "no_language", "no_encoding"},
        ),
        # since when browsers tell
        ({**PLAIN, "User-Agent": "Mozilla/5.0 Firefox/89.0"}, CALLER, set()),
        ({**PLAIN, "User-Agent": "Mozilla/5.0 Firefox/90.0"}, CALLER, {"no_fetch_metadata"}),
        ({**PLAIN, "User-Agent": "Mozilla/5.0 Chrome/79.0"}, CALLER, set()),
        ({**PLAIN, "User-Agent": "Mozilla/5.0 Chrome/80.0"}, CALLER, {"no_fetch_metadata"}),
        # a script that copied one header
        (
            {"User-Agent": CHROME["User-Agent"]},
            CALLER,
            {"no_language", "no_encoding", "no_fetch_metadata", "no_hints"},
        ),
        ({**PLAIN, "User-Agent": "Mozilla/5.0 Chrome/89.0"}, CALLER, {"no_fetch_metadata"}),
        (
            {**PLAIN, "User-Agent": "Mozilla/5.0 Chrome/90.0"},
            CALLER,
            {"no_fetch_metadata", "no_hints"},
        ),
        ({"User-Agent": CHROME["User-Agent"]}, HTTP, {"no_language", "no_encoding"}),
    ],
)
def test_requests(headers: dict[str, str], caller: Caller, expected: set[str]) -> None:
    score = score_request(raw(headers), caller)
    assert names(score) == expected
    assert (score.risk == 0.0) is (not expected)


@pytest.mark.parametrize(
    "recent, value",
    [
        (0, 0.0),
        (BUSY_FROM, 0.0),
        (BUSY_FROM + 27, 0.1),
        (BUSY_AT, 1.0),
        (BUSY_AT + 1, 1.0),
        (10**9, 1.0),
        (-5, 0.0),
    ],
)
def test_a_busy_prefix(recent: int, value: float) -> None:
    score = score_request(raw(FIREFOX), CALLER, recent=recent)
    assert score.risk == pytest.approx(SIGNALS["prefix_busy"].weight * value)
    ticket = replace(TICKET, kind="invisible", caller=CALLER.prefix, work={})
    answer = Answer(None, None, None, {"webdriver": False})
    answered = score_answer(ticket, answer, raw(FIREFOX), CALLER, ticket.issued_s, recent=recent)
    assert answered.risk == pytest.approx(score.risk)


def test_header_names_count_in_any_case_and_the_first_value() -> None:
    headers = ((b"USER-AGENT", b"HeadlessChrome"), (b"user-agent", b"Mozilla/5.0 x"))
    assert "agent_headless" in names(score_request(headers, CALLER))


ON_A_LIST = Signal("address_drop", 1.0, 0.6)


@pytest.mark.parametrize(
    "headers, known, expected",
    [
        (FIREFOX, Background(), set()),
        (FIREFOX, Background(True), {"fields_disordered", "connection_closed"}),
        (FIREFOX | {"Via": "1.1 relay"}, Background(True), set()),
        (FIREFOX, Background(False, (ON_A_LIST,)), {"address_drop"}),
        ({"User-Agent": "curl/8"}, Background(False, (ON_A_LIST,)), {"agent_tool", "address_drop"}),
    ],
)
def test_what_is_known_beside(
    headers: dict[str, str], known: Background, expected: set[str]
) -> None:
    """It counts alike for a request, its answer, and what a page reports unasked."""
    answer = Answer(None, None, None, {"webdriver": False})
    ticket = replace(TICKET, kind="invisible", caller=CALLER.prefix, work={})
    told = raw(headers)
    scores = (
        score_request(told, CALLER, known),
        score_answer(ticket, answer, told, CALLER, ticket.issued_s, known),
        score_report(answer, told, CALLER, known),
    )
    assert [names(score) for score in scores] == [expected] * 3


def test_who_reports_nothing_unasked_is_silent() -> None:
    score = score_report(Answer(None, None, None, None), raw(FIREFOX), CALLER)
    assert names(score) == {"reported_nothing"}


# --- answers -------------------------------------------------------------------------------

REPORT = {
    "webdriver": False,
    "languages": 2,
    "touch_points": 0,
    "fine": True,
    "hover": True,
    "dpr": 1,
    "outer": [1280, 800],
    "screen": [1920, 1080],
    "automation": False,
    "reduced_motion": False,
    "pressed": 1,
    "flat": 0,
    "moved": 30,
    "fractional": 0,
    "coalesced": 3,
    "untrusted": 0,
    "keys": 0,
}
HAND = drag(bend=0.01, shake=0.008)
SLIDE = replace(TICKET, kind="slider", work={"number": 40_000})


def answering(
    ticket: Ticket = SLIDE,
    trace: Any = HAND,
    now_s: float = 1003.0,
    caller: Caller = CALLER,
    headers: dict[str, str] = CHROME,
    silent: bool = False,
    steps: int = 0,
    scripted: float | None = None,
    replayed: bool = False,
    **report: Any,
) -> Score:
    signals = None if silent else REPORT | report
    answer = Answer({"reached": 1, "steps": steps}, {"number": 40_000}, trace, signals)
    return score_answer(
        ticket, answer, raw(headers), caller, now_s, scripted=scripted, replayed=replayed
    )


TOUCH = {"touch_points": 5, "fine": False, "hover": False, "dpr": 2.625}
KEYS = [[100, 0, 0, "k"], [300, 0, 0, "k"]]
LAID = replace(SLIDE, layout=[[0, 0, 10, 10], [5, 5, 20, 20]])
CLICK = replace(SLIDE, kind="one_click")


@pytest.mark.parametrize(
    "facts, expected",
    [
        ({}, set()),
        # other honest hands
        ({"trace": KEYS, "pressed": 0, "moved": 0}, set()),
        ({"trace": None, "pressed": 0, "moved": 0}, set()),
        # boxes that came with the question
        ({"ticket": LAID, "laid": [[0, 0, 10, 10], [5, 5, 20, 20.5]]}, set()),
        ({"ticket": LAID, "laid": [[0, 0, 10, 10], [5, 5, 20, 22]]}, {"layout_wrong"}),
        ({"ticket": LAID, "laid": None}, {"layout_wrong"}),
        ({"ticket": LAID}, {"layout_wrong"}),
        ({"ticket": LAID, "silent": True}, {"reported_nothing"}),
        ({"laid": [[1, 1, 1, 1]]}, set()),
        ({"trace": HAND, **TOUCH, "moved": 20, "fractional": 20}, set()),
        ({"trace": [[0, 0.5, 0.5, "d"], [90, 0.5, 0.5, "u"]], **TOUCH}, set()),
        ({"ticket": CLICK, "trace": [[0, 0.5, 0.5, "d"], [90, 0.5, 0.5, "u"]]}, set()),
        ({"trace": KEYS, "fine": False, "hover": False, "pressed": 0}, set()),
        ({"dpr": 1.25, "moved": 20, "fractional": 20}, set()),
        ({"outer": [1920, 1200]}, set()),
        # automation
        ({"webdriver": True}, {"webdriver"}),
        ({"webdriver": "true"}, set()),
        ({"webdriver": 1}, set()),
        ({"automation": True}, {"automation"}),
        ({"untrusted": 1}, {"untrusted_events"}),
        ({"silent": True}, {"reported_nothing"}),
        ({"silent": True, "ticket": replace(SLIDE, not_before_s=1001.0, work={})}, set()),
        ({"pressed": 2, "flat": 2}, {"flat_press"}),
        ({"pressed": 2, "flat": 1}, set()),
        ({"pressed": 0, "flat": 0}, set()),
        ({"pressed": 1, "flat": 10**9}, {"flat_press"}),
        ({"pressed": 1, "flat": 10**9 + 1}, set()),  # no page counts so far
        ({"pressed": 1, "flat": float("inf")}, set()),
        ({"moved": 10, "fractional": 10}, {"between_pixels"}),
        ({"moved": 10, "fractional": 9}, set()),
        ({"moved": 9, "fractional": 9}, set()),
        ({"moved": 10, "fractional": 10, "touch_points": 1}, set()),
        ({"outer": [1366, 900], "screen": [800, 600]}, {"window_oversized"}),
        ({"outer": [1200, 600], "screen": [1000, 600]}, set()),
        ({"outer": [1201, 600], "screen": [1000, 600]}, {"window_oversized"}),
        ({"outer": [1000, 721], "screen": [1000, 600]}, {"window_oversized"}),
        ({"outer": [1201, 600], "screen": [0, 600]}, set()),
        ({"outer": [1000, 721], "screen": [1000, 0]}, set()),
        ({"outer": [1366, 900], "screen": [800, 600], "touch_points": 1}, set()),
        ({"outer": [9999, 9999, 1]}, set()),
        ({"outer": 9999}, set()),
        ({"untrusted": True}, set()),
        ({"fine": False, "hover": False}, {"no_pointer"}),
        ({"fine": True, "hover": False}, set()),
        ({"fine": False, "hover": True}, set()),
        # the hand
        ({"trace": "x"}, {"trace_malformed"}),
        ({"trace": [[5, 0, 0, "m"], [4, 0, 0, "m"]]}, {"trace_disordered"}),
        ({"trace": [[5, 0, 0, "m"], [5, 0, 0, "m"]]}, set()),
        ({"trace": drag()}, {"ruled_drag"}),
        ({"trace": drag(steps=8)}, {"ruled_drag"}),
        ({"trace": drag(steps=7)}, set()),
        ({"trace": drag(late_ms=9)}, {"ruled_drag"}),
        ({"trace": drag(reach=0.04)}, set()),
        ({"trace": drag(shake=0.008)}, set()),
        ({"trace": drag(bend=0.01)}, set()),
        (
            {"trace": [[0, 0.1, 0.5, "d"], [90, 0.9, 0.5, "m"], [95, 0.9, 0.5, "u"]]},
            {"jumped_drag"},
        ),
        ({"trace": [[0, 0.1, 0.5, "d"], [90, 0.1, 0.5, "u"]], "steps": 6}, set()),
        ({"trace": [[0, 0.1, 0.5, "d"], [90, 0.1, 0.5, "u"]]}, {"jumped_drag"}),
        ({"trace": [[i, 0.1, 0.5, kind] for i, kind in enumerate("mmmdu")]}, set()),
        ({"trace": [[i, 0.1, 0.5, kind] for i, kind in enumerate("mmdu")]}, {"jumped_drag"}),
        # time, on both sides
        ({"now_s": 1000.0 + HASTE_S["slider"]}, set()),
        ({"now_s": 999.99 + HASTE_S["slider"]}, {"too_fast"}),
        ({"ticket": CLICK, "now_s": 1000.0 + HASTE_S["one_click"]}, set()),
        ({"ticket": CLICK, "now_s": 999.99 + HASTE_S["one_click"]}, {"too_fast"}),
        ({"ticket": replace(SLIDE, kind="pow"), "now_s": 1000.01}, set()),
        ({"ticket": replace(SLIDE, kind="pow"), "now_s": 1000.0}, {"work_too_fast"}),
        (
            {"ticket": replace(SLIDE, kind="pow", work={"number": 2_000_000}), "now_s": 1000.09},
            {"work_too_fast"},
        ),
        (
            {"ticket": replace(SLIDE, kind="pow", work={"number": 2_000_000}), "now_s": 1000.11},
            set(),
        ),
        ({"now_s": 1000.0}, {"too_fast", "work_too_fast"}),
        ({"now_s": 990.0}, set()),
        # the address
        ({"caller": replace(CALLER, prefix="198.51.100.0/24")}, {"address_changed"}),
        # the answer's own headers count too
        ({"headers": {"User-Agent": "curl/8"}}, {"agent_tool"}),
        ({"headers": without(FIREFOX, "Sec-Fetch-Site")}, {"no_fetch_metadata"}),
        ({"headers": without(FIREFOX, "Sec-Fetch-Site"), "caller": HTTP}, set()),
    ],
)
def test_answers(facts: dict[str, Any], expected: set[str]) -> None:
    assert names(answering(**facts)) == expected


@pytest.mark.parametrize(
    "scripted, value",
    [
        (None, 0.0),
        (0.0, 0.0),
        (SCRIPTED_FROM, 0.0),
        (SCRIPTED_FROM + 0.01, 0.51),
        (0.99, 0.99),
        (1.5, 1.0),
        (1.0, 1.0),
        (float("nan"), 1.0),  # no innocence
    ],
)
def test_a_scripted_hand(scripted: float | None, value: float) -> None:
    """From the threshold on it counts; below it nothing speaks for or against."""
    score = answering(scripted=scripted)
    found = {signal.name: signal.value for signal in score.signals}
    assert found.get("scripted_hand", 0.0) == pytest.approx(value)
    assert found.keys() <= {"scripted_hand"}


def test_a_replayed_hand() -> None:
    assert names(answering(replayed=True)) == {"replayed_hand"}
    assert names(answering()) == set()


def test_a_plain_headless_script_is_beyond_any_invisible_rung() -> None:
    agent = CHROME["User-Agent"].replace("Chrome/", "HeadlessChrome/")
    score = answering(trace=drag(), webdriver=True, headers=CHROME | {"User-Agent": agent})
    assert score.risk > 0.99


@pytest.mark.parametrize("name", SIGNALS)
def test_every_signal_is_documented_and_none_is_certain(name: str) -> None:
    rule = SIGNALS[name]
    assert 0.0 < rule.weight < 1.0
    assert 10 < len(rule.doc) < 90


@pytest.mark.parametrize(
    "signals, risk",
    [
        ([], 0.0),
        ([(1.0, 0.5)], 0.5),
        ([(0.5, 0.5)], 0.25),
        ([(1.0, 0.5), (1.0, 0.5)], 0.75),
        ([(1.0, 0.3), (1.0, 0.3), (1.0, 0.3)], 0.657),
        ([(float("nan"), 0.5)], 1.0),
        ([(2.0, 1.0)], 1.0),
        ([(-1.0, 0.5)], 1.0),
    ],
)
def test_doubts_add_up(signals: list[tuple[float, float]], risk: float) -> None:
    assert combine(tuple(Signal("x", value, weight) for value, weight in signals)) == (
        pytest.approx(risk)
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*REPORT, "number"]), inner)
    ),
    max_leaves=6,
)
texts = st.sampled_from([b'"Chromium";v="' + b"9" * 5000 + b'"', b"Chrome/9999", b"", b"\xff"])
header = st.tuples(
    st.sampled_from([b"user-agent", b"sec-ch-ua", b"sec-ch-ua-platform"]) | st.binary(max_size=9),
    texts | st.binary(max_size=20),
)


@given(
    signals=json_values | st.dictionaries(st.sampled_from([*REPORT]), json_values),
    trace=json_values,
    headers=st.lists(header, max_size=5).map(tuple),
    now_s=st.floats(),
    work=st.dictionaries(st.just("number"), json_values),
)
def test_anything_has_a_risk_from_0_to_1(signals, trace, headers, now_s, work) -> None:  # type: ignore[no-untyped-def]
    answer = Answer(None, None, trace, signals)
    score = score_answer(replace(SLIDE, work=work), answer, headers, CALLER, now_s)
    assert 0.0 <= score.risk <= 1.0
    assert all(0.0 < signal.value <= 1.0 for signal in score.signals)
