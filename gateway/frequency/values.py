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

MAX_VALUES = 16  # different ones of a field; more are not told apart
DIGEST_BYTES = 15  # 120 bits; a multiple of three, so base64 needs no padding
PURPOSE = "frequency"

Digest: TypeAlias = tuple[str, ...]  # under each key


UNREADABLE: Digest = ("unreadable",)  # one for all of a rule


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a field and how often it was given; `UNREADABLE`: so many, not told apart."""

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
    """What a request's fields come to. `refused`: a number is of a country that is not allowed, or
    may be: of what can't be read nobody knows.
    """

    values: Values
    refused: bool = False


def find(rules: Iterable[LimitRule], fields: ReadsFields, digests: Digests) -> Found:
    """The values of all fields that the rules count."""
    read: dict[tuple[str, str, str], Counter[Meant] | int | None] = {}
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
        if rule.countries:
            refused |= not _allowed(meant, rule)
        if counted not in values:
            values[counted] = _counted(meant, counted, rule, digests)
    return Found(values, refused)


def _allowed(meant: Counter[Meant] | int | None, rule: LimitRule) -> bool:
    if not isinstance(meant, Counter):
        return False
    return all(is_allowed(each, rule.countries) for each in meant)


def _counted(
    meant: Counter[Meant] | int | None, counted: str, rule: LimitRule, digests: Digests
) -> tuple[Value, ...] | None:
    if isinstance(meant, int):
        return (Value(UNREADABLE, meant),)
    return None if meant is None else _values(meant, counted, rule, digests)


def _meant(rule: LimitRule, fields: ReadsFields) -> Counter[Meant] | int | None:
    """What is given, and how often; of too many only how many, at least; None: unreadable."""
    given = fields.of(rule.distinct or rule.field)
    if given is None:
        return None
    if len(given) > MAX_VALUES:
        return sum(given.values())
    meant: Counter[Meant] = Counter()
    try:
        for value, amount in given.items():
            for each in normalised(value, rule.normalise, rule.region):
                meant[each] += amount
    except ManyMeantError:
        return max(MAX_VALUES + 1, sum(given.values()))
    return meant if len(meant) <= MAX_VALUES else meant.total()


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
