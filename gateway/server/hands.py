"""How much the paths of an answer's pointer look like a script's: asked off the event loop.

All movements of a visit are heard: on the page that called a protected route (`gateway.js` hands
them on), on the question's own page before and after it shows, and the drag or click itself. The
model needs numpy and a millisecond: both are left to a thread, and to answers that bring paths.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.model import JSON, Answer

if TYPE_CHECKING:  # numpy is for answers that bring paths
    from gateway.hand.trace import Drawn

LEAST_POINTS = 8  # no shorter path is judged

Part = tuple[list[Any], float, float]  # a trace, and the size of the viewport it was made in
Marks = tuple[list[bytes], list[bytes]]  # of steps, of shape: see `gateway.hand.sketch`


class Heard(NamedTuple):
    """`scripted`: 0 to 1; None without paths that could tell. `marks`: of the newest path.

    `drawn`: the paths themselves, oldest first.
    """

    scripted: float | None = None
    marks: Marks = ([], [])
    drawn: Sequence[Drawn] = ()


async def hear(answer: Answer) -> Heard:
    """Nothing of keys, taps, an old page, or no JSON of ours."""
    before = answer.before if isinstance(answer.before, dict) else {}
    parts = [_part(before.get("trace"), before), _part(answer.trace, answer.signals)]
    # What came before the question may be told by several visits, and so may what keys answered.
    marked = parts[-1] is not None and _ended_by_pointer(parts[-1][0])
    return await asyncio.to_thread(_judge, answer, parts, marked) if any(parts) else Heard()


async def scripted(answer: Answer) -> float | None:
    """How much its paths look like a script's."""
    return (await hear(answer)).scripted


def _part(trace: JSON, signals: JSON) -> Part | None:
    if not isinstance(trace, list) or len(trace) < LEAST_POINTS:
        return None
    inner = signals.get("inner") if isinstance(signals, dict) else None
    if not isinstance(inner, list) or len(inner) != 2:
        return None
    wide, high = inner
    if type(wide) not in (int, float) or type(high) not in (int, float):
        return None
    return trace, wide, high


def _ended_by_pointer(trace: list[Any]) -> bool:
    last = trace[-1]
    return not (isinstance(last, list) and last[3:4] == ["k"])


def _judge(answer: Answer, parts: list[Part | None], marked: bool) -> Heard:
    """Of all together, and of the last part alone: what came before may add, never excuse.

    Nor may what a pointer does beside: the drags of the last part, or else its last path, are the
    answer's own.
    """
    from gateway.hand.model import together
    from gateway.hand.sketch import marks
    from gateway.hand.trace import MOST_PATHS, paths
    from gateway.hand.weights import shipped
    from gateway.trace import MAX_POINTS, hands

    found: list[Drawn] = []
    last: list[Drawn] = []
    for part, hand in zip(parts, hands(answer), strict=True):
        if part is not None and not hand.malformed:  # which is a signal of its own
            trace, wide, high = part
            last = paths(trace[-MAX_POINTS:], wide, high)
            found += last
    if not found:
        return Heard()
    found = found[-MOST_PATHS:]
    risks = shipped().score([path.points for path in found], [path.touch for path in found])
    here = risks.tolist()[len(found) - len(last) :]
    drags = [risk for risk, path in zip(here, last, strict=True) if path.pressed]
    risk = max(together(told, drags or here[-1:]) for told in (risks.tolist(), here) if told)
    return Heard(risk, marks(last[-1].points) if marked and last else ([], []), found)
