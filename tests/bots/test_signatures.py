"""Signed requests: vectors of the RFC and the draft, and what must not count."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519
from hypothesis import given
from hypothesis import strategies as st

from gateway.bots.signatures import (
    MAX_AGE_S,
    MAX_COMPONENTS,
    SKEW_S,
    SignedBots,
    read_jwks,
    signature_base,
    thumbprint,
)
from gateway.model import NoBody, RequestHead

# RFC 9421 B.1.4, test-key-ed25519
JWK = {"kty": "OKP", "crv": "Ed25519", "x": "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"}
SECRET = "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU"
KEYID = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U"
CREATED_S = 1735689600
(PUBLIC,) = read_jwks(json.dumps({"keys": [JWK]}))
BOTS = SignedBots({KEYID: ("tester", PUBLIC)})
PRIVATE = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(SECRET + "="))


def request(headers: dict[str, str], method="GET", target=b"/path", host="example.com"):
    raw = tuple((name.encode(), value.encode()) for name, value in headers.items())
    return RequestHead(method, target, (1, 1), raw, NoBody(), host, True)


# draft-meunier-web-bot-auth-architecture-05, A.2, and its JSON vectors (v2)
WITHOUT_AGENT = {
    "Signature-Input": f'sig1=("@authority");created=1735689600;keyid="{KEYID}";alg="ed25519";'
    'expires=4889289600;nonce="zIW8+cdmA3vdYagbxojpONwa/l0EKJ/O3/wD486VvsQjO/RxPaSt6ZxvQaMcQzNnqKN/'
    'mQ6hpGiFro2L2qkz5A==";tag="web-bot-auth"',
    "Signature": "sig1=:QKN4fTdIYfh82fvoZCQiQA1weuozfCS/Led2zTMbewMMqH8PI2Wsy/5c4ao6B6D09nraNQ"
    "dBNOADg8aM1MqfCg==:",
}
WITH_AGENT = {
    "Signature-Agent": 'agent2="https://signature-agent.test"',
    "Signature-Input": 'sig2=("@authority" "signature-agent";key="agent2");created=1735689600;'
    f'keyid="{KEYID}";alg="ed25519";expires=4889289600;nonce="n9p433xm+NJ3ph3upfBIGmsuwHw387YV7Q/F+6B'
    'SpGCVjYCqQw6rznNA8PVVLySrAWsv0hQtFioQb6E1YsauiA==";tag="web-bot-auth"',
    "Signature": "sig2=:RdNFx5Bj6au3YgAMQL/RzmUlZE8QZLIaXGRpw985hWnwPfMxT228NMk6ehRS1PSl4e8PhbNZACS"
    "anGdhEwYCCg==:",
}
OLDER_AGENT = {
    "Signature-Agent": '"https://signature-agent.test"',
    "Signature-Input": 'sig2=("@authority" "signature-agent");created=1735689600;'
    f'keyid="{KEYID}";alg="ed25519";expires=1735693200;nonce="e8N7S2MFd/qrd6T2R3tdfAuuANngKI7LFtKYI/v'
    'owzk4lAZYadIX6wW25MwG7DCT9RUKAJ0qVkU0mEeLElW1qg==";tag="web-bot-auth"',
    "Signature": "sig2=:jdq0SqOwHdyHr9+r5jw3iYZH6aNGKijYp/EstF4RQTQdi5N5YYKrD+mCT1HA1nZDsi6nJKuHxU"
    "i/5Syp3rLWBA==:",
}


@pytest.mark.parametrize("headers", [WITHOUT_AGENT, WITH_AGENT, OLDER_AGENT])
def test_vectors_of_the_draft(headers):
    found = BOTS.verify(request(headers), "https", CREATED_S + 60)
    assert found is not None
    assert found.bot == "tester"
    again = BOTS.verify(request(headers), "https", CREATED_S + 61)
    assert again is not None and again.once == found.once  # to be spent once


def test_a_vector_of_the_rfc():
    """B.2.6: its base and its signature; it has no tag, so it proves nothing here."""
    mark = (
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    )
    headers = {
        "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "Content-Type": "application/json",
        "Content-Length": "18",
        "Signature-Input": 'sig-b26=("date" "@method" "@path" "@authority" "content-type" '
        '"content-length");created=1618884473;keyid="test-key-ed25519"',
        "Signature": f"sig-b26=:{mark}:",
    }
    sent = request(headers, "POST", b"/foo?param=Value&Pet=dog")
    components = ["date", "@method", "@path", "@authority", "content-type", "content-length"]
    said = {"created": 1618884473, "keyid": "test-key-ed25519"}
    base = signature_base(sent, "https", [(name, {}) for name in components], said)
    assert base == (
        b'"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@method": POST\n"@path": /foo\n'
        b'"@authority": example.com\n"content-type": application/json\n"content-length": 18\n'
        b'"@signature-params": ("date" "@method" "@path" "@authority" "content-type" '
        b'"content-length");created=1618884473;keyid="test-key-ed25519"'
    )
    assert base64.b64encode(PRIVATE.sign(base)).decode() == mark  # Ed25519: always the same
    assert BOTS.verify(sent, "https", 1618884480) is None


def test_thumbprints():
    assert thumbprint(PUBLIC) == KEYID
    x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"  # RFC 8037 A.3
    assert thumbprint(base64.urlsafe_b64decode(x + "=")) == (
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    )


# --- Signed by another implementation -----------------------------------------------------------

FIELDS = {f"x-{n}": "1" for n in range(MAX_COMPONENTS)} | {"x-long": ""}
OF_THEM = [f'"x-{n}"' for n in range(MAX_COMPONENTS)]


def signed(
    components='"@authority"', method="GET", target=b"/path", host="example.com", **changes: Any
) -> RequestHead:
    """A request signed by hand, with parameters left out (None) or changed."""
    said = {
        "created": CREATED_S,
        "expires": CREATED_S + 60,
        "keyid": KEYID,
        "alg": "ed25519",
        "nonce": "n1",
        "tag": "web-bot-auth",
    } | changes.pop("said", {})
    words = [
        f'{k}="{v}"' if isinstance(v, str) else f"{k}={v}" for k, v in said.items() if v is not None
    ]
    parameters = ";".join([f"({components})", *words])
    values = {
        "@authority": "example.com",
        "@method": "GET",
        "@path": "/path",
        "@query": "?a=1",
        "@target-uri": "https://example.com/path",
        "x-note": "one, two",
        "signature-agent": '"https://bot.example"',
    }
    values |= {name: value for name, value in changes.get("headers", {}).items() if name in FIELDS}
    lines = [f'"{name}": {values[name]}\n' for name in components.replace('"', "").split()]
    base = "".join(lines) + f'"@signature-params": {parameters}'
    mark = base64.b64encode(changes.pop("by", PRIVATE).sign(base.encode())).decode()
    headers = {"Signature-Input": f"s={parameters}", "Signature": f"s=:{mark}:"}
    return request(headers | changes.pop("headers", {}), method, target, host)


def verify(sent: RequestHead, now_s: float = CREATED_S + 1, scheme: str = "https"):
    return BOTS.verify(sent, scheme, now_s)


@pytest.mark.parametrize(
    "changes, counts",
    [
        ({}, True),
        ({"host": "example.com:443"}, True),
        ({"host": "other.example"}, False),
        ({"host": "example.com:80"}, False),
        # what is covered must be as it was
        ({"components": '"@authority" "@method"'}, True),
        ({"components": '"@authority" "@method"', "method": "POST"}, False),
        ({"components": '"@authority" "@path"', "target": b"/path?any"}, True),
        ({"components": '"@authority" "@path"', "target": b"/other"}, False),
        ({"components": '"@authority" "@query"', "target": b"/path?a=1"}, True),
        ({"components": '"@authority" "@query"', "target": b"/path?a=2"}, False),
        ({"components": '"@target-uri"'}, True),
        ({"components": '"@target-uri"', "target": b"/path?x"}, False),
        ({"components": '"@authority" "x-note"', "headers": {"x-note": "one, two"}}, True),
        ({"components": '"@authority" "x-note"', "headers": {"x-note": "one"}}, False),
        ({"components": '"@authority" "x-note"'}, False),  # covered, and not there
        ({"components": '"@method" "@path"'}, False),  # for whom?
        ({"components": ""}, False),
        ({"components": " ".join(['"@authority"', *OF_THEM[:-1]]), "headers": FIELDS}, True),
        ({"components": " ".join(['"@authority"', *OF_THEM]), "headers": FIELDS}, False),
        ({"components": '"@authority" "x-long"', "headers": {"x-long": "n" * 4096}}, True),
        ({"components": '"@authority" "x-long"', "headers": {"x-long": "n" * 4097}}, False),
        ({"components": '"@authority" "@authority"'}, False),  # twice (§2)
        # where its keys are must be covered if it is said
        ({"headers": {"Signature-Agent": '"https://bot.example"'}}, False),
        (
            {
                "components": '"@authority" "signature-agent"',
                "headers": {"Signature-Agent": '"https://bot.example"'},
            },
            True,
        ),
        # what it says of itself
        ({"said": {"tag": "other"}}, False),
        ({"said": {"tag": None}}, False),
        ({"said": {"tag": "web-bot-auth "}}, False),
        ({"said": {"alg": None}}, True),
        ({"said": {"alg": "hmac-sha256"}}, False),
        ({"said": {"keyid": "other"}}, False),
        ({"said": {"keyid": None}}, False),
        ({"said": {"keyid": 7}}, False),
        ({"said": {"nonce": None}}, True),
        ({"said": {"created": None}}, False),
        ({"said": {"expires": None}}, False),
        ({"said": {"expires": "4889289600"}}, False),
        # its time
        ({"said": {"expires": CREATED_S + 1}}, False),
        ({"said": {"expires": CREATED_S + 2}}, True),
        ({"said": {"created": CREATED_S + 1 + SKEW_S}}, True),
        ({"said": {"created": CREATED_S + 2 + SKEW_S, "expires": CREATED_S + 999}}, False),
        ({"said": {"created": CREATED_S + 1 - MAX_AGE_S}}, False),
        ({"said": {"created": CREATED_S + 2 - MAX_AGE_S}}, True),
    ],
)
def test_what_counts(changes, counts):
    assert (verify(signed(**changes)) is not None) is counts


@pytest.mark.parametrize(
    "components",
    [
        [("@authority", {}), ("@authority", {})],  # twice (§2)
        [("@authority", {"req": True})],  # of a request that this answers: there is none
        [("x-note", {"bs": True})],
        [("@status", {})],
        [("x-absent", {})],
        [("x-note", {"key": "a"})],  # no such member
        [(7, {})],
    ],
)
def test_bases_that_are_none(components):
    sent = request({"x-note": "b=1"})
    assert signature_base(sent, "https", [("@authority", {}), ("x-note", {"key": "b"})], {})
    assert signature_base(sent, "https", components, {}) is None


def test_until_when_it_must_be_remembered():
    short, long = signed(), signed(said={"expires": 4889289600})
    assert verify(short).until_s == CREATED_S + 60
    assert verify(long).until_s == CREATED_S + MAX_AGE_S


def test_what_makes_it_used():
    """The nonce of a key, whatever else is signed; without one, the signature."""
    one, same = signed(), signed(components='"@authority" "@path"')
    other, bare = signed(said={"nonce": "n2"}), signed(said={"nonce": None})
    assert verify(one).once == verify(same).once
    assert len({verify(each).once for each in (one, other, bare)}) == 3


def test_two_bots_may_say_the_same_nonce():
    private = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = private.public_key().public_bytes_raw()
    both = SignedBots({KEYID: ("tester", PUBLIC), thumbprint(public): ("other", public)})
    theirs = signed(said={"keyid": thumbprint(public)}, by=private)
    found = [both.verify(each, "https", CREATED_S + 1) for each in (signed(), theirs)]
    assert [each.bot for each in found] == ["tester", "other"]
    assert found[0].once != found[1].once


@pytest.mark.parametrize("name", ["Signature", "Signature-Input"])
def test_a_label_that_stands_twice_is_nobody_s(name):
    sent = signed()
    told = {key.decode(): value.decode() for key, value in sent.headers}
    assert verify(request(told)) is not None
    assert verify(request(told | {name: f"{told[name]}, {told[name]}"})) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Signature": "s=:AAAA:"},
        {"Signature": "s=:" + base64.b64encode(bytes(64)).decode() + ":"},
        {"Signature": 's="text"'},
        {"Signature": "t=:AAAA:"},
        {"Signature": "s=:AAAA:, s=:AAAA:"},
        {"Signature-Input": "s=1"},
        {"Signature-Input": "s=();created"},
        {"Signature-Input": "((("},
        {"Signature-Input": "s=(1 2)"},
        {"Signature-Input": 's=("@authority";req);created=1;expires=4889289600;tag="web-bot-auth"'},
        {"Signature-Input": "a" * 5000},
        {"Signature-Input": ""},
    ],
)
def test_what_is_no_signature(headers):
    sent = signed()
    raw = [(k, v) for k, v in sent.headers if k.decode() not in headers]
    raw += [(k.encode(), v.encode()) for k, v in headers.items()]
    broken = RequestHead("GET", b"/path", (1, 1), tuple(raw), NoBody(), "example.com", True)
    assert verify(broken) is None


@given(st.text(max_size=200), st.text(max_size=100))
def test_never_raises(given_input, given_signature):
    sent = request({"Signature-Input": given_input, "Signature": given_signature})
    assert verify(sent) is None


def test_only_few_signatures_are_looked_at():
    sent = signed()
    junk = ", ".join(f"j{n}=()" for n in range(4))
    late = {"Signature-Input": f"{junk}, {sent.get(b'signature-input').decode()}"}
    assert verify(request(late | {"Signature": sent.get(b"signature").decode()})) is None


class _Keys(HTTPSignatureKeyResolver):
    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        return PRIVATE


class _Message:
    """What the library signs."""

    method, url = "GET", "https://example.com/path?a=1"

    def __init__(self) -> None:
        self.headers: dict[str, str] = {"x-note": "one, two"}


def test_what_another_implementation_signs():
    message = _Message()
    HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_Keys()).sign(
        message,
        key_id=KEYID,
        created=datetime.fromtimestamp(CREATED_S, UTC),
        expires=datetime.fromtimestamp(CREATED_S + 60, UTC),
        nonce="abc",
        tag="web-bot-auth",
        label="sig",
        covered_component_ids=("@authority", "@method", "@path", "@query", "x-note"),
    )
    sent = request(message.headers, target=b"/path?a=1")
    assert verify(sent) is not None
    assert verify(request(message.headers, target=b"/path?a=2")) is None


# --- Keys ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "no JWKS"),
        ("[]", "no JWKS"),
        ('{"keys": 7}', "no JWKS"),
        ('{"keys": [7]}', "no JWKS"),
        ('{"keys": []}', "holds no Ed25519"),
        ('{"keys": [{"kty": "RSA"}]}', "holds no Ed25519"),
        ('{"keys": [{"kty": "OKP", "crv": "Ed25519"}]}', "no JWKS"),
        ('{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}]}', "holds no Ed25519"),
    ],
)
def test_files_that_hold_no_keys(text, said):
    with pytest.raises(ValueError, match=said):
        read_jwks(text)


def test_other_keys_are_passed_over():
    assert read_jwks(json.dumps({"keys": [{"kty": "RSA", "n": "x"}, JWK]})) == [PUBLIC]
