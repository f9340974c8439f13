"""How far is this picture turned? By a master that holds it upright, and by which edges stand.

Turns are shares of a full turn, 0..1, clockwise as the eye sees it: turning the picture on by the
answer brings it right.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway.bench.pictures import Pixels, Plane, rgb

Spectrum = NDArray[np.complex64]

STEPS = 360  # of a full turn, in polar pictures
BINS = 180  # of directions: 2 degrees each
WITHIN = 0.95  # of the disc: its rim is an edge of its own


def polar(
    picture: Pixels, inner: float = 0.0, outer: float = 1.0, rows: int = 48
) -> NDArray[np.float32]:
    """(STEPS, rows, 3): around the middle, clockwise from the right, between two shares of the
    radius."""
    height, width = picture.shape[:2]
    middle = ((width - 1) / 2, (height - 1) / 2)
    radius = min(middle)
    angles = np.arange(STEPS, dtype=np.float32)[:, None] * np.float32(2 * np.pi / STEPS)
    far = np.linspace(inner * radius, outer * radius, rows, dtype=np.float32)[None, :]
    across = (middle[0] + far * np.cos(angles)).astype(np.float32)
    down = (middle[1] + far * np.sin(angles)).astype(np.float32)
    source = np.ascontiguousarray(rgb(picture)).astype(np.float32)
    return np.asarray(cv2.remap(source, across, down, cv2.INTER_LINEAR), np.float32)


def best_turn(still: NDArray[np.float32], turned: NDArray[np.float32]) -> float:
    """The turn of `turned` that fits `still` best, whatever light and tint of a row: circular
    correlation of two polar pictures."""
    one, other = (np.fft.rfft(_standard(p), axis=0) for p in (still, turned))
    fits = np.fft.irfft(one * np.conj(other), n=STEPS, axis=0).sum(axis=(1, 2))
    return _greatest(fits.astype(np.float32))


def same_disc_turn(master: Pixels, disc: Pixels) -> float:
    """How the disc is to be turned to lie as in the master's middle, which still holds it upright.

    Both share a middle; `disc` has the size of what was cut out.
    """
    share = min(disc.shape[:2]) / min(master.shape[:2])
    return best_turn(polar(master, 0.1 * share, 0.95 * share), polar(disc, 0.1, 0.95))


# --- without anything to compare with --------------------------------------------------------


def directions(picture: Pixels) -> Plane:
    """(BINS,) how much edge there is in each direction, 0 to a half turn; smoothed, sums to 1."""
    soft = cv2.GaussianBlur(np.ascontiguousarray(rgb(picture)).astype(np.float32), (0, 0), 1.2)
    grey = soft.mean(axis=2)
    gx, gy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    size = np.hypot(gx, gy) * _disc(grey.shape)
    bins = np.floor(np.mod(np.arctan2(gy, gx), np.pi) / np.pi * BINS).astype(int) % BINS
    found = np.bincount(bins.ravel(), size.ravel() ** 1.5, minlength=BINS)
    smooth = np.real(np.fft.ifft(np.fft.fft(found) * np.fft.fft(_bell(3.0))))
    return np.asarray(smooth / max(smooth.sum(), 1e-6), np.float32)


def upright_turns(picture: Pixels) -> list[float]:
    """Four turns, the likeliest first, that bring most edges upright or level; which of the four
    is up, the light tells: skies are lighter than grounds, and heavier things stand below."""
    found = directions(picture)
    quarter = found[: BINS // 2] + found[BINS // 2 :]  # level and upright count alike
    peak = int(np.argmax(quarter)) * 0.5 / BINS  # share of a full turn, 0..1/4
    turns = [(k / 4 - peak) % 1.0 for k in range(4)]
    return sorted(turns, key=lambda turn: -_lighter_above(picture, turn))


def turned(picture: Pixels, turn: float) -> Pixels:
    """The picture turned clockwise by a share of a full turn, about its middle."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -360.0 * turn, 1.0)
    border = cv2.BORDER_REPLICATE
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=border), np.uint8)


def same_thing_turn(still: Pixels, picture: Pixels) -> float:
    """The turn at which two renderings of one thing have their edges in the same places.

    Compares oriented edges in a polar frame, so colours, fills and light of the two don't matter.
    """
    return _greatest(edge_correlation(edge_spectrum(still)[None], edge_spectrum(picture))[0])


def edge_spectrum(picture: Pixels, rows: int = 32) -> Spectrum:
    """(3, STEPS // 2 + 1, rows): the waves of its polar edges, to be correlated with others'."""
    return np.asarray(np.fft.rfft(_polar_edges(picture, rows), axis=1), np.complex64)


def edge_correlation(stills: Spectrum, picture: Spectrum) -> NDArray[np.float32]:
    """(n, STEPS) how well edges agree for each turn: of n spectra with one."""
    together = np.einsum("nkfr,kfr->nf", stills, picture.conj())
    return np.fft.irfft(together, n=STEPS, axis=1).astype(np.float32)


def _polar_edges(picture: Pixels, rows: int) -> NDArray[np.float32]:
    """(3, STEPS, rows): edges by direction relative to the ray, so that a turn is a shift: across,
    along, slanted."""
    around = cv2.GaussianBlur(polar(picture, 0.08, 0.95, rows), (0, 0), 1.0)
    grey = around.mean(axis=2)
    wrapped = np.concatenate((grey[-2:], grey, grey[:2]))
    along = cv2.Sobel(wrapped, cv2.CV_32F, 1, 0)[2:-2]
    across = cv2.Sobel(wrapped, cv2.CV_32F, 0, 1)[2:-2] * (STEPS / (2 * np.pi * rows))
    size = np.hypot(along, across) + np.float32(np.median(np.hypot(along, across)) + 1e-3)
    weight = np.linspace(0.3, 1.0, rows, dtype=np.float32)[None, :]  # further out is more area
    parts = (along**2 / size, across**2 / size, along * across / size)
    return np.stack([cv2.GaussianBlur((p - p.mean()) * weight, (0, 0), 2.0) for p in parts])


def _standard(around: NDArray[np.float32]) -> NDArray[np.float32]:
    off = around - around.mean(axis=0, keepdims=True)
    return np.asarray(off / (off.std(axis=0, keepdims=True) + 2.0), np.float32)


def _greatest(fits: NDArray[np.float32]) -> float:
    return float(np.argmax(fits)) / STEPS


def _lighter_above(picture: Pixels, turn: float) -> float:
    plane = turned(picture, turn)[..., :3].astype(np.float32).mean(axis=2)
    inside = _disc(plane.shape)
    half = plane.shape[0] // 2
    above = float((plane * inside)[:half].sum() / inside[:half].sum())
    below = float((plane * inside)[half:].sum() / inside[half:].sum())
    return above - below


def _disc(shape: tuple[int, ...]) -> Plane:
    height, width = shape[:2]
    down, across = np.mgrid[0:height, 0:width]
    far = np.hypot((down - (height - 1) / 2) / height, (across - (width - 1) / 2) / width)
    return np.asarray(far <= WITHIN / 2, np.float32)


def _bell(width: float) -> NDArray[np.float32]:
    off = np.minimum(np.arange(BINS), BINS - np.arange(BINS))
    bell = np.exp(-0.5 * (off / width) ** 2)
    return np.asarray(bell / bell.sum(), np.float32)
