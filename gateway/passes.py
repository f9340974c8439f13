"""Passes: signed cookies that say what was solved, for which scope, by whose browser, until when.

A JWT, so that an app may read it; HS256 by default, EdDSA where apps verify it themselves (`jwks`).
It bears no score and no signal. The key id selects one key and the one algorithm it is for; the
token's own `alg` only has to agree. `issue` is the only way to a pass, and it takes a `Solved`.

What a pass is bound to stands in it as digests keyed by the pass's own key, so a rotation does not
unbind it and nobody can search for the address behind it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.types import Options

from gateway.model import JSON, Caller, Pass, PassRule, Solved
from gateway.ring import Key, KeyRing

Algorithm = Literal["HS256", "EdDSA"]

ISSUER = "gateway"
TYPE = "gateway+jwt"
SUBJECT = "visitor"  # whoever carries it: nothing more is known of the person
MAX_TOKEN_BYTES = 4096  # also what browsers keep of one cookie
CLOCK_SKEW_S = 30  # gates of one site may differ by this much
ELSEWHERE = "elsewhere"  # bound, but not to this caller

_KID = re.compile(r"[A-Za-z0-9_-]{1,16}(\.ed)?")
_COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_CLAIMS = {"iat": int, "exp": int, "jti": str, "scope": str, "lvl": int, "pv": str, "kind": str}
_HEADER = {"alg", "kid", "typ"}  # all there may be: no crit, b64, jwk, jku, x5u, zip
_encoder = json.JSONEncoder(separators=(",", ":"))
_SIGNATURE_ONLY: Final[Options] = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "require": ["iss", "aud", "sub", "iat", "exp", "jti"],
}


@dataclass(frozen=True, slots=True)
class PassFault:
    """Why a presented pass does not count. For the record; the caller is only asked again."""

    reason: (
        Literal["too_long", "malformed", "unknown_key", "forged", "wrong_site"]
        | Literal["expired", "not_yet", "bound"]
    )


@dataclass(frozen=True, slots=True)
class _Signer:
    kid: str
    algorithm: Algorithm
    head: bytes  # of every pass that it signs
    sign: bytes | Ed25519PrivateKey
    verify: bytes | Ed25519PublicKey
    tag_key: bytes


def issue(
    ring: KeyRing,
    solved: Solved,
    *,
    rule: PassRule,
    site: str,
    policy: str,
    caller: Caller,
    now_s: float,
    id: str,
    bound_to: str | None = None,
    algorithm: Algorithm = "HS256",
) -> str:
    """A pass for what was solved. `id`: unguessable, never used before.

    With `bound_to` (see `request_digest`) it stands for exactly one request: it goes to the app
    with that request, and `read` refuses it from a client.
    """
    signer = _signers(ring.newest)[algorithm]
    claims: dict[str, JSON] = {
        "iss": ISSUER,
        "aud": site,
        "sub": SUBJECT,
        "iat": int(now_s),
        "exp": int(now_s + rule.ttl_s),
        "jti": id,
        "scope": rule.scope,
        "lvl": solved.level,
        "pv": policy,
        "kind": solved.kind,
    }
    limits = [uses for uses in (rule.uses, solved.uses) if uses is not None]
    if limits:
        claims["uses"] = min(limits)
    if "browser" in rule.bind:
        claims["bh"] = _tag(signer.tag_key, "browser", caller.browser)
    if "address" in rule.bind:
        claims["ah"] = _tag(signer.tag_key, "address", caller.prefix)
    if bound_to is not None:
        claims["req"] = bound_to
    return _signed(signer, claims)


def read(
    ring: KeyRing, token: bytes, site: str, now_s: float, *, caller: Caller
) -> Pass | PassFault:
    """The pass in a cookie, or why there is none. Never raises.

    `browser` and `address` of the result are the caller's own where the pass is bound to them,
    `elsewhere` where it is bound to others, "" where it is not bound. A cache of results must be
    keyed by token, site, `caller.browser` and `caller.prefix`, and still compare `expires_s`.
    """
    signer = _signer_of(ring, token)
    if isinstance(signer, PassFault):
        return signer
    claims = _claims(signer, token)
    if claims is None:
        return PassFault("forged")
    return _fault(claims, site, now_s) or _pass(claims, signer, caller)


def request_digest(method: str, target: bytes, body_digest: str) -> str:
    """What a bound pass stands for. Each part has its length before it: no two requests agree."""
    parts = (method.encode(), target, body_digest.encode())
    lengths = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return _short(hashlib.sha256(lengths).digest())


def cookie_name(scope: str, https: bool) -> str:
    """`__Host-` makes browsers refuse the cookie from subdomains and plain http."""
    return f"__Host-gateway_pass_{scope}" if https else f"gateway_pass_{scope}"


def set_cookie(rule: PassRule, token: str, *, https: bool) -> str:
    """The Set-Cookie value. Over plain http `samesite: none` falls back to Lax (RFC 6265bis)."""
    parts = [f"{cookie_name(rule.scope, https)}={token}", f"Max-Age={rule.ttl_s}", "Path=/"]
    parts.append("HttpOnly")
    samesite = rule.samesite if https or rule.samesite != "none" else "lax"
    parts.append(f"SameSite={samesite.capitalize()}")
    if https:
        parts.append("Secure")
    if samesite == "none":
        parts.append("Partitioned")  # an embedding site sees only passes solved inside it
    return "; ".join(parts)


def jwks(ring: KeyRing) -> dict[str, JSON]:
    """The public EdDSA keys, newest first (RFC 8037). Nothing about the HS256 keys."""
    keys = [_signers(key)["EdDSA"] for key in reversed(ring.keys)]
    return {"keys": [_jwk(signer) for signer in keys]}


def _signer_of(ring: KeyRing, token: bytes) -> _Signer | PassFault:
    if len(token) > MAX_TOKEN_BYTES:
        return PassFault("too_long")
    if not _COMPACT.fullmatch(token):
        return PassFault("malformed")
    header = _header(token)
    if header is None or set(header) != _HEADER or header["typ"] != TYPE:
        return PassFault("malformed")
    kid = header["kid"]
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        return PassFault("malformed")
    signer = _by_kid(ring).get(kid)
    if signer is None:
        return PassFault("unknown_key")
    return signer if header["alg"] == signer.algorithm else PassFault("forged")


def _header(token: bytes) -> dict[str, JSON] | None:
    first = token.split(b".", 1)[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(first + b"=" * (-len(first) % 4)))
    except (ValueError, RecursionError):
        return None
    return header if isinstance(header, dict) else None


def _claims(signer: _Signer, token: bytes) -> dict[str, JSON] | None:
    """Signature only: times and audience are compared here, with a clock that is an argument."""
    try:
        return jwt.decode(
            token, signer.verify, algorithms=[signer.algorithm], options=_SIGNATURE_ONLY
        )
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return None


def _fault(claims: Mapping[str, JSON], site: str, now_s: float) -> PassFault | None:
    if not all(type(claims.get(name)) is kind for name, kind in _CLAIMS.items()):
        return PassFault("malformed")  # signed by a release with another idea of a pass
    if claims["iss"] != ISSUER or claims["aud"] != site:
        return PassFault("wrong_site")
    if not now_s < claims["exp"]:
        return PassFault("expired")
    if not claims["iat"] <= now_s + CLOCK_SKEW_S:
        return PassFault("not_yet")
    if "req" in claims:
        return PassFault("bound")
    return None


def _pass(claims: Mapping[str, JSON], signer: _Signer, caller: Caller) -> Pass:
    def bound(claim: str, name: str, own: str) -> str:
        if claim not in claims:
            return ""
        same = str(claims[claim]) == _tag(signer.tag_key, name, own)
        return own if same and own else ELSEWHERE

    uses = claims.get("uses")
    return Pass(
        id=claims["jti"],
        scope=claims["scope"],
        level=claims["lvl"],
        issued_s=claims["iat"],
        expires_s=claims["exp"],
        uses=uses if uses is None or type(uses) is int else 0,
        policy=claims["pv"],
        kind=claims["kind"],
        browser=bound("bh", "browser", caller.browser),
        address=bound("ah", "address", caller.prefix),
    )


def _signed(signer: _Signer, claims: dict[str, JSON]) -> str:
    """JWS in its compact form (RFC 7515 §7.1), by one key and the one algorithm it is for."""
    signing = signer.head + b"." + _base64url(_encoder.encode(claims).encode())
    if isinstance(signer.sign, bytes):
        signature = hmac.digest(signer.sign, signing, "sha256")
    else:
        signature = signer.sign.sign(signing)
    return (signing + b"." + _base64url(signature)).decode()


def _head(kid: str, algorithm: Algorithm) -> bytes:
    return _base64url(_encoder.encode({"alg": algorithm, "kid": kid, "typ": TYPE}).encode())


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@lru_cache(maxsize=64)
def _signers(key: Key) -> Mapping[Algorithm, _Signer]:
    tag_key = key.derive("pass/binding")
    secret = key.derive("pass/HS256")
    private = Ed25519PrivateKey.from_private_bytes(key.derive("pass/EdDSA"))
    kid, kid_ed = key.kid, f"{key.kid}.ed"
    return {
        "HS256": _Signer(kid, "HS256", _head(kid, "HS256"), secret, secret, tag_key),
        "EdDSA": _Signer(
            kid_ed, "EdDSA", _head(kid_ed, "EdDSA"), private, private.public_key(), tag_key
        ),
    }


@lru_cache(maxsize=8)
def _by_kid(ring: KeyRing) -> Mapping[str, _Signer]:
    return {signer.kid: signer for key in ring.keys for signer in _signers(key).values()}


def _tag(key: bytes, name: str, value: str) -> str:
    return _short(hmac.digest(key, f"{name}\0{value}".encode(), "sha256"))


def _short(digest: bytes) -> str:
    return _base64url(digest[:16]).decode()


def _jwk(signer: _Signer) -> dict[str, JSON]:
    assert isinstance(signer.verify, Ed25519PublicKey)
    raw = signer.verify.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    x = _base64url(raw).decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": signer.kid, "alg": "EdDSA", "use": "sig"}
