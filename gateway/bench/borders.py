"""How well the sides of blocks go on in one another: by what is known of jigsaws, and by lines.

Blocks are (n, side, side, 3). Each measure says of every two of them how well the second lies
right of the first, and below it (jigsaw solvers: Pomeranz et al., CVPR 2011, for the squared and
predicted differences; Gallagher, CVPR 2012, for the Mahalanobis gradients).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gateway import art

Floats = NDArray[np.float32]
Gaps = NDArray[np.float64]  # (n, n): what speaks against the second beside the first
Fits = NDArray[np.float64]  # (2, n, n): how well b lies right of a; how well b lies below a


def fits(blocks: Floats, gap: Callable[[Floats, Floats], Gaps]) -> Fits:
    """By a measure of two sides, each (n, along, inwards, 3) from the border."""
    right, left, lower, upper = _facing(blocks)
    return -np.stack((gap(right, left), gap(lower, upper)))


def _facing(blocks: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Right, left, lower and upper sides as (n, along, inwards, 3): the outermost row first."""
    turned = blocks.swapaxes(1, 2)
    return blocks[:, :, ::-1], blocks, turned[:, :, ::-1], turned


# --- Edges that fit ------------------------------------------------------------------------


def squared(one: Floats, other: Floats) -> Gaps:
    """Sum of squared differences of the outermost rows."""
    off = one[:, None, :, 0] - other[None, :, :, 0]
    return np.asarray((off**2).mean((2, 3)), np.float64)


def predicted(one: Floats, other: Floats) -> Gaps:
    """Each side carried on by its last step, compared with the other's outermost row."""
    on = 2 * one[:, :, 0] - one[:, :, 1]
    back = 2 * other[:, :, 0] - other[:, :, 1]
    there = np.abs(on[:, None] - other[None, :, :, 0]).mean((2, 3))
    here = np.abs(back[None] - one[:, None, :, 0]).mean((2, 3))
    return np.asarray(there + here, np.float64)


def mahalanobis(one: Floats, other: Floats) -> Gaps:
    """How unusual the step over the border is among the steps just before it, both ways."""
    return _steps(one, other) + _steps(other, one).T


def _steps(one: Floats, other: Floats) -> Gaps:
    inside = one[:, :, 0] - one[:, :, 1]  # (n, along, 3)
    mean = inside.mean(1)
    spread = np.stack([np.cov(rows.T) + np.eye(3) for rows in inside])
    inverse = np.linalg.inv(spread)
    over = other[None, :, :, 0] - one[:, None, :, 0] - mean[:, None, None]
    return np.asarray(np.einsum("abli,aij,ablj->ab", over, inverse, over), np.float64)


def profiles(one: Floats, other: Floats) -> Gaps:
    """Light along the border, blurred and freed of mean and strength: what recolouring leaves."""
    first, second = _profile(one), _profile(other)
    return np.asarray(-(first @ second.T), np.float64)


def _profile(side: Floats) -> Floats:
    light = art.luminance(side[:, :, :6]).mean(2)
    kernel = np.hanning(11) / np.hanning(11).sum()
    soft = np.stack([np.convolve(line, kernel, "valid") for line in light])
    soft -= soft.mean(1, keepdims=True)
    return np.asarray(soft / (np.linalg.norm(soft, axis=1, keepdims=True) + 1e-6), np.float32)


# --- Lines carried on over what is lost ----------------------------------------------------

_ALONG, _SLANTS = 24, 5  # cells along a border; directions of lines that meet it
_STEEPEST = 1.5  # run along the border for each step towards it
_STRIP = (0.02, 0.1)  # of the side, from the border inwards: where lines are looked at


def edges(blocks: Floats) -> tuple[Floats, Floats]:
    """Gradients of light down and across, each block's brought to one strength."""
    light = art.luminance(blocks)
    soft = np.stack([np.asarray(art.blurred(one, 1.2)) for one in light])
    down, across = np.gradient(soft, axis=(1, 2))
    strength = np.sqrt((down**2 + across**2).mean((1, 2), keepdims=True)) + 1e-6
    return (down / strength).astype(np.float32), (across / strength).astype(np.float32)


def _carried(inwards: Floats, along: Floats, lost: float) -> Floats:
    """(n, along, slants): how strong the lines are that would meet the middle of what is lost
    there, at that slant. Gradients (n, along, inwards) from the border."""
    side = inwards.shape[1]
    first, last = (round(share * side) for share in _STRIP)
    run, rise = along[:, :, first:last], inwards[:, :, first:last]
    strength = np.minimum(run**2 + rise**2, 9.0)
    slant = -rise / np.where(np.abs(run) < 1e-6, 1e-6, run)  # of the line: along for each inwards
    depth = np.arange(first, last, dtype=np.float32)[None, None] + lost * side
    place = np.arange(side, dtype=np.float32)[None, :, None] - slant * depth
    cell = np.floor(place / side * _ALONG).astype(int)
    way = np.floor((slant / _STEEPEST + 1) / 2 * _SLANTS).astype(int)
    seen = (cell >= 0) & (cell < _ALONG) & (way >= 0) & (way < _SLANTS)
    found = np.zeros((len(inwards), _ALONG, _SLANTS), np.float32)
    block = np.broadcast_to(np.arange(len(inwards))[:, None, None], cell.shape)
    np.add.at(found, (block[seen], cell[seen], way[seen]), strength[seen])
    return _spread(np.sqrt(found))


def _spread(found: Floats) -> Floats:
    """Blurred along the border and over slants: blocks are turned and moved."""
    for axis, reach in ((1, 2), (2, 1)):
        kernel = np.hanning(2 * reach + 3)[1:-1]
        found = np.apply_along_axis(np.convolve, axis, found, kernel / kernel.sum(), "same")
    return np.asarray(found, np.float32)


def meeting(blocks: Floats, lost: float) -> Fits:
    """How well lines meet, and at one slant, in the middle of what was lost between two blocks:
    that share of a side, from each."""
    down, across = edges(blocks)
    right = _carried(-across[:, :, ::-1], down[:, :, ::-1], lost)
    left = _carried(across, down, lost)
    down, across = down.swapaxes(1, 2), across.swapaxes(1, 2)
    lower = _carried(-down[:, :, ::-1], across[:, :, ::-1], lost)
    upper = _carried(down, across, lost)
    return np.stack([_alike(right, left[:, :, ::-1]), _alike(lower, upper[:, :, ::-1])])


def _alike(one: Floats, other: Floats) -> Gaps:
    return np.asarray(_unit(one) @ _unit(other).T, np.float64)


def _unit(rows: Floats) -> Floats:
    """(n, features), without mean, of length one."""
    flat = rows.reshape(len(rows), -1)
    flat = flat - flat.mean(1, keepdims=True)
    return np.asarray(flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6), np.float32)
