"""What kinds that ask for clicks share: the ground to put things on, the prompt, where to click."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from gateway.art.forms import Mask, image, pixels
from gateway.art.scenes import scene
from gateway.art.strewing import Spot
from gateway.art.style import Style
from gateway.model import JSON

SHOWN_PX = (320, 240)
FILE_PX = (480, 360)  # half as many again, for sharp screens
PROMPT_PX = 84  # height of a prompt, and width for each thing in it


@dataclass(frozen=True, slots=True)
class Paper:
    """How a prompt is printed: two pairs of (ink, ground), and how much texture shows through."""

    dark: tuple[float, float]  # luma, 0 to 255: dark ink on light ground
    light: tuple[float, float]
    texture: float


def ground(
    chance: np.random.Generator, style: Style, pictures: tuple[bytes, ...], detail: float
) -> Image.Image:
    """A background with so much of its contrast, drawn as it is shown and enlarged: as good behind
    things, at half the cost."""
    small = scene(chance, *SHOWN_PX, style, pictures)
    middle = small.mean((0, 1))
    small -= middle
    small *= np.float32(detail)
    small += middle
    return image(small).resize(FILE_PX, Image.Resampling.BILINEAR)


def printed(
    chance: np.random.Generator,
    behind: Image.Image,
    count: int,
    covers: Iterable[Mask],
    paper: Paper,
) -> Image.Image:
    """The `count` things that `covers` draws, each larger than its cell, side by side, of one tone,
    on faint texture of the picture."""
    wide = PROMPT_PX * count
    left = int(chance.integers(behind.width - wide + 1))
    top = int(chance.integers(behind.height - PROMPT_PX + 1))
    under = pixels(behind.crop((left, top, left + wide, top + PROMPT_PX)))
    ink, tone = paper.dark if chance.random() < 0.5 else paper.light
    page = tone + np.float32(paper.texture) * (under - under.mean((0, 1)))
    for number, mask in enumerate(covers):
        rim = (mask.shape[0] - PROMPT_PX) // 2
        cover = mask[rim : rim + PROMPT_PX, rim : rim + PROMPT_PX, None]
        cell = page[:, number * PROMPT_PX : (number + 1) * PROMPT_PX]
        cell += cover * (ink - cell)
    return image(page)


def aims(spots: Sequence[Spot], radius: float) -> dict[str, JSON]:
    """What `clicks.judged` is given: middles as fractions, radii (a share of the size) as shown."""
    to_shown = SHOWN_PX[0] / FILE_PX[0]
    return {
        "middles": [[round(s.x_px / FILE_PX[0], 4), round(s.y_px / FILE_PX[1], 4)] for s in spots],
        "radii_px": [round(radius * s.size_px * to_shown, 2) for s in spots],
    }
