"""Verdicts on a page's report, and how they come to the request that they are about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.decide import decide
from gateway.model import (
    Answer,
    Facts,
    Forward,
    Headers,
    LimitRule,
    Probe,
    Reached,
    Reason,
    Score,
    Signal,
)
from gateway.probing import (
    OF_DEVICES,
    OF_HANDS,
    TTL_S,
    issue,
    presented,
    verdict_of,
    without_verdict,
)
from gateway.risk import SIGNALS, score_report
from tests.samples import CALLER, NONCE, RING, ROUTE, STRANGE_RING

HTTP = replace(CALLER, scheme="http")
SEEN = Probe(0.7, 1, 0)


def fired(*names: str) -> Score:
    found = tuple(Signal(name, 1.0, SIGNALS[name].weight) for name in names)
    return Score(0.5, found)


@pytest.mark.parametrize(
    ("names", "scripted", "expected"),
    [
        ((), None, Probe(0.5, None, 0)),  # keys alone: no opinion of the hand
        ((), 0.0, Probe(0.5, 0, 0)),
        ((), 0.49, Probe(0.5, 0, 0)),
        ((), 0.5, Probe(0.5, 1, 0)),
        ((), 1.0, Probe(0.5, 1, 0)),
        (("untrusted_events",), None, Probe(0.5, 1, 0)),
        (("untrusted_events",), 0.0, Probe(0.5, 1, 0)),
        (("address_changed",), None, Probe(0.5, None, 0)),  # risk, and no word on hand or browser
        (("untrusted_events", "flat_press"), 0.0, Probe(0.5, 1, 0)),
        (("between_pixels",), None, Probe(0.5, 1, 0)),
        (("no_pointer",), None, Probe(0.5, 1, 0)),
        (("webdriver",), None, Probe(0.5, None, 1)),
        (("agent_headless",), 0.1, Probe(0.5, 0, 1)),
        (("no_language",), 0.1, Probe(0.5, 0, 0)),
        (("no_language", "hints_disagree"), 0.1, Probe(0.5, 0, 1)),
        (("no_fetch_metadata",), 0.1, Probe(0.5, 0, 1)),  # one of 0.5 is enough
        (("platform_disagrees",), 0.1, Probe(0.5, 0, 0)),
        (("webdriver", "untrusted_events"), 0.9, Probe(0.5, 1, 1)),
    ],
)
def test_marks(names: tuple[str, ...], scripted: float | None, expected: Probe) -> None:
    assert verdict_of(fired(*names), scripted) == expected


def test_a_weak_sign_of_the_hand_is_an_opinion_but_no_mark() -> None:
    weak = Score(0.2, (Signal("no_pointer", 0.4, SIGNALS["no_pointer"].weight),))
    assert verdict_of(weak, None) == Probe(0.2, 0, 0)


def test_lists_of_addresses_are_no_marks() -> None:
    """They are the operator's, by any name, and count in the risk alone."""
    listed = Score(0.9, (Signal("tor", 1.0, 0.9), Signal("hosting", 1.0, 0.5)))
    assert verdict_of(listed, None) == Probe(0.9, None, 0)


def test_every_signal_of_a_report_is_of_a_sort() -> None:
    of_answers = {"address_changed", "too_fast", "work_too_fast", "reported_nothing"}
    assert not OF_DEVICES & OF_HANDS
    assert set(SIGNALS) - OF_DEVICES - OF_HANDS - of_answers == set()
    assert set(SIGNALS) > OF_HANDS


# --- The cookie ------------------------------------------------------------------------------


def cookie(probe: Probe = SEEN, caller: object = CALLER) -> tuple[str, str]:
    """(name and value, the attributes)."""
    text = issue(RING, probe, "shop", caller, 1000.0, NONCE)  # type: ignore[arg-type]
    pair, _, rest = text.partition("; ")
    return pair, rest


def sent(*pairs: str) -> Headers:
    return ((b"Host", b"shop.example"), (b"Cookie", "; ".join(pairs).encode()))


def test_what_was_seen_is_read_again() -> None:
    pair, rest = cookie()
    assert rest == "Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure"
    assert pair.startswith("__Host-gateway_verdict=")
    assert presented(RING, sent("a=b", pair, "c=d"), "shop", CALLER, 1000.0) == SEEN
    plain, rest = cookie(Probe(0.0, None, 0), HTTP)
    assert "Secure" not in rest
    assert presented(RING, sent(plain), "shop", HTTP, 1000.0) == Probe(0.0, None, 0)


