"""Answers written down before the truth is opened, and how many of them are right.

One line for each number. Words after the colon stand for the answer in the kind's own form:
`3: 0.41,0.62 0.2,0.3` is `[[0.41, 0.62], [0.2, 0.3]]`, `4: 2 5 7` is `[2, 5, 7]`, and anything else
is written as JSON, as `5: {"reached": 1}` or `6: true`. `#` begins a remark.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.kinds import Kind
from gateway.model import JSON, Verdict

_LINE = re.compile(r"(\d+)\s*[:.]\s*(.*)")
_SHORT = re.compile(r"[-+0-9.,\s]*")


class AnswerError(ValueError):
    """A line that says no answer. The message names it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a kind says of one answer; `None` where none was given."""

    number: int
    verdict: Verdict | None

    @property
    def ok(self) -> bool:
        return self.verdict is not None and self.verdict.ok


def parsed(text: str) -> dict[int, JSON]:
    """Answers by number. Raises AnswerError."""
    found: dict[int, JSON] = {}
    for at, line in enumerate(text.splitlines(), 1):
        bare = line.partition("#")[0].strip()
        if not bare:
            continue
        match = _LINE.fullmatch(bare)
        if match is None:
            raise AnswerError(f"line {at}: begin with a number and a colon, as `3: 0.41,0.62`")
        number = int(match[1])
        if number in found:
            raise AnswerError(f"line {at}: {number} was answered before")
        found[number] = _value(match[2], at)
    return found


def _value(text: str, at: int) -> JSON:
    try:
        return _short(text) if _SHORT.fullmatch(text) else json.loads(text)
    except ValueError:
        raise AnswerError(f"line {at}: neither numbers nor JSON") from None


def _short(text: str) -> list[Any]:
    """`0.4,0.6 0.1,0.2` as points, `2 5` as whole numbers or shares."""
    tokens = text.split()
    return [
        [_number(part) for part in token.split(",")] if "," in token else _number(token)
        for token in tokens
    ]


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(text)


def judged(
    kind: Kind, secrets: Mapping[int, Mapping[str, JSON]], answers: Mapping[int, JSON]
) -> list[Judged]:
    """The kind's verdict for each number there is."""
    return [
        Judged(number, kind.check(secret, answers[number]) if number in answers else None)
        for number, secret in sorted(secrets.items())
    ]


def report(results: list[Judged]) -> str:
    """The score, and what was wrong."""
    right = sum(one.ok for one in results)
    lines = [f"{right} of {len(results)}"]
    for one in results:
        if one.verdict is None:
            lines.append(f"{one.number}: no answer")
        elif not one.ok:
            lines.append(f"{one.number}: {one.verdict.reason}{_missed(one.verdict)}")
    return "\n".join(lines)


def _missed(verdict: Verdict) -> str:
    """How far off, where the kind says so."""
    return f", {verdict.miss:.1f} times the tolerance" if verdict.miss else ""
