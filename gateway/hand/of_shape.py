"""Features of a path's whole shape: at 24 moments evenly spread over its own duration.

How far it is from the curves that scripts draw by (polynomials over time and over length), and how
its velocity splits into waves, slow and quick: whatever its size, its duration and its recorder.
"""

from __future__ import annotations

from math import pi
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand.of_grid import Way
from gateway.hand.paths import APART_MS, Flat, Floats, Places, clock

MOMENTS: Final = 24
_AT: Final = (np.arange(MOMENTS) + 0.5) / MOMENTS
_POWERS: Final = np.linalg.qr(np.vander(2 * _AT - 1, 6, increasing=True))[0]  # orthonormal
_MIDS: Final = MOMENTS - 1
_COSINES: Final = (
    np.cos(pi * (np.arange(_MIDS)[:, None] + 0.5) * np.arange(_MIDS) / _MIDS) * (2 / _MIDS) ** 0.5
)
_WAVES: Final = np.diff(np.eye(MOMENTS), axis=0).T @ _COSINES * MOMENTS  # of the velocity
_DEGREES: Final = _POWERS.shape[1]
_BASIS: Final = np.concatenate((_POWERS, _WAVES), axis=1).astype(np.complex128)
_BANDS: Final = (0, 1, 2, 3, 4, 6, 9)  # first wave of each; the last one goes to the end
_ALONG: Final = {1: "wave 1", 2: "wave 2", 4: "waves 4 and 5", 6: "waves 9 and up"}
_ASIDE: Final = {1: "wave 1", 2: "wave 2", 5: "waves 6 to 8"}
_PACES: Final = (2, 3)
_FROM_PACE: Final = 7
_PACE_WAVES: Final = np.ascontiguousarray(_WAVES[:, [*_PACES, *range(_FROM_PACE, _MIDS)]])

_ENERGY = "ln of the share of the velocity in"
_LEFT = "of what a polynomial of degree"
DOCS = {
    **{f"along_band_{i}": f"{_ENERGY} {what}, along the way" for i, what in _ALONG.items()},
    **{f"aside_band_{i}": f"{_ENERGY} {what}, aside" for i, what in _ASIDE.items()},
    "along_1": f"ln {_LEFT} 1 over time leaves of the way along, rms/reach",
    "along_3": f"ln {_LEFT} 3 over time leaves of the way along, rms/reach",
    "along_5": f"ln {_LEFT} 5 over time leaves of the way along, rms/reach",
    "aside_1": f"ln {_LEFT} 1 over time leaves of the way aside, rms/reach",
    "aside_5": f"ln {_LEFT} 5 over time leaves of the way aside, rms/reach",
    "time_px_5": f"ln px {_LEFT} 5 over time leaves",
    **{f"pace_wave_{i}": f"cosine wave {i} of the pace over time" for i in _PACES},
    "pace_rest": f"ln of the energy of the pace from wave {_FROM_PACE} on",
    "curve_2": f"ln {_LEFT} 2 over the way's length leaves, rms/reach (Bezier curves)",
    "curve_3": f"ln {_LEFT} 3 over the way's length leaves, rms/reach",
    "curve_px_2": f"ln px {_LEFT} 2 over the way's length leaves",
    "curve_px_3": f"ln px {_LEFT} 3 over the way's length leaves",
}


def measure(events: Flat, found: Way) -> list[Floats]:
    """Features in the order of `DOCS`, an array over the paths each.

    Moments of time and of length lie one above the other, so that one product serves both.
    """
    begin, count = events.t[events.starts], len(events.starts)
    spans_ms = np.maximum(events.t[events.ends - 1] - begin, 1.0)
    number = np.arange(count)
    when = (APART_MS * number + begin)[:, None] + spans_ms[:, None] * _AT
    by_time = np.interp(when, clock(events), events.z) - events.z[events.starts][:, None]
    gone = np.interp(when, clock(found.samples), found.gone)
    rows = np.concatenate((by_time * found.toward[:, None], _by_length(found, number)))
    rows /= np.concatenate((found.reach, found.reach))[:, None]
    squares = np.square((rows @ _BASIS).view(np.float64)).reshape(2 * count, -1, 2)
    whole = np.add.reduce(np.square(rows.view(np.float64)).reshape(2 * count, MOMENTS, 2), axis=1)
    left = whole[:, None] - squares[:, :_DEGREES].cumsum(axis=1)
    np.maximum(left, 0.0, out=left)
    left /= MOMENTS
    bands = np.log(np.add.reduceat(squares[:count, _DEGREES:], _BANDS, axis=1) + 1e-5)
    shares, px = _logs(left, found.reach, count)
    pace = gone @ _PACE_WAVES
    rest = pace[:, len(_PACES) :]
    return [
        *(bands[:, i, 0] for i in _ALONG),
        *(bands[:, i, 1] for i in _ASIDE),
        *shares[:5],
        px[0],
        *(pace[:, i] for i in range(len(_PACES))),
        np.log(np.add.reduce(np.square(rest), axis=1) + 1e-3),
        *shares[5:],
        *px[1:],
    ]


def _logs(left: Floats, reach: Floats, count: int) -> tuple[Floats, Floats]:
    """Of mean squares (time above length, degrees, along and aside): in shares of the reach, in px.

    Shares: along 1, 3, 5, aside 1, 5, by length 2, 3; px: by time 5, by length 2, 3.
    """
    by_time, by_length = left[:count], left[count:]
    both = by_length[:, 2:4, 0] + by_length[:, 2:4, 1]
    squares = np.concatenate(
        [
            *(by_time[:, 1, 0], by_time[:, 3, 0], by_time[:, 5, 0]),
            *(by_time[:, 1, 1], by_time[:, 5, 1]),
            *(both[:, 0], both[:, 1], by_time[:, 5, 0] + by_time[:, 5, 1]),
        ]
    )
    shares = np.sqrt(squares).reshape(8, -1)
    px = shares[[7, 5, 6]] * reach + np.array([[0.1], [0.05], [0.05]])
    return np.log(shares[:7] + 1e-4), np.log(px)


def _by_length(found: Way, number: NDArray[np.int64]) -> Places:
    """Where the path is after even shares of its way's length, instead of its time."""
    samples = found.samples
    line = np.maximum.accumulate(found.gone + 10.0 * samples.path) + 1e-9 * samples.place
    at: Places = np.interp(10.0 * number[:, None] + _AT, line, found.w)
    return at
