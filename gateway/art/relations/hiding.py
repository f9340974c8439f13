"""The ball lies behind the thing with corners, or before it: only the edge between them tells."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from gateway.art.relations.shapes import box_faces
from gateway.art.relations.tile import Points, Tile

HIDDEN = (0.2, 0.45)  # share of each that the other may cover
_COARSE = 60


def behind(tile: Tile, fits: bool) -> None:
    """The hidden shares are drawn from the same range both ways."""
    chance = tile.chance
    for _ in range(40):
        radius, size = chance.uniform(0.17, 0.23), chance.uniform(0.19, 0.25)
        outline, faces = box_faces(tile, size, chance.uniform(-0.35, 0.35))
        away = chance.uniform(0, 2 * np.pi)
        apart = chance.uniform(0.55, 0.95) * (radius + size)
        way = np.array([np.cos(away), np.sin(away)])
        middle = np.array([0.5, 0.5]) + chance.uniform(-0.05, 0.05, 2)
        ball, corner = middle + way * apart / 2, middle - way * apart / 2
        if _fair(ball, radius, outline + corner):
            break
    if not fits:
        _box(tile, faces, corner)
        tile.disc(ball, radius)
        return
    tile.disc(ball, radius)
    _box(tile, faces, corner)


def _box(tile: Tile, faces: list[tuple[Points, str]], middle: Points) -> None:
    cloth = None
    for face, light in faces:
        cloth = tile.polygon(face + middle, light, cloth)


def _fair(ball: Points, radius: float, outline: Points) -> bool:
    """Is enough of each covered by the other, not too much, and all of it on the tile?"""
    if outline.min() < 0.03 or outline.max() > 0.97:
        return False
    if (ball - radius).min() < 0.03 or (ball + radius).max() > 0.97:
        return False
    mask = Image.new("L", (_COARSE, _COARSE))
    ImageDraw.Draw(mask).polygon([(x * _COARSE, y * _COARSE) for x, y in outline], fill=1)
    corners = np.asarray(mask, bool)
    across = (np.arange(_COARSE) + 0.5) / _COARSE
    round_one = np.hypot(across[None] - ball[0], across[:, None] - ball[1]) < radius
    both = float((corners & round_one).sum())
    shares = both / round_one.sum(), both / max(1, corners.sum())
    return all(HIDDEN[0] <= share <= HIDDEN[1] for share in shares)
