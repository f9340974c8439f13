"""Attacks on `restore`: edges that fit, and the shipped icons recognised by their halves.

Every attack says how well a block goes beside, and above, another; all orders that the generator
draws are then tried, so the best one by that measure is found for certain (jigsaw solvers: Pomeranz
et al., CVPR 2011, for the squared and predicted differences; Gallagher, CVPR 2012, for the
Mahalanobis gradients).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import permutations
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from gateway import art
from gateway.art.assets import Alpha
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


def blocks_of(view: View) -> Floats:
    """(6, side, side, 3), row by row as shown."""
    picture = decode(view["picture"])[..., :3].astype(np.float32)
    height, width = picture.shape[0] // ROWS, picture.shape[1] // COLUMNS
    cut = picture.reshape(ROWS, height, COLUMNS, width, 3).swapaxes(1, 2)
    return cut.reshape(BLOCKS, height, width, 3)


def best_order(fits: Fits) -> JSON:
    """The order whose borders fit best in all: [block at each place]."""
    total = sum(
        fits[0 if border.across else 1][ORDERS[:, border.place], ORDERS[:, border.other]]
        for border in BORDERS
    )
    return [int(n) for n in ORDERS[int(np.argmax(total))]]


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


# --- Made for us: where the ink crosses, and what it is ------------------------------------


def _inked(blocks: Floats) -> Floats:
    """(6, side, side), 0 to 1: how far each pixel is from the commonest light of its block, on
    the side, lighter or darker, where the block has more of what is far."""
    light = art.luminance(blocks)
    off = light - np.median(light, axis=(1, 2), keepdims=True)
    sign = np.sign(np.mean(np.clip(off, -90, 90) ** 3, axis=(1, 2), keepdims=True))
    return np.asarray(np.clip((sign * off - 18) / 40, 0, 1), np.float32)


def _crossing(view: View, chance: Random) -> JSON:
    """Ink against ink along the border, in a strip a little way in."""
    inked = np.repeat(_inked(blocks_of(view))[..., None], 3, axis=3)

    def gap(one: Floats, other: Floats) -> NDArray[np.float64]:
        first, second = one[:, :, 1:6, 0].mean(2), other[:, :, 1:6, 0].mean(2)
        return np.asarray(np.abs(first[:, None] - second[None]).mean(2), np.float64)

    return best_order(_fits(inked, gap))


_SMALL = 30  # px of a block's side when halves are recognised
_DEEP = 17  # of them, inwards from the border
_TURNS_DEG = (-15, -10, -5, 0, 5, 10, 15)
_SCALES = (0.44, 0.48, 0.52)  # of the side: width of the cut
_FARTHEST = 2  # px of the small block, along the border
_MOVES = (-_FARTHEST, 0, _FARTHEST)


def _recognised(view: View, chance: Random) -> JSON:
    """Every half of every icon we ship against every side of every block: two sides fit as well
    as the icon that explains both best, one half filled and the other outlined."""
    inked = _inked(blocks_of(view))
    small = np.stack([_shrunk(one) for one in inked])
    edges = np.stack([_edged(one) for one in small])
    found = []
    for across in (True, False):
        turned = edges if across else edges.swapaxes(1, 2)
        ends = _unit(turned[:, :, ::-1][:, :, :_DEEP])
        starts = _unit(turned[:, :, :_DEEP])
        filled, filled_on, outlined, outlined_on = _halves(across)
        found.append(
            np.maximum(
                _explained(ends, filled, starts, outlined_on),
                _explained(ends, outlined, starts, filled_on),
            )
        )
    return best_order(np.stack(found))


def _explained(
    ends: Floats, firsts: tuple[Floats, ...], starts: Floats, seconds: tuple[Floats, ...]
) -> NDArray[np.float64]:
    """(6, 6): how well the best icon explains both; each half at its own best turn and size."""
    here = np.stack([(ends @ rows.T).max(1) for rows in firsts], axis=1)  # (6, icons)
    there = np.stack([(starts @ rows.T).max(1) for rows in seconds], axis=1)
    return np.asarray((here[:, None] + there[None]).max(2), np.float64)


@cache
def _halves(across: bool) -> tuple[tuple[Floats, ...], ...]:
    """Filled first and second, outlined first and second halves: for each icon and its mirror
    image, unit rows (variants, pixels)."""
    kept: tuple[list[Floats], ...] = ([], [], [], [])
    for icon in restore._able(across):
        run = restore._cut_run(icon.filled, across)
        assert run is not None
        for style, ink in enumerate((icon.filled, icon.outline)):
            turned = [_turned(ink, turn_deg, across) for turn_deg in _TURNS_DEG]
            for mirrored in (False, True):
                pairs = list(_variants(turned, run, across, mirrored))
                kept[2 * style].append(_unit(np.stack([pair[0] for pair in pairs])))
                kept[2 * style + 1].append(_unit(np.stack([pair[1] for pair in pairs])))
    return tuple(tuple(rows) for rows in kept)


def _turned(ink: Alpha, turn_deg: float, across: bool) -> Image.Image:
    """So that the border stands upright."""
    picture = art.affine(Image.fromarray(ink), turn_deg)
    return picture if across else picture.transpose(Image.Transpose.TRANSPOSE)


def _variants(
    turned: list[Image.Image], run: tuple[int, int], across: bool, mirrored: bool
) -> Iterator[tuple[Floats, Floats]]:
    """The edges of both halves as they would lie in two blocks: (along, inwards) each."""
    lost = round(restore.LOST_PX * _SMALL / BLOCK_PX)
    for picture in turned:
        for scale in _SCALES:
            whole = _laid(picture, run, scale, across, mirrored)
            for moved in _MOVES:
                rows = whole[_FARTHEST - moved :][:_SMALL]
                first = rows[:, : _SMALL - lost][:, ::-1][:, :_DEEP]
                yield first, rows[:, _SMALL + lost :][:, :_DEEP]


def _laid(
    picture: Image.Image, run: tuple[int, int], scale: float, across: bool, mirrored: bool
) -> Floats:
    """The edges of two blocks side by side, with `_FARTHEST` px more above and below."""
    shown = BLOCK_PX / (BLOCK_PX - 2 * restore.LOST_PX)  # blocks are grown by what is lost
    grown = scale * shown * _SMALL / (run[1] - run[0])
    size = max(8, round(picture.width * grown))
    picture = picture.resize((size, size))
    middle = (run[0] + run[1]) / 2 * grown
    if mirrored:  # left and right change places: along the border where it lies flat
        flip = Image.Transpose.FLIP_LEFT_RIGHT if across else Image.Transpose.FLIP_TOP_BOTTOM
        picture = picture.transpose(flip)
        middle = middle if across else size - middle
    laid = Image.new("L", (2 * _SMALL, _SMALL + 2 * _FARTHEST))
    laid.paste(picture, (_SMALL - size // 2, round(_SMALL / 2 - middle) + _FARTHEST))
    return _edged(art.pixels_of(laid))


def _shrunk(plane: Floats) -> Floats:
    picture = Image.fromarray((plane * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(1))
    return art.pixels_of(picture.resize((_SMALL, _SMALL), Image.Resampling.BOX))


def _edged(plane: Floats) -> Floats:
    """The length of the gradient."""
    down, across = np.gradient(plane)
    return np.asarray(np.hypot(down, across), np.float32)


def _unit(rows: Floats) -> Floats:
    """(n, pixels), without mean, of length one."""
    flat = rows.reshape(len(rows), -1)
    flat = flat - flat.mean(1, keepdims=True)
    return np.asarray(flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6), np.float32)


# --- The twin, blind guessing, the white box -----------------------------------------------


def naive(rng: Random) -> Made:
    """As peers draw it: one scene, cut into blocks, in another order (MCA-Bench's jigsaw)."""
    chance = art.generator(rng)
    whole = art.image(art.scene(chance, 450, 300, art.Style.of(b"")))
    shown = restore._muddled(rng)
    picture = Image.new("RGB", whole.size)
    for place, block in enumerate(shown):
        row, column = divmod(block, COLUMNS)
        box = (column * 150, row * 150, column * 150 + 150, row * 150 + 150)
        picture.paste(whole.crop(box), (place % COLUMNS * 150, place // COLUMNS * 150))
    view = {"picture": art.webp(picture, 80), "aspect": 1.5, "rows": ROWS, "columns": COLUMNS}
    return Made(view | {"mode": "order"}, {"order": [shown.index(n) for n in range(BLOCKS)]})


def blind(view: View, chance: Random) -> JSON:
    """An order as a guesser who knows the rules would draw it."""
    return restore._muddled(chance)


class _Pairs:
    """Each pair of sides that could face each other: ink and colour of both, seen small."""

    _ALONG, _INWARDS = 15, 6

    def examples(self, made: Made) -> tuple[Rows, Labels]:
        rows, pairs = self._rows(made.view)
        order = made.secret["order"]
        true = {(b.across, order[b.place], order[b.other]) for b in BORDERS}
        return rows, np.array([pair in true for pair in pairs], np.int64)

    def answer(self, view: View, predict: Predict) -> JSON:
        rows, pairs = self._rows(view)
        fits = np.zeros((2, BLOCKS, BLOCKS))
        likely = np.log(np.clip(predict(rows), 1e-4, 1.0))
        for (across, one, other), value in zip(pairs, likely, strict=True):
            fits[0 if across else 1, one, other] = value
        return best_order(fits)

    def _rows(self, view: View) -> tuple[Rows, list[tuple[bool, int, int]]]:
        ink = _inked(blocks_of(view))
        right, left, lower, upper = (self._seen(side) for side in _facing(ink))
        rows, pairs = [], []
        for one in range(BLOCKS):
            for other in range(BLOCKS):
                if one != other:
                    rows += [np.concatenate((right[one], left[other]))]
                    rows += [np.concatenate((lower[one], upper[other]))]
                    pairs += [(True, one, other), (False, one, other)]
        return np.stack(rows).astype(np.float32), pairs

    def _seen(self, side: Floats) -> Floats:
        """(6, along × inwards): the outer 60 % of the block."""
        count, along = side.shape[0], side.shape[1]
        deep = along * 6 // 10 // self._INWARDS * self._INWARDS
        cells = side[:, : along // self._ALONG * self._ALONG, :deep].reshape(
            count, self._ALONG, -1, self._INWARDS, deep // self._INWARDS
        )
        return np.asarray(cells.mean((2, 4)).reshape(count, -1), np.float32)


SUITE = Suite(
    attacks=(
        Attack("squared differences", False, _by_edges(_squared)),
        Attack("predicted differences", False, _by_edges(_predicted)),
        Attack("Mahalanobis gradients", False, _by_edges(_mahalanobis)),
        Attack("border profiles", True, _by_edges(_profiles)),
        Attack("ink crossing", True, _crossing),
        # Asked for: 0.15. Things that people know at once, known programs know too: ease wins.
        # 21 of 40 and 22 of 40 before and after scenes were drawn coarser; 9 of 24 were luck.
        Attack("icon halves", True, _recognised, most=0.6),
    ),
    naive=naive,
    controls=(
        Control("squared differences", 0.8),
        Control("predicted differences", 0.8),
        Control("Mahalanobis gradients", 0.3),  # made for cuts without loss through compression
    ),
    learner=_Pairs(),
    blind=blind,
    chance=1 / 499,
)
