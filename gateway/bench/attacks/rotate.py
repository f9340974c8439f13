"""Attacks on `rotate`: what edges say of up, where weight lies, and figures by our own generator.

There is no ring, so polar correlation has nothing to compare with but drawings of the same kind:
no figure is ever drawn twice, but whoever has the source draws as many as they like.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import zip_longest
from random import Random

import cv2
import numpy as np
from PIL import Image

from gateway import art
from gateway.art.painting import Paints, paint
from gateway.art.sketch import TONES
from gateway.art.upright import figure
from gateway.art.upright import turned as put
from gateway.bench import besides, blobs, figures, gaps, turning, twins
from gateway.bench.attack import Attack, Control, Labels, Predict, Rows, Suite, View
from gateway.bench.besides import Search
from gateway.bench.pictures import Pixels, decode, rgb
from gateway.kinds.rotate import AWAY_DEG, BEND, LINE_PX, PICTURES, RADIUS_PX, SIDE_PX, STEPS
from gateway.model import JSON, Made

Turn = Callable[[Pixels, Pixels | None], float]  # of a picture, with what it is compared with

CANDIDATES = 24  # turns that the learner looks at
FIGURES, POLAR_FIGURES, POSED_FIGURES = 4000, 150, 130  # that attackers draw for themselves
POLAR_ROWS = 24


def _by(turn: Turn) -> Callable[[View, Random], JSON]:
    """Each picture alone."""

    def solve(view: View, chance: Random) -> JSON:
        shown = [decode(uri) for uri in view["pictures"]]
        still: list[Pixels | None] = [decode(uri) for uri in view.get("reference", ())]
        found = [turn(p, s) for p, s in zip_longest(shown, still)]
        return [float(share % 1.0) for share in found]

    return solve


# --- Off the shelf -------------------------------------------------------------------------


def _polar(picture: Pixels, still: Pixels | None) -> float:
    """Colours around the middle, as rings are aligned; without a reference, against the whole of
    what stands upright by the likeliest directions of edges."""
    if still is not None:
        return turning.same_disc_turn(still, picture)
    upright = turning.turned(picture, turning.upright_turns(picture)[0])
    return turning.best_turn(turning.polar(upright), turning.polar(picture))


def _mirror(picture: Pixels, still: Pixels | None) -> float:
    """The axis of things that have one: where the mirror image fits best. Light is above."""
    half = turning.best_turn(turning.polar(picture[:, ::-1]), turning.polar(picture)) / 2
    lighter = turning.upright_turns(turning.turned(picture, half))
    return half + min(lighter, key=lambda turn: abs((turn + 0.25) % 0.5 - 0.25))


def _directions(picture: Pixels, still: Pixels | None) -> float:
    """Most edges upright or level, light above."""
    if still is not None:
        return turning.same_thing_turn(still, picture)
    return turning.upright_turns(picture)[0]


# --- Made for us ---------------------------------------------------------------------------


def _weight(picture: Pixels, still: Pixels | None) -> float:
    """The thing stands along its longer axis or across it, the wider end below."""
    found = blobs.find(picture, 50, 170, 1)
    if not found:
        return 0.5
    rows, columns = np.nonzero(blobs.filled(found[0].mask) > 0.5)
    across, down = columns - columns.mean(), rows - rows.mean()
    angle = 0.5 * np.arctan2(2 * (across * down).mean(), (across**2 - down**2).mean())
    ways = [angle + k * np.pi / 2 for k in range(4)]
    skews = [float(((across * np.cos(w) + down * np.sin(w)) ** 3).mean()) for w in ways]
    below = ways[int(np.argmin(skews))]  # the heavy end is near, the light one reaches far
    return float((np.pi / 2 - below) / (2 * np.pi))


def _polar_figures(picture: Pixels, still: Pixels | None) -> float:
    """Edges around the thing's middle, against those of many figures: the best fit of all."""
    found = blobs.find(picture, 60, 180, 1)
    middle = (found[0].x, found[0].y) if found else (SIDE_PX / 2, SIDE_PX / 2)
    whole = np.ascontiguousarray(rgb(picture))
    cut = np.asarray(cv2.getRectSubPix(whole, (150, 150), middle), np.uint8)
    fits = turning.edge_correlation(_spectra(), turning.edge_spectrum(cut, POLAR_ROWS))
    return float(np.unravel_index(int(fits.argmax()), fits.shape)[1]) / turning.STEPS


@cache
def _spectra() -> turning.Spectrum:
    known = _drawings(POLAR_FIGURES, 150, 150 / SIDE_PX)
    return np.stack([turning.edge_spectrum(still, POLAR_ROWS) for still in known])


def _likest(picture: Pixels, still: Pixels | None) -> float:
    """Thousands of figures, compared in coarse fields."""
    return _bank().turn(picture)


@cache
def _bank() -> figures.Drawings:
    return figures.Drawings(_drawings(FIGURES, figures.SIDE_PX))


_COARSE = 0.25
_FINE = 0.5
_TURNS_DEG = tuple(range(0, 360, 15))
_NEAR_DEG = (-15.0, -7.5, 0.0, 7.5, 15.0)


