"""Which drawings of characters are kept: of some by chance, those that mislead programs most.

How far a character is bent stays as chance has it; of some such drawings one is kept, as a
machine's eye sees them small: in the scene the least like the character's type and the prompt's
drawing, beside it the drawings of others that are most like these. Whoever reads goes by strokes
and how they meet, and takes little notice, as long as these are not pressed together: drawings of
which a part gets too narrow are left out, and the prompt shows the widest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from gateway.art import eye
from gateway.art.assets import Font
from gateway.art.bends import narrowest, turned
from gateway.art.legible import apart_from, legible, nearest, scene_fonts
from gateway.art.lettering import Hand, Written, asked_for, looks, near_to, written

SMALL_PX, SIDE_PX = 20, 24  # as drawings are looked at; as the eye brings them to
TURNS_DEG = (-30, -15, 0, 15, 30)  # between these the eye sees little difference
OF_PROMPT, OF_SCENE = 3, 24  # drawings that one is kept of
NARROWEST = 0.45  # part of one that people read, beside its width before it is bent
BESIDE = 12  # drawings of others, that some are kept of
MORE, ANEW = 16, 0.5  # drawings near that one; how much of their bends is new
AT_ONCE = 16  # drawings looked at: what they need fits into a core's cache


def in_prompt_of(chance: np.random.Generator, asked: Sequence[str]) -> list[Written]:
    """Of each the drawing that people read best: no part of it narrow."""
    tried = asked_for(chance, [character for character in asked for _ in range(OF_PROMPT)])
    widest = narrowest([one.bend for one in tried]).reshape(-1, OF_PROMPT).argmax(1)
    return [tried[row * OF_PROMPT + int(at)] for row, at in enumerate(widest)]


def in_scene_of(
    chance: np.random.Generator, asked: Sequence[Written], shown: int, hand: Hand
) -> list[Written]:
    """Up to `shown` of them: the asked ones first, then for each in turn another put beside it."""
    targets = [_targets(one) for one in asked]
    names = [one.character for one in asked]
    tried = [_open(written(chance, [name] * OF_SCENE, hand)) for name in names]
    kept = _least_like(tried, targets)
    more = [[one, *_open(near_to(chance, one, MORE, hand, ANEW))] for one in kept]
    kept = _least_like(more, targets)
    return [*kept, *_beside(chance, names, targets, shown - len(asked), hand)]


def _open(tried: Sequence[Written]) -> list[Written]:
    """Those that people read: no part of them is too narrow. One at least."""
    widths = narrowest([one.bend for one in tried])
    found = [one for one, width in zip(tried, widths, strict=True) if width >= NARROWEST]
    return found or [tried[int(widths.argmax())]]


def _least_like(tried: Sequence[Sequence[Written]], targets: Sequence[eye.Seen]) -> list[Written]:
    """Of each group the one that is least like its target."""
    found = zip(tried, like(tried, targets), strict=True)
    return [some[int(likeness.argmin())] for some, likeness in found]


def _beside(
    chance: np.random.Generator,
    asked: Sequence[str],
    targets: Sequence[eye.Seen],
    count: int,
    hand: Hand,
) -> Iterator[Written]:
    """For each in turn the likest of some that people tell from all that are there; where they tell
    none of these, any that they do; none where there is no such left."""
    known = legible(asked[0].isascii())
    pools = [apart_from(nearest(name.isascii())[name], asked)[:BESIDE] for name in asked]
    tried = [written(chance, pool, hand) for pool in pools]
    found = zip(tried, like(tried, targets), strict=True)
    ranked = [[some[int(at)] for at in (-likeness).argsort()] for some, likeness in found]
    there = list(asked)
    for at in range(count):
        one = next((o for o in ranked[at % len(asked)] if apart_from([o.character], there)), None)
        if one is None:
            others = apart_from(known, there)
            at_any = int(chance.integers(len(others))) if others else 0
            one = next(iter(written(chance, others[at_any : at_any + 1], hand)), None)
        if one is not None:
            there.append(one.character)
            yield one


def like(
    groups: Sequence[Sequence[Written]], targets: Sequence[eye.Seen]
) -> list[NDArray[np.float32]]:
    """(group,) each: how like its group's target each drawing is, at the best turn."""
    seen = _seen([one for group in groups for one in group])
    ends = np.cumsum([len(group) for group in groups])[:-1]
    rows = zip(np.split(seen, ends), targets, strict=True)
    return [eye.likeness(each, target).max(1) for each, target in rows]


def _targets(one: Written) -> eye.Seen:
    """What programs look for, who are shown this: its type, and the drawing itself."""
    own = eye.seen(eye.posed(looks([one], SMALL_PX)[0], TURNS_DEG, mirrored=False), SIDE_PX)
    return np.concatenate([types(one.character, scene_fonts(one.character)), own])


@cache
def types(character: str, fonts: tuple[Font, ...]) -> eye.Seen:
    """(poses, d): the character as its fonts have it, at each turn."""
    return _posed([(character, font) for font in fonts])


def _posed(plain: Sequence[tuple[str, Font]]) -> eye.Seen:
    poses = [Written(*one, bend) for one in plain for bend in turned(TURNS_DEG)]
    return _seen(poses)


def _seen(some: Sequence[Written]) -> eye.Seen:
    few = (some[at : at + AT_ONCE] for at in range(0, len(some), AT_ONCE))
    return np.concatenate([eye.seen(looks(each, SMALL_PX), SIDE_PX) for each in few])
