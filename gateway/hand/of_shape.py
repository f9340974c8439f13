"""Features of a path's whole shape: at 24 moments evenly spread over its own duration.

How far it is from the curves that scripts draw by (polynomials over time and over length), and how
its velocity splits into waves, slow and quick: whatever its size, its duration and its recorder.
"""

from __future__ import annotations

from math import pi
from typing import Final, NamedTuple

import numpy as np

from gateway.hand.of_grid import Way
from gateway.hand.paths import Floats

MOMENTS: Final = 24
SHARES: Final = (np.arange(MOMENTS) + 0.5) / MOMENTS
_DEGREES: Final = 6
# Orthonormal: polynomials of degree 0 to 5, then what they leave.
_POWERS: Final = np.linalg.qr(
    np.concatenate((np.vander(2 * SHARES - 1, _DEGREES, increasing=True), np.eye(MOMENTS)), axis=1)
)[0]
_MIDS: Final = MOMENTS - 1
_COSINES: Final = (
    np.cos(pi * (np.arange(_MIDS)[:, None] + 0.5) * np.arange(_MIDS) / _MIDS) * (2 / _MIDS) ** 0.5
)
_WAVES: Final = np.diff(np.eye(MOMENTS), axis=0).T @ _COSINES * MOMENTS  # of the velocity
_BASIS: Final = np.concatenate((_POWERS, _WAVES), axis=1)
_BANDS: Final = {1: (1, 2), 2: (2, 3), 3: (3, 4), 4: (4, 6), 5: (6, 9), 6: (9, _MIDS)}
_WHICH: Final = ("wave 1", "wave 2", "wave 3", "waves 4 and 5", "waves 6 to 8", "waves 9 and up")
_LEFT: Final = "ln of what a polynomial of degree"
# Rows of places, and what is summed of them: squares from one column of `_BASIS` to another.
_TIME_ALONG, _TIME_ASIDE, _TIME, _LENGTH = slice(0, 1), slice(1, 2), slice(0, 2), slice(2, 4)


class _Sum(NamedTuple):
    doc: str
    rows: slice
    begin: int
    end: int
    each: float = 1.0
    least: float = 1e-5  # what a pixel's rounding adds
    in_px: bool = False  # instead of shares of the reach


def _band(side: str, rows: slice, band: int) -> tuple[str, _Sum]:
    begin, end = _BANDS[band]
    doc = f"ln of the share of the velocity in {_WHICH[band - 1]}, {side}"
    return f"{side}_band_{band}", _Sum(doc, rows, MOMENTS + begin, MOMENTS + end)


def _left(name: str, over: str, rows: slice, degree: int, least: float = 1e-8) -> tuple[str, _Sum]:
    unit, in_px = ("px²", True) if least > 1e-3 else ("(rms/reach)²", False)
    doc = f"{_LEFT} {degree} over {over} leaves, {unit}"
    return f"{name}_{degree}", _Sum(doc, rows, degree + 1, MOMENTS, 1 / MOMENTS, least, in_px)


_SUMS: Final = dict(
    (
        *(_band("along", _TIME_ALONG, band) for band in _BANDS),
        *(_left("along", "time of the way along", _TIME_ALONG, degree) for degree in (1, 2, 3, 5)),
        *(_band("aside", _TIME_ASIDE, band) for band in _BANDS),
        *(_left("aside", "time of the way aside", _TIME_ASIDE, degree) for degree in (1, 2, 3, 5)),
        *(_left("curve", "the length (Bezier curves)", _LENGTH, degree) for degree in (2, 3, 5)),
        *(_left("curve_px", "the length", _LENGTH, degree, 2.5e-3) for degree in (2, 3, 5)),
        *(_left("time_px", "time", _TIME, degree, 1e-2) for degree in (3, 5)),
    )
)
DOCS = {name: of.doc for name, of in _SUMS.items()}


def _summed() -> Floats:
    """What each feature is the sum of: squares of (row, column of `_BASIS`)."""
    found = np.zeros((4, _BASIS.shape[1], len(_SUMS)))
    for column, of in enumerate(_SUMS.values()):
        found[of.rows, of.begin : of.end, column] = of.each
    return found.reshape(-1, len(_SUMS))


_SUMMED: Final = _summed()
_LEAST: Final = np.array([of.least for of in _SUMS.values()])
_IN_PX: Final = [of.in_px for of in _SUMS.values()].index(True)  # the first of those


def measure(found: Way) -> list[list[float]]:
    """Features in the order of `DOCS`, a row for each path.

    Moments of time and of length, along and aside, lie one above the other: one product serves all.
    """
    count = len(found.reach)
    rows = np.empty((count, 4, MOMENTS))
    by_time = found.samples.at * found.toward[:, None]
    rows[:, 0], rows[:, 1] = by_time.real, by_time.imag
    where = found.length[:, None] * SHARES
    where += found.begun[:, None]
    by_length = np.interp(where, found.gone, found.w)
    rows[:, 2], rows[:, 3] = by_length.real, by_length.imag
    squares = rows.reshape(-1, MOMENTS) @ _BASIS
    np.square(squares, squares)
    features = squares.reshape(count, -1) @ _SUMMED
    shares = features[:, :_IN_PX]
    shares /= np.square(found.reach)[:, None]
    features += _LEAST
    told: list[list[float]] = np.log(features, features).tolist()
    return told
