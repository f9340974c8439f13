"""What a proxy tells of TLS counts if the proxy is trusted, and says what it means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.addresses import Register
from gateway.model import Caller, Signal
from gateway.risk import combine, score_request
from gateway.signals.of_hints import WEIGHTS, Hints

BEHIND = Caller("192.0.2.7", "192.0.2.0/24", "https", True)
PAST = replace(BEHIND, trusted=False)
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
OF_CHROME = "t13d1516h2_8daaf6152771_02713d6af862"  # as FoxIO publishes it
OF_PYTHON = "t13i181000_85036bcba153_d41ae481755e"
JA3 = "e7d705a3286e19ea42f587b344ee6865"
HINTS = Hints(b"x-ja4", b"x-ja3", frozenset({JA3, OF_PYTHON}))


def signals(agent=CHROME, caller=BEHIND, hints=HINTS, **headers: str) -> set[str]:
    fields = [("User-Agent", agent), *((k.replace("_", "-"), v) for k, v in headers.items())]
    raw = tuple((name.encode(), value.encode()) for name, value in fields)
    return {signal.name for signal in hints.signals(raw, caller)}


@pytest.mark.parametrize(
    "headers, fired",
    [
        ({}, set()),
        ({"X_JA4": OF_CHROME}, set()),
        ({"x_ja4": OF_CHROME.replace("h2", "h3").replace("t", "q", 1)}, set()),
        ({"X_JA4": OF_CHROME.replace("h2", "h1")}, {"tls_disagrees"}),
        ({"X_JA4": OF_CHROME.replace("h2", "00")}, {"tls_disagrees"}),
        ({"X_JA4": OF_CHROME.replace("t13", "t12")}, {"tls_disagrees"}),
        ({"X_JA4": OF_PYTHON}, {"tls_disagrees", "tls_listed"}),
        ({"X_JA3": JA3}, {"tls_listed"}),
        ({"X_JA3": JA3.upper()}, {"tls_listed"}),
        ({"X_JA3": JA3[:-1] + "0"}, set()),
        ({"X_Other": JA3}, set()),
        # what is no fingerprint says nothing
        ({"X_JA4": "anything"}, set()),
        ({"X_JA4": ""}, set()),
        ({"X_JA4": "t13d1516h1"}, set()),
    ],
)
def test_what_is_told(headers, fired):
    assert signals(**headers) == fired


def test_of_whom_it_is_believed():
    assert signals(X_JA4=OF_PYTHON, caller=PAST) == set()
    assert signals(X_JA4=OF_PYTHON, hints=Hints()) == set()


def test_of_whom_it_is_expected():
    assert signals(FIREFOX, X_JA4=OF_CHROME.replace("h2", "h1")) == {"tls_disagrees"}
    assert signals("curl/8.5.0", X_JA4=OF_CHROME.replace("h2", "h1")) == set()


def test_a_line_of_the_clients_own_does_not_stand_for_the_proxys():
    raw = ((b"User-Agent", CHROME.encode()), (b"X-JA3", b"0" * 32), (b"X-JA3", JA3.encode()))
    assert {signal.name for signal in HINTS.signals(raw, BEHIND)} == {"tls_listed"}


@pytest.mark.parametrize(
    "hints, caller, direct",
    [
        (Hints(), PAST, True),
        (Hints(), BEHIND, False),
        (Hints(keeps_order=True), BEHIND, True),
    ],
)
def test_whose_order_is_known(hints, caller, direct):
    assert Register(hints=hints).background(caller, ()).direct is direct
    copied = Register(hints=hints, as_sent=False)  # as `explain` is given them
    assert not copied.background(caller, ()).direct


def test_it_weighs_on_the_risk():
    raw = ((b"User-Agent", CHROME.encode()), (b"X-JA3", JA3.encode()))
    known = Register(hints=HINTS).background(BEHIND, raw)
    assert known.signals == (Signal("tls_listed", 1.0, WEIGHTS["tls_listed"][0]),)
    own, score = score_request(raw, BEHIND), score_request(raw, BEHIND, known)
    assert score.signals == own.signals + known.signals
    assert score.risk == combine(score.signals) > own.risk
