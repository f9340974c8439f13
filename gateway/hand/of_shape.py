"""Features of a path's whole shape: at 24 moments evenly spread over its own duration.

How far it is from the curves that scripts draw by (polynomials over time and over length), and how
its velocity splits into waves, slow and quick: whatever its size, its duration and its recorder.
"""

from __future__ import annotations

from math import log, pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand.of_grid import Way
from gateway.hand.paths import APART_MS, Flat, Places, clock

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


def measure(events: Flat, found: Way) -> list[list[float]]:
    """Features in the order of `DOCS`, a row for each path.

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
    told, shares = left.tolist(), np.log(np.sqrt(left[:count]) + 1e-4).tolist()
    own = zip(
        np.log(np.add.reduceat(squares[:count, _DEGREES:], _BANDS, axis=1) + 1e-5).tolist(),
        shares,
        told[:count],
        told[count:],
        (gone @ _PACE_WAVES).tolist(),
        found.reach.tolist(),
        strict=True,
    )
    return [
        [
            *(bands[i][0] for i in _ALONG),
            *(bands[i][1] for i in _ASIDE),
            *(share[1][0], share[3][0], share[5][0], share[1][1], share[5][1]),
            *_of_curves(by_time[5], by_length, pace, reach),
        ]
        for bands, share, by_time, by_length, pace, reach in own
    ]


def _of_curves(
    time: list[float], length: list[list[float]], pace: list[float], reach: float
) -> list[float]:
    """Of mean squares left over time by degree 5, by length by any; and of the pace's waves."""
    second, third = (sqrt(along + aside) for along, aside in length[2:4])
    rest = pace[len(_PACES) :]
    return [
        log(sqrt(time[0] + time[1]) * reach + 0.1),
        *pace[: len(_PACES)],
        log(sum([wave * wave for wave in rest]) + 1e-3),
        log(second + 1e-4),
        log(third + 1e-4),
        log(second * reach + 0.05),
        log(third * reach + 0.05),
    ]


def _by_length(found: Way, number: NDArray[np.int64]) -> Places:
    """Where the path is after even shares of its way's length, instead of its time."""
    samples = found.samples
    line = np.maximum.accumulate(found.gone + 10.0 * samples.path) + 1e-9 * samples.place
    at: Places = np.interp(10.0 * number[:, None] + _AT, line, found.w)
    return at
