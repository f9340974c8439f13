"""Attacks on `restore`: edges that fit, lines carried on, and our own subjects drawn and compared.

Most attacks say how well a block goes beside, and above, another; all orders that the generator
draws are then tried, so the best one by that measure is found for certain (jigsaw solvers: Pomeranz
et al., CVPR 2011, for the squared and predicted differences; Gallagher, CVPR 2012, for the
Mahalanobis gradients).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import permutations
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gateway import art
from gateway.art.painting import Paints, paint
from gateway.art.sketch import TONES, Shape, moved
from gateway.art.subjects import SUBJECTS
from gateway.bench import seams
from gateway.bench.attack import Attack, Control, Labels, Predict, Rows, Suite, View
from gateway.bench.pictures import decode
from gateway.kinds import restore
from gateway.kinds.restore import BLOCK_PX, BLOCKS, BORDERS, COLUMNS, ROWS
from gateway.model import JSON, Made

Floats = NDArray[np.float32]
Fits = NDArray[np.float64]  # (2, 6, 6): how well b lies right of a; how well b lies below a

ORDERS = np.array(  # what may be right: a picture is as many swaps from mended as from muddled
    [o for o in permutations(range(BLOCKS)) if restore.swaps_needed(list(o)) in restore.SWAPS]
)

PAIRS = tuple(permutations(range(BLOCKS), 2))
_USUAL = restore.HIDING["usual"]


def blocks_of(view: View) -> Floats:
    """(6, side, side, 3), row by row as shown."""
    picture = decode(view["picture"])[..., :3].astype(np.float32)
    height, width = picture.shape[0] // ROWS, picture.shape[1] // COLUMNS
    cut = picture.reshape(ROWS, height, COLUMNS, width, 3).swapaxes(1, 2)
    return cut.reshape(BLOCKS, height, width, 3)


def best_order(fits: Fits) -> JSON:
    """The order whose borders fit best in all: [block at each place]."""
    return ranked(fits)[0]


def ranked(fits: Fits) -> tuple[list[int], float]:
    """That order, and how well it fits."""
    total = sum(
        fits[0 if border.across else 1][ORDERS[:, border.place], ORDERS[:, border.other]]
        for border in BORDERS
    )
    best = int(np.argmax(total))
    return [int(n) for n in ORDERS[best]], float(total[best])


def _facing(blocks: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Right, left, lower and upper sides as (6, along, inwards, 3): the outermost row first."""
    turned = blocks.swapaxes(1, 2)
    return blocks[:, :, ::-1], blocks, turned[:, :, ::-1], turned


def _fits(blocks: Floats, gap: Callable[[Floats, Floats], NDArray[np.float64]]) -> Fits:
    right, left, lower, upper = _facing(blocks)
    return -np.stack((gap(right, left), gap(lower, upper)))


# --- Off the shelf: edges that fit ---------------------------------------------------------


def _squared(one: Floats, other: Floats) -> NDArray[np.float64]:
    """Sum of squared differences of the outermost rows."""
    off = one[:, None, :, 0] - other[None, :, :, 0]
    return np.asarray((off**2).mean((2, 3)), np.float64)


def _predicted(one: Floats, other: Floats) -> NDArray[np.float64]:
    """Each side carried on by its last step, compared with the other's outermost row."""
    on = 2 * one[:, :, 0] - one[:, :, 1]
    back = 2 * other[:, :, 0] - other[:, :, 1]
    there = np.abs(on[:, None] - other[None, :, :, 0]).mean((2, 3))
    here = np.abs(back[None] - one[:, None, :, 0]).mean((2, 3))
    return np.asarray(there + here, np.float64)


def _mahalanobis(one: Floats, other: Floats) -> NDArray[np.float64]:
    """How unusual the step over the border is among the steps just before it, both ways."""
    return _steps(one, other) + _steps(other, one).T


