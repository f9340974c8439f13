"""Pointer generators that imitate a body: muscles, springs, wind, wandering.

Published ideas, written anew: minimum jerk (Flash and Hogan 1985), sums of lognormal strokes
(Plamondon 1995), WindMouse, spring and damper, gradient noise, random steps.
"""

from __future__ import annotations

from math import hypot, pi

import numpy as np

from gateway.hand.lab.pieces import (
    EASES,
    Points,
    Rng,
    Scene,
    bump,
    duration_ms,
    line,
    smooth_noise,
    times,
    tremor,
)


def minimum_jerk(rng: Rng, scene: Scene) -> Points:
    """One smooth stroke with an arc and tremor."""
    t = times(rng, duration_ms(rng, scene.span_px), scene.touch)
    u = t / t[-1]
    warp = u ** rng.uniform(0.75, 1.2)
    x, y = line(scene, EASES["min_jerk"](warp), bump(rng, scene.span_px, u))
    shake_x, shake_y = tremor(rng, t)
    return t, x + shake_x, y + shake_y


def strokes(rng: Rng, scene: Scene) -> Points:
    """Minimum-jerk strokes that overlap: one far, then one to three corrections."""
    count = int(rng.integers(2, 5))
    reach = rng.normal(1.0, 0.08)
    stops = [reach + (1 - reach) * (1 - 0.2 ** (i)) for i in range(count - 1)] + [1.0]
    shares = np.diff(np.concatenate(([0.0], stops)))
    main_ms = duration_ms(rng, scene.span_px) * 0.8
    begins, spans, at_ms = [], [], 0.0
    for i in range(count):
        span_ms = main_ms if i == 0 else rng.uniform(120, 350)
        begins.append(at_ms)
        spans.append(span_ms)
        at_ms += span_ms * rng.uniform(0.5, 1.3)
    t = times(rng, begins[-1] + spans[-1], scene.touch)
    along, aside = np.zeros(len(t)), np.zeros(len(t))
    for begin_ms, span_ms, share in zip(begins, spans, shares, strict=True):
        u = np.clip((t - begin_ms) / span_ms, 0, 1)
        along += share * EASES["min_jerk"](u)
        aside += bump(rng, abs(share) * scene.span_px, u)
    x, y = line(scene, along, aside)
    shake_x, shake_y = tremor(rng, t) if rng.random() < 0.6 else (0.0, 0.0)
    return t, x + shake_x, y + shake_y


def lognormal(rng: Rng, scene: Scene) -> Points:
    """Sum of lognormal strokes, each turning on an arc (the sigma-lognormal model)."""
    count = int(rng.integers(2, 7))
    shares = rng.dirichlet(np.linspace(4, 0.6, count))
    t = np.arange(0, 6000.0, 4.0)
    x, y = np.full(len(t), float(scene.x0)), np.full(len(t), float(scene.y0))
    heading = np.arctan2(scene.y1 - scene.y0, scene.x1 - scene.x0)
    begin_ms = 0.0
    for share in shares:
        mu, sigma = rng.normal(5.3, 0.3), rng.uniform(0.15, 0.45)
        since = np.maximum(t - begin_ms, 1e-6)
        speed = np.exp(-((np.log(since) - mu) ** 2) / (2 * sigma**2)) / since
        done = np.cumsum(speed)
        done /= max(done[-1], 1e-12)
        turn = rng.normal(0, 0.35)
        angle = heading + rng.normal(0, 0.12) + turn * (done - 0.5)
        step = np.diff(done, prepend=0.0) * share * scene.span_px
        x += np.cumsum(step * np.cos(angle))
        y += np.cumsum(step * np.sin(angle))
        begin_ms += rng.uniform(40, 260)
    moving = np.hypot(scene.x0 - x, scene.y0 - y) > 0.3
    left = np.hypot(x[-1] - x, y[-1] - y) > 0.3
    first, last = int(np.argmax(moving)), len(t) - int(np.argmax(left[::-1]))
    keep = slice(max(first - 1, 0), min(last + 2, len(t)), int(rng.choice([2, 3, 4, 5, 8])))
    noise = rng.choice([1e-9, 0.2, 0.5, 1.0])
    size = len(t[keep])
    return (
        t[keep] - t[keep][0],
        x[keep] + rng.normal(0, noise, size),
        y[keep] + rng.normal(0, noise, size),
    )


