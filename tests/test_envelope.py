"""The envelope says the same on both sides, and only to who knows the boot token."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.envelope import Envelope
from gateway.model import Caller

CALLER = Caller("192.0.2.7", "192.0.2.0/24", "https", False, "b")


def envelope(**changes: object) -> Envelope:
    fields: dict[str, object] = {
        "boot": "token",
        "decision_id": "0198-7",
        "action": "challenge",
        "site": "shop",
        "route": "register",
        "reason": "no_pass",
        "status": 403,
        "caller": CALLER,
        "method": "POST",
        "target": b"/register?a=\xff",
        "headers": ((b"Host", b"shop.example"), (b"X-Odd", b"\x80\xff"), (b"X-Odd", b"")),
        "host": "shop.example",
        "navigation": True,
        "risk": 0.25,
    }
    return Envelope(**(fields | changes))  # type: ignore[arg-type]


def test_what_is_sealed_is_opened() -> None:
    assert Envelope.open(envelope().seal(), "token") == envelope()


@given(
    st.binary(max_size=50),
    st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=30)), max_size=5),
)
def test_any_bytes_survive(target: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    sent = envelope(target=target, headers=tuple(headers))
    assert Envelope.open(sent.seal().decode(), "token") == sent


@pytest.mark.parametrize("boot", ["", "toke", "token2", "tökén"])
def test_another_token_opens_nothing(boot: str) -> None:
    assert Envelope.open(envelope().seal(), boot) is None


def test_an_unknown_action_opens_nothing() -> None:
    body = json.loads(base64.urlsafe_b64decode(envelope().seal()))
    value = base64.urlsafe_b64encode(json.dumps(body | {"action": "proxy"}).encode())
    assert Envelope.open(value, "token") is None


@given(st.one_of(st.none(), st.text(max_size=200), st.binary(max_size=200)))
def test_anything_else_opens_nothing(value: str | bytes | None) -> None:
    assert Envelope.open(value, "token") is None


@given(st.recursive(st.none() | st.text(), lambda j: st.lists(j) | st.dictionaries(st.text(), j)))
def test_any_json_opens_nothing(body: object) -> None:
    value = base64.urlsafe_b64encode(json.dumps(body).encode())
    assert Envelope.open(value, "") is None


def test_get_is_by_lower_case_name_and_first() -> None:
    assert envelope().get(b"x-odd") == b"\x80\xff"
    assert envelope().get(b"cookie") is None