def _steps(one: Floats, other: Floats) -> NDArray[np.float64]:
    inside = one[:, :, 0] - one[:, :, 1]  # (6, along, 3)
    mean = inside.mean(1)
    spread = np.stack([np.cov(rows.T) + np.eye(3) for rows in inside])
    inverse = np.linalg.inv(spread)
    over = other[None, :, :, 0] - one[:, None, :, 0] - mean[:, None, None]
    return np.asarray(np.einsum("abli,aij,ablj->ab", over, inverse, over), np.float64)


def _profiles(one: Floats, other: Floats) -> NDArray[np.float64]:
    """Light along the border, blurred and freed of mean and strength: what recolouring leaves."""
    first, second = _profile(one), _profile(other)
    return np.asarray(-(first @ second.T), np.float64)


def _profile(side: Floats, depth_px: int = 6) -> Floats:
    light = art.luminance(side[:, :, :depth_px]).mean(2)
    kernel = np.hanning(11) / np.hanning(11).sum()
    soft = np.stack([np.convolve(line, kernel, "valid") for line in light])
    soft -= soft.mean(1, keepdims=True)
    return np.asarray(soft / (np.linalg.norm(soft, axis=1, keepdims=True) + 1e-6), np.float32)


def _by_edges(gap: Callable[[Floats, Floats], NDArray[np.float64]]) -> Callable[..., JSON]:
    def solve(view: View, chance: Random) -> JSON:
        return best_order(_fits(blocks_of(view), gap))

    return solve


def _without_light(view: View, chance: Random) -> JSON:
    """Each block freed of the light over it and each edge of its tint, the outermost rows left
    out: then as jigsaw solvers do."""
    blocks = [
        seams.flattened(one) for one in seams.blocks_of(decode(view["picture"]), ROWS, COLUMNS)
    ]
    return seams.best_order(*seams.costs(blocks, 1, normalised=True), ROWS, COLUMNS)


def _with_slack(view: View, chance: Random) -> JSON:
    """Colours along the border, matched with a few pixels of slack."""
    blocks = [
        seams.flattened(one) for one in seams.blocks_of(decode(view["picture"]), ROWS, COLUMNS)
    ]
    return seams.best_order(*seams.profile_costs(blocks), ROWS, COLUMNS)


# --- Made for us: lines carried on over what is lost ---------------------------------------

_ALONG, _SLANTS = 24, 5  # cells along a border; directions of lines that meet it
_STEEPEST = 1.5  # run along the border for each step towards it
_STRIP = (0.02, 0.1)  # of the side, from the border inwards: where lines are looked at


def _edges(blocks: Floats) -> tuple[Floats, Floats]:
    """Gradients of light down and across, each block's brought to one strength."""
    light = art.luminance(blocks)
    soft = np.stack([np.asarray(art.blurred(one, 1.2)) for one in light])
    down, across = np.gradient(soft, axis=(1, 2))
    strength = np.sqrt((down**2 + across**2).mean((1, 2), keepdims=True)) + 1e-6
    return (down / strength).astype(np.float32), (across / strength).astype(np.float32)


def _carried(inwards: Floats, along: Floats, lost: float) -> Floats:
    """(6, along, slants): how strong the lines are that would meet the middle of what is lost
    there, at that slant. Gradients (6, along, inwards) from the border."""
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


def _line_ends(view: View, chance: Random) -> JSON:
    """Lines carried on to the middle of what was lost between two blocks must meet there, and at
    one slant. Whether something was lost at all shows in how well they do."""
    down, across = _edges(blocks_of(view))
    fits = [_meeting(down, across, lost) for lost in (0.0, restore.LOST / (1 - 2 * restore.LOST))]
    return max(map(ranked, fits), key=lambda found: found[1])[0]


def _meeting(down: Floats, across: Floats, lost: float) -> Fits:
    right = _carried(-across[:, :, ::-1], down[:, :, ::-1], lost)
    left = _carried(across, down, lost)
    down, across = down.swapaxes(1, 2), across.swapaxes(1, 2)
    lower = _carried(-down[:, :, ::-1], across[:, :, ::-1], lost)
    upper = _carried(down, across, lost)
    return np.stack([_alike(right, left[:, :, ::-1]), _alike(lower, upper[:, :, ::-1])])


