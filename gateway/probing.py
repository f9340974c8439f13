"""What a page's report says of who is there, for routes that only probe: GeeTest's three marks.

The verdict travels from the report to the request it is about in a sealed cookie: short-lived, the
gate's alone, bound to the browser and the address prefix that reported. A client can leave it out,
and then nothing is known; it can't write one, nor carry one elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from gateway.model import Caller, Headers, Probe, Score
from gateway.presented import cookies
from gateway.ring import KeyRing
from gateway.risk import combine
from gateway.seal import seal, unseal
from gateway.signals import OF_BROWSERS, OF_REQUESTS, SCRIPTED_FROM

TTL_S = 600
MARKED_FROM = 0.5  # risk of the signals of one sort
PURPOSE = "verdict"
COOKIE = "gateway_verdict"
_NEEDLE, _COOKIE_CHARS = COOKIE.encode(), len("cookie")
OF_DEVICES = frozenset({*OF_BROWSERS, *OF_REQUESTS, "window_oversized", "window_bare"})
OF_HANDS = frozenset(
    {
        *("untrusted_events", "flat_press", "between_pixels", "points_uncoalesced", "far_press"),
        *("thin_touch", "no_pointer", "trace_malformed", "trace_disordered", "scripted_hand"),
        *("replayed_hand", "ruled_drag", "jumped_drag"),
    }
)


def verdict_of(score: Score, scripted: float | None) -> Probe:
    """The marks of a report. `scripted`: what the model makes of its paths; None without any.

    Without a pointer's path, and without a sign of scripted input, the model has no opinion: 0
    would say that it saw a person.
    """
    device = tuple(each for each in score.signals if each.name in OF_DEVICES)
    hand = tuple(each for each in score.signals if each.name in OF_HANDS)
    moved = scripted is not None or bool(hand)
    marked = (scripted or 0.0) >= SCRIPTED_FROM or combine(hand) >= MARKED_FROM
    return Probe(score.risk, int(marked) if moved else None, int(combine(device) >= MARKED_FROM))


def cookie_name(scheme: str) -> str:
    return f"__Host-{COOKIE}" if scheme == "https" else COOKIE


def issue(
    ring: KeyRing, probe: Probe, site: str, caller: Caller, now_s: float, nonce: bytes
) -> str:
    """The Set-Cookie value of a verdict."""
    told = asdict(probe) | {"until_s": now_s + TTL_S, "for": _bound(site, caller)}
    sealed = seal(ring, PURPOSE, json.dumps(told, separators=(",", ":")).encode(), nonce)
    secure = "; Secure" if caller.scheme == "https" else ""
    usual = f"Path=/; Max-Age={TTL_S}; HttpOnly; SameSite=Lax"
    return f"{cookie_name(caller.scheme)}={sealed}; {usual}{secure}"


def presented(
    ring: KeyRing, headers: Headers, site: str, caller: Caller, now_s: float
) -> Probe | None:
    """The verdict that a request brings; None without one that is its own and still stands."""
    found = cookies(headers, cookie_name(caller.scheme).encode())
    if len(found) != 1:
        return None
    payload = unseal(ring, PURPOSE, found[0].decode("latin-1"))
    if payload is None:
        return None
    told = json.loads(payload)
    if told.get("for") != _bound(site, caller) or not now_s < told.get("until_s", 0.0):
        return None
    return Probe(told["risk"], told["model_probability"], told["web_simulator"])


def _bound(site: str, caller: Caller) -> list[str]:
    return [site, caller.prefix, caller.browser]


def without_verdict(headers: Headers) -> bytes | None:
    """The Cookie field as the app gets it; None where it can stay as it is. b"": there is none."""
    for name, value in headers:  # of nearly all requests there is none: no generator, no lower()
        if len(name) == _COOKIE_CHARS and _NEEDLE in value:
            break
    else:
        return None
    lines = [value for name, value in headers if name.lower() == b"cookie"]
    if not any(_NEEDLE in line for line in lines):
        return None
    pairs = [pair.strip() for line in lines for pair in line.split(b";")]
    return b"; ".join(pair for pair in pairs if pair and not _is_verdict(pair))


def _is_verdict(pair: bytes) -> bool:
    name = pair.lstrip(b"= ").partition(b"=")[0].strip()
    return name.removeprefix(b"__Host-").removeprefix(b"__Secure-") == _NEEDLE
