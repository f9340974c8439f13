"""Two strings that cross: of the four ends two are alike, and belong to one string or not.

Where the knobs are, how long the strings are and how often they cross is drawn alike both ways:
one has to follow a string to tell.
"""

from __future__ import annotations

import numpy as np

from gateway.art.relations.lines import crossings, steepness
from gateway.art.relations.shapes import SHAPES
from gateway.art.relations.sheet import Points, turned
from gateway.art.relations.tile import Tile

STRING = 0.046
KNOB = 0.07
THING = (0.085, 0.1)  # radius
FAR = (0.38, 0.45)  # of the ends, from the middle
FARTHEST = 0.43  # of all of a string, along either axis
STEEP = 0.8  # radians: the flattest crossing
BENT = (-0.18, 0.18)  # by how much a string strays
PARTS = 28
CLEAR = 0.13  # between strings, but for where they cross
Pairing = tuple[tuple[int, int], tuple[int, int]]
PAIRINGS: tuple[Pairing, ...] = (
    ((0, 2), (1, 3)),
    ((0, 1), (2, 3)),
    ((1, 2), (3, 0)),
)  # of ends, in order around


def joined(tile: Tile, fits: bool) -> None:
    """Any two of the four ends have knobs; any pairing of the ends is as likely."""
    knobs = _two(tile.chance)
    ends = _drawn(tile, knobs, fits)
    tile.balls([ends[i] for i in knobs], KNOB)


def paired(tile: Tile, fits: bool) -> None:
    """Things of one shape at any two of the four ends, of another at the others; of one stuff."""
    chance, names = tile.chance, tile.habits.shapes
    alike = _two(chance)
    ends = _drawn(tile, alike, fits)
    shapes = [SHAPES[names[int(n)]]() for n in chance.permutation(len(names))[:2]]
    cloth = None
    for shape, of in zip(shapes, (alike, set(ends) - alike), strict=True):
        outline = turned(shape, chance.uniform(0, 2 * np.pi), chance.uniform(*THING))
        cloth = tile.alike(outline, [ends[i] for i in of], "plain", cloth)


def _two(chance: np.random.Generator) -> set[int]:
    """Two of the four ends."""
    return {int(i) for i in chance.permutation(4)[:2]}


def _drawn(tile: Tile, two: set[int], is_one: bool) -> dict[int, Points]:
    """Draw strings of which one joins these two ends, or none does. Returns where all ends are."""
    chance = tile.chance
    pairings = [p for p in PAIRINGS if any(set(pair) == two for pair in p) == is_one]
    pairing = pairings[int(chance.integers(len(pairings)))]
    strings = _strings(chance, pairing)
    cloth = None
    for n in chance.permutation(2).tolist():
        cloth = tile.strip(strings[n], STRING * tile.habits.stroke, cloth)
    return {
        i: s[k]
        for pair, s in zip(pairing, strings, strict=True)
        for i, k in zip(pair, (0, -1), strict=True)
    }


def _strings(chance: np.random.Generator, pairing: Pairing) -> list[Points]:
    """Two strings between four ends around the middle, that cross once or twice, plainly."""
    wanted = 1 if pairing == PAIRINGS[0] else 2
    while True:
        angles = chance.uniform(0, 2 * np.pi) + np.arange(4) * np.pi / 2
        angles = angles + chance.uniform(-0.2, 0.2, 4)
        far = chance.uniform(*FAR, 4)
        ends = np.stack([np.cos(angles), np.sin(angles)], axis=1) * far[:, None]
        one, other = (_string(chance, ends[a], ends[b]) + 0.5 for a, b in pairing)
        if _is_plain(one, other, wanted):
            return [one, other]


def _string(chance: np.random.Generator, start: Points, end: Points) -> Points:
    """From one end past the middle and to the other: Bezier's curve of four places."""
    past = -(start + end) / 2 * chance.uniform(1.6, 2.2)
    first, second = (at + past + chance.uniform(*BENT, 2) for at in (start * 0.8, end * 0.8))
    return _SHARES @ np.stack([start, first, second, end])


_T = np.linspace(0, 1, PARTS)
_SHARES = np.stack([(1 - _T) ** 3, 3 * _T * (1 - _T) ** 2, 3 * _T**2 * (1 - _T), _T**3], axis=1)


def _is_plain(one: Points, other: Points, wanted: int) -> bool:
    """Within the tile, crossing steeply as often as wanted, and well apart elsewhere."""
    if np.abs(np.vstack([one, other]) - 0.5).max() > FARTHEST:
        return False
    met = crossings(one, other)
    if len(met) != wanted or any(steepness(one, other, at) < STEEP for at in met):
        return False
    if len(met) > 1 and np.hypot(*(met[0] - met[1])) <= 1.6 * CLEAR:
        return False
    apart = _distances(one, other)
    rest, others = (_distances(line, np.array(met)).min(1) > CLEAR for line in (one, other))
    near = min(apart[rest].min(initial=9.0), apart[:, others].min(initial=9.0))
    return bool(near > STRING * 1.7)


def _distances(one: Points, other: Points) -> Points:
    """(n, m): from each place of one to each of the other."""
    off = one[:, None] - other[None]
    return np.hypot(off[..., 0], off[..., 1])
