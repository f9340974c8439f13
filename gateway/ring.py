"""The keys of a site in memory: which one signs, which ones verify, what is derived from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class KeysError(Exception):
    """The key folder cannot be used; the message says which file and what to do."""


@lru_cache(maxsize=256)
def _derive(secret: bytes, purpose: str) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=b"gateway/1", info=purpose.encode())
    return hkdf.derive(secret)


@dataclass(frozen=True, slots=True)
class Key:
    """One secret. It is never used itself, only what is derived from it for a purpose."""

    kid: str
    created_s: float
    secret: bytes = field(repr=False)
    sign_from_s: float = 0.0

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose (HKDF-SHA256): no two purposes share a key."""
        return _derive(self.secret, purpose)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys of a site, oldest to newest: every one verifies, the last signs."""

    keys: tuple[Key, ...]

    def __post_init__(self) -> None:
        if not self.keys:
            raise KeysError("a key ring needs at least one key")
        if len({key.kid for key in self.keys}) != len(self.keys):
            raise KeysError("two keys share one id")

    @property
    def newest(self) -> Key:
        """The key that signs."""
        return self.keys[-1]

    @property
    def oldest(self) -> Key:
        """The key that was made first: what is named under it outlives rotations."""
        return self.oldest_two[0]

    @property
    def oldest_two(self) -> tuple[Key, ...]:
        """That, and the one that will be the oldest next; one alone in a ring of one."""
        return tuple(sorted(self.keys, key=lambda key: key.created_s)[:2])

    @property
    def browser_key(self) -> bytes:
        """For `Caller.browser`. Fixed, so that a rotation unbinds nobody: what leaves us of it is
        keyed again, by the pass's own key.
        """
        return b"gateway/browser"

    def by_kid(self, kid: str) -> Key | None:
        return next((key for key in self.keys if key.kid == kid), None)