@pytest.mark.parametrize(
    ("pairs", "changes", "now_s"),
    [
        ((), {}, 1000.0),
        (("__Host-gateway_verdict=",), {}, 1000.0),
        (("__Host-gateway_verdict=e30",), {}, 1000.0),
        (("{pair}", "{pair}"), {}, 1000.0),  # two: somebody planted one
        (("{pair}",), {"prefix": "198.51.100.0/24"}, 1000.0),
        (("{pair}",), {"browser": "other"}, 1000.0),
        (("{pair}",), {"scheme": "http"}, 1000.0),
        (("{pair}x",), {}, 1000.0),
        (("{pair}",), {}, 1000.0 + TTL_S),
        (("{pair}",), {}, float("nan")),
    ],
)
def test_nothing_else_is_a_verdict(
    pairs: tuple[str, ...], changes: dict[str, str], now_s: float
) -> None:
    pair, _ = cookie()
    headers = sent(*(each.replace("{pair}", pair) for each in pairs))
    caller = replace(CALLER, **changes)  # type: ignore[arg-type]
    assert presented(RING, headers, "shop", caller, now_s) is None
    assert presented(RING, sent(pair), "shop", CALLER, 1000.0 + TTL_S - 0.1) == SEEN


def test_another_site_s_or_key_s_is_none() -> None:
    pair, _ = cookie()
    assert presented(RING, sent(pair), "blog", CALLER, 1000.0) is None
    assert presented(STRANGE_RING, sent(pair), "shop", CALLER, 1000.0) is None


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ([], None),
        ([b"a=b; c=d"], None),
        ([b"gateway_verdict=x"], b""),
        ([b"a=b; __Host-gateway_verdict=x; c=d"], b"a=b; c=d"),
        ([b"a=b", b"__Host-gateway_verdict=x"], b"a=b"),
        ([b"a=gateway_verdict"], b"a=gateway_verdict"),
        ([b"=gateway_verdict=x; a=b"], b"a=b"),
        ([b"__Secure-gateway_verdict=x; a=b"], b"a=b"),
        ([b"gateway_verdict =x; a=b; gateway_verdict"], b"a=b"),
        ([b"gateway_verdict_of=x"], b"gateway_verdict_of=x"),
        ([b"gateway_pass_a=1; gateway_verdict=x"], b"gateway_pass_a=1"),
    ],
)
def test_the_app_never_sees_it(lines: list[bytes], left: bytes | None) -> None:
    assert without_verdict(tuple((b"Cookie", line) for line in lines)) == left


# --- The decision ----------------------------------------------------------------------------

PROBE = replace(ROUTE, flow="probe", ladder=())
LIMITED = replace(PROBE, limits=(LimitRule("often", "address", 5, 60),))
NOW = Facts(now_s=1000.0, caller=CALLER, method="POST")
DOUBT = replace(NOW, risk=0.5, signals=(Signal("no_language", 1.0, 0.5),))
WITHIN = Reached("often", "challenge", 5, 5, 60, 30)


@pytest.mark.parametrize(
    ("route", "facts", "told"),
    [
        (PROBE, NOW, Probe()),  # nothing is known, and nothing is 0
        (PROBE, DOUBT, Probe(risk=0.5)),
        (PROBE, replace(NOW, probe=Probe(0.0, None, 0)), Probe(0.0, None, 0)),
        (PROBE, replace(NOW, probe=SEEN), SEEN),
        (PROBE, replace(DOUBT, probe=Probe(0.2, 0, 0)), Probe(0.5, 0, 0)),
        (PROBE, replace(NOW, reached=(WITHIN,)), Probe()),  # only the route's own limits
        (LIMITED, NOW, Probe()),  # the store is away
        (LIMITED, replace(NOW, reached=(WITHIN,)), Probe(ip_overtime=0)),
        (LIMITED, replace(NOW, reached=(WITHIN, replace(WITHIN, count=6))), Probe(ip_overtime=1)),
        (LIMITED, replace(NOW, reached=(replace(WITHIN, count=6, then="deny"),)),
         Probe(ip_overtime=1)),
    ],
)  # fmt: skip
def test_what_the_app_is_told(route: object, facts: Facts, told: Probe) -> None:
    for mode in ("enforce", "shadow"):
        watched = replace(route, mode=mode)  # type: ignore[type-var]
        assert decide(watched, facts) == Forward(Reason.PROBED, watched, probe=told)  # type: ignore[arg-type]


# --- The report ------------------------------------------------------------------------------

BROWSER = (
    (b"User-Agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (b"Accept-Language", b"en"),
    (b"Accept-Encoding", b"gzip"),
    (b"Sec-Fetch-Site", b"same-origin"),
)


@pytest.mark.parametrize(
    ("signals", "fires"),
    [
        ({"webdriver": False}, False),
        ({"webdriver": True}, True),
        ({"webdriver": True, "outer": "junk", "brands": [[]]}, True),
    ],
)
def test_a_report_is_scored_as_an_answer_s_is(signals: dict[str, object], fires: bool) -> None:
    score = score_report(Answer(None, None, [], signals), BROWSER, CALLER)
    assert ("webdriver" in {each.name for each in score.signals}) == fires
    assert "too_fast" not in {each.name for each in score.signals}
    assert "reported_nothing" not in {each.name for each in score.signals}
