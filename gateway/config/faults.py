"""What can be wrong with a configuration, said as `file:line:column: where: what`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_PASSWORD = re.compile(r"(?<=://)[^\s\"']*@")
_OPTION = re.compile(r"(?<=password=)[^&\s\"']+")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A point in a file; line and column count from 1, and 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong, and what would put it right. Neither text ever holds a password."""

    place: Place
    where: str  # the setting, as a dotted path; "" for the file as a whole
    what: str

    def __str__(self) -> str:
        return ": ".join(part for part in (str(self.place), self.where, self.what) if part)


class ConfigError(Exception):
    """The configuration can't be used. `faults` is never empty and lists every fault found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


def hide_passwords(text: str) -> str:
    """The text with what a URL holds before `@`, or as a password option, replaced by `***`."""
    return _OPTION.sub("***", _PASSWORD.sub("***@", text))


def did_you_mean(word: str, known: Iterable[str], near: float = 0.6) -> str:
    """`; did you mean 'x'?` when a known word is `near`, of 0 to 1, else nothing."""
    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=near)
    return f"; did you mean '{found[0]}'?" if found else ""


def one_of(word: str, known: Iterable[str], noun: str) -> str:
    """The sentence for a word that isn't among those known."""
    names = sorted(known)
    hint = did_you_mean(word, names) or f" (known: {', '.join(names) or 'none'})"
    return f"unknown {noun} '{word}'{hint}"
