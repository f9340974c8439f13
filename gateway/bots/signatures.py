"""Web Bot Auth: requests signed by their bot (RFC 9421, draft-meunier-web-bot-auth-architecture).

A signature counts if it is of a key that the operator has on file, made for this purpose (`tag`),
covers this authority, is neither too old nor from the future, and has not been used before; that
last is the caller's to see to. Nothing is fetched: `Signature-Agent` says where a bot publishes its
keys, and is covered by the signature, but keys come from files.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import http_sf
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.model import RequestHead

TAG: Final = "web-bot-auth"
MAX_AGE_S = 86_400  # whatever `expires` says: so long a signature is remembered as used
SKEW_S = 60  # a bot's clock may be ahead of ours
MAX_FIELD_BYTES = 4096
MAX_SIGNATURES = 4  # of one request that are looked at
MAX_COMPONENTS = 32
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Signed:
    """A valid signature: whose it is, and what must not be seen again before `until_s`."""

    bot: str
    once: str
    until_s: float


class SignedBots:
    """Verifies under the keys on file: by thumbprint, the bot's name and its raw public key."""

    def __init__(self, keys: Mapping[str, tuple[str, bytes]]) -> None:
        self._keys = {
            keyid: (bot, Ed25519PublicKey.from_public_bytes(raw))
            for keyid, (bot, raw) in keys.items()
        }

    def verify(self, request: RequestHead, scheme: str, now_s: float) -> Signed | None:
        """The first signature that counts; None for any other request. Never raises."""
        if not self._keys:
            return None
        inputs = _dictionary(_joined(request, b"signature-input"))
        if not inputs:
            return None
        signatures = _dictionary(_joined(request, b"signature")) or {}
        for label, given in list(inputs.items())[:MAX_SIGNATURES]:
            found = self._one(request, scheme, given, signatures.get(label), now_s)
            if found is not None:
                return found
        return None

    def _one(
        self, request: RequestHead, scheme: str, given: Any, signature: Any, now_s: float
    ) -> Signed | None:
        if not (isinstance(given[0], list) and signature and isinstance(signature[0], bytes)):
            return None
        components, said = given
        known = self._keys.get(said.get("keyid")) if isinstance(said.get("keyid"), str) else None
        until_s = _until_s(said, now_s)
        if known is None or until_s is None or said.get("alg", "ed25519") != "ed25519":
            return None
        if said.get("tag") != TAG or not _covers_enough(components, request):
            return None
        base = signature_base(request, scheme, components, said)
        if base is None:
            return None
        try:
            known[1].verify(signature[0], base)
        except InvalidSignature:
            return None
        nonce = said.get("nonce")
        mark = nonce.encode() if isinstance(nonce, str) and nonce else signature[0]
        once = hashlib.sha256(said["keyid"].encode() + b"\0" + mark).hexdigest()
        return Signed(known[0], once, until_s)


def _until_s(said: Mapping[str, Any], now_s: float) -> float | None:
    """When a signature ends that is valid now; None for one that is not."""
    created, expires = said.get("created"), said.get("expires")
    if type(created) is not int or type(expires) is not int:
        return None
    until_s = min(expires, created + MAX_AGE_S)
    return until_s if created <= now_s + SKEW_S and now_s < until_s else None


def _covers_enough(components: list[Any], request: RequestHead) -> bool:
    """Whom it was made for; and where the bot's keys are, if it says so (as the draft demands)."""
    names = [name for name, _ in components]
    if len(names) > MAX_COMPONENTS or not {"@authority", "@target-uri"} & set(names):
        return False
    return "signature-agent" in names or request.get(b"signature-agent") is None


def signature_base(
    request: RequestHead, scheme: str, components: list[Any], said: Mapping[str, Any]
) -> bytes | None:
    """What was signed (RFC 9421 §2.5); None where a component is unknown here, absent or twice."""
    lines: dict[str, str] = {}
    try:
        for name, parameters in components:
            value = _component(request, scheme, name, parameters)
            label = http_sf.ser((name, parameters))
            if value is None or label in lines:
                return None
            lines[label] = value
        parameters = http_sf.ser({"x": (components, dict(said))}).removeprefix("x=")
    except (http_sf.StructuredFieldError, ValueError, TypeError, AttributeError):
        return None
    text = "".join(f"{label}: {value}\n" for label, value in lines.items())
    return f'{text}"@signature-params": {parameters}'.encode("latin-1", "replace")


def _component(
    request: RequestHead, scheme: str, name: Any, parameters: Mapping[str, Any]
) -> str | None:
    if not isinstance(name, str):
        return None
    if name.startswith("@"):
        return None if parameters else _derived(request, scheme, name)
    value = _joined(request, name.encode("latin-1", "replace"))
    if value is None or not parameters:
        return None if value is None else value.decode("latin-1")
    if set(parameters) != {"key"}:
        return None
    member = (_dictionary(value) or {}).get(parameters["key"])
    return None if member is None else http_sf.ser({"x": member}).removeprefix("x=")


def _derived(request: RequestHead, scheme: str, name: str) -> str | None:
    """§2.2. A target is used as it was sent."""
    target = request.target.decode("latin-1")
    path, _, query = target.partition("?")
    authority = request.host.removesuffix(_DEFAULT_PORTS.get(scheme, ""))
    return {
        "@method": request.method,
        "@authority": authority,
        "@scheme": scheme,
        "@target-uri": f"{scheme}://{authority}{target}",
        "@request-target": target,
        "@path": path or "/",
        "@query": f"?{query}",
    }.get(name)


def _joined(request: RequestHead, name: bytes) -> bytes | None:
    """A field's lines as one value (§2.1); None where there is none, or too much of it."""
    lines = [value.strip(b" \t") for value in request.all(name)]
    whole = b", ".join(lines)
    return whole if lines and len(whole) <= MAX_FIELD_BYTES else None


def _dictionary(value: bytes | None) -> dict[str, Any] | None:
    """A dictionary without twins (RFC 9651)."""
    if value is None:
        return None
    try:
        found = http_sf.parse(value, tltype="dictionary", on_duplicate_key=_twin)
    except (http_sf.StructuredFieldError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _twin(key: str, context: str) -> None:
    raise ValueError(f"{key} stands twice")


# --- Keys ------------------------------------------------------------------------------------


def thumbprint(raw: bytes) -> str:
    """Of an Ed25519 public key (RFC 7638, RFC 8037 §2)."""
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}
    written = json.dumps(jwk, separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(written.encode()).digest())


def read_jwks(text: str) -> list[bytes]:
    """The Ed25519 public keys of a JWKS; others are passed over. Raises ValueError."""
    try:
        listed = json.loads(text)["keys"]
        found = [jwk for jwk in listed if (jwk.get("kty"), jwk.get("crv")) == ("OKP", "Ed25519")]
        keys = [base64.urlsafe_b64decode(jwk["x"] + "=" * (-len(jwk["x"]) % 4)) for jwk in found]
    except (KeyError, TypeError, AttributeError, RecursionError, ValueError):
        raise ValueError("is no JWKS: a JSON object whose `keys` lists keys") from None
    if not keys or any(len(key) != 32 for key in keys):
        raise ValueError("holds no Ed25519 public key that can be read")
    return keys


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
