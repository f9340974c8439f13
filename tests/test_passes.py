from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Pass, PassRule
from gateway.passes import (
    CLOCK_SKEW_S,
    MAX_TOKEN_BYTES,
    Algorithm,
    PassFault,
    cookie_name,
    issue,
    jwks,
    read,
    request_digest,
    set_cookie,
)
from gateway.ring import KeyRing
from tests.samples import CALLER, NEW, OLD, RING, RULE, SOLVED, STRANGE_RING

BOTH = replace(RULE, bind=frozenset({"browser", "address"}))
ALGORITHMS: tuple[Algorithm, ...] = ("HS256", "EdDSA")


def make(ring: KeyRing = RING, **changes: Any) -> bytes:
    asked: dict[str, Any] = {
        "solved": SOLVED,
        "rule": RULE,
        "site": "shop",
        "policy": "p1",
        "caller": CALLER,
        "now_s": 1000.9,
        "id": "p1",
    } | changes
    return issue(ring, **asked).encode()


def parts(token: bytes) -> list[Any]:
    texts = [part + b"=" * (-len(part) % 4) for part in token.split(b".")[:2]]
    return [json.loads(base64.urlsafe_b64decode(text)) for text in texts]


def spell(*values: Any) -> bytes:
    dumped = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in values]
    return b".".join(base64.urlsafe_b64encode(value).rstrip(b"=") for value in dumped)


def reading(token: bytes, now_s: float = 1001.0, site: str = "shop") -> Pass | PassFault:
    return read(RING, token, site, now_s, caller=CALLER)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_was_issued_is_read(algorithm: Algorithm) -> None:
    assert reading(make(algorithm=algorithm)) == Pass(
        id="p1",
        scope="site",
        level=2,
        issued_s=1000.0,
        expires_s=1600.0,
        uses=None,
        policy="p1",
        kind="slider",
        browser="firefox",
        address="",
    )


def test_the_claims_say_no_score_and_name_nobody() -> None:
    header, claims = parts(make(rule=BOTH))
    assert header == {"alg": "HS256", "kid": "new", "typ": "gateway+jwt"}
    assert set(claims) == {
        *("iss", "aud", "sub", "iat", "exp", "jti"),
        *("scope", "lvl", "pv", "kind", "bh", "ah"),
    }
    assert "192.0.2" not in json.dumps(claims)
    assert "firefox" not in json.dumps(claims)


def test_binding_digests_are_keyed() -> None:
    ours, theirs = (parts(make(ring, rule=BOTH))[1] for ring in (RING, STRANGE_RING))
    assert ours["ah"] != theirs["ah"]
    assert ours["bh"] != theirs["bh"]


@pytest.mark.parametrize(
    "rule_uses, solved_uses, uses", [(None, None, None), (3, None, 3), (None, 1, 1), (3, 1, 1)]
)
def test_uses_are_the_fewest(
    rule_uses: int | None, solved_uses: int | None, uses: int | None
) -> None:
    token = make(rule=replace(RULE, uses=rule_uses), solved=replace(SOLVED, uses=solved_uses))
    found = reading(token)
    assert isinstance(found, Pass)
    assert found.uses == uses


@pytest.mark.parametrize(
    "bind, browser, prefix, expected",
    [
        ({"browser"}, "firefox", "198.51.100.0/24", ("firefox", "")),
        ({"browser"}, "chrome", "192.0.2.0/24", ("elsewhere", "")),
        ({"address"}, "chrome", "192.0.2.0/24", ("", "192.0.2.0/24")),
        ({"address"}, "firefox", "198.51.100.0/24", ("", "elsewhere")),
        ({"browser", "address"}, "chrome", "198.51.100.0/24", ("elsewhere", "elsewhere")),
        (set(), "chrome", "198.51.100.0/24", ("", "")),
    ],
)
def test_binding(bind: set[str], browser: str, prefix: str, expected: tuple[str, str]) -> None:
    token = make(rule=replace(RULE, bind=frozenset(bind)))
    found = read(
        RING, token, "shop", 1001.0, caller=replace(CALLER, browser=browser, prefix=prefix)
    )
    assert isinstance(found, Pass)
    assert (found.browser, found.address) == expected


def test_a_nameless_browser_is_bound_to_nothing() -> None:
    nobody = replace(CALLER, browser="")
    found = read(RING, make(caller=nobody), "shop", 1001.0, caller=nobody)
    assert isinstance(found, Pass)
    assert found.browser == "elsewhere"


@pytest.mark.parametrize(
    "now_s, expected",
    [
        (1599.9, "pass"),
        (1600.0, "expired"),
        (1601.0, "expired"),
        (float("nan"), "expired"),
        (1000.0 - CLOCK_SKEW_S, "pass"),
        (999.9 - CLOCK_SKEW_S, "not_yet"),
    ],
)
def test_times_by_the_clock_that_is_given(now_s: float, expected: str) -> None:
    found = reading(make(), now_s)
    assert (found.reason if isinstance(found, PassFault) else "pass") == expected


