"""Generators that borrow from recordings of people: replays, mixtures and statistics of them.

The families of attack that look most like people, since part of them is. `people` are (t, x, y) of
the training set alone, so that nobody held out for validation is replayed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import numpy as np

from gateway.hand.lab.pieces import Floats, Points, Rng, Scene, smooth_noise

People = list[Points]
Borrower = Callable[[Rng, Scene, People], Points]


def _pick(rng: Rng, people: People) -> Points:
    return people[int(rng.integers(len(people)))]


def _fit(points: Points, scene: Scene) -> Points:
    """Turned and scaled so that it goes from where to where the scene says."""
    t, x, y = points
    path = (x - x[0]) + 1j * (y - y[0])
    far = path[-1] if abs(path[-1]) > 0.3 * np.abs(path).max() else path[np.argmax(np.abs(path))]
    goal = complex(scene.x1 - scene.x0, scene.y1 - scene.y0)
    fitted = path * (goal / far)
    return t - t[0], scene.x0 + fitted.real, scene.y0 + fitted.imag


def replay(rng: Rng, scene: Scene, people: People) -> Points:
    """A person's path fitted to the target, or as it was; perhaps in whole pixels twice."""
    points = _pick(rng, people)
    if rng.random() < 0.7:
        points = _fit(points, scene)
    return points[0], np.rint(points[1]), np.rint(points[2])


def replay_noise(rng: Rng, scene: Scene, people: People) -> Points:
    """… with noise on each point and on the times."""
    t, x, y = replay(rng, scene, people)
    size = rng.uniform(0.4, 2.5)
    gaps = np.diff(t) * rng.lognormal(0, rng.uniform(0, 0.3), len(t) - 1)
    t = np.concatenate(([0.0], np.cumsum(gaps)))
    return t, x + rng.normal(0, size, len(t)), y + rng.normal(0, size, len(t))


def replay_warp(rng: Rng, scene: Scene, people: People) -> Points:
    """… bent smoothly in place and in time."""
    t, x, y = replay(rng, scene, people)
    span_ms = max(t[-1], 100.0)
    bend = rng.uniform(0.005, 0.05) * scene.span_px
    window = np.sin(pi * np.clip(t / span_ms, 0, 1))
    x = x + bend * window * smooth_noise(rng, t, span_ms / 3)
    y = y + bend * window * smooth_noise(rng, t, span_ms / 3)
    pace = np.exp(rng.uniform(0.05, 0.4) * smooth_noise(rng, t, span_ms / 4))
    gaps = np.diff(t) * pace[1:] * rng.uniform(0.7, 1.4)
    return np.concatenate(([0.0], np.cumsum(gaps))), x, y


def replay_coarse(rng: Rng, scene: Scene, people: People) -> Points:
    """… of which every few points are kept and joined by lines or cosines."""
    t, x, y = replay(rng, scene, people)
    knots = np.unique(np.linspace(0, len(t) - 1, int(rng.integers(5, 14))).astype(int))
    at = np.arange(0, t[-1] + 1, rng.choice([8.0, 10.0, 16.67]))
    part = np.interp(at, t[knots], np.arange(len(knots)))
    if rng.random() < 0.6:
        whole = np.floor(part)
        part = whole + 0.5 - 0.5 * np.cos(pi * (part - whole))
    index = np.arange(len(knots))
    return at, np.interp(part, index, x[knots]), np.interp(part, index, y[knots])


def blend(rng: Rng, scene: Scene, people: People) -> Points:
    """The mean of two or three people's paths over their own time."""
    count = int(rng.integers(2, 4))
    u = np.linspace(0, 1, int(rng.integers(25, 120)))
    shares = rng.dirichlet(np.ones(count) * 3)
    t = x = y = np.zeros(len(u))
    for share in shares:
        one = _fit(_pick(rng, people), scene)
        at = u * one[0][-1]
        t = t + share * at
        x = x + share * np.interp(at, one[0], one[1])
        y = y + share * np.interp(at, one[0], one[2])
    return t, x, y


def profile(rng: Rng, scene: Scene, people: People) -> Points:
    """One person's pace along another's line, or along a smooth curve."""
    t, x, y = _fit(_pick(rng, people), scene)
    done = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))))
    done /= max(done[-1], 1e-9)
    if rng.random() < 0.5:
        _, px, py = _fit(_pick(rng, people), scene)
        way = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(px), np.diff(py)))))
        way = way / max(way[-1], 1e-9) + 1e-9 * np.arange(len(way))
        return t, np.interp(done, way, px), np.interp(done, way, py)
    aside = rng.normal(0, 0.06) * np.sin(pi * done ** rng.uniform(0.6, 1.5))
    dx, dy = scene.x1 - scene.x0, scene.y1 - scene.y0
    return t, scene.x0 + done * dx - aside * dy, scene.y0 + done * dy + aside * dx


def shuffled(rng: Rng, scene: Scene, people: People) -> Points:
    """Steps and gaps drawn from a person's, in blocks: right in distribution, wrong in order."""
    t, x, y = _fit(_pick(rng, people), scene)
    steps = np.stack((np.diff(t), np.diff(x), np.diff(y)))
    block = int(rng.choice([1, 2, 4, 8]))
    begins = rng.integers(0, max(steps.shape[1] - block, 1), steps.shape[1] // block + 1)
    index = (begins[:, None] + np.arange(block)).ravel()
    drawn = steps[:, np.clip(index, 0, steps.shape[1] - 1)]
    at, px, py = np.concatenate((np.zeros((3, 1)), np.cumsum(drawn, axis=1)), axis=1)
    return _fit((at, px, py), scene)


def modes(rng: Rng, scene: Scene, people: People) -> Points:
    """Random mixtures of what people's paths have in common: low cosine modes of pace and bend."""
    count, keep = 64, int(rng.integers(4, 14))
    u = (np.arange(count) + 0.5) / count
    waves = np.cos(pi * np.arange(keep)[:, None] * u)
    rows = [_modes_of(_fit(_pick(rng, people), scene), u, waves) for _ in range(8)]
    paces, bends, spans = (np.array(part) for part in zip(*rows, strict=True))
    weights = rng.normal(0, 1 / 8**0.5, 8)
    pace = (paces.mean(0) + weights @ (paces - paces.mean(0))) @ waves
    bend = (bends.mean(0) + weights @ (bends - bends.mean(0))) @ waves
    pace = np.maximum(pace, 0.0) + 1e-3
    along = np.cumsum(pace) / pace.sum()
    dx, dy = scene.x1 - scene.x0, scene.y1 - scene.y0
    t = u * float(rng.choice(spans))
    return t - t[0], scene.x0 + along * dx - bend * dy, scene.y0 + along * dy + bend * dx


def _modes_of(points: Points, u: Floats, waves: Floats) -> tuple[Floats, Floats, float]:
    t, x, y = points
    goal = complex(x[-1] - x[0], y[-1] - y[0]) or 1.0
    at = u * t[-1]
    place = ((np.interp(at, t, x) - x[0]) + 1j * (np.interp(at, t, y) - y[0])) / goal
    norm = np.full(len(waves), 2 / len(u))
    norm[0] /= 2
    pace = np.gradient(place.real)
    return (waves @ pace) * norm, (waves @ place.imag) * norm, float(t[-1])


BORROWERS: dict[str, Borrower] = {
    "replay": replay,
    "replay_noise": replay_noise,
    "replay_warp": replay_warp,
    "replay_coarse": replay_coarse,
    "blend": blend,
    "profile": profile,
    "shuffled": shuffled,
    "modes": modes,
}
