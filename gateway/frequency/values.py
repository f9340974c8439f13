"""Form values as limits count them: keyed digests, made where the body is read, and nothing else.

The digests travel in the sealed visit, so that what was held need not be opened to be charged.

Keys: those of the two oldest keys of the ring, of which each charge is counted under both, and the
higher count holds. When the oldest is taken out, the next has been counted along for as long as it
was in the ring: no count starts anew, unless two are taken out within a window.
"""

from __future__ import annotations

import base64
import hmac
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from gateway.frequency.normalise import ManyMeantError, Meant, is_allowed, normalised
from gateway.model import LimitRule
from gateway.ring import KeyRing

MAX_VALUES = 16  # different ones of a field; more can't be read
DIGEST_BYTES = 15  # 120 bits; a multiple of three, so base64 needs no padding
PURPOSE = "frequency"

Digest: TypeAlias = tuple[str, ...]  # under each key


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a field and how often it was given."""

    digest: Digest
    amount: int


# By what `field_of` says; None: unreadable. As JSON in a visit: [[amount, digest, …], …].
Values: TypeAlias = Mapping[str, tuple[Value, ...] | None]


class ReadsFields(Protocol):
    """`routing.FieldValues`."""

    def of(self, name: str) -> Mapping[bytes, int] | None: ...


class Digests:
    """Names for addresses and values that only who has the keys can make."""

    def __init__(self, ring: KeyRing) -> None:
        self._keys = tuple(key.derive(PURPOSE) for key in ring.oldest_two)

    def of(self, kind: str, text: str) -> Digest:
        said = f"{kind}\0{text}".encode("utf-8", "surrogatepass")
        return tuple(_digest(key, said) for key in self._keys)


def _digest(key: bytes, said: bytes) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, said, "sha256")[:DIGEST_BYTES]).decode()


def field_of(rule: LimitRule) -> str:
    """What of a field a rule counts: rules with the same share their values. "": none."""
    name = rule.distinct or rule.field
    if not name:
        return ""
    digits = rule.digits if rule.per == "number_prefix" else 0
    return f"{name}/{rule.normalise}/{rule.region}/{digits}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a request's fields come to. `refused`: a number is of a country that is not allowed."""

    values: Values
    refused: bool = False


def find(rules: Iterable[LimitRule], fields: ReadsFields, digests: Digests) -> Found:
    """The values of all fields that the rules count."""
    read: dict[tuple[str, str, str], Counter[Meant] | None] = {}
    values: dict[str, tuple[Value, ...] | None] = {}
    refused = False
    for rule in rules:
        counted = field_of(rule)
        if not counted:
            continue
        alike = (rule.distinct or rule.field, rule.normalise, rule.region)
        if alike not in read:
            read[alike] = _meant(rule, fields)
        meant = read[alike]
        if meant is not None and rule.countries:
            refused |= any(not is_allowed(each, rule.countries) for each in meant)
        if counted not in values:
            values[counted] = None if meant is None else _values(meant, counted, rule, digests)
    return Found(values, refused)


def _meant(rule: LimitRule, fields: ReadsFields) -> Counter[Meant] | None:
    given = fields.of(rule.distinct or rule.field)
    if given is None or len(given) > MAX_VALUES:
        return None
    meant: Counter[Meant] = Counter()
    try:
        for value, amount in given.items():
            for each in normalised(value, rule.normalise, rule.region):
                meant[each] += amount
            if len(meant) > MAX_VALUES:
                return None
    except ManyMeantError:
        return None
    return meant


def _values(
    meant: Counter[Meant], counted: str, rule: LimitRule, digests: Digests
) -> tuple[Value, ...]:
    digits = rule.digits + 1 if rule.per == "number_prefix" else None  # and the `+`
    texts: dict[str, int] = {}
    for each, amount in meant.items():
        text = each.text[:digits]
        texts[text] = texts.get(text, 0) + amount
    return tuple(Value(digests.of(counted, text), amount) for text, amount in texts.items())


def as_json(values: Values) -> dict[str, list[list[str | int]] | None]:
    """For a visit."""
    return {
        counted: None if found is None else [[each.amount, *each.digest] for each in found]
        for counted, found in values.items()
    }


def from_json(stored: Mapping[str, Sequence[Sequence[str | int]] | None]) -> Values:
    """As `as_json` wrote it: only what we sealed ourselves is read."""
    return {
        counted: None
        if found is None
        else tuple(Value(tuple(map(str, each[1:])), int(each[0])) for each in found)
        for counted, found in stored.items()
    }
