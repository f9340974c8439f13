"""Sealed tokens: what leaves us in a page and comes back unread, unchanged and for one purpose.

`base64url(version | len(kid) | kid | nonce | AES-256-GCM ciphertext)`. Every purpose has a key of
its own, and version, key id and purpose are authenticated too, each with its length before it, so
no two inputs give the same bytes. Version N reads N-1: the byte picks the reader.

Nonces are 96 random bits: NIST SP 800-38D allows 2**32 of them under one key, which is a thousand
tokens a second for fifty days. Rotate keys (`gateway keys rotate`) more often than that.
"""

from __future__ import annotations

import base64
import re
import struct
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.ring import Key, KeyRing

VERSION = 1
NONCE_BYTES = 12
TAG_BYTES = 16
MAX_TOKEN_CHARS = 16_000  # fits the 16 KiB of a finishing form with its field name

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


class TokenTooLongError(ValueError):
    """The payload would make a token that we would refuse to read again."""


def seal(ring: KeyRing, purpose: str, payload: bytes, nonce: bytes) -> str:
    """Seal `payload` with the newest key. `nonce`: 12 bytes, never used before.

    Raises TokenTooLongError when the token would be longer than MAX_TOKEN_CHARS.
    """
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"a nonce is {NONCE_BYTES} bytes")
    key = ring.newest
    kid = key.kid.encode()
    sealed = _cipher(key, purpose).encrypt(nonce, payload, _aad(VERSION, kid, purpose))
    raw = bytes((VERSION, len(kid))) + kid + nonce + sealed
    token = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    if len(token) > MAX_TOKEN_CHARS:
        raise TokenTooLongError(f"a token of {len(token)} characters, at most {MAX_TOKEN_CHARS}")
    return token


def unseal(ring: KeyRing, purpose: str, token: str) -> bytes | None:
    """The payload, or None for anything that we did not seal for this purpose. Never raises."""
    raw = _decode(token)
    if raw is None or len(raw) < 2 or raw[0] != VERSION:
        return None
    start = 2 + raw[1]
    if len(raw) < start + NONCE_BYTES + TAG_BYTES:
        return None
    kid = raw[2:start]
    key = ring.by_kid(kid.decode("latin-1"))
    if key is None:
        return None
    nonce, sealed = raw[start : start + NONCE_BYTES], raw[start + NONCE_BYTES :]
    try:
        return _cipher(key, purpose).decrypt(nonce, sealed, _aad(VERSION, kid, purpose))
    except InvalidTag:
        return None


def _decode(token: str) -> bytes | None:
    """Strict base64url: one spelling per value, so a token cannot be respelt."""
    if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARS:
        return None
    if not _BASE64URL.fullmatch(token) or len(token) % 4 == 1:
        return None
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    respelt = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return raw if respelt == token else None


def _aad(version: int, kid: bytes, purpose: str) -> bytes:
    parts = (b"gateway", bytes((version,)), kid, purpose.encode())
    return b"".join(struct.pack(">H", len(part)) + part for part in parts)


@lru_cache(maxsize=64)
def _cipher(key: Key, purpose: str) -> AESGCM:
    return AESGCM(key.derive(f"seal/{VERSION}/{purpose}"))
