"""Trajectories as data sets write them, one JSON object a line: read, whatever a line holds.

`{"t": [ms, …], "x": [px, …], "y": [px, …]}` is what counts. Other fields are passed on if they name
the trajectory (`NAMING`), and otherwise left out: a `label` must not reach whoever judges.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np

from gateway.hand.paths import Floats, Points

NAMING: Final = ("id", "source", "user", "session", "kind", "pointer")
LEAST_EVENTS: Final = 4  # fewer have no pace to speak of
MOST_EVENTS: Final = 20_000
LARGEST: Final = 1e9


class BadLineError(ValueError):
    """Why a line is no trajectory, as one phrase."""


def parse(line: bytes | str) -> tuple[dict[str, str | int], Points]:
    """A line's naming fields and its path. Raises BadLineError."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise BadLineError("not JSON") from None
    if not isinstance(found, dict):
        raise BadLineError("not a JSON object")
    t, x, y = (_numbers(found, name) for name in "txy")
    if not len(t) == len(x) == len(y):
        raise BadLineError(f"t, x and y differ in length: {len(t)}, {len(x)}, {len(y)}")
    if np.any(np.diff(t) < 0):
        raise BadLineError("t runs backwards")
    names = {name: found[name] for name in NAMING if type(found.get(name)) in (str, int)}
    return names, (t, x, y)


def _numbers(found: dict[str, Any], name: str) -> Floats:
    values = found.get(name)
    if not isinstance(values, list) or not values:
        raise BadLineError(f"{name} is not a list of numbers")
    if len(values) > MOST_EVENTS:
        raise BadLineError(f"{name} has more than {MOST_EVENTS} numbers")
    if not all(type(value) in (int, float) and -LARGEST <= value <= LARGEST for value in values):
        raise BadLineError(f"{name} is not a list of numbers")
    return np.array(values, float)


def tells(path: Points) -> bool:
    """Whether there is enough of it to judge: some events, and movement."""
    t, x, y = path
    return len(t) >= LEAST_EVENTS and bool((np.ptp(x) or np.ptp(y)) and t[-1] - t[0] >= 1)
