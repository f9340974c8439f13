"""Attacks on `puzzle`: find gaps by edges, masks and rims; then tell which thing goes on around.

The gaps are all alike and plain to see, so all of those that look for gaps find one of six. What
is made for us finds all six and tells by what is beside them: rims that go on, the piece's form
in any pose, and the shipped icons, once the piece is recognised as one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import cv2
import numpy as np
from numpy.typing import NDArray

from gateway import art
from gateway.bench import besides, blobs, gaps, recognised, twins
from gateway.bench.attack import Attack, Control, Labels, Predict, Rows, Suite, View
from gateway.bench.besides import Search, Seen
from gateway.bench.pictures import Pixels, Plane, alpha, decode, rgb
from gateway.bench.places import Place
from gateway.bench.rims import gap_middles, rim_fit
from gateway.kinds.puzzle import (
    DRAWN_PX,
    FRAME_PX,
    GAP_PX,
    HEIGHT_PX,
    PIECES,
    WIDTH_PX,
)
from gateway.model import JSON, Made

WIDTH = 300  # of the scene for those who look for gaps
HALF = 0.5  # of the scene for those who know the things
APART = 0.08  # of the width: two pieces do not go into one gap
MOST_PLACES = 8

Floats = NDArray[np.float32]
Finder = Callable[[Pixels, Pixels, int], list[Place]]


def pictures_of(view: View) -> tuple[Pixels, list[Pixels]]:
    """The scene and its pieces."""
    return decode(view["picture"]), [decode(piece["picture"]) for piece in view["pieces"]]


# --- Where is a gap? -----------------------------------------------------------------------


def _by(finder: Finder) -> Callable[[View, Random], JSON]:
    """Both pieces by one finder, at the best two places that are apart."""

    def solve(view: View, chance: Random) -> JSON:
        scene, pieces = pictures_of(view)
        found = []
        for piece in pieces:
            small, part = gaps.together(scene, piece, WIDTH)
            height, width = small.shape[:2]
            places = finder(small, part, MOST_PLACES)
            found.append([(p.x / width, p.y / height, p.score) for p in places])
        pairs = [(a, b) for a in found[0] for b in found[1] if _are_apart(a, b)]
        best = max(
            pairs, key=lambda pair: pair[0][2] + pair[1][2], default=(found[0][0], found[1][0])
        )
        return [[float(one[0]), float(one[1])] for one in best]

    return solve


def _are_apart(one: tuple[float, float, float], other: tuple[float, float, float]) -> bool:
    return float(np.hypot(one[0] - other[0], one[1] - other[1])) > APART


def _darkest(scene: Pixels, piece: Pixels, count: int) -> list[Place]:
    return gaps.by_darkness(scene, piece, count, either=True)


def _continued(scene: Pixels, piece: Pixels, count: int) -> list[Place]:
    return gaps.by_continuity(scene, piece, count, normalised=True)


# --- Which gap is it? ----------------------------------------------------------------------


def _answer(view: View, middles: Sequence[tuple[float, float]], scores: Floats) -> JSON:
    """The best pairing of pieces and gaps."""
    chosen = blobs.paired(scores)
    return [[middles[n][0] / DRAWN_PX[0], middles[n][1] / DRAWN_PX[1]] for n in chosen]


def _made_ready(scene: Pixels, middles: Sequence[tuple[float, float]], factor: float) -> Seen:
    small = gaps.resized(scene, factor)
    places = [(x * factor, y * factor) for x, y in middles]
    return besides.seen(small, places, factor * (GAP_PX / 2 + FRAME_PX))


def _rims(view: View, chance: Random) -> JSON:
    """What crosses the rim of a gap, and what the piece's: turned a little, whatever its colour."""
    scene, pieces = pictures_of(view)
    middles = gap_middles(scene)
    scores = np.array([[rim_fit(scene, m, piece) for m in middles] for piece in pieces])
    return _answer(view, middles, scores.astype(np.float32))


_ANY_POSE = Search(scales=(1.45, 1.75, 2.05))


def _form(view: View, chance: Random) -> JSON:
    """The piece as it is, larger, in every pose, around every gap."""
    scene, pieces = pictures_of(view)
    middles = gap_middles(scene)
    ready = _made_ready(scene, middles, HALF)
    scores = [
        besides.fits(ready, gaps.resized(rgb(p), HALF), 18.0, _ANY_POSE, _middle_of(p, HALF))
        for p in pieces
    ]
    return _answer(view, middles, np.stack(scores))


def _middle_of(piece: Pixels, factor: float) -> Plane:
    """What of a piece is not at its rim."""
    inner = np.asarray(alpha(piece) > 0.9, np.float32)
    small = cv2.resize(inner, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.erode(small, np.ones((5, 5), np.uint8)), np.float32)


# --- With the shipped icons ----------------------------------------------------------------

_CANDIDATES = 3
_POSE_ON_SCENE = Search((-16.0, -8.0, 0.0, 8.0, 16.0), (1.27, 1.4), (0.83, 1.0, 1.2))


