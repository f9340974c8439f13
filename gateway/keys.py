"""The key folder: made at first run, read at every start and reload, rotated by command.

One JSON file `<kid>.key` per key, 0600 in a folder of 0700. All gates of a site read the same
folder. Every key verifies; the one with the latest `sign_from_s` that has come signs. A new key
lies in the folder some time before it signs, so that every gate has reloaded it by then.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from gateway.ring import Key, KeyRing, KeysError

__all__ = ["Key", "KeyRing", "KeysError", "create_keys", "load_keys", "prune", "rotate"]

KID = re.compile(r"[A-Za-z0-9_-]{1,16}")
SECRET_BYTES = 32
FORMAT = 1
SIGN_AFTER_S = 300.0  # by then every gate has been reloaded


def load_keys(folder: Path, now_s: float | None = None) -> KeyRing:
    """Read every key. One that may not sign yet at `now_s` is put first, where it only verifies.

    Raises KeysError when there is none, one is unreadable, or others could read them.
    """
    if not folder.is_dir():
        raise KeysError(f"{folder}: no such key folder; `gateway keys create` makes one")
    _refuse_loose(folder, "700")
    now_s = time.time() if now_s is None else now_s
    keys = [_read(path) for path in _files(folder)]
    if not keys:
        raise KeysError(f"{folder}: holds no *.key file; `gateway keys create` makes one")
    ready = any(key.sign_from_s <= now_s for key in keys)  # else all wait: the oldest must sign
    keys.sort(key=lambda key: _order(key, now_s if ready else None))
    return KeyRing(tuple(keys))


def create_keys(folder: Path, now_s: float) -> KeyRing:
    """Load the keys, making the first one if there is none. Processes that start at once agree."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise KeysError(f"{folder}: cannot be made: {error.strerror}") from error
    _refuse_loose(folder, "700")
    with _locked(folder):
        if not _files(folder):
            _write(folder, _new_key(now_s, now_s))
    return load_keys(folder, now_s)


def rotate(
    folder: Path, now_s: float, keep_s: float, *, sign_after_s: float = SIGN_AFTER_S
) -> tuple[Key, list[str]]:
    """Add a key that signs from `now_s + sign_after_s`; remove those that `prune` would.

    Gates must reload once before it signs (to verify it) and once after (to sign with it).
    """
    load_keys(folder, now_s)
    key = _new_key(now_s, now_s + sign_after_s)
    with _locked(folder):
        _write(folder, key)
    return key, prune(folder, now_s, keep_s)


def prune(folder: Path, now_s: float, keep_s: float) -> list[str]:
    """Remove the keys that stopped signing more than `keep_s` ago (the longest pass lifetime)."""
    removed = []
    with _locked(folder):
        keys = sorted((_read(path) for path in _files(folder)), key=lambda key: key.sign_from_s)
        for key, successor in pairwise(keys):
            if now_s - successor.sign_from_s > keep_s:
                (folder / f"{key.kid}.key").unlink()
                removed.append(key.kid)
    return removed


def _order(key: Key, now_s: float | None) -> tuple[bool, float, float]:
    if now_s is None:
        return (False, -key.sign_from_s, -key.created_s)
    return (key.sign_from_s <= now_s, key.sign_from_s, key.created_s)


def _new_key(now_s: float, sign_from_s: float) -> Key:
    return Key(secrets.token_hex(4), now_s, secrets.token_bytes(SECRET_BYTES), sign_from_s)


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ".key")
    except OSError as error:
        raise KeysError(f"{folder}: cannot be listed: {error.strerror}") from error


def _refuse_loose(path: Path, mode: str) -> None:
    found = path.stat().st_mode & 0o777
    if found & 0o077:
        raise KeysError(
            f"{path}: others may read it (mode {found:o}); `chmod {mode} {path}` mends that, "
            "and if others have read it, `gateway keys rotate` too"
        )


def _read(path: Path) -> Key:
    _refuse_loose(path, "600")
    try:
        stored = json.loads(path.read_text("utf-8"))
        if stored["version"] != FORMAT:
            raise KeysError(f"{path}: written by another release (format {stored['version']!r})")
        secret = base64.b64decode(stored["secret"], validate=True)
        created_s = float(stored["created_s"])
        sign_from_s = float(stored.get("sign_from_s", created_s))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeysError(f"{path}: is not a key file") from error
    except OSError as error:
        raise KeysError(f"{path}: cannot be read: {error.strerror}") from error
    if not KID.fullmatch(path.stem):
        raise KeysError(f"{path}: a key's name is 1 to 16 of A-Z a-z 0-9 _ -")
    if len(secret) != SECRET_BYTES:
        raise KeysError(f"{path}: a secret is {SECRET_BYTES} bytes, this one {len(secret)}")
    return Key(path.stem, created_s, secret, sign_from_s)


def _write(folder: Path, key: Key) -> None:
    """Appear whole or not at all: readers take no lock."""
    text = json.dumps(
        {
            "version": FORMAT,
            "created_s": key.created_s,
            "sign_from_s": key.sign_from_s,
            "secret": base64.b64encode(key.secret).decode(),
        }
    )
    new = folder / f".{key.kid}.new"
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        new.rename(folder / f"{key.kid}.key")
    except OSError as error:
        raise KeysError(f"{folder}: cannot be written: {error.strerror}") from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time, also between processes; released by the kernel if we die."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
