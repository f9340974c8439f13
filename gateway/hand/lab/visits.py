"""What visits of three paths come to: people's, scripts', and a script's drag after people's moves.

People's visits are neighbours in their recording: mostly of one user, who is like himself.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gateway.hand.lab.check import Judged, is_left_out, threshold
from gateway.hand.lab.fit import SLOPES
from gateway.hand.lab.pieces import Floats, Rng
from gateway.hand.lab.sets import Rows
from gateway.hand.model import THRESHOLD, together

PATHS = 3
SCRIPTS = 300  # visits of each generator among each source's people
LEAST = 30  # paths of a source

Rule = Callable[[list[float]], float]
RULES: dict[str, Rule] = {
    "mean": lambda risks: sum(risks) / len(risks),
    "together": lambda risks: together(risks, risks[-1:]),
}


def report(rows: Rows, judged: Judged) -> list[str]:
    """A line for each view, pointer and rule."""
    lines = []
    for view in ("raw", "norm"):
        for pointer in ("mouse", "touch"):
            bound = threshold(rows, judged, pointer)
            risks = 1 / (1 + np.exp(-SLOPES[pointer] * (judged.raw - bound)))
            here = (rows.view[judged.rows] == view) & (rows.pointer[judged.rows] == pointer)
            for name, rule in RULES.items():
                known, strange, mixed, scripts = shares(rows, judged, risks, here, rule)
                lines.append(
                    f"visits {view} {pointer} {name}: worst source's alarms {known:.2%} known, "
                    f"{strange:.2%} unknown; caught {mixed:.0%} mixed, {scripts:.0%} of scripts"
                )
    return lines


def shares(
    rows: Rows, judged: Judged, risks: Floats, here: NDArray[np.bool_], rule: Rule
) -> tuple[float, float, float, float]:
    """Visits at or above the threshold: the worst source's (known, not), mixed, scripts' only."""
    rng = np.random.default_rng(0)
    source, script = rows.source[judged.rows], rows.script[judged.rows]
    strange = is_left_out(rows, judged)
    worst, mixed, scripts = [0.0, 0.0], [], []
    for fold in np.unique(judged.fold):
        now = here & (judged.fold == fold)
        drawn = [risks[now & script & (source == name)] for name in np.unique(source[now & script])]
        scripts += [_share(rule, _of(rng, own, (SCRIPTS, PATHS))) for own in drawn]
        for name in np.unique(source[now & ~script]):
            own = now & ~script & (source == name)
            if own.sum() < LEAST:
                continue
            people = np.lib.stride_tricks.sliding_window_view(risks[own], PATHS)
            side = int(strange[own][0])
            worst[side] = max(worst[side], _share(rule, people))
            if side:
                mixed += [_share(rule, _after(rng, people, one)) for one in drawn]
    return worst[0], worst[1], _mean(mixed), _mean(scripts)


def _of(rng: Rng, risks: Floats, shape: tuple[int, ...]) -> Floats:
    return risks[rng.integers(0, len(risks), shape)]


def _after(rng: Rng, people: Floats, drawn: Floats) -> Floats:
    """A script's path after people's: the last of each visit."""
    found = people[rng.integers(0, len(people), SCRIPTS)].copy()
    found[:, -1] = _of(rng, drawn, (SCRIPTS,))
    return found


def _share(rule: Rule, visits: Floats) -> float:
    return _mean([rule(risks) >= THRESHOLD for risks in visits.tolist()])


def _mean(found: list[float] | list[bool]) -> float:
    return sum(found) / max(len(found), 1)
