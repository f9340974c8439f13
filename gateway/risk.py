"""How risky: named, weighted signals, combined into one number from 0 to 1.

Each signal has a value from 0 (innocent) to 1 (damning) and a weight: the risk it carries alone.
They combine as independent reasons for doubt (noisy or): `risk = 1 - prod(1 - weight * value)`.
So one weak signal never suffices, several add up, and no number of innocent ones takes doubt away.
The accessible way is never refused for risk.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from gateway.layout import is_right
from gateway.model import UNKNOWN, Answer, Background, Caller, Headers, Score, Signal, Ticket
from gateway.signals import BUSY_AT, OF_ANSWERS, OF_REQUESTS, SIGNALS, Rule, Seen
from gateway.trace import hands

__all__ = ["SIGNALS", "combine", "score_answer", "score_request"]

LONGEST = 512  # bytes looked at of one header
_WATCHED = frozenset(
    {
        *(b"user-agent", b"accept", b"accept-language", b"accept-encoding"),
        *(b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest", b"sec-fetch-user"),
        *(b"sec-ch-ua", b"sec-ch-ua-platform", b"upgrade-insecure-requests", b"connection", b"via"),
    }
)


def score_request(
    headers: Headers, caller: Caller, known: Background = UNKNOWN, *, recent: int = 0
) -> Score:
    """Score a request before anything is asked. `recent`: answers from its prefix of late.

    A visitor's requests differ in little that is looked at, so scores are remembered.
    """
    told = caller.scheme == "https", min(recent, BUSY_AT), known.direct
    own = _score_headers(_telling(headers), *told)
    return _score(own.signals + known.signals) if known.signals else own


def score_answer(
    ticket: Ticket,
    answer: Answer,
    headers: Headers,
    caller: Caller,
    now_s: float,
    known: Background = UNKNOWN,
    *,
    recent: int = 0,
    scripted: float | None = None,
    replayed: bool = False,
) -> Score:
    """Score an answer, with the headers it came with. Any JSON in it; never raises.

    `scripted`: how much its pointer's paths look like a script's; None where there are none.
    `replayed`: whether another visit drew the last of them.
    """
    reported = answer.signals if isinstance(answer.signals, dict) else {}
    number = ticket.work.get("number", 0)
    telling, https = _telling(headers), caller.scheme == "https"
    found = _signals(
        OF_ANSWERS,
        Seen(
            headers=_texts(telling),
            https=https,
            recent=recent,
            direct=known.direct,
            kind=ticket.kind,
            elapsed_s=now_s - ticket.issued_s,
            work=number if isinstance(number, int) else 0,
            moved=caller.prefix != ticket.caller,
            stepped=isinstance(answer.value, dict) and bool(answer.value.get("steps")),
            hand=hands(answer)[1],
            scripted=scripted,
            replayed=replayed,
            reported=reported,
            silent=not reported and bool(ticket.work),  # without JavaScript nothing reports
            mislaid=bool(reported and ticket.layout)
            and not is_right(ticket.layout, reported.get("laid")),
        ),
    )
    own = _score_headers(telling, https, min(recent, BUSY_AT), known.direct)
    return _score(own.signals + found + known.signals)


def score_report(
    answer: Answer,
    headers: Headers,
    caller: Caller,
    known: Background = UNKNOWN,
    *,
    scripted: float | None = None,
) -> Score:
    """Score what a page reports without a question. Any JSON in it; never raises."""
    reported = answer.signals if isinstance(answer.signals, dict) else {}
    telling, https = _telling(headers), caller.scheme == "https"
    seen = Seen(
        headers=_texts(telling),
        https=https,
        hand=hands(answer)[1],
        scripted=scripted,
        reported=reported,
        silent=not reported,
    )
    own = _score_headers(telling, https, 0, known.direct)
    return _score(own.signals + _signals(OF_ANSWERS, seen) + known.signals)


def combine(signals: tuple[Signal, ...]) -> float:
    """Noisy or; 0 without signals. Out of range or NaN counts as damning.

    To four digits, as records tell it: who replays them decides on the same number.
    """
    innocent = 1.0
    for signal in signals:
        doubt = signal.weight * signal.value
        innocent *= 1.0 - (doubt if 0.0 <= doubt <= 1.0 else 1.0)
    return round(1.0 - innocent, 4)


def _score(signals: tuple[Signal, ...]) -> Score:
    return Score(combine(signals), signals)


def _signals(rules: Mapping[str, Rule], seen: Seen) -> tuple[Signal, ...]:
    return tuple(
        Signal(name, value, rule.weight)
        for name, rule in rules.items()
        if (value := round(float(rule.see(seen)), 4)) > 0.0
    )


@lru_cache(maxsize=2_000)
def _score_headers(telling: Headers, https: bool, recent: int, direct: bool) -> Score:
    texts = _texts(telling)
    lower = all(name.islower() for name, _ in telling if not name.lower().startswith(b"sec-"))
    known = direct and "via" not in texts
    seen = Seen(texts, https, recent, names=tuple(texts), lower=lower, direct=known)
    return _score(_signals(OF_REQUESTS, seen))


def _telling(headers: Headers) -> Headers:
    """The first line of each header that rules look at, cut to a length that can be kept."""
    found: dict[bytes, tuple[bytes, bytes]] = {}
    for name, value in headers:
        lower = name.lower()
        if lower in _WATCHED and lower not in found:
            found[lower] = name, value[:LONGEST]
    return tuple(found.values())


def _texts(telling: Headers) -> Mapping[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in telling}