def wind(rng: Rng, scene: Scene) -> Points:
    """WindMouse: gravity to the target, wind that wanders, steps that shrink near the end."""
    gravity, blow = rng.uniform(4, 14), rng.uniform(1, 7)
    most, near = rng.uniform(6, 25), rng.uniform(8, 25)
    x, y, vx, vy, wx, wy = scene.x0, scene.y0, 0.0, 0.0, 0.0, 0.0
    points, at_ms, wait_ms = [(0.0, x, y)], 0.0, rng.uniform(5, 16)
    for _ in range(500):
        left = hypot(scene.x1 - x, scene.y1 - y)
        if left < 1.5:
            break
        push = min(blow, left)
        if left >= near:
            wx = wx / 3**0.5 + (2 * rng.random() - 1) * push / 5**0.5
            wy = wy / 3**0.5 + (2 * rng.random() - 1) * push / 5**0.5
        else:
            wx, wy = wx / 3**0.5, wy / 3**0.5
            most = rng.random() * 3 + 3 if most < 3 else most / 5**0.5
        vx += wx + gravity * (scene.x1 - x) / left
        vy += wy + gravity * (scene.y1 - y) / left
        speed = hypot(vx, vy)
        if speed > most:
            clip = most / 2 + rng.random() * most / 2
            vx, vy = vx / speed * clip, vy / speed * clip
        x, y = x + vx, y + vy
        at_ms += wait_ms * rng.uniform(0.7, 1.3)
        points.append((at_ms, x, y))
    t, xs, ys = np.array(points).T
    return t, xs, ys


def spring(rng: Rng, scene: Scene) -> Points:
    """A mass on a damped spring, noise in the force; near critical damping."""
    pull, damp = rng.uniform(20, 120), rng.uniform(0.6, 1.3)
    drag_per_s, noise = 2 * damp * pull**0.5, rng.uniform(0, 1500)
    step_ms = 4.0
    place, speed = np.array([scene.x0, scene.y0]), np.zeros(2)
    goal = np.array([scene.x1, scene.y1])
    points, gust = [(0.0, *place)], np.zeros(2)
    for i in range(1, 1000):
        gust = 0.93 * gust + rng.normal(0, noise * 0.37, 2)
        speed = speed + (pull * (goal - place) - drag_per_s * speed + gust) * step_ms / 1000
        place = place + speed * step_ms / 1000
        points.append((i * step_ms, *place))
        if np.hypot(*(goal - place)) < 1.5 and np.hypot(*speed) < 30:
            break
    every = int(rng.choice([2, 3, 4, 5]))
    t, x, y = np.array(points)[::every].T
    return t, x, y


def drift(rng: Rng, scene: Scene) -> Points:
    """Eased along, with smooth noise aside and in the pace."""
    duration = duration_ms(rng, scene.span_px)
    t = times(rng, duration, scene.touch)
    u = t / t[-1]
    window = np.sin(pi * u) ** 0.5
    pace = np.exp(rng.uniform(0.1, 0.8) * smooth_noise(rng, t, rng.uniform(80, 300)))
    ease = np.maximum(
        np.gradient(EASES[str(rng.choice(["in_out_sine", "out_quad", "min_jerk", "linear"]))](u)),
        1e-6,
    )
    along = np.cumsum(pace * ease)
    along = (along - along[0]) / (along[-1] - along[0])
    aside = sum(
        rng.uniform(0.5, 6) * smooth_noise(rng, t, period) for period in (70.0, 160.0, 400.0)
    )
    x, y = line(scene, along, np.asarray(aside) * window * rng.uniform(0.2, 1.0))
    return t, x, y


def walk(rng: Rng, scene: Scene) -> Points:
    """Random steps with a pull to the target: Gaussian, gamma or uniform lengths."""
    count = int(rng.integers(15, 120))
    law = rng.choice(["gamma", "normal", "uniform", "beta"])
    steps = {
        "gamma": rng.gamma(rng.uniform(0.8, 4), 1, count),
        "normal": np.abs(rng.normal(1, rng.uniform(0.2, 0.8), count)),
        "uniform": rng.uniform(0, 1, count),
        "beta": rng.beta(2, 5, count),
    }[str(law)]
    if rng.random() < 0.6:  # with some shape over time
        u = np.linspace(0, 1, count)
        steps = steps * (0.15 + np.sin(pi * u ** rng.uniform(0.5, 1.2)) ** rng.uniform(1, 3))
    along = np.concatenate(([0.0], np.cumsum(steps) / steps.sum()))
    rough = np.cumsum(rng.normal(0, rng.uniform(0.1, 1.5), count + 1))
    rough -= np.linspace(rough[0], rough[-1], count + 1)
    t = np.concatenate(([0.0], np.cumsum(rng.uniform(6, 30) * rng.uniform(0.5, 1.5, count))))
    x, y = line(scene, along, rough)
    return t, x, y