def test_a_rotation_asks_nobody_again_until_the_old_key_goes() -> None:
    token = make(KeyRing((OLD,)), rule=BOTH)
    found = reading(token)
    assert isinstance(found, Pass)
    assert (found.browser, found.address) == ("firefox", "192.0.2.0/24")
    gone = read(KeyRing((NEW,)), token, "shop", 1001.0, caller=CALLER)
    assert gone == PassFault("unknown_key")


@pytest.mark.parametrize(
    "token, site, reason",
    [
        (make(site="blog"), "shop", "wrong_site"),
        (make(), "", "wrong_site"),
        (make(STRANGE_RING), "shop", "forged"),
        (make(bound_to="digest"), "shop", "bound"),
        (b"", "shop", "malformed"),
        (b"a.b", "shop", "malformed"),
        (b"a.b.c.d", "shop", "malformed"),
        (b"a.b.c", "shop", "malformed"),
        (b" " + make(), "shop", "malformed"),
        (make() + b"\n", "shop", "malformed"),
        (b"x" * (MAX_TOKEN_BYTES + 1), "shop", "too_long"),
    ],
)
def test_faults(token: bytes, site: str, reason: str) -> None:
    assert reading(token, site=site) == PassFault(reason)  # type: ignore[arg-type]


def test_length_on_both_sides_of_the_bound() -> None:
    room = MAX_TOKEN_BYTES - len(make(id=""))
    longest = make(id="x" * (room * 3 // 4))
    assert MAX_TOKEN_BYTES - 3 <= len(longest) <= MAX_TOKEN_BYTES
    assert isinstance(reading(longest), Pass)
    assert reading(make(id="x" * (room * 3 // 4 + 3))) == PassFault("too_long")


HEADER, CLAIMS = parts(make())


@pytest.mark.parametrize(
    "header, reason",
    [
        (HEADER | {"alg": "none"}, "forged"),
        (HEADER | {"alg": "HS512"}, "forged"),
        (HEADER | {"alg": "EdDSA"}, "forged"),
        (HEADER | {"alg": None}, "forged"),
        (HEADER | {"kid": "new.ed"}, "forged"),
        (HEADER | {"kid": "newer"}, "unknown_key"),
        (HEADER | {"kid": "../new"}, "malformed"),
        (HEADER | {"kid": "new\n"}, "malformed"),
        (HEADER | {"kid": ["new"]}, "malformed"),
        (HEADER | {"kid": {"new": 1}}, "malformed"),
        (HEADER | {"kid": 1}, "malformed"),
        (HEADER | {"typ": "JWT"}, "malformed"),
        (HEADER | {"crit": ["b64"], "b64": False}, "malformed"),
        (HEADER | {"b64": False}, "malformed"),
        (HEADER | {"crit": []}, "malformed"),
        (HEADER | {"jwk": {"kty": "oct", "k": "AAAA"}}, "malformed"),
        (HEADER | {"jku": "https://evil.example/"}, "malformed"),
        (HEADER | {"zip": "DEF"}, "malformed"),
        ({"alg": "HS256", "kid": "new"}, "malformed"),
        ([], "malformed"),
        (None, "malformed"),
        (b"[" * 2000, "malformed"),
        (b'{"alg":' + b"[" * 1500, "malformed"),
    ],
)
def test_headers_we_never_write_are_refused(header: Any, reason: str) -> None:
    token = spell(header, CLAIMS) + b"." + make().split(b".")[2]
    assert reading(token) == PassFault(reason)  # type: ignore[arg-type]


@pytest.mark.parametrize("extra", [{"crit": ["b64"], "b64": False}, {"jku": "x"}, {"cty": "JWT"}])
def test_even_our_own_signature_saves_no_odd_header(extra: dict[str, Any]) -> None:
    headers = {"kid": "new", "typ": "gateway+jwt"} | extra
    payload = json.dumps(CLAIMS).encode()
    token = jwt.api_jws.encode(payload, NEW.derive("pass/HS256"), "HS256", headers)
    assert isinstance(reading(token.encode()), PassFault)


def test_a_public_key_is_no_secret() -> None:
    """RS/HS confusion (CVE-2022-29217): HMAC with the published Ed25519 key opens nothing."""
    x = jwks(RING)["keys"][0]["x"]
    public = base64.urlsafe_b64decode(x + "=")
    for kid in ("new", "new.ed"):
        token = jwt.api_jws.encode(
            json.dumps(CLAIMS).encode(), public, "HS256", {"kid": kid, "typ": "gateway+jwt"}
        )
        assert reading(token.encode()) == PassFault("forged")


def test_a_changed_claim_breaks_the_signature() -> None:
    signature = make().split(b".")[2]
    for changes in ({"lvl": 9}, {"exp": 10**10}, {"aud": "blog"}, {"uses": 99}):
        assert reading(spell(HEADER, CLAIMS | changes) + b"." + signature) == PassFault("forged")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_signature_bit_counts(algorithm: Algorithm) -> None:
    token = make(algorithm=algorithm)
    start, signature = token.rsplit(b".", 1)
    raw = base64.urlsafe_b64decode(signature + b"=" * (-len(signature) % 4))
    for place in range(0, len(raw) * 8, 7):
        changed = bytearray(raw)
        changed[place // 8] ^= 1 << place % 8
        assert reading(start + b"." + spell(bytes(changed))) == PassFault("forged")


def signed(changes: dict[str, Any]) -> bytes:
    headers = {"kid": "new", "typ": "gateway+jwt"}
    return jwt.encode(CLAIMS | changes, NEW.derive("pass/HS256"), "HS256", headers).encode()


def test_another_issuer_s_word_is_not_ours() -> None:
    assert reading(signed({"iss": "gateways"})) == PassFault("wrong_site")


@pytest.mark.parametrize("uses", ["many", 1.5, True, []])
def test_uses_that_are_no_number_are_none_left(uses: Any) -> None:
    found = reading(signed({"uses": uses}))
    assert isinstance(found, Pass)
    assert found.uses == 0


def test_the_machine_s_own_clock_is_not_asked() -> None:
    assert isinstance(reading(make(now_s=9e9), 9e9 + 1), Pass)


def test_a_pass_of_another_release_is_not_misread() -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != "scope"}
    headers = {"kid": "new", "typ": "gateway+jwt"}
    token = jwt.encode(claims, NEW.derive("pass/HS256"), "HS256", headers=headers)
    assert reading(token.encode()) == PassFault("malformed")
    del claims["aud"]
    token = jwt.encode(claims, NEW.derive("pass/HS256"), "HS256", headers=headers)
    assert reading(token.encode()) == PassFault("forged")


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_bytes_are_a_pass(token: bytes) -> None:
    assert isinstance(reading(token), PassFault)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


@given(header=json_values, claims=json_values, signature=st.binary(max_size=64))
def test_no_json_is_a_pass(header: Any, claims: Any, signature: bytes) -> None:
    assert isinstance(reading(spell(header, claims, signature)), PassFault)


@given(changes=st.dictionaries(st.sampled_from([*CLAIMS, "uses", "ah", "req"]), json_values))
def test_any_claims_that_we_could_sign_get_an_answer(changes: dict[str, Any]) -> None:
    """A later release may mean other things by them; reading must not raise."""
    headers = {"kid": "new", "typ": "gateway+jwt"}
    payload = json.dumps(CLAIMS | changes).encode()
    token = jwt.api_jws.encode(payload, NEW.derive("pass/HS256"), "HS256", headers)
    assert isinstance(reading(token.encode()), Pass | PassFault)


def test_an_app_can_verify_with_the_published_key() -> None:
    keys = jwks(RING)
    assert [key["kid"] for key in keys["keys"]] == ["new.ed", "old.ed"]
    key = jwt.PyJWKSet.from_dict(keys)["new.ed"]
    found = jwt.decode(
        make(algorithm="EdDSA"),
        key,
        algorithms=["EdDSA"],
        audience="shop",
        issuer="gateway",
        options={"verify_exp": False},
    )
    assert found["scope"] == "site"


def test_published_keys_hold_nothing_private() -> None:
    assert all(set(key) == {"kty", "crv", "x", "kid", "alg", "use"} for key in jwks(RING)["keys"])


def test_request_digests_tell_requests_apart() -> None:
    digests = {
        request_digest("POST", b"/a", "d"),
        request_digest("POST", b"/ad", ""),
        request_digest("POST/", b"a", "d"),
        request_digest("PUT", b"/a", "d"),
        request_digest("POST", b"/a", "e"),
    }
    assert len(digests) == 5


@pytest.mark.parametrize(
    "https, samesite, expected",
    [
        (
            True,
            "lax",
            "__Host-gateway_pass_site=T; Max-Age=600; Path=/; HttpOnly; SameSite=Lax; Secure",
        ),
        (
            True,
            "strict",
            "__Host-gateway_pass_site=T; Max-Age=600; Path=/; HttpOnly; SameSite=Strict; Secure",
        ),
        (
            True,
            "none",
            "__Host-gateway_pass_site=T; Max-Age=600; Path=/; HttpOnly; SameSite=None; Secure; "
            "Partitioned",
        ),
        (False, "strict", "gateway_pass_site=T; Max-Age=600; Path=/; HttpOnly; SameSite=Strict"),
        (False, "lax", "gateway_pass_site=T; Max-Age=600; Path=/; HttpOnly; SameSite=Lax"),
        (False, "none", "gateway_pass_site=T; Max-Age=600; Path=/; HttpOnly; SameSite=Lax"),
    ],
)
def test_cookies(https: bool, samesite: Any, expected: str) -> None:
    assert set_cookie(PassRule("site", 600, samesite=samesite), "T", https=https) == expected
    assert expected.startswith(cookie_name("site", https) + "=")
