"""Features of a path's whole shape: at 24 moments evenly spread over its own duration.

How far it is from the curves that scripts draw by: polynomials, eases and waves.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand.paths import APART_MS, Flat, Floats

MOMENTS: Final = 24
WAVES: Final = 8
_AT: Final = (np.arange(MOMENTS) + 0.5) / MOMENTS
_POWERS: Final = np.linalg.qr(np.vander(2 * _AT - 1, 6, increasing=True))[0]  # orthonormal
_DEGREES: Final = (1, 3, 5)
_EASES: Final = {
    "linear": _AT,
    "min_jerk": 10 * _AT**3 - 15 * _AT**4 + 6 * _AT**5,
    "out_quad": 1 - (1 - _AT) ** 2,
    "out_cubic": 1 - (1 - _AT) ** 3,
    "in_out_cubic": np.where(_AT < 0.5, 4 * _AT**3, 1 - 4 * (1 - _AT) ** 3),
    "out_expo": 1 - 2.0 ** (-10 * _AT),
    "sine": 0.5 - 0.5 * np.cos(np.pi * _AT),
}
_CURVES: Final = np.stack(list(_EASES.values()))
_MIDS: Final = MOMENTS - 1
_COSINES: Final = (
    np.cos(np.pi * (np.arange(_MIDS)[:, None] + 0.5) * np.arange(1, WAVES + 1) / _MIDS)
    * (2 / _MIDS) ** 0.5
)

_LEFT = "ln of what a polynomial of degree"
DOCS = {
    **{f"along_{d}": f"{_LEFT} {d} over time leaves of the way along, rms/reach" for d in _DEGREES},
    **{f"aside_{d}": f"{_LEFT} {d} over time leaves of the way aside, rms/reach" for d in _DEGREES},
    "time_px_3": "ln px left of both by degree 3",
    "time_px_5": "ln px left of both by degree 5",
    **{f"ease_{name}": f"ln rms distance of the pace from the ease {name}" for name in _EASES},
    **{f"curve_{d}": f"{_LEFT} {d} over the way's length leaves, rms/reach" for d in (2, 3, 5)},
    **{f"curve_px_{d}": f"ln px of the same, degree {d} (Bezier curves)" for d in (2, 3, 5)},
    **{f"wave_{i}": f"cosine wave {i} of the pace over time" for i in range(1, WAVES + 1)},
    "wave_rest": "ln of the energy of the pace beyond these waves",
}


def measure(
    samples: Flat, along: Floats, aside: Floats, gone: Floats, reach: Floats
) -> list[Floats]:
    """Features in the order of `DOCS`. `reach` in px, by path; the others by sample."""
    begin = samples.t[samples.starts]
    spans_ms = samples.t[samples.starts + samples.counts - 1] - begin
    base = APART_MS * np.arange(len(reach))
    when = (base + begin)[:, None] + spans_ms[:, None] * _AT
    clock = samples.t + base[samples.path]
    on_along, on_aside, on_gone = (np.interp(when, clock, row) for row in (along, aside, gone))
    by_time = _left(np.stack((on_along, on_aside)))
    both_px = np.sqrt(by_time[0, :, 1:] ** 2 + by_time[1, :, 1:] ** 2)
    return [
        *np.log(by_time[0] / reach[:, None] + 1e-4).T,
        *np.log(by_time[1] / reach[:, None] + 1e-4).T,
        *np.log(both_px + 0.1).T,
        *np.log(np.sqrt(np.mean((on_gone[:, None] - _CURVES) ** 2, axis=2)) + 1e-3).T,
        *_of_curve(samples, gone, reach),
        *_of_waves(on_gone),
    ]


def _left(values: Floats, degrees: tuple[int, ...] = _DEGREES) -> Floats:
    """Root mean square of what polynomials leave: (…, moments) to (…, degrees)."""
    shares = np.square(values @ _POWERS)
    whole = np.square(values).sum(-1, keepdims=True)
    left = whole - np.cumsum(shares, axis=-1)[..., list(degrees)]
    found: Floats = np.sqrt(np.maximum(left, 0.0) / MOMENTS)
    return found


def _of_curve(samples: Flat, gone: Floats, reach: Floats) -> list[Floats]:
    """Over the length of the way instead of time."""
    own = samples.path
    clock = np.maximum.accumulate(gone + 10.0 * own) + 1e-9 * samples.place
    when = 10.0 * np.arange(len(reach))[:, None] + _AT
    starts = samples.starts[own]
    rows = (samples.x - samples.x[starts], samples.y - samples.y[starts])
    left = _left(np.stack([np.interp(when, clock, row) for row in rows]), (2, 3, 5))
    both_px = np.hypot(left[0], left[1])
    return [*np.log(both_px / reach[:, None] + 1e-4).T, *np.log(both_px + 0.05).T]


def _of_waves(on_gone: Floats) -> list[Floats]:
    pace = np.diff(on_gone, axis=1) * MOMENTS
    waves: NDArray[np.float64] = pace @ _COSINES
    whole = np.square(pace).sum(1) - pace.sum(1) ** 2 / _MIDS
    rest = np.maximum(whole - np.square(waves).sum(1), 0.0)
    return [*waves.T, np.log(rest + 1e-3)]
