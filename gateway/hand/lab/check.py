"""What a model is worth on people, sources and generators that it never saw.

Each fold leaves out one human source, a sixth of the users of every other, replays of all of them,
and some generators of several kinds, or a whole family of them. Every source and generator weighs
the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.hand.lab.fit import SLOPE, fit
from gateway.hand.lab.pieces import Floats
from gateway.hand.lab.sets import Rows
from gateway.hand.model import told_slowly

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
ENOUGH = 150
MOST_ALARMS = 0.01  # less than is promised, 1.5 % of each source
# Source left out; generators left out, one of each kind; family left out if `strict`.
FOLDS = (
    ("sapimouse", "cdp_linear ghost_cursor own_minimum_jerk sel_expo replay_noise", "linear"),
    ("balabit", "pyclick sel_track_a touch_linear own_modes geetest_quad", "ease"),
    ("kh2017", "cdp_linear_sleep humancursor_web own_lognormal own_replay_warp", "track"),
    ("dsjtzs", "ghost_cursor_pw sel_track_d own_spring own_strokes own_fling", "bezier"),
    ("howweswipe", "touch_ease pyautogui_tween own_wind own_shuffled", "smooth"),
    ("shapematch", "oxy_gauss dsjtzs_bot_a own_drift own_bezier own_profile", "replay"),
)


@dataclass(frozen=True, slots=True)
class Fold:
    """Which rows teach, and which judge."""

    source: str
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
    """Six of them. `strict`: all of a family out, ours too, instead of some of each."""
    for part, (source, some, family) in enumerate(FOLDS):
        scripts = np.isin(rows.source, (KIN[family] if strict else some).split())
        unseen = (rows.person == source) | ((rows.person != "") & (rows.part == part))
        yield Fold(source, ~scripts & ~unseen, ~rows.script & unseen, scripts)


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


@dataclass(frozen=True, slots=True)
class Judged:
    """Scores of rows by models that saw neither the people nor the generators, fold by fold."""

    raw: Floats
    rows: NDArray[np.int64]
    fold: NDArray[np.int64]


def held_out(rows: Rows, *, strict: bool = False, nets: int, trees: int) -> Judged:
    """Fits a model for each fold."""
    raw, index, number = [], [], []
    for i, fold in enumerate(folds(rows, strict=strict)):
        model = fit(rows, fold.train, seed=i, nets=nets, trees=trees)
        own = np.flatnonzero((fold.people | fold.scripts) & (rows.view != "varied"))
        raw.append(model.raw(rows.features[own]))
        index.append(own)
        number.append(np.full(len(own), i))
    return Judged(np.concatenate(raw), np.concatenate(index), np.concatenate(number))


def figures_of(rows: Rows, judged: Judged, view: str, pointer: str, several: int = 1) -> Figures:
    """Of all folds together. `several`: means of so many paths of one source."""
    at = judged.rows
    here = rows.view[at] == view
    if pointer != "all":
        here &= rows.pointer[at] == pointer
    sides: list[tuple[Floats, Floats]] = []
    for script in (False, True):
        own = here & (rows.script[at] == script)
        names = np.char.add(rows.source[at][own], judged.fold[own].astype(str))
        score, names = _means(judged.raw[own], names, several)
        source = np.array([name[:-1] for name in names])
        sides.append((score, alike(source)))
    return figures(*sides[0], *sides[1])


def _means(raw: Floats, names: NDArray[np.str_], several: int) -> tuple[Floats, NDArray[np.str_]]:
    if several == 1:
        return raw, names
    rng = np.random.default_rng(0)
    score = 1 / (1 + np.exp(-SLOPE * raw))
    means, kept = [], []
    for name in np.unique(names):
        own = rng.permutation(score[names == name])
        own = own[: len(own) // several * several].reshape(-1, several).mean(axis=1)
        means.append(own)
        kept += [name] * len(own)
    return np.concatenate(means), np.array(kept)


def thresholds(rows: Rows, judged: Judged, most: float = MOST_ALARMS) -> tuple[float, float]:
    """Raw scores that people pass no more often: as paths come, and as slow recorders tell them.

    The highest that any source needs while others of its users taught the model, or what the middle
    one needs that did not teach it at all. The one furthest off (remote desktops, ten events a
    second) would need more; it did teach the model that ships.
    """
    at = judged.rows
    slow = told_slowly(rows.features[at])
    left_out = np.array([source for source, _, _ in FOLDS])[judged.fold] == rows.source[at]
    found = []
    for side in (~slow, slow):
        people = side & ~rows.script[at]
        known = _bounds(rows, judged, people & ~left_out, most)
        unknown = _bounds(rows, judged, people & left_out, most)
        found.append(max(*known, float(np.median(unknown))))
    return found[0], found[1]


def _bounds(rows: Rows, judged: Judged, here: NDArray[np.bool_], most: float) -> list[float]:
    """By source, of those with enough paths to speak of one in eighty."""
    source = rows.source[judged.rows]
    names, counts = np.unique(source[here], return_counts=True)
    return [
        float(np.quantile(judged.raw[here & (source == name)], 1 - most))
        for name, count in zip(names, counts, strict=True)
        if count >= ENOUGH
    ]


def report(rows: Rows, judged: Judged) -> list[str]:
    """Figures by view and pointer; then each generator's and each source's share at 1 %."""
    lines = []
    for view in ("raw", "norm"):
        for pointer, several in (("all", 1), ("mouse", 1), ("mouse", 3), ("touch", 1)):
            found = figures_of(rows, judged, view, pointer, several)
            lines.append(
                f"{view:5}{pointer:6}{several} area {found.area:.3f} equal error "
                f"{found.equal_error:.1%} caught {found.caught:.1%}"
            )
        lines += _by_source(rows, judged, view)
    return lines


def _by_source(rows: Rows, judged: Judged, view: str) -> list[str]:
    at = judged.rows
    here = rows.view[at] == view
    people = here & ~rows.script[at]
    weight = alike(rows.source[at][people])
    order = np.argsort(-judged.raw[people])
    alarms = np.cumsum(weight[order]) / weight.sum()
    bound = judged.raw[people][order][int(np.searchsorted(alarms, 0.01))]
    lines = []
    for script in (False, True):
        shares = []
        for source in np.unique(rows.source[at][here & (rows.script[at] == script)]):
            own = here & (rows.source[at] == source)
            shares.append(f"{source} {np.mean(judged.raw[own] > bound):.1%}")
        lines.append(f"  {'caught' if script else 'false alarms'}: " + ", ".join(shares))
    return lines
