"""How things are turned, squeezed and bent: apart from their size, so that a drawing can be looked
at small before it is drawn, and many at once, which small ones are a fraction of the cost for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.art.assets import Alpha
from gateway.art.fields import noises
from gateway.art.forms import Mask
from gateway.art.warps import fetched_each, padded

ROOM = 1.5  # of a thing's picture, to its size: for turns and bends
_MESH = 6  # cells of a bend, each way: it is smooth over more than one …
_RIM = 1  # … and so many at each side hold little of a thing


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """`matrix` (2, 2) leads from the picture back to the ink; `off` (2, corners, corners) is how
    far each corner of an even mesh over the picture is moved before, across and down, as a share of
    the size."""

    matrix: NDArray[np.float64]
    off: NDArray[np.float32]


def bends(
    chance: np.random.Generator,
    turns_deg: Sequence[float],
    bend: float,
    squeeze: float,
    cell: float,
) -> list[Bend]:
    """One for each turn: squeezed by up to `squeeze` along a slanted axis, every part moved by up
    to `bend` of the size, smoothly over `cell` of it."""
    many = len(turns_deg)
    smooth = cell * (_MESH + 1) / ROOM
    off = noises(chance, (many, 2), _MESH + 1, _MESH + 1, smooth) * np.float32(bend)
    axis, longer = chance.uniform(0, np.pi, many), chance.uniform(-1, 1, many)
    along = _rotations(axis)
    shorter = np.zeros((many, 2, 2))
    shorter[:, 0, 0], shorter[:, 1, 1] = 1.0 / (1.0 + squeeze * longer), 1.0
    turned = _rotations(np.deg2rad(np.asarray(turns_deg, float)))
    matrices = turned @ along @ shorter @ along.transpose(0, 2, 1)
    return [Bend(*one) for one in zip(matrices, off, strict=True)]


def turned(turns_deg: Sequence[float]) -> list[Bend]:
    """Not bent at all."""
    even = np.zeros((2, _MESH + 1, _MESH + 1), np.float32)
    return [Bend(one, even) for one in _rotations(np.deg2rad(np.asarray(turns_deg, float)))]


def varied(
    chance: np.random.Generator, one: Bend, many: int, bend: float, cell: float, share: float
) -> list[Bend]:
    """Bends near one, turned and squeezed alike: so much of each is new, 0 to 1. Still no part is
    moved by more than `bend`."""
    new = bends(chance, [0.0] * many, bend, 0.0, cell)
    stays = np.float32(np.sqrt(1.0 - share**2))
    off = stays * one.off + np.float32(share) * np.stack([each.off for each in new])
    return [Bend(one.matrix, each) for each in np.clip(off, -bend, bend)]


def narrowest(put: Sequence[Bend]) -> NDArray[np.float32]:
    """(n,): to what share of its width each bend brings the part that it narrows most, of what lies
    in the middle: the smaller singular value of its slope. Where that is little, strokes close up
    and people lose them; where nothing is bent it is 1."""
    off = np.stack([one.off for one in put]) * np.float32(_MESH / ROOM)
    across, down = np.diff(off, axis=3), np.diff(off, axis=2)
    across = 0.5 * (across[:, :, 1:] + across[:, :, :-1])[:, :, _RIM:-_RIM, _RIM:-_RIM]
    down = 0.5 * (down[:, :, :, 1:] + down[:, :, :, :-1])[:, :, _RIM:-_RIM, _RIM:-_RIM]
    along, slant = 1 + across[:, 0], across[:, 1]
    aslant, upright = down[:, 0], 1 + down[:, 1]
    both = np.hypot(along + upright, aslant - slant) - np.hypot(along - upright, aslant + slant)
    return np.asarray(both.min((1, 2)) / 2, np.float32)


def _rotations(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 2, 2)."""
    cos, sin = np.cos(angles), np.sin(angles)
    return np.stack((cos, -sin, sin, cos), axis=-1).reshape(-1, 2, 2)


def drawn(inks: Sequence[Alpha], put: Sequence[Bend], size_px: int) -> Mask:
    """(n, s, s) with s = 1.5 size_px: each ink, with its longer side at `size_px`, put so."""
    side = round(ROOM * size_px)
    each = {id(ink): ink for ink in inks}  # one may be drawn often
    of = [list(each).index(id(ink)) for ink in inks]
    boxes = np.array([_box(ink) for ink in each.values()])[of]
    corners = np.linspace(-side / 2, side / 2, _MESH + 1) / size_px
    at = np.stack([one.off for one in put]).astype(float)
    at[:, 0] += corners[None, None, :]
    at[:, 1] += corners[None, :, None]
    at *= boxes[:, 2:].max(1)[:, None, None, None]
    matrices = np.stack([one.matrix for one in put])
    back = matrices @ at.reshape(len(at), 2, -1)
    back += (boxes[:, :2] + boxes[:, 2:] / 2 + 1)[:, :, None]
    from_x, from_y = np.moveaxis(back.reshape(at.shape), 1, 0)
    cover = fetched_each([padded(ink) for ink in each.values()], of, (side, side), from_x, from_y)
    cover /= np.float32(255.0)
    return cover


def _box(ink: Alpha) -> tuple[int, int, int, int]:
    """Left, top, width and height of what is drawn."""
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return (
        *(int(columns[0]), int(rows[0])),
        *(int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1),
    )