def _alike(one: Floats, other: Floats) -> NDArray[np.float64]:
    return np.asarray(_unit(one) @ _unit(other).T, np.float64)


# --- Made for us: where in a picture a block looks to be from ------------------------------


def _placed(likely: NDArray[np.float64]) -> JSON:
    """[block at each place], from (6 blocks, 6 places): how likely each is."""
    total = sum(likely[ORDERS[:, place], place] for place in range(BLOCKS))
    return [int(n) for n in ORDERS[int(np.argmax(total))]]


def _inwards(view: View, chance: Random) -> JSON:
    """A thing lies in the middle: a block's edges lie towards it."""
    down, across = _edges(blocks_of(view))
    energy = np.minimum(down**2 + across**2, 9.0)
    side = np.linspace(-1, 1, energy.shape[1], dtype=np.float32)
    total = energy.sum((1, 2)) + 1e-6
    x, y = (energy.sum(1) @ side) / total, (energy.sum(2) @ side) / total
    row, column = np.divmod(np.arange(BLOCKS), COLUMNS)
    return _placed(-np.outer(x, column - 1.0) - np.outer(y, 2.0 * row - 1.0))


def _light_above(view: View, chance: Random) -> JSON:
    """Skies are light, grounds are dark; which is left and which right is told by edges."""
    blocks = blocks_of(view)
    light = art.luminance(blocks).mean((1, 2))
    above = np.argsort(-light, kind="stable")[:COLUMNS]
    fits = _fits(blocks, _profiles)
    fits[1, above] += 10.0  # those have others below them
    return best_order(fits)


_CELLS, _WAYS = 6, 4
_EXAMPLES = 60  # of each subject
REPORTED = 1.0  # no budget: it learns from labelled output of ours, as the white box does


def _examples_known(view: View, chance: Random) -> JSON:
    """Pictures from our own generator, with lines alone: the one whose blocks look most alike in
    some order, by the directions of edges, tells the order."""
    rows = _directions(art.luminance(blocks_of(view)))
    likeness = np.einsum("bf,npf->nbp", rows, _known())
    best = np.stack(
        [sum(one[ORDERS[:, place], place] for place in range(BLOCKS)) for one in likeness]
    )
    return [int(n) for n in ORDERS[int(np.argmax(np.logaddexp.reduce(best * 12, axis=0)))]]


@cache
def _known() -> Floats:
    """(n, 6 places, features)."""
    chance = np.random.default_rng(7)
    return np.stack(
        [
            _directions(
                np.stack([_lines(shapes) for shapes in restore.telling(chance, name, _USUAL)])
            )
            for name in SUBJECTS
            for _ in range(_EXAMPLES)
        ]
    )


def _lines(shapes: list[Shape]) -> Floats:
    paints = Paints((0, 0, 0), ((255, 255, 255),) * TONES, 3.0)
    drawn = paint(shapes, (BLOCK_PX, BLOCK_PX), paints)
    page = Image.new("RGBA", drawn.size, (255, 255, 255, 255))
    return art.luminance(art.pixels(Image.alpha_composite(page, drawn)))


def _directions(lights: Floats) -> Floats:
    """(n, features): how much of which direction in which part, of unit length."""
    rows = []
    for light in lights:
        down, across = np.gradient(art.blurred(light, 1.5))
        strength = np.hypot(down, across)
        strength = np.sqrt(np.maximum(strength - np.median(strength), 0))
        way = (np.arctan2(down, across) % np.pi / np.pi * _WAYS).astype(int) % _WAYS
        parts = [_cells_of(np.where(way == n, strength, 0)) for n in range(_WAYS)]
        row = np.concatenate(parts)
        row = row - row.mean()
        rows.append(row / (np.linalg.norm(row) + 1e-6))
    return np.asarray(np.stack(rows), np.float32)


def _cells_of(plane: Floats) -> Floats:
    soft = Image.fromarray(np.asarray(plane, np.float32)).resize(
        (_CELLS, _CELLS), Image.Resampling.BILINEAR
    )
    return np.asarray(soft, np.float32).ravel()


