"""What a form's value means: one spelling for what reaches the same phone or mailbox. Pure.

Phone numbers are read by `phonenumbers`, imported when the first is read (30 ms, 3 MB); reading one
takes some 40 µs. A value may hold several, as some apps send to each: all are found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_to_bytes

MAX_CHARS = 1000  # of a value that is looked at; no number or address is as long
MAX_MEANT = 16  # numbers or addresses in one value

Normalise = Literal["e164", "email", "lower", "none"]

_BETWEEN_NUMBERS = re.compile(r"[,;|/\r\n\t]+")
_IN_MAILBOXES = re.compile(r"\([^()]*\)|[\"\\\s]")  # comments and quotes (RFC 5322)
_BETWEEN_MAILBOXES = re.compile(r"[\s<>,;:\"()\[\]]+")
_NO_DIGIT = re.compile(r"\D+")
_MOST_DIGITS = 20  # of a number, with what is dialled before it
_FEW_DIGITS = 5  # a piece with fewer is no number: an extension, a remark
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


class ManyMeantError(ValueError):
    """One value holds more than can be counted."""


@dataclass(frozen=True, slots=True)
class Meant:
    """One thing a value means, in its one spelling. `countries`: those a number may be of."""

    text: str
    countries: frozenset[str] = frozenset()


def normalised(value: bytes, way: Normalise, region: str = "") -> tuple[Meant, ...]:
    """What the value means, without repeats; nothing for an empty one. Raises ManyMeantError.

    `region` (ISO 3166-1): where numbers without a country code are from. What can't be read as a
    number or an address counts as it is written, but for case and signs.
    """
    readings = dict.fromkeys((value, unquote_to_bytes(value)))  # some apps decode a second time
    texts = [_text(reading) for reading in readings]
    if way == "none":
        return (Meant(value.decode("latin-1")),) if texts[0] else ()
    found = dict.fromkeys(meant for text in texts if text for meant in _meant(text, way, region))
    if len(found) > MAX_MEANT:
        raise ManyMeantError
    return tuple(found)


def _text(value: bytes) -> str:
    return unicodedata.normalize("NFKC", value.decode("utf-8", "replace")).strip(" \t\r\n\v\f\0")


def _meant(text: str, way: Normalise, region: str) -> Iterable[Meant]:
    if len(text) > MAX_CHARS:
        raise ManyMeantError
    match way:
        case "e164":
            return _numbers(text, region)
        case "email":
            words = _mailboxes(text) or _mailboxes(_IN_MAILBOXES.sub("", text)) or [text]
            return map(_mailbox, words)
        case "lower" | "none":
            return (Meant(text.casefold()),)


def _mailboxes(text: str) -> list[str]:
    return [word for word in _BETWEEN_MAILBOXES.split(text) if "@" in word[1:-1]]


def _mailbox(text: str) -> Meant:
    """Case, and what follows a `+` (RFC 5233), name the same mailbox; Gmail's dots too."""
    local, at, domain = text.casefold().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return Meant(local + at + domain.rstrip("."))


def _numbers(text: str, region: str) -> Iterator[Meant]:
    pieces = _BETWEEN_NUMBERS.split(text)
    if len(pieces) > MAX_MEANT:  # before time is spent on them
        raise ManyMeantError
    read = [(piece, _number(piece, region)) for piece in pieces]
    known = any(number for _, number in read)
    for piece, number in read:
        digits = _NO_DIGIT.sub("", piece)
        if number is not None:
            yield number
        elif len(digits) >= _FEW_DIGITS or not known:
            yield Meant(f"?{digits}" if digits else text.casefold())
    yield from _as_one(text, region, read)


def _as_one(text: str, region: str, read: Sequence[tuple[str, Meant | None]]) -> Iterator[Meant]:
    """The number of all the digits, for apps that keep those of a value and nothing else.

    Else signs put between them would make as many numbers of one as there are places for signs.
    """
    digits = _NO_DIGIT.sub("", text)
    number = read[0][1] if len(read) == 1 else None
    lost = number is None or not number.text.endswith(digits.lstrip("0"))
    if not lost or not _FEW_DIGITS <= len(digits) <= _MOST_DIGITS:
        return
    for spelt in (digits, f"+{digits.removeprefix('00')}"):
        whole = _number(spelt, region)
        if whole is not None:
            yield whole
            return


def _number(text: str, region: str) -> Meant | None:
    """In E.164, or None for what is none."""
    import phonenumbers  # here, since few gates count numbers

    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE:  # … only locally is too short
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    country = phonenumbers.region_code_for_number(number)
    sharing = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(number.country_code or 0, ())
    return Meant(written, frozenset({country} if country else sharing))


def is_allowed(meant: Meant, countries: frozenset[str]) -> bool:
    """Whether a number is surely of one of these countries; no countries: any is."""
    return not countries or (bool(meant.countries) and meant.countries <= countries)
