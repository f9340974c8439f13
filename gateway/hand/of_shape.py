"""Features of a path's whole shape: at 24 moments evenly spread over its own duration.

How far it is from the curves that scripts draw by (polynomials over time and over length), and how
its velocity splits into waves, slow and quick: whatever its size, its duration and its recorder.
"""

from __future__ import annotations

from math import pi
from typing import Final

import numpy as np

from gateway.hand.of_grid import Way
from gateway.hand.paths import Flat, Floats

MOMENTS: Final = 24
_AT: Final = (np.arange(MOMENTS) + 0.5) / MOMENTS
_DEGREES: Final = 6
# Orthonormal: polynomials of degree 0 to 5, then what they leave.
_POWERS: Final = np.linalg.qr(
    np.concatenate((np.vander(2 * _AT - 1, _DEGREES, increasing=True), np.eye(MOMENTS)), axis=1)
)[0]
_MIDS: Final = MOMENTS - 1
_COSINES: Final = (
    np.cos(pi * (np.arange(_MIDS)[:, None] + 0.5) * np.arange(_MIDS) / _MIDS) * (2 / _MIDS) ** 0.5
)
_WAVES: Final = np.diff(np.eye(MOMENTS), axis=0).T @ _COSINES * MOMENTS  # of the velocity
_BASIS: Final = np.concatenate((_POWERS, _WAVES), axis=1)
_BANDS: Final = {1: (1, 2), 2: (2, 3), 4: (4, 6), 5: (6, 9), 6: (9, _MIDS)}  # waves: from, up to
_LEFT_BY: Final = (1, 2, 3, 5)  # degrees


def _summed() -> Floats:
    """Which squares are summed: waves of each band, then the mean of what each degree leaves."""
    found = np.zeros((_BASIS.shape[1], len(_BANDS) + len(_LEFT_BY)))
    for column, (begin, end) in enumerate(_BANDS.values()):
        found[MOMENTS + begin : MOMENTS + end, column] = 1.0
    for column, degree in enumerate(_LEFT_BY, len(_BANDS)):
        found[degree + 1 : MOMENTS, column] = 1 / MOMENTS
    return found


_SUMMED: Final = _summed()
_ALONG: Final = {1: "wave 1", 2: "wave 2", 4: "waves 4 and 5", 6: "waves 9 and up"}
_ASIDE: Final = {1: "wave 1", 2: "wave 2", 5: "waves 6 to 8"}

_ENERGY = "ln of the share of the velocity in"
_LEFT = "of what a polynomial of degree"
_BY_TIME, _BY_LENGTH = f"ln {_LEFT} %s over time leaves", f"ln {_LEFT} %s over the length leaves"
DOCS = {
    **{f"along_band_{i}": f"{_ENERGY} {what}, along the way" for i, what in _ALONG.items()},
    **{f"along_{i}": f"{_BY_TIME % i} of the way along, (rms/reach)²" for i in (1, 3, 5)},
    **{f"aside_band_{i}": f"{_ENERGY} {what}, aside" for i, what in _ASIDE.items()},
    **{f"aside_{i}": f"{_BY_TIME % i} of the way aside, (rms/reach)²" for i in (1, 5)},
    **{f"curve_{i}": f"{_BY_LENGTH % i}, (rms/reach)² (Bezier curves)" for i in (2, 3)},
    **{f"curve_px_{i}": f"{_BY_LENGTH % i}, px²" for i in (2, 3)},
    "time_px_5": f"{_BY_TIME % 5}, px²",
}
# Where in `_SUMMED` lies what is along and what aside; then the least of each, a pixel's rounding.
_COLUMNS: Final = [*_BANDS, *(f"left_{degree}" for degree in _LEFT_BY)]
_OF_ALONG: Final = [_COLUMNS.index(name) for name in (*_ALONG, "left_1", "left_3", "left_5")]
_OF_ASIDE: Final = [_COLUMNS.index(name) for name in (*_ASIDE, "left_1", "left_5")]
_TAKEN: Final = np.array(_OF_ALONG + [len(_COLUMNS) + column for column in _OF_ASIDE])
_CURVES: Final = slice(_COLUMNS.index("left_2"), _COLUMNS.index("left_3") + 1)
_LEAST: Final = np.array(
    [1e-5] * len(_ALONG) + [1e-8] * 3 + [1e-5] * len(_ASIDE) + [1e-8] * 4 + [2.5e-3] * 2 + [1e-2]
)


def measure(events: Flat, found: Way) -> Floats:
    """Features in the order of `DOCS`: (paths, features).

    Moments of time and of length, along and aside, lie one above the other: one product serves all.
    """
    count = len(events.starts)
    rows = np.empty((2, 2, count, MOMENTS))
    _fill_by_time(rows[0], events, found)
    _fill_by_length(rows[1], found)
    squares = np.square(rows.reshape(-1, MOMENTS) @ _BASIS)
    time, length = (squares @ _SUMMED).reshape(2, 2, count, -1)
    features = np.empty((count, len(DOCS)))
    features[:, :12] = np.concatenate(tuple(time), axis=1)[:, _TAKEN]
    features[:, 12:14] = features[:, 14:16] = (length[0] + length[1])[:, _CURVES]
    features[:, 16] = time[0, :, -1] + time[1, :, -1]
    features[:, 14:] *= np.square(found.reach)[:, None]
    features += _LEAST
    return np.log(features, out=features)


def _fill_by_time(rows: Floats, events: Flat, found: Way) -> None:
    """Places over the reach, turned as the way is. Where they begin makes no difference here."""
    begin = events.t[events.starts]
    spans_ms = events.t[events.ends - 1] - begin
    when = spans_ms[:, None] * _AT
    when += begin[:, None]
    at = np.interp(when, events.t, events.z)
    at *= (found.toward / found.reach)[:, None]
    rows[0], rows[1] = at.real, at.imag


def _fill_by_length(rows: Floats, found: Way) -> None:
    """Where the path is after even shares of its way's length, instead of its time."""
    where = found.length[:, None] * _AT
    where += found.gone[found.samples.starts][:, None]
    # Samples that stand still would lie on one another: each a little further.
    line = found.gone + 1e-9 * np.arange(len(found.gone))
    at = np.interp(where, line, found.w)
    at /= found.reach[:, None]
    rows[0], rows[1] = at.real, at.imag
