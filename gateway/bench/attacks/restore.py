"""Attacks on `restore`: edges that fit, lines carried on, and our own subjects drawn and compared.

Most attacks say how well a block goes beside, and above, another (`borders`, `seams`); all orders
that the generator draws are then tried, so the best one by that measure is found for certain.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gateway import art
from gateway.art.painting import paint
from gateway.art.sketch import moved
from gateway.bench import borders, seams
from gateway.bench.attack import Attack, Control, Labels, Predict, Rows, Suite, View
from gateway.bench.borders import Fits, Floats
from gateway.bench.parts import directions, known
from gateway.bench.pictures import decode
from gateway.kinds import restore
from gateway.kinds.restore import BLOCK_PX, BLOCKS, BORDERS, COLUMNS, ROWS
from gateway.model import JSON, Made

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


# --- Off the shelf: edges that fit ---------------------------------------------------------


def _by_edges(gap: Callable[[Floats, Floats], borders.Gaps]) -> Callable[..., JSON]:
    def solve(view: View, chance: Random) -> JSON:
        return best_order(borders.fits(blocks_of(view), gap))

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


def _line_ends(view: View, chance: Random) -> JSON:
    """Lines carried on to the middle of what was lost between two blocks must meet there, and at
    one slant. Whether something was lost at all shows in how well they do."""
    blocks, lost = blocks_of(view), restore.LOST / (1 - 2 * restore.LOST)
    fits = [borders.meeting(blocks, share) for share in (0.0, lost)]
    return max(map(ranked, fits), key=lambda found: found[1])[0]


# --- Made for us: where in a picture a block looks to be from ------------------------------


def _placed(likely: NDArray[np.float64]) -> JSON:
    """[block at each place], from (6 blocks, 6 places): how likely each is."""
    total = sum(likely[ORDERS[:, place], place] for place in range(BLOCKS))
    return [int(n) for n in ORDERS[int(np.argmax(total))]]


def _inwards(view: View, chance: Random) -> JSON:
    """A thing lies in the middle: a block's edges lie towards it."""
    down, across = borders.edges(blocks_of(view))
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
    fits = borders.fits(blocks, borders.profiles)
    fits[1, above] += 10.0  # those have others below them
    return best_order(fits)


REPORTED = 1.0  # no budget: it learns from labelled output of ours, as the white box does


def _examples_known(view: View, chance: Random) -> JSON:
    """Pictures from our own generator, with lines alone: the one whose blocks look most alike in
    some order, by the directions of edges, tells the order."""
    rows = directions(art.luminance(blocks_of(view)))
    likeness = np.einsum("bf,npf->nbp", rows, known())
    best = np.stack(
        [sum(one[ORDERS[:, place], place] for place in range(BLOCKS)) for one in likeness]
    )
    return [int(n) for n in ORDERS[int(np.argmax(np.logaddexp.reduce(best * 12, axis=0)))]]


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
        seen = directions(art.luminance(blocks_of(view)))
        return np.stack([np.concatenate((seen[one], seen[other])) for one, other in PAIRS])


SUITE = Suite(
    attacks=(
        Attack("squared differences", False, _by_edges(borders.squared)),
        Attack("predicted differences", False, _by_edges(borders.predicted)),
        Attack("Mahalanobis gradients", False, _by_edges(borders.mahalanobis)),
        Attack("edges without light", False, _without_light),
        Attack("profiles with slack", True, _with_slack),
        Attack("border profiles", True, _by_edges(borders.profiles)),
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
