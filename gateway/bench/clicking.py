"""What a learning attacker sees of kinds that ask for clicks: salient places, seen small."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from random import Random

import cv2
import numpy as np

from gateway.bench import blobs, gaps
from gateway.bench.attack import Labels, Predict, Rows, View
from gateway.bench.pictures import Pixels, decode, grey, rgb
from gateway.model import JSON, Made

SIDE_PX = 18  # of a place as it is learned from
WIDTH = 320  # of the scene as places are looked for; radii of these kinds are in its pixels
MOST_PLACES = 24
Point = tuple[float, float]


def prompts(view: View) -> list[Pixels]:
    """The prompt, cut into what it asks for."""
    return list(np.array_split(rgb(decode(view["prompt"])), view["count"], axis=1))


def scene_of(view: View) -> Pixels:
    """The picture to click in."""
    return rgb(decode(view["picture"]))


def anywhere(view: View, chance: Random) -> JSON:
    """Blind: as many clicks as are asked, spread over the picture."""
    return [[chance.random(), chance.random()] for _ in range(view["count"])]


def places(scene: Pixels, sizes_px: tuple[int, int] = (30, 76)) -> list[Point]:
    """Middles of what stands out, in pixels of a scene `WIDTH` wide, each once."""
    small = gaps.shrunk(scene, WIDTH)
    found = blobs.find(small, *sizes_px, 4 * MOST_PLACES, overlap=0.8)
    kept: list[Point] = []
    for blob in found:
        if all(hypot(blob.x - x, blob.y - y) > 12 for x, y in kept):
            kept.append((blob.x, blob.y))
    return kept[:MOST_PLACES]


def seen(picture: Pixels) -> Rows:
    """(2 SIDE_PX²,): light, freed of its mean and strength, and how steep it is."""
    light = cv2.resize(grey(picture), (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    light = (light - light.mean()) / (light.std() + 1e-3)
    steep = np.hypot(*np.gradient(light))
    return np.concatenate((light.ravel(), steep.ravel())).astype(np.float32)


def around(scene: Pixels, place: Point, size_px: int = 58) -> Pixels:
    """The square about a place of `places`, with mirrored edges."""
    small = gaps.shrunk(scene, WIDTH)
    half = size_px // 2
    wide = np.pad(small, ((half, half), (half, half), (0, 0)), mode="reflect")
    left, top = round(place[0]), round(place[1])
    return wide[top : top + size_px, left : left + size_px]


@dataclass(frozen=True, slots=True)
class Asked:
    """Learns whether a place of the scene is what a cell of the prompt asks for."""

    def examples(self, made: Made) -> tuple[Rows, Labels]:
        scene = scene_of(made.view)
        found = places(scene)
        rows = _pairs(scene, found, prompts(made.view))
        height = WIDTH * scene.shape[0] / scene.shape[1]
        aims = zip(made.secret["middles"], made.secret["radii_px"], strict=True)
        labels = [
            hypot(x - at[0] * WIDTH, y - at[1] * height) <= radius_px
            for at, radius_px in aims
            for x, y in found
        ]
        return rows, np.array(labels, np.int64)

    def answer(self, view: View, predict: Predict) -> JSON:
        scene = scene_of(view)
        found = places(scene)
        if not found:
            return [[0.5, 0.5]] * view["count"]
        rows = _pairs(scene, found, prompts(view))
        scores = np.asarray(predict(rows), np.float32).reshape(view["count"], len(found))
        height = WIDTH * scene.shape[0] / scene.shape[1]
        chosen = [found[n] for n in blobs.paired(scores)]
        return [[x / WIDTH, y / height] for x, y in chosen]


def _pairs(scene: Pixels, found: Sequence[Point], wanted: Sequence[Pixels]) -> Rows:
    """(asked × places, d): what is asked beside what is there."""
    there = [seen(around(scene, place)) for place in found]
    rows = [np.concatenate((seen(picture), one)) for picture in wanted for one in there]
    return np.stack(rows) if rows else np.zeros((0, 4 * SIDE_PX * SIDE_PX), np.float32)
