"""Which of our things does the prompt of `icon` show? By comparing it with all of our pictures."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gateway.art.assets import SHOWN_PX as DRAWN_PX
from gateway.art.assets import Concept, concepts
from gateway.art.clickable import PROMPT_PX
from gateway.art.forms import pixels
from gateway.bench.pictures import Pixels, Plane
from gateway.kinds import icon as kind

TURNS_DEG = (-10, 0, 10)
THUMB_PX = 16


def named(cell: Pixels) -> Concept:
    """Which thing a part of the prompt shows: the likest of our pictures, in some pose."""
    off = _thumbs() - _thumb(cell.astype(np.float32)).ravel()
    return concepts()[int(np.square(off).sum(2).min(1).argmin())]


@cache
def _thumbs() -> NDArray[np.float32]:
    """(things, poses, pixels)"""
    return np.stack([[_thumb(pose).ravel() for pose in _poses(one)] for one in concepts()])


def _poses(thing: Concept) -> Iterator[Plane]:
    """As the prompt may show it, on its paper."""
    for ink in (thing.shown, thing.shown[:, ::-1]):
        for turn_deg in TURNS_DEG:
            page = Image.new("RGB", (PROMPT_PX, PROMPT_PX), (round(kind.PAPER),) * 3)
            cell = kind.shown(ink, DRAWN_PX, turn_deg)
            page.paste(cell, (0, 0), cell)
            yield pixels(page)


def _thumb(picture: Plane) -> NDArray[np.float32]:
    small = cv2.resize(picture, (THUMB_PX, THUMB_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)
