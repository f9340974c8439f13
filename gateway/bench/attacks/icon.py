"""Attacks on `icon`: by silhouettes as on peers' icon clicks, and by the atlas, which we ship.

What the prompt shows is one of our own pictures, turned a little: comparing them all names it, so
the attackers with our atlas are as good as told what is asked. They know each drawing that the
picture may hold of it, and look for all of these by the directions of edges: whole, in parts that
may shift, squeezed besides, or drawn by our own code many times over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random

import numpy as np

from gateway.art import blurred, generator, image, webp
from gateway.art.assets import Concept, icons
from gateway.art.clickable import SHOWN_PX
from gateway.art.strewing import apart
from gateway.bench import asked, blobs, gaps, twins
from gateway.bench.attack import Attack, Control, Labels, Predict, Rows, Suite, View
from gateway.bench.oriented import (
    Flow,
    Heat,
    around,
    flow_of,
    fraction,
    hottest,
    peaks,
    placed,
    squeezed,
    variants,
)
from gateway.bench.pictured import named
from gateway.bench.pictures import Pixels, Plane, decode
from gateway.kinds import icon as kind
from gateway.model import JSON, Made

BY_PROMPT = 0.05
REPORTED = 1.0  # no budget: who has our drawings has all that a person has to know
_USUAL = kind.HIDING["usual"]
WIDTH = 160  # of the scene while it is searched, a third of the file: as good as the half
SIZES_PX = (24.0, 28.5)
TURNS_DEG = (-48, -32, -16, 0, 16, 32, 48)
PARTS, SLACK_PX = 3, 1
BENDS = 80  # how often a thing is drawn by our own code
OWN = 0.5  # of a drawing's fit, for the fit of the prompt's own
CANDIDATES = 8
NAIVE_ASKED, NAIVE_THINGS = 3, 7  # as peers ask
# As many as go-captcha comes with, one as easily told from another as its own.
NAIVE_ICONS = (
    *("airplane", "anchor", "bell", "cat", "crown", "hand", "heart"),
    *("house", "key", "moon", "star", "tree", "umbrella"),
)
NAIVE_PX = 60.0  # of 320
NAIVE_BLUR_PX = 6.5  # photographs are softer than our scenes
APART_PX = 9

Search = Callable[[Flow, Concept, Random], Heat]


def cells(view: View) -> list[Pixels]:
    """The prompt, one picture for each icon."""
    prompt = decode(view["prompt"])
    return list(np.split(prompt, view["count"], axis=1))


# --- off the shelf ---------------------------------------------------------------------------


def silhouettes(view: View, rng: Random) -> JSON:
    return asked.by_outline(decode(view["picture"]), cells(view))


def detector(view: View, rng: Random) -> JSON:
    return asked.by_detector(decode(view["picture"]), cells(view))


def contours(view: View, rng: Random) -> JSON:
    return asked.by_search(decode(view["picture"]), cells(view), 54.0)


# --- with the prompt, and with the atlas -------------------------------------------------------


def by_prompt(view: View, rng: Random) -> JSON:
    """What the prompt shows, in parts, wherever its edges fit."""
    scene = gaps.shrunk(decode(view["picture"]), WIDTH)
    flow = flow_of(scene)
    return placed([_prompt_heat(flow, cell) for cell in cells(view)], CANDIDATES, APART_PX)


def by_atlas(search: Search, own: float = 0.0) -> Callable[[View, Random], JSON]:
    """Name what is asked, search each, and give each place to one. `own`: how much the prompt's
    picture itself counts besides."""

    def solve(view: View, rng: Random) -> JSON:
        flow = flow_of(gaps.shrunk(decode(view["picture"]), WIDTH))
        heats = []
        for cell in cells(view):
            heat = search(flow, named(cell), rng)
            heats.append(heat + np.float32(own) * _prompt_heat(flow, cell) if own else heat)
        return placed(heats, CANDIDATES, APART_PX)

    return solve


def _prompt_heat(flow: Flow, cell: Pixels) -> Heat:
    """By all edges of the picture, within it too."""
    off = np.abs(cell.astype(np.float32) - np.median(cell, axis=(0, 1))).max(axis=2)
    ink = np.asarray(np.clip(1.5 * off, 0, 255), np.uint8)
    return hottest(flow, variants(ink, SIZES_PX, TURNS_DEG), PARTS, SLACK_PX)


def whole(flow: Flow, thing: Concept, rng: Random) -> Heat:
    return hottest(flow, _variants(thing))


def in_parts(flow: Flow, thing: Concept, rng: Random) -> Heat:
    return hottest(flow, _variants(thing), PARTS, SLACK_PX)


def _variants(thing: Concept, sizes_px: Sequence[float] = SIZES_PX) -> Iterator[Plane]:
    for ink in thing.drawings:
        yield from variants(ink, sizes_px, TURNS_DEG)


def squeezed_too(flow: Flow, thing: Concept, rng: Random) -> Heat:
    """In parts, also as squeezed as the picture has it."""
    shapes = (
        shape
        for ink in thing.drawings
        for one in squeezed(ink, _USUAL.squeeze)
        for shape in variants(one, SIZES_PX, TURNS_DEG)
    )
    return hottest(flow, shapes, PARTS, SLACK_PX)


def as_we_draw(flow: Flow, thing: Concept, rng: Random) -> Heat:
    return hottest(flow, _drawings(thing, rng))


def _drawings(thing: Concept, rng: Random) -> Iterator[Plane]:
    chance = generator(rng)
    for _ in range(BENDS):
        size_px = int(chance.integers(kind.SIZE_PX[0] // 3, kind.SIZE_PX[1] // 3 + 1))
        yield 255 * kind.hidden(chance, thing, size_px, _USUAL)


# --- the white box ---------------------------------------------------------------------------


class PlaceByPlace:
    """Rows: for each icon asked, the places where it fits best, by several measures."""

    def examples(self, made: Made) -> tuple[Rows, Labels]:
        rows, places, shape = _features(made.view)
        labels = []
        for (at_x, at_y), radius_px, own in zip(
            made.secret["middles"], made.secret["radii_px"], places, strict=True
        ):
            for place in own:
                x, y = fraction(place, shape)
                off = (x - at_x) * SHOWN_PX[0], (y - at_y) * SHOWN_PX[1]
                labels.append(int(np.hypot(*off) <= radius_px))
        return rows, np.array(labels, np.int64)

    def answer(self, view: View, predict: Predict) -> JSON:
        rows, places, shape = _features(view)
        likely = predict(rows).reshape(len(places), -1)
        table = np.zeros((len(places), sum(map(len, places))), np.float32)
        for row, own in enumerate(places):
            table[row, row * len(own) : (row + 1) * len(own)] = likely[row]
        every = [place for own in places for place in own]
        return [list(fraction(every[column], shape)) for column in blobs.paired(table)]


def _features(view: View) -> tuple[Rows, list[list[tuple[int, int]]], tuple[int, ...]]:
    """(asked * CANDIDATES, d), the places of each asked, and the shape they are pixels of."""
    scene = gaps.shrunk(decode(view["picture"]), WIDTH)
    soft, hard = flow_of(scene, 12.0), flow_of(scene, 60.0)
    shapes = [list(_variants(named(cell), (26.5,))) for cell in cells(view)]
    heats = [hottest(soft, each, parts=3, slack_px=1) for each in shapes]
    others = [hottest(hard, each) for each in shapes]
    places = [peaks(heat, CANDIDATES, 9) for heat in heats]
    rows = []
    for number, own in enumerate(places):
        best = [around(heats[number], own[0]), max(around(others[number], p) for p in own)]
        for rank, place in enumerate(own):
            fits = [around(heats[number], place), around(others[number], place)]
            rivals = [max(around(h, place) for h in heats if h is not heats[number])]
            gained = [fits[0] - best[0], fits[1] - best[1], fits[0] - rivals[0]]
            rows.append([*fits, *gained, *rivals, rank, _spread(scene, place)])
    return np.array(rows, np.float32), places, scene.shape


def _spread(scene: Pixels, place: tuple[int, int], reach_px: int = 12) -> float:
    """How much there is to see about a place."""
    x, y = place
    rows = slice(max(0, y - reach_px), y + reach_px + 1)
    return float(scene[rows, max(0, x - reach_px) : x + reach_px + 1].astype(np.float32).std())


# --- as peers draw it ------------------------------------------------------------------------


def naive(rng: Random) -> Made:
    """Flat pastel silhouettes with a shadow; the prompt shows the same silhouettes."""
    chance = generator(rng)
    shown, count = SHOWN_PX, NAIVE_ASKED
    spots = apart(chance, [round(NAIVE_PX)] * NAIVE_THINGS, *shown)
    some = [icon for icon in icons() if icon.name in NAIVE_ICONS]
    things = [some[int(n)] for n in chance.choice(len(some), NAIVE_THINGS, replace=False)]
    scene = twins.stamped(
        chance,
        blurred(twins.backdrop(chance, *shown), NAIVE_BLUR_PX),
        [thing.filled for thing in things],
        [(s.x_px, s.y_px) for s in spots],
        NAIVE_PX,
        30.0,
    )
    prompt = np.hstack([twins.asked_picture(thing.filled) for thing in things[:count]])
    view = {
        "picture": webp(image(scene), 85),
        "aspect": shown[0] / shown[1],
        "count": count,
        "prompt": webp(image(prompt), 85),
        "prompt_aspect": count,
    }
    middles = [[s.x_px / shown[0], s.y_px / shown[1]] for s in spots[:count]]
    return Made(view, {"middles": middles, "radii_px": [27.0] * count})


def blind(view: View, rng: Random) -> JSON:
    return [[rng.random(), rng.random()] for _ in range(view["count"])]


SUITE = Suite(
    attacks=(
        Attack("silhouettes", False, silhouettes),
        Attack("prompt's contour", False, contours),
        Attack("ddddocr detection, silhouettes", False, detector, slow=True, needs="ddddocr"),
        Attack("prompt, in parts", True, by_prompt, BY_PROMPT),
        Attack("drawings, in parts", True, by_atlas(in_parts), REPORTED, slow=True),
        Attack("drawings, squeezed", True, by_atlas(squeezed_too), REPORTED, slow=True),
        Attack("drawings, whole", True, by_atlas(whole), REPORTED, slow=True),
        Attack("drawings, as we draw them", True, by_atlas(as_we_draw), REPORTED, slow=True),
        Attack("drawings and the prompt", True, by_atlas(in_parts, OWN), REPORTED, slow=True),
    ),
    naive=naive,
    controls=(Control("silhouettes", 0.25),),
    learner=PlaceByPlace(),
    blind=blind,
    chance=2e-6,
)
