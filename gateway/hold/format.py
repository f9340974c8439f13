"""How a held request looks in the store: sealed blobs, and a small record of its state. Pure.

A hold is stored as

    hold:<id>:state     the record: plain JSON, changed only by compare-and-set
    hold:<id>:head      sealed: method, raw target, raw headers, size, digest, number of chunks
    hold:<id>:0 … n-1   sealed: the body, in chunks of at most `CHUNK_BYTES`

Sealed means AES-256-GCM under the visit's secret, which never is in the store: who reads the store
reads no request. The nonce is random and stands before the ciphertext. The additional data binds
format, hold id, part, index and "this is the last", so that nobody who can write to the store can
reorder chunks, cut the body short, or splice parts of two holds, even of one visit.

No digest is checked while streaming: each chunk is authenticated for its place, and the head, which
is authenticated too, says how many there are and how long they are together. A digest would find a
fault only after the last byte went out. It is kept to name the request (single-use passes).

The record isn't sealed: whoever can write to the store could put an old one back in any case.

`FORMATS` is the table of formats this release reads; new holds are written in `CURRENT`. When the
format changes, add an entry and keep the one before, so that an upgrade loses no held request.
A record or blob of any other format is unreadable (None), never a crash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.model import JSON, Headers

CHUNK_BYTES = 256 * 2**10
NONCE_BYTES = 12
SEAL_BYTES = 1 + NONCE_BYTES + 16  # what sealing adds: format, nonce, tag

Part = Literal["head", "body"]


@dataclass(frozen=True, slots=True)
class HeldRequest:
    """What is sealed of a request besides its body."""

    method: str
    target: bytes
    headers: Headers
    same_origin: bool


@dataclass(frozen=True, slots=True)
class Head:
    """The sealed head: the request, and what is needed to read and to account for its body."""

    request: HeldRequest
    visit: str
    size_bytes: int
    digest: str  # sha256 of the body, hex
    chunks: int
    cost_bytes: int  # what was reserved for it …
    small: bool  # … in the pool of small ones
    prefix: str  # … and for this caller prefix
    ends_s: float  # until when the store keeps it, by the clock of the gate that wrote it


@dataclass(frozen=True, slots=True)
class Record:
    """Where a hold stands. `until_s`: how long a claim, or silence after sending, is normal."""

    state: Literal["held", "claimed", "sent", "done"]
    kept_s: float  # for how long this record is kept after each change
    again: bool = False  # it was sent once before, and the visitor decided to send it again
    gate: str = ""
    token: str = ""  # names one claim, so that a gate can change only its own
    until_s: float = 0.0


_OF_HEAD = tuple(field.name for field in fields(Head) if field.name != "request")
_OF_RECORD = tuple(field.name for field in fields(Record))
_encoder = json.JSONEncoder(ensure_ascii=False)


class Format(Protocol):
    """One version of the stored form. Reading gives None for anything it did not write."""

    def seal(self, key: bytes, nonce: bytes, place: Place, plain: bytes) -> bytes: ...
    def unseal(self, key: bytes, place: Place, blob: bytes) -> bytes | None: ...
    def dump_head(self, head: Head) -> bytes: ...
    def parse_head(self, plain: bytes) -> Head | None: ...
    def dump_record(self, record: Record) -> bytes: ...
    def parse_record(self, fields: Mapping[str, JSON]) -> Record | None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Which part of which hold a blob is."""

    hold_id: str
    part: Part
    index: int = 0
    last: bool = True


class Format1:
    version = 1

    def seal(self, key: bytes, nonce: bytes, place: Place, plain: bytes) -> bytes:
        """`nonce`: fresh random bytes, never used twice with this key."""
        sealed = AESGCM(key).encrypt(nonce, plain, self._bound(place))
        return bytes((self.version,)) + nonce + sealed

    def unseal(self, key: bytes, place: Place, blob: bytes) -> bytes | None:
        nonce, sealed = blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, sealed, self._bound(place))
        except (InvalidTag, ValueError):
            return None

    def _bound(self, place: Place) -> bytes:
        bound = ["gateway-hold", self.version, place.hold_id, place.part, place.index, place.last]
        return json.dumps(bound).encode()

    def dump_head(self, head: Head) -> bytes:
        request = head.request
        plain = {
            **{name: getattr(head, name) for name in _OF_HEAD},
            "method": request.method,
            "target": request.target.decode("latin-1"),
            "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in request.headers],
            "same_origin": request.same_origin,
        }
        return _encoder.encode(plain).encode()

    def parse_head(self, plain: bytes) -> Head | None:
        try:
            values = json.loads(plain)
            request = HeldRequest(
                method=values.pop("method"),
                target=values.pop("target").encode("latin-1"),
                headers=tuple(
                    (k.encode("latin-1"), v.encode("latin-1")) for k, v in values.pop("headers")
                ),
                same_origin=values.pop("same_origin"),
            )
            return Head(request=request, **values)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def dump_record(self, record: Record) -> bytes:
        values = {name: getattr(record, name) for name in _OF_RECORD}
        return json.dumps({"format": self.version, **values}).encode()

    def parse_record(self, fields: Mapping[str, JSON]) -> Record | None:
        try:
            record = Record(**{name: value for name, value in fields.items() if name != "format"})
        except TypeError:
            return None
        known = record.state in ("held", "claimed", "sent", "done")
        times = (record.kept_s, record.until_s)
        return record if known and all(isinstance(t, int | float) for t in times) else None


CURRENT = 1
FORMATS: Mapping[int, Format] = MappingProxyType({1: Format1()})


def format_of_blob(blob: bytes) -> Format | None:
    return FORMATS.get(blob[0]) if blob else None


def read_record(value: bytes) -> tuple[Format, Record] | None:
    """A record, and the format that its successors must be written in."""
    try:
        values = json.loads(value)
        form = FORMATS.get(values["format"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    record = form.parse_record(values) if form else None
    return (form, record) if form and record else None


def state_key(hold_id: str) -> str:
    return f"hold:{hold_id}:state"


def head_key(hold_id: str) -> str:
    return f"hold:{hold_id}:head"


def chunk_key(hold_id: str, index: int) -> str:
    return f"hold:{hold_id}:{index}"
