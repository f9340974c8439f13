"""Put the six blocks of a cut picture back: all of them, by swapping two at a time.

The picture shows one thing that everyone knows (a cat, a house, a teapot), so large that it fills
all blocks, and unlike in all its parts; each time bent, stretched, turned and mirrored anew. People
put a block where what it shows belongs: ears above paws, the spout before the handle. Edges don't
tell. Of each side a share is lost; each block is turned, sized, stretched and bent a little on its
own, and has a ground of its own out of one scene. Colour never tells anything.

`hardness: hard` turns and bends all of it more, and gives each block an ink and tones of its own,
dark or light by chance. Behind the thing lie the lines of two others in an order of their own: they
go on across borders where nothing does. That hides it from who has learned our subjects, and makes
people look for long.

A picture in which two blocks show nearly the same, or two show nearly nothing, is not asked.
Three or four swaps mend it: 499 orders, of which one is right. Blind guessing gives 0.2 %. There is
no tolerance: an order is right or wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random

import numpy as np
from PIL import Image

from gateway import art
from gateway.art.colours import Colour, from_hsv
from gateway.art.painting import Paints, paint, tones_of
from gateway.art.sketch import HEIGHT, TONES, WIDTH, Play, Shape, Sketch, moved, outlines, seen_in
from gateway.art.subjects import SUBJECTS
from gateway.kinds import Hardness, Look
from gateway.model import JSON, Made, Verdict

ROWS, COLUMNS = 2, 3
BLOCKS = ROWS * COLUMNS
BLOCK_PX = 150  # drawn at one and a half times its size on the page
LOST = 0.08  # of the side, along each side of a block
MOST_CHARS = 38_000  # of the picture as text
SWAPS = (3, 4)  # that mend a picture
COARSER = 1.5  # the scene is drawn as large as it is shown
GROUND_CONTRAST = 0.35
SHADE = 0.2  # of light, over a block
DARK = 128  # of 255: ink that is darker lies on light
WIDEST_PX = 8  # half of the widest line
PROBE_PX = 20  # of a block's side, when what it shows is weighed
LEAST_FORM = 0.2  # of a block is the subject's, in all blocks but one
LEAST_UNLIKE = 0.3  # of any two blocks' places


@dataclass(frozen=True, slots=True)
class Hiding:
    """What keeps programs from the order, and people somewhat."""

    whole: Play  # how the subject is posed
    own: Play  # and each block of it
    ghosts: int  # other subjects, of which the lines lie behind
    one_paint: bool  # whether all blocks are painted with the same


HIDING: Mapping[Hardness, Hiding] = {
    "usual": Hiding(
        whole=Play(off=0.05, size=0.06, turn_deg=8.0, stretch=0.15, shear=0.1, bend=0.05),
        own=Play(off=0.03, size=0.06, turn_deg=7.0, stretch=0.05, shear=0.05, bend=0.02),
        ghosts=0,
        one_paint=True,
    ),
    "hard": Hiding(
        whole=Play(off=0.1, size=0.09, turn_deg=16.0, stretch=0.2, shear=0.22, bend=0.09),
        own=Play(off=0.05, size=0.12, turn_deg=11.0, stretch=0.1, shear=0.1, bend=0.05),
        ghosts=2,
        one_paint=False,
    ),
}


@dataclass(frozen=True, slots=True)
class Params:
    """`hard`: dearer for who learned our subjects, and for people."""

    hardness: Hardness = "usual"
    look: Look = Look()


@dataclass(frozen=True, slots=True)
class _Border:
    """Between the block at `place` and its right (`across`) or lower neighbour."""

    place: int
    across: bool

    @property
    def other(self) -> int:
        return self.place + (1 if self.across else COLUMNS)


BORDERS = (
    *(_Border(r * COLUMNS + c, True) for r in range(ROWS) for c in range(COLUMNS - 1)),
    *(_Border(c, False) for c in range(COLUMNS)),
)


class Restore:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        """`picture`: the blocks in the wrong order; `rows` and `columns` of them."""
        chance = art.generator(rng)
        blocks = _blocks(chance, params)
        shown = muddled(rng)
        picture = Image.new("RGB", (COLUMNS * BLOCK_PX, ROWS * BLOCK_PX))
        for place, block in enumerate(shown):
            row, column = divmod(place, COLUMNS)
            picture.paste(blocks[block], (column * BLOCK_PX, row * BLOCK_PX))
        view = {
            "picture": art.within(picture, MOST_CHARS),
            "aspect": COLUMNS / ROWS,
            "rows": ROWS,
            "columns": COLUMNS,
            "mode": "order",
        }
        return Made(view, {"order": [shown.index(place) for place in range(BLOCKS)]})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        """`[…]`: for each place, row by row, which of the shown blocks belongs there."""
        if not isinstance(answer, list) or len(answer) != BLOCKS:
            return Verdict(False, "malformed")
        if not all(isinstance(n, int) and not isinstance(n, bool) for n in answer):
            return Verdict(False, "malformed")
        if sorted(answer) != list(range(BLOCKS)):
            return Verdict(False, "malformed")
        right = answer == secret["order"]
        return Verdict(right, "right" if right else "wrong", miss=0.0 if right else 1.0)


def muddled(rng: Random) -> list[int]:
    """An order that as many swaps mend as `SWAPS` allow."""
    order = list(range(BLOCKS))
    while swaps_needed(order) not in SWAPS:
        rng.shuffle(order)
    return order


def swaps_needed(order: list[int]) -> int:
    """The least number of swaps that sort it: its length less the number of its cycles."""
    seen: set[int] = set()
    cycles = 0
    for start in range(len(order)):
        cycles += start not in seen
        while start not in seen:
            seen.add(start)
            start = order[start]
    return len(order) - cycles


# --- Drawing -------------------------------------------------------------------------------


def _blocks(chance: np.random.Generator, params: Params) -> list[Image.Image]:
    """The blocks in their right order."""
    style, hiding = art.Style.of(params.look.salt), HIDING[params.hardness]
    scene = _scene(chance, style, params.look)
    subject = telling(chance, chosen(chance), hiding)
    behind = _ghosts(chance, hiding)
    light = chance.random(1 if hiding.one_paint else BLOCKS) < 0.5
    own = [paints(chance, bool(dark_ink), style) for dark_ink in light]
    return [
        _block(chance, _piece(chance, scene), behind[n] + shapes, own[n % len(own)])
        for n, shapes in enumerate(subject)
    ]


def _scene(chance: np.random.Generator, style: art.Style, look: Look) -> art.Pixels:
    """As large as all blocks."""
    size = (COLUMNS * BLOCK_PX, ROWS * BLOCK_PX)
    width, height = (round(side / COARSER) for side in size)
    small = art.scene(chance, width, height, style, look.pictures)
    return art.pixels(art.image(small).resize(size, Image.Resampling.BILINEAR))


def _ghosts(chance: np.random.Generator, hiding: Hiding) -> list[list[Shape]]:
    """For each block the lines of other subjects, as they lie in some other block."""
    names = [chosen(chance) for _ in range(hiding.ghosts)]
    ghosts = [shape for name in names for shape in outlines(whole(chance, name, hiding))]
    order = chance.permutation(BLOCKS).tolist()
    return [seen(chance, ghosts, place, hiding) if ghosts else [] for place in order]


def chosen(chance: np.random.Generator) -> str:
    """The name of a subject."""
    names = tuple(SUBJECTS)
    return names[int(chance.integers(len(names)))]


def telling(chance: np.random.Generator, name: str, hiding: Hiding) -> list[list[Shape]]:
    """What each block shows of a subject, which lies so that no block could be another's."""
    while True:
        subject = whole(chance, name, hiding)
        blocks = [seen(chance, subject, place, hiding) for place in range(BLOCKS)]
        if are_told_apart(blocks):
            return blocks


