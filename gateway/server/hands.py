"""How much the paths of an answer's pointer look like a script's: asked off the event loop.

The model needs numpy and a millisecond. Both are left to a thread, and to answers that bring paths.
"""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.model import JSON, Answer

LEAST_POINTS = 8  # no shorter path is judged


async def scripted(answer: Answer) -> float | None:
    """0 to 1; None without paths that could tell: keys, taps, an old page, or no JSON of ours."""
    trace, size = answer.trace, _viewport(answer.signals)
    if size is None or not isinstance(trace, list) or len(trace) < LEAST_POINTS:
        return None
    return await asyncio.to_thread(_judge, trace, size)


def _viewport(signals: JSON) -> tuple[float, float] | None:
    inner = signals.get("inner") if isinstance(signals, dict) else None
    if not isinstance(inner, list) or len(inner) != 2:
        return None
    wide, high = inner
    if type(wide) not in (int, float) or type(high) not in (int, float):
        return None
    return wide, high


def _judge(trace: list[Any], size: tuple[float, float]) -> float | None:
    from gateway.hand.trace import paths
    from gateway.hand.weights import shipped
    from gateway.trace import MAX_POINTS, features

    if features(trace).malformed:  # which is a signal of its own
        return None
    return shipped().visit(paths(trace[-MAX_POINTS:], *size))