def _unit(rows: Floats) -> Floats:
    """(n, features), without mean, of length one."""
    flat = rows.reshape(len(rows), -1)
    flat = flat - flat.mean(1, keepdims=True)
    return np.asarray(flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6), np.float32)


# --- The twin, blind guessing, the white box -----------------------------------------------


def naive(rng: Random) -> Made:
    """As peers draw it, but of our subjects, so that every attack has something to find: one
    picture in one paint, cut straight into blocks, in another order (MCA-Bench's jigsaw)."""
    chance = art.generator(rng)
    style = art.Style.of(b"")
    size_px = (COLUMNS * BLOCK_PX, ROWS * BLOCK_PX)
    whole = art.image(art.scene(chance, *size_px, style))
    subject = restore.whole(chance, restore.chosen(chance), _USUAL)
    subject = moved(subject, lambda at: at * BLOCK_PX)
    drawn = paint(subject, size_px, restore.paints(chance, True, style))
    whole.paste(drawn, mask=drawn)
    shown = restore.muddled(rng)
    picture = Image.new("RGB", size_px)
    for place, block in enumerate(shown):
        row, column = divmod(block, COLUMNS)
        left, top = column * BLOCK_PX, row * BLOCK_PX
        piece = whole.crop((left, top, left + BLOCK_PX, top + BLOCK_PX))
        picture.paste(piece, (place % COLUMNS * BLOCK_PX, place // COLUMNS * BLOCK_PX))
    view = {"picture": art.webp(picture, 80), "aspect": 1.5, "rows": ROWS, "columns": COLUMNS}
    return Made(view | {"mode": "order"}, {"order": [shown.index(n) for n in range(BLOCKS)]})


def blind(view: View, chance: Random) -> JSON:
    """An order as a guesser who knows the rules would draw it."""
    return restore.muddled(chance)


class _Pairs:
    """Each two blocks, by the directions of edges in all their parts: whether the second lies right
    of the first (1), below it (2) or elsewhere (0)."""

    def examples(self, made: Made) -> tuple[Rows, Labels]:
        order = made.secret["order"]
        label = {(order[b.place], order[b.other]): 1 if b.across else 2 for b in BORDERS}
        return self._rows(made.view), np.array([label.get(pair, 0) for pair in PAIRS], np.int64)

    def answer(self, view: View, predict: Predict) -> JSON:
        fits = np.zeros((2, BLOCKS, BLOCKS))
        likely = np.log(np.clip(predict(self._rows(view)), 1e-4, 1.0))
        for (one, other), row in zip(PAIRS, likely, strict=True):
            fits[:, one, other] = row[1:] - row[0]
        return best_order(fits)

    def _rows(self, view: View) -> Rows:
        seen = _directions(art.luminance(blocks_of(view)))
        return np.stack([np.concatenate((seen[one], seen[other])) for one, other in PAIRS])


SUITE = Suite(
    attacks=(
        Attack("squared differences", False, _by_edges(_squared)),
        Attack("predicted differences", False, _by_edges(_predicted)),
        Attack("Mahalanobis gradients", False, _by_edges(_mahalanobis)),
        Attack("edges without light", False, _without_light),
        Attack("profiles with slack", True, _with_slack),
        Attack("border profiles", True, _by_edges(_profiles)),
        Attack("lines carried on", True, _line_ends),
        Attack("edges lie inwards", True, _inwards),
        Attack("light above", True, _light_above),
        Attack("our subjects, learned", True, _examples_known, most=REPORTED),
    ),
    naive=naive,
    controls=(
        Control("squared differences", 0.8),
        Control("predicted differences", 0.8),
        Control("edges without light", 0.8),
        Control("profiles with slack", 0.5),
        Control("lines carried on", 0.6),
        Control("our subjects, learned", 0.5),
        Control("Mahalanobis gradients", 0.3),  # made for cuts without loss through compression
    ),
    learner=_Pairs(),
    blind=blind,
    chance=1 / 499,
)
