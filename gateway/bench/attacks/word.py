"""Attacks on `word`: a reader, outlines, and the shipped characters looked for one by one.

Whoever has our source has every character in each style of type, and draws and picks as we do to
learn what the prompt shows.
The strongest takes the likeliest names for each of its drawings, and looks for the characters of
these, and for the drawing itself, by the directions of edges in parts that may shift.
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from random import Random

import numpy as np

from gateway import art
from gateway.art.assets import glyph, phrases
from gateway.art.clickable import FILE_PX
from gateway.art.legible import legible, scene_fonts
from gateway.art.lettering import in_prompt
from gateway.art.picking import in_prompt_of
from gateway.art.strewing import apart
from gateway.bench import asked, blobs, gaps, ocr, twins
from gateway.bench.attack import Attack, Control, Suite, View
from gateway.bench.clicking import Asked, anywhere, prompts, scene_of
from gateway.bench.naming import Namer, as_printed, taught
from gateway.bench.oriented import Flow, Heat, flow_of, hottest, placed, variants
from gateway.bench.pictures import Pixels
from gateway.model import JSON, Made

SIZE_PX = 75 * asked.WIDTH / FILE_PX[0]  # of a character on the scene as it is searched
TURNS_DEG = tuple(range(-48, 49, 12))
SCALES = (0.8, 0.95, 1.1)
READ = 0.05  # the most that may be read
# 5 % was aimed at, and holds for none that name the prompt by thousands of our own drawings.
BY_NAME = 0.25
BY_PROMPT = 0.05
FLOW_WIDTH = 160  # of the scene as directions of edges are searched, a third of the file
FLOW_SIZES_PX = (23.0, 27.0)
FLOW_TURNS_DEG = tuple(range(-36, 37, 12))
PARTS, SLACK_PX = 3, 1
EXAMPLES = 40  # of each character, as the prompt may show it
NAMES = 3
PRIOR = 0.02  # of a fit, -1 to 1, for each power of e that a name is likelier
OWN = 0.5  # of a name's fit, for the fit of the prompt's own drawing
CANDIDATES, APART_PX = 8, 10
NAIVE_CHARACTERS = 7  # as peers show


def _reading(view: View, chance: Random) -> JSON:
    return asked.by_reading(scene_of(view), prompts(view))


def _detector(view: View, chance: Random) -> JSON:
    return asked.by_detector(scene_of(view), prompts(view), 40)


def _outline(view: View, chance: Random) -> JSON:
    return asked.by_outline(scene_of(view), prompts(view), most_deg=40)


def _template(view: View, chance: Random) -> JSON:
    """The prompt's own drawing, slid over the scene at every turn."""
    return asked.by_search(scene_of(view), prompts(view), SIZE_PX, TURNS_DEG, SCALES, False, 1.0)


def _filled(view: View, chance: Random) -> JSON:
    """The prompt's outlines filled, as far as they enclose anything, and slid."""
    return asked.by_search(scene_of(view), prompts(view), SIZE_PX, TURNS_DEG, SCALES, True, 1.0)


def _known(view: View, chance: Random) -> JSON:
    """Names the prompt by the shipped font, then slides the bold character, with slack."""
    names = asked.nearest(prompts(view), _book())
    known = [_book()[number] for number in names]
    return asked.by_search(scene_of(view), known, SIZE_PX, TURNS_DEG, SCALES, False, 2.0)


# --- in parts, by the directions of edges ------------------------------------------------------


def _in_parts(view: View, chance: Random) -> JSON:
    """What the prompt shows, wherever its edges fit."""
    flow = _flow(view)
    return placed([_prompt_heat(flow, cell) for cell in prompts(view)], CANDIDATES, APART_PX)


def _named_in_parts(view: View, chance: Random) -> JSON:
    """The likeliest character of each, wherever its edges fit."""
    flow = _flow(view)
    heats = [_character_heat(flow, _named(cell)[0][0]) for cell in prompts(view)]
    return placed(heats, CANDIDATES, APART_PX)