def whole(chance: np.random.Generator, name: str, hiding: Hiding) -> list[Shape]:
    """A subject in its frame."""
    sketch = Sketch(chance)
    SUBJECTS[name](sketch)
    middle = (WIDTH / 2, HEIGHT / 2)
    mirrored = bool(chance.random() < 0.5)
    return moved(sketch.shapes, *hiding.whole.steps(chance, middle, middle, mirrored=mirrored))


def seen(
    chance: np.random.Generator, subject: Sequence[Shape], place: int, hiding: Hiding
) -> list[Shape]:
    """What a block shows of it, in its pixels."""
    row, column = divmod(place, COLUMNS)
    middle, to = (column + 0.5, row + 0.5), (BLOCK_PX / 2, BLOCK_PX / 2)
    steps = hiding.own.steps(chance, middle, to, BLOCK_PX / (1 - 2 * LOST))
    return seen_in(BLOCK_PX, subject, *steps, room=WIDEST_PX)


def are_told_apart(blocks: Sequence[Sequence[Shape]]) -> bool:
    """Whether forms lie in all blocks but one, and in no two of them alike."""
    size_px, scale = (PROBE_PX, PROBE_PX), PROBE_PX / BLOCK_PX
    tones = [tones_of(shapes, size_px, scale) for shapes in blocks]
    formed = sorted(float((one > 0).mean()) for one in tones)
    if formed[1] < LEAST_FORM:
        return False
    return all(float((a != b).mean()) >= LEAST_UNLIKE for a, b in combinations(tones, 2))


def _piece(chance: np.random.Generator, scene: art.Pixels) -> art.Pixels:
    """As large as a block, from anywhere, turned or turned over."""
    height, width = scene.shape[:2]
    left = int(chance.integers(width - BLOCK_PX + 1))
    top = int(chance.integers(height - BLOCK_PX + 1))
    piece = scene[top : top + BLOCK_PX, left : left + BLOCK_PX]
    return np.rot90(piece[:, ::-1] if chance.random() < 0.5 else piece, int(chance.integers(4)))


def _block(
    chance: np.random.Generator, piece: art.Pixels, shapes: Sequence[Shape], own: Paints
) -> Image.Image:
    """Its share of the subject on a ground of its own."""
    level = chance.uniform(135, 190) if max(own.ink) < DARK else chance.uniform(60, 105)
    ground = float(level) + GROUND_CONTRAST * (piece - piece.mean((0, 1)))
    ground = art.recolour(chance, ground, 0.15)
    drawn = np.asarray(paint(shapes, (BLOCK_PX, BLOCK_PX), own), np.float32)
    ground += drawn[..., 3:] / 255 * (drawn[..., :3] - ground)
    return art.image(ground * art.shading(chance, BLOCK_PX, BLOCK_PX, SHADE)[..., None])


def paints(chance: np.random.Generator, dark_ink: bool, style: art.Style) -> Paints:
    """Ink far from all tones in light; which tone is light and which dark is anybody's guess."""
    ink_value, low, high = (0.1, 0.6, 1.0) if dark_ink else (1.0, 0.2, 0.55)
    tones: list[Colour] = [
        from_hsv(chance.random(), float(chance.uniform(0.15, 0.45)), low + (high - low) * rank)
        for rank in (chance.permutation(TONES) / (TONES - 1)).tolist()
    ]
    ink = from_hsv(chance.random(), float(chance.uniform(0.05, 0.2)), ink_value)
    return Paints(ink, tuple(tones), float(chance.uniform(3.0, 4.2)) * style.stroke)


KIND = Restore()
