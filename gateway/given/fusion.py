"""Fusion: the app names the kind to be asked, in a parameter it has signed.

The parameter is GeeTest's `risk_type`, byte for byte, so what signs for theirs signs for us:
`type|timestamp|random|HMAC-SHA256(key, "type|timestamp|random")`, the timestamp in Unix seconds
(with or without decimals), the HMAC in lower-case hex. It is good once, and for a while.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from gateway.model import FusionRule, Named, Reason

# GeeTest's word for a kind, and ours.
GEETEST = {
    "ai": "one_click",
    "slide": "puzzle",
    "match": "match",
    "winlinze": "gobang",
    "nine": "nine",
    "word": "word",
    "phrase": "phrase",
    "icon": "icon",
}
MAX_CHARS = 300
AHEAD_S = 60.0  # clocks of the app's machines differ from ours
_FORM = re.compile(
    r"(?P<said>(?P<type>[A-Za-z0-9_-]{1,32})\|(?P<time>[0-9]{1,11}(?:\.[0-9]{1,9})?)"
    r"\|[A-Za-z0-9_.:-]{8,128})\|(?P<sign>[0-9a-f]{64})"
)


def verify(rule: FusionRule, values: list[str], now_s: float) -> Named:
    """What the parameter names; or, with a `fault`, why it names nothing. Single use is not looked
    at: whoever asks spends `once` until `until_s`."""
    if not values or values == [""]:
        return Named(fault=Reason.RISK_TYPE_MISSING)
    found = _FORM.fullmatch(values[0]) if len(values) == 1 and _fits(values[0]) else None
    if found is None:
        return Named(fault=Reason.RISK_TYPE_MALFORMED)
    expected = hmac.digest(rule.key, found["said"].encode(), "sha256").hex()
    if not hmac.compare_digest(expected, found["sign"]):
        return Named(fault=Reason.RISK_TYPE_FORGED)
    signed_s = float(found["time"])
    if not -AHEAD_S <= now_s - signed_s < rule.ttl_s:
        return Named(fault=Reason.RISK_TYPE_STALE)
    kind = rule.kinds.get(found["type"])
    if kind is None:
        return Named(fault=Reason.RISK_TYPE_UNKNOWN)
    once = hashlib.sha256(found["sign"].encode()).hexdigest()[:40]
    return Named(kind, once=once, until_s=signed_s + rule.ttl_s)


def _fits(value: str) -> bool:
    return len(value) <= MAX_CHARS and value.isascii()
