"""What is noted of a try by hand, and what the notes of many come to.

Nothing of the person is noted: no name, no address, no time of day, no language.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal, get_args

from gateway.model import JSON

Outcome = Literal["right", "wrong", "exchanged", "skipped"]
Pointer = Literal["mouse", "touch", "pen", "keyboard", ""]
POINTERS: tuple[str, ...] = get_args(Pointer)
OUTCOMES: tuple[str, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class Try:
    """One question and how it ended. `attempt` 1 is the first sight of its kind in this turn."""

    kind: str
    outcome: Outcome
    attempt: int
    seconds: float  # from when the question left to when the answer came
    pointer: Pointer


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `pointer` is "" in the row of all."""

    kind: str
    pointer: str
    first_tries: int  # answered at first sight
    right_first: int
    exchanged: int  # asked for a new one, or went on without an answer
    median_s: float  # of answers that were right at first sight; 0 where there are none

    @property
    def rate(self) -> float:
        return self.right_first / self.first_tries if self.first_tries else 0.0


def line(one: Try) -> str:
    """A try as a line of JSON."""
    return json.dumps(asdict(one)) + "\n"


def read(text: str) -> list[Try]:
    """The tries of a file that `line` wrote. Raises ValueError with the number of a bad line."""
    tries = []
    for at, written in enumerate(text.splitlines(), 1):
        try:
            tries.append(_parsed(json.loads(written)))
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"line {at}: not a try") from None
    return tries


def _parsed(value: JSON) -> Try:
    one = Try(**value)
    if one.outcome not in OUTCOMES or one.pointer not in POINTERS or not one.seconds >= 0:
        raise ValueError
    return one


def table(tries: Sequence[Try]) -> list[Row]:
    """For each kind a row of all, then one for each pointer that was used."""
    rows = []
    for kind in sorted({one.kind for one in tries}):
        of_kind = [one for one in tries if one.kind == kind]
        rows.append(_row(kind, "", of_kind))
        pointers = sorted({one.pointer for one in of_kind} - {""})
        rows += [_row(kind, p, (one for one in of_kind if one.pointer == p)) for p in pointers]
    return rows


def _row(kind: str, pointer: str, tries: Iterable[Try]) -> Row:
    first = [one for one in tries if one.attempt == 1]
    right = [one.seconds for one in first if one.outcome == "right"]
    answered = [one for one in first if one.outcome in ("right", "wrong")]
    seconds = round(median(right), 1) if right else 0.0
    return Row(kind, pointer, len(answered), len(right), len(first) - len(answered), seconds)


def shown(rows: Iterable[Row]) -> JSON:
    """The table as the page gets it."""
    return [{**asdict(row), "rate": round(row.rate, 3)} for row in rows]