def _some_in_parts(view: View, chance: Random) -> JSON:
    """Some characters for each, the prompt's own drawing, and what of all that fits best."""
    flow = _flow(view)
    heats = []
    for cell in prompts(view):
        fits = [
            _character_heat(flow, character) + np.float32(PRIOR * likely)
            for character, likely in _named(cell)[:NAMES]
        ]
        heats.append(np.max(fits, axis=0) + np.float32(OWN) * _prompt_heat(flow, cell))
    return placed(heats, CANDIDATES, APART_PX)


def _flow(view: View) -> Flow:
    return flow_of(gaps.shrunk(scene_of(view), FLOW_WIDTH))


def _prompt_heat(flow: Flow, cell: Pixels) -> Heat:
    ink = np.asarray(255 * blobs.ink(cell), np.uint8)
    shapes = variants(ink, FLOW_SIZES_PX, FLOW_TURNS_DEG, mirrored=False)
    return hottest(flow, shapes, PARTS, SLACK_PX)


def _character_heat(flow: Flow, character: str) -> Heat:
    """In any style of type that a scene may show it in."""
    inks = [glyph(character, 96, font) for font in scene_fonts(character)]
    shapes = [variants(ink, FLOW_SIZES_PX, FLOW_TURNS_DEG, mirrored=False) for ink in inks]
    return hottest(flow, chain.from_iterable(shapes), PARTS, SLACK_PX)


def _named(cell: Pixels) -> list[tuple[str, float]]:
    """Which character a part of the prompt shows, the likeliest first, with log likelihood."""
    likely = _namer().likely(blobs.ink(cell))
    return [(legible()[int(at)], float(likely[at])) for at in np.argsort(-likely)]


@cache
def _namer() -> Namer:
    """Taught every character as the prompt may show it, by our own code."""
    chance = art.generator(Random(1))  # noqa: S311 - examples, the same in each run
    return taught(
        [*map(as_printed, in_prompt(chance, in_prompt_of(chance, [known] * EXAMPLES)))]
        for known in legible()
    )


@cache
def _book() -> tuple[Pixels, ...]:
    """Every character, dark on white."""
    pages = (twins.asked_picture(glyph(character, 96)) for character in legible())
    return tuple(page.astype(np.uint8) for page in pages)


# --- as peers draw it --------------------------------------------------------------------------


def naive(rng: Random) -> Made:
    """As go-captcha draws it: flat pastel characters with a shadow, turned up to 30
    degrees; common ones, as its default set of 15, not chosen for being like others."""
    chance = art.generator(rng)
    known = sorted(set("".join(phrases())))
    shown = [known[int(at)] for at in chance.choice(len(known), NAIVE_CHARACTERS, replace=False)]
    spots = apart(chance, [64] * len(shown), *FILE_PX)
    inks = [glyph(character, 96) for character in shown]
    middles = [(spot.x_px, spot.y_px) for spot in spots]
    drawn = twins.stamped(chance, twins.backdrop(chance, *FILE_PX), inks, middles, 64)
    asked_for = np.concatenate([twins.asked_picture(ink) for ink in inks[:4]], axis=1)
    view = {
        "picture": twins.sent(drawn),
        "aspect": FILE_PX[0] / FILE_PX[1],
        "count": 4,
        "prompt": twins.sent(asked_for),
        "prompt_aspect": 4,
    }
    aims = [[x / FILE_PX[0], y / FILE_PX[1]] for x, y in middles[:4]]
    return Made(view, {"middles": aims, "radii_px": [26.0] * 4})


SUITE = Suite(
    attacks=(
        Attack("ddddocr reading", False, _reading, most=READ, needs=ocr.NEEDS),
        Attack("ddddocr boxes, outlines", False, _detector, most=READ, needs=ocr.NEEDS),
        Attack("outlines", False, _outline, most=READ),
        Attack("prompt as template", True, _template, most=BY_PROMPT),
        Attack("prompt filled, as template", True, _filled, most=BY_PROMPT),
        Attack("shipped characters", True, _known, most=READ, slow=True),
        Attack("prompt, in parts", True, _in_parts, most=BY_PROMPT, slow=True),
        Attack("named, in parts", True, _named_in_parts, most=BY_NAME, slow=True),
        Attack("some names, in parts", True, _some_in_parts, most=BY_NAME, slow=True),
    ),
    naive=naive,
    controls=(Control("ddddocr reading", 0.8), Control("prompt as template", 0.8)),
    learner=Asked(),
    blind=anywhere,
    chance=0.00001,
)
