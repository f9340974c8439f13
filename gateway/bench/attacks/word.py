"""Attacks on `word`: a reader, outlines, and the shipped characters looked for one by one."""

from __future__ import annotations

from functools import cache
from random import Random

import numpy as np

from gateway import art
from gateway.art.assets import glyph
from gateway.art.clickable import FILE_PX
from gateway.art.lettering import legible
from gateway.art.strewing import apart
from gateway.bench import asked, ocr, twins
from gateway.bench.attack import Attack, Control, Suite, View
from gateway.bench.clicking import Asked, anywhere, prompts, scene_of
from gateway.bench.pictures import Pixels
from gateway.kinds import word
from gateway.model import JSON, Made

SIZE_PX = 84 * asked.WIDTH / FILE_PX[0]  # of a character on the scene as it is searched
TURNS_DEG = tuple(range(-48, 49, 12))
SCALES = (0.8, 0.95, 1.1)
READ = 0.05  # the most that may be read


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


@cache
def _book() -> tuple[Pixels, ...]:
    """Every character, dark on white."""
    pages = (twins.asked_picture(glyph(character, 96)) for character in legible())
    return tuple(page.astype(np.uint8) for page in pages)


def naive(rng: Random) -> Made:
    """As go-captcha draws it: flat pastel characters with a shadow, turned up to 30 degrees."""
    chance = art.generator(rng)
    shown = word.chosen(chance, latin=False)
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
        Attack("prompt as template", True, _template, most=READ),
        Attack("prompt filled, as template", True, _filled, most=READ),
        Attack("shipped characters", True, _known, most=READ, slow=True),
    ),
    naive=naive,
    controls=(Control("ddddocr reading", 0.8), Control("prompt as template", 0.8)),
    learner=Asked(),
    blind=anywhere,
    chance=0.00001,
)
