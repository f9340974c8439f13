"""What a model is worth on people, sources and generators that it never saw.

Each fold leaves out one human source, a sixth of the users of every other, replays of all of them,
and some generators of several kinds, or a whole family of them. Every source and generator weighs
the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.hand.lab.fit import SLOPES, fit
from gateway.hand.lab.pieces import Floats
from gateway.hand.lab.sets import Rows
from gateway.hand.model import Single

KIN = {
    "linear": "cdp_linear cdp_linear_sleep touch_linear own_straight own_sectors",
    "ease": "geetest_quad sel_expo touch_ease pyautogui_tween own_tween own_wobble own_fling "
    "own_approach",
    "track": "sel_track_a sel_track_d oxy_gauss own_track own_walk own_wind",
    "bezier": "ghost_cursor ghost_cursor_pw pyclick humancursor_web own_bezier own_overshoot "
    "own_spline",
    "smooth": "own_minimum_jerk own_strokes own_lognormal own_spring own_drift own_knobs",
    "replay": "replay_noise dsjtzs_bot_a own_replay own_replay_noise own_replay_warp "
    "own_replay_coarse own_blend own_profile own_shuffled own_modes",
}
JUDGED = ("raw", "norm")  # views
MOST_ALARMS = 0.012  # less than is promised, 1.5 % of each source
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


Tell = Callable[[Single, NDArray[np.bool_]], Floats]  # raw scores of features; whether by finger
Teach = Callable[[Rows, NDArray[np.bool_], int], Tell]  # by which rows, with which seed


def nets(rows: Rows, train: NDArray[np.bool_], seed: int) -> Tell:
    """Rows are judged by the nets of their pointer."""
    model = fit(rows, train, seed=seed)
    return lambda features, touch: np.where(
        touch, model.touch.raw(features), model.mouse.raw(features)
    )


def held_out(rows: Rows, *, strict: bool = False, teach: Teach = nets) -> Judged:
    """Teaches a model for each fold, and has it judge the rest."""
    raw, index, number = [], [], []
    for i, fold in enumerate(folds(rows, strict=strict)):
        tell = teach(rows, fold.train, i)
        own = np.flatnonzero((fold.people | fold.scripts) & np.isin(rows.view, JUDGED))
        raw.append(tell(rows.features[own], rows.pointer[own] == "touch"))
        index.append(own)
        number.append(np.full(len(own), i))
    return Judged(np.concatenate(raw), np.concatenate(index), np.concatenate(number))


def is_left_out(rows: Rows, judged: Judged) -> NDArray[np.bool_]:
    """Whether a row is of the source that its fold left out whole."""
    found: NDArray[np.bool_] = (
        np.array([source for source, _, _ in FOLDS])[judged.fold] == rows.source[judged.rows]
    )
    return found


def figures_of(
    rows: Rows, judged: Judged, view: str, pointer: str, *, several: int = 1, unknown: bool = False
) -> Figures:
    """Of all folds together. `several`: means of so many paths of one source.

    People are unseen users of sources that taught the model, or (`unknown`) of those that didn't.
    """
    at = judged.rows
    here = (rows.view[at] == view) & (rows.script[at] | (is_left_out(rows, judged) == unknown))
    if pointer != "all":
        here &= rows.pointer[at] == pointer
    sides: list[tuple[Floats, Floats]] = []
    for script in (False, True):
        own = here & (rows.script[at] == script)
        names = np.char.add(rows.source[at][own], judged.fold[own].astype(str))
        score, names = _means(
            judged.raw[own], names, several, SLOPES[pointer] if several > 1 else 1.0
        )
        source = np.array([name[:-1] for name in names])
        sides.append((score, alike(source)))
    return figures(*sides[0], *sides[1])


def _means(
    raw: Floats, names: NDArray[np.str_], several: int, slope: float
) -> tuple[Floats, NDArray[np.str_]]:
    if several == 1:
        return raw, names
    rng = np.random.default_rng(0)
    score = 1 / (1 + np.exp(-slope * raw))
    means, kept = [], []
    for name in np.unique(names):
        own = rng.permutation(score[names == name])
        own = own[: len(own) // several * several].reshape(-1, several).mean(axis=1)
        means.append(own)
        kept += [name] * len(own)
    return np.concatenate(means), np.array(kept)


def threshold(rows: Rows, judged: Judged, pointer: str, most: float = MOST_ALARMS) -> float:
    """The raw score that people pass no more often, as recorded, whichever source they are of.

    The highest that any source needs when it did not teach the model at all: not the mean.
    """
    at = judged.rows
    here = (rows.view[at] == "raw") & (rows.pointer[at] == pointer) & ~rows.script[at]
    here &= is_left_out(rows, judged)
    source = rows.source[at]
    return max(
        float(np.quantile(judged.raw[here & (source == name)], 1 - most))
        for name in np.unique(source[here])
    )


def report(rows: Rows, judged: Judged) -> list[str]:
    """Figures; then what lies above the shipped threshold, source by source."""
    lines = table(rows, judged)
    for pointer in ("mouse", "touch"):
        bound = threshold(rows, judged, pointer)
        lines.append(f"{pointer}: threshold at raw {bound:.3f}")
        lines += [
            line for view in JUDGED for line in _by_source(rows, judged, view, pointer, bound)
        ]
    return lines


def table(rows: Rows, judged: Judged) -> list[str]:
    """Figures by view, by who was known, and by pointer."""
    lines = []
    for view in JUDGED:
        for unknown in (False, True):
            for pointer, several in POINTERS:
                found = figures_of(rows, judged, view, pointer, several=several, unknown=unknown)
                lines.append(
                    f"{view:5}{'unknown' if unknown else 'known':8}{pointer:6}{several} "
                    f"area {found.area:.3f} equal error {found.equal_error:.1%} "
                    f"caught {found.caught:.1%}"
                )
    return lines


POINTERS = (("all", 1), ("mouse", 1), ("mouse", 3), ("touch", 1), ("touch", 3))


def _by_source(rows: Rows, judged: Judged, view: str, pointer: str, bound: float) -> list[str]:
    at = judged.rows
    here = (rows.view[at] == view) & (rows.pointer[at] == pointer)
    left_out, script = is_left_out(rows, judged), rows.script[at]
    lines = []
    for what, among in (
        ("alarms, source left out", here & left_out),
        ("alarms, users left out", here & ~left_out & ~script),
        ("caught", here & script),
    ):
        shares = []
        for source in np.unique(rows.source[at][among]):
            own = among & (rows.source[at] == source)
            shares.append(f"{source} {np.mean(judged.raw[own] > bound):.1%}")
        lines.append(f"  {view} {what}: " + ", ".join(shares))
    return lines