def _atlas(view: View, chance: Random) -> JSON:
    """The piece is named by the icons, and their line drawings searched for around the gaps."""
    scene, pieces = pictures_of(view)
    middles = gap_middles(scene)
    ready = _made_ready(scene, middles, HALF)
    scores = []
    for piece in pieces:
        named = recognised.icons_of(piece, _CANDIDATES)
        drawn = ((gaps.resized(recognised.drawings()[n], HALF), likely) for n, likely in named)
        each = [likely * besides.fits(ready, one, 22.0, _POSE_ON_SCENE) for one, likely in drawn]
        scores.append(np.max(each, axis=0))
    return _answer(view, middles, np.stack(scores))


# --- The twin, blind guessing, the white box -----------------------------------------------


def naive(rng: Random) -> Made:
    """As peers draw it: dark gaps with light rims, pieces unturned, their alpha the gap."""
    chance = art.generator(rng)
    scene = twins.backdrop(chance, WIDTH_PX, HEIGHT_PX)
    side = 56
    views, places = [], []
    for number, mask in enumerate((twins.jigsaw(side), twins.jigsaw(side)[::-1, ::-1].copy())):
        left = int(chance.integers(8 + 150 * number, 90 + 150 * number))
        top = int(chance.integers(8, HEIGHT_PX - side - 8))
        scene, piece = twins.cut_out(scene, mask, left, top)
        rows, columns = np.nonzero(mask > 0.1)
        x = left + (columns.min() + columns.max() + 1) / 2
        y = top + (rows.min() + rows.max() + 1) / 2
        places.append([float(x / WIDTH_PX), float(y / HEIGHT_PX)])
        size = {"width": side / WIDTH_PX, "height": side / HEIGHT_PX}
        views.append({"picture": twins.sent(piece), "x": 0.3 + 0.4 * number, "y": 1.2, **size})
    view = {"picture": twins.sent(scene), "aspect": WIDTH_PX / HEIGHT_PX, "pieces": views}
    return Made(view, {"places": places, "tolerance_px": 10.0})


def blind(view: View, chance: Random) -> JSON:
    """Anywhere in the picture."""
    return [[chance.random(), chance.random()] for _ in range(PIECES)]


class _Gaps:
    """Each piece with each gap: how rims and coarse edges fit, and both seen small."""

    _SMALL = 0.25
    _POSES = Search((-24.0, 0.0, 24.0), (1.75,), (1.0,))

    def examples(self, made: Made) -> tuple[Rows, Labels]:
        rows, middles = self._rows(made.view)
        labels = [
            int(np.hypot((x / DRAWN_PX[0] - px) * 320, (y / DRAWN_PX[1] - py) * 220) < 12)
            for px, py in made.secret["places"]
            for x, y in middles
        ]
        return rows, np.array(labels, np.int64)

    def answer(self, view: View, predict: Predict) -> JSON:
        rows, middles = self._rows(view)
        likely = np.log(np.clip(predict(rows), 1e-5, 1.0)).reshape(PIECES, -1)
        return _answer(view, middles, likely.astype(np.float32))

    def _rows(self, view: View) -> tuple[Rows, list[tuple[float, float]]]:
        scene, pieces = pictures_of(view)
        middles = gap_middles(scene)
        ready = _made_ready(scene, middles, self._SMALL)
        rows = []
        for piece in pieces:
            small = gaps.resized(rgb(piece), self._SMALL)
            inside = _middle_of(piece, self._SMALL)
            coarse = besides.fits(ready, small, 9.0, self._POSES, inside)
            rims = np.array([rim_fit(scene, m, piece) for m in middles])
            ranks = np.array([coarse - coarse.max(), rims - rims.max(), coarse, rims]).T
            ink = recognised.ink_of(piece)
            form = cv2.resize(ink, (10, 10), interpolation=cv2.INTER_AREA).ravel()
            for middle, rank in zip(middles, ranks, strict=True):
                rows.append(np.concatenate([rank, form, self._beside(ready, middle)]))
        return np.stack(rows).astype(np.float32), middles

    def _beside(self, ready: Seen, middle: tuple[float, float]) -> Floats:
        """Edges by direction in 8 x 8 fields around a gap."""
        side = 40
        x, y = (round(v * self._SMALL) for v in middle)
        wide = np.pad(ready.edges, ((side, side), (side, side), (0, 0)))
        part = wide[y + side // 2 : y + side * 3 // 2, x + side // 2 : x + side * 3 // 2]
        return np.asarray(
            cv2.resize(part, (8, 8), interpolation=cv2.INTER_AREA).ravel(), np.float32
        )


SUITE = Suite(
    attacks=(
        Attack("edges", False, _by(gaps.by_edges)),
        Attack("grey template", False, _by(gaps.by_grey)),
        Attack("piece content", False, _by(gaps.by_content)),
        Attack("darkness", False, _by(_darkest)),
        Attack("continuity", False, _by(_continued)),
        Attack("mask contour", True, _by(gaps.by_contour), 0.25),
        Attack("oriented contour", True, _by(gaps.by_oriented_contour), 0.25),
        Attack("rims that go on", True, _rims, 0.25),
        # Told, not held down: things that people know at a glance are known to who has the icons.
        Attack("piece in any pose", True, _form, 0.65, slow=True),
        Attack("shipped icons", True, _atlas, 1.0, slow=True),
    ),
    naive=naive,
    controls=(
        Control("edges", 0.6),
        Control("mask contour", 0.8),
        Control("oriented contour", 0.8),
    ),
    learner=_Gaps(),
    blind=blind,
    chance=0.0001,
)