def _any_pose(picture: Pixels, still: Pixels | None) -> float:
    """Many figures in every pose, small; then the best few once more, larger and more exactly."""
    known = _drawings(POSED_FIGURES, SIDE_PX)
    rough = []
    coarse = _made_ready(picture, _COARSE)
    for number, drawing in enumerate(known):
        small = gaps.resized(_cut(drawing), _COARSE)
        for turn_deg in _TURNS_DEG:
            one = Search((turn_deg,), (1.0,), (1.0,), (False,))
            rough.append((float(besides.fits(coarse, small, 7.0, one)[0]), number, turn_deg))
    fine = _made_ready(picture, _FINE)
    best = (-1.0, 0.0)
    for _, number, turn_deg in sorted(rough, reverse=True)[:24]:
        drawing = gaps.resized(_cut(known[number]), _FINE)
        for off_deg in _NEAR_DEG:
            one = Search((turn_deg + off_deg,), (0.9, 1.1), (0.8, 1.0, 1.25), (False,))
            fit = float(besides.fits(fine, drawing, 14.0, one)[0])
            best = max(best, (fit, turn_deg + off_deg))
    return -best[1] / 360.0  # the drawing was turned clockwise to fit


def _cut(drawing: Pixels) -> Pixels:
    """Without what is beside the largest figure."""
    room = round(SIDE_PX / 2 - max(RADIUS_PX))
    return drawing[room:-room, room:-room]


def _made_ready(picture: Pixels, factor: float) -> besides.Seen:
    """The whole picture as seen around its middle, with no gap in it."""
    small = gaps.resized(rgb(picture), factor)
    middle = (small.shape[1] / 2, small.shape[0] / 2)
    return besides.Seen(besides.edges(small), np.ones(small.shape[:2], np.float32), (middle,))


@cache
def _drawings(count: int, side_px: int, part: float = 1.0) -> tuple[Pixels, ...]:
    """Figures of the stock style upright about the middle, on grey; of the picture's `part`."""
    chance = art.generator(Random(count))  # noqa: S311 - the same at every run
    style, scale = art.Style.of(b""), side_px / (SIDE_PX * part)
    inks = Paints((20, 20, 20), ((230, 230, 230),) * TONES, LINE_PX * scale)
    found = []
    for _ in range(count):
        shapes = figure(chance, style, BEND["usual"])
        size_px, middle = float(chance.uniform(*RADIUS_PX)) * scale, (side_px - 1) / 2
        over = paint(put(shapes, 0.0, size_px, (middle, middle)), (side_px, side_px), inks)
        shown = Image.new("RGB", (side_px, side_px), (128, 128, 128))
        shown.paste(over, mask=over.getchannel("A"))
        found.append(np.asarray(shown))
    return tuple(found)


# --- The twin, blind guessing, the white box -----------------------------------------------


def naive(rng: Random) -> Made:
    """As peers draw it: a disc cut from a picture that still holds it, to be turned back."""
    chance = art.generator(rng)
    stills, turned, turns = [], [], []
    for _ in range(PICTURES):
        scene = art.image(twins.backdrop(chance, 220, 220))
        turn = float(chance.uniform(0.1, 0.9))
        disc = art.affine(scene, turn * 360).crop((35, 35, 185, 185))
        stills.append(art.webp(scene, 80))
        turned.append(art.webp(disc, 80))
        turns.append(turn)
    view = {"pictures": turned, "reference": stills, "steps": STEPS}
    return Made(view, {"turns": turns, "tolerance_deg": 25.0})


def blind(view: View, chance: Random) -> JSON:
    """Any turn that is possible."""
    away = AWAY_DEG / 360
    return [chance.uniform(away, 1 - away) for _ in range(PICTURES)]


class _Turned:
    """A picture at many turns: which of them is upright, by its edges in a grid of fields."""

    _SIDE = 96
    _FIELDS = 8

    def examples(self, made: Made) -> tuple[Rows, Labels]:
        rows = [self._rows(uri) for uri in made.view["pictures"]]
        labels = [
            int(abs((n / CANDIDATES - turn + 0.5) % 1 - 0.5) < 0.5 / CANDIDATES)
            for turn in made.secret["turns"]
            for n in range(CANDIDATES)
        ]
        return np.concatenate(rows), np.array(labels, np.int64)

    def answer(self, view: View, predict: Predict) -> JSON:
        found = []
        for uri in view["pictures"]:
            likely = predict(self._rows(uri))
            soft = likely + 0.5 * (np.roll(likely, 1) + np.roll(likely, -1))
            found.append(int(np.argmax(soft)) / CANDIDATES)
        return [float(turn) for turn in found]

    def _rows(self, uri: str) -> Rows:
        whole = Image.fromarray(rgb(decode(uri))).resize((self._SIDE, self._SIDE))
        rows = []
        for n in range(CANDIDATES):
            turned = np.asarray(art.affine(whole, -360 * n / CANDIDATES))
            inner = slice(self._SIDE // 8, -self._SIDE // 8)
            edges = besides.edges(np.ascontiguousarray(turned[inner, inner]))
            size = (self._FIELDS, self._FIELDS)
            rows.append(cv2.resize(edges, size, interpolation=cv2.INTER_AREA).ravel())
        return np.stack(rows).astype(np.float32)


SUITE = Suite(
    attacks=(
        Attack("polar correlation", False, _by(_polar)),
        Attack("edge directions", False, _by(_directions)),
        Attack("mirror image", True, _by(_mirror), 0.25),
        Attack("axis and weight", True, _by(_weight), 0.25),
        Attack("polar edges of figures", True, _by(_polar_figures), 0.25),
        # Told, not held down: who has our generator has all that a person has to know.
        Attack("our generator's figures", True, _by(_likest), 1.0, slow=True),
        Attack("figures in any pose", True, _by(_any_pose), 1.0, slow=True),
    ),
    naive=naive,
    controls=(Control("polar correlation", 0.8), Control("edge directions", 0.5)),
    learner=_Turned(),
    blind=blind,
    chance=(50 / (360 - 2 * AWAY_DEG)) ** 2,
)
