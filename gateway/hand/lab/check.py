"""What a model is worth on people, sources and generators that it never saw.

Each fold leaves out one human source, a sixth of the users of every other, and a family of recorded
generators (with the rest of its kin if `strict`). Every source and generator weighs the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.hand.lab.pieces import Floats
from gateway.hand.lab.sets import OWN, Rows

KIN = {
    "linear": "cdp_linear cdp_linear_sleep touch_linear own_straight own_sectors",
    "ease": "geetest_quad sel_expo touch_ease pyautogui_tween own_tween own_wobble own_fling",
    "track": "sel_track_a sel_track_d oxy_gauss own_track own_walk own_wind",
    "bezier": "ghost_cursor ghost_cursor_pw pyclick humancursor_web own_bezier own_overshoot "
    "own_spline",
    "smooth": "own_minimum_jerk own_strokes own_lognormal own_spring own_drift",
    "replay": "replay_noise dsjtzs_bot_a own_replay own_replay_noise own_replay_warp "
    "own_replay_coarse own_blend own_profile own_shuffled own_modes",
}
ALWAYS_OUT = {"own_minimum_jerk", "own_lognormal", "own_modes", "own_replay_warp"}
FOLDS = (
    ("sapimouse", "linear"),
    ("balabit", "ease"),
    ("kh2017", "track"),
    ("dsjtzs", "bezier"),
    ("howweswipe", "smooth"),
    ("shapematch", "replay"),
)


@dataclass(frozen=True, slots=True)
class Fold:
    """Which rows teach, and which judge."""

    source: str
    family: str
    train: NDArray[np.bool_]
    people: NDArray[np.bool_]
    scripts: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Figures:
    """How well two sets are told apart."""

    area: float  # under the curve of detection over false alarms
    equal_error: float
    caught: float  # at 1 % false alarms


def folds(rows: Rows, *, strict: bool = False) -> Iterator[Fold]:
    """Six of them."""
    for part, (source, family) in enumerate(FOLDS):
        kin = set(KIN[family].split())
        if not strict:
            kin = {name for name in kin if not name.startswith(OWN)} | (kin & ALWAYS_OUT)
        scripts = np.isin(rows.source, sorted(kin))
        unseen = (rows.person == source) | ((rows.person != "") & (rows.part == part))
        yield Fold(source, family, ~scripts & ~unseen, ~rows.script & unseen, scripts)


def alike(source: NDArray[np.str_]) -> Floats:
    """Weights by which each source counts the same."""
    _, own, counts = np.unique(source, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[own])


def figures(people: Floats, of_people: Floats, scripts: Floats, of_scripts: Floats) -> Figures:
    """Scores and weights of both sides. Equal scores count half."""
    score = np.concatenate((people, scripts))
    hit = np.concatenate((np.zeros(len(people)), of_scripts / of_scripts.sum()))
    alarm = np.concatenate((of_people / of_people.sum(), np.zeros(len(scripts))))
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.diff(score[order]) != 0, True)
    hits = np.concatenate(([0.0], np.cumsum(hit[order])[ends]))
    alarms = np.concatenate(([0.0], np.cumsum(alarm[order])[ends]))
    at = int(np.argmin(np.abs(alarms - (1 - hits))))
    area = float(np.trapezoid(hits, alarms))
    equal = float(alarms[at] + 1 - hits[at]) / 2
    return Figures(area, equal, float(np.interp(0.01, alarms, hits)))
