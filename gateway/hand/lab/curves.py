"""Pointer generators that follow a curve: lines, eases, Bezier curves, splines, slider tracks."""

from __future__ import annotations

from math import comb, pi

import numpy as np

from gateway.hand.lab.pieces import EASES, Points, Rng, Scene, bump, duration_ms, line, times


def tween(rng: Rng, scene: Scene) -> Points:
    """Eased along a straight line; perhaps with jitter in whole pixels."""
    t = times(rng, duration_ms(rng, scene.span_px), scene.touch)
    ease = EASES[str(rng.choice(list(EASES)))]
    jitter = rng.choice([0.0, 0.0, 0.5, 1.0, 2.0])
    x, y = line(scene, ease(t / t[-1]), np.zeros(len(t)))
    return t, x, y + rng.uniform(-jitter, jitter, len(t))


def straight(rng: Rng, scene: Scene) -> Points:
    """At even pace; perhaps jittered along, aside or in time."""
    t = times(rng, duration_ms(rng, scene.span_px), scene.touch)
    along = t / t[-1]
    if rng.random() < 0.3:  # uneven steps
        steps = rng.uniform(0.3, 1.7, len(t) - 1)
        along = np.concatenate(([0.0], np.cumsum(steps) / steps.sum()))
    x, y = line(scene, along, rng.normal(0, rng.choice([1e-9, 0.4, 1.0, 2.0]), len(t)))
    return t, x, y


def bezier(rng: Rng, scene: Scene) -> Points:
    """One Bezier curve of two to six control points, eased; perhaps distorted as pyclick does."""
    inner = int(rng.integers(1, 5))
    spread = rng.uniform(0.05, 0.6) * scene.span_px
    along = np.sort(rng.uniform(0, 1, inner))
    knots_x, knots_y = line(scene, along, rng.normal(0, spread / 2, inner))
    xs = np.concatenate(([scene.x0], knots_x, [scene.x1]))
    ys = np.concatenate(([scene.y0], knots_y, [scene.y1]))
    t = times(rng, duration_ms(rng, scene.span_px), scene.touch)
    u = np.clip(
        EASES[
            str(
                rng.choice(
                    [
                        "linear",
                        "out_quad",
                        "in_out_quad",
                        "out_cubic",
                        "in_out_sine",
                        "min_jerk",
                        "sigmoid",
                    ]
                )
            )
        ](t / t[-1]),
        0,
        1,
    )
    n = len(xs) - 1
    basis = np.stack([comb(n, i) * u**i * (1 - u) ** (n - i) for i in range(n + 1)])
    x, y = xs @ basis, ys @ basis
    if rng.random() < 0.4:
        hit = rng.random(len(t)) < 0.5
        y = y + hit * rng.normal(0, 1, len(t))
    return t, x, y


def overshoot(rng: Rng, scene: Scene) -> Points:
    """Two cubic curves: past the target, then back to it, in steps by Fitts' law."""
    past = rng.uniform(0.02, 0.12)
    aside = rng.normal(0, 0.05) * scene.span_px
    mid_x, mid_y = (float(v[0]) for v in line(scene, np.array([1 + past]), np.array([aside])))
    one = bezier(rng, Scene(scene.x0, scene.y0, mid_x, mid_y, scene.touch))
    two = bezier(rng, Scene(mid_x, mid_y, scene.x1, scene.y1, scene.touch))
    keep = max(4, len(two[0]) // 3)
    pick = np.linspace(0, len(two[0]) - 1, keep).astype(int)[1:]
    wait_ms = one[0][-1] + rng.choice([0.0, 0.0, 80.0])
    late = wait_ms + two[0][pick] * rng.uniform(0.2, 0.5)
    return (
        np.concatenate((one[0], late)),
        np.concatenate((one[1], two[1][pick])),
        np.concatenate((one[2], two[2][pick])),
    )


def track(rng: Rng, scene: Scene) -> Points:
    """Slider tracks: accelerate for some of the way, brake; in whole pixels, perhaps back."""
    turn, gain, brake = rng.uniform(0.5, 0.85), rng.uniform(1, 6), rng.uniform(1, 6)
    step_s, speed, done, way = rng.choice([0.1, 0.2, 0.3]), 0.0, 0.0, scene.span_px
    steps: list[int] = []
    past = rng.choice([0.0, 0.0, rng.uniform(3, 20)])
    while done < way + past and len(steps) < 200:
        force = gain if done < turn * way else -brake
        move = max(speed * step_s + 0.5 * force * step_s**2, 1.0)
        speed = max(speed + force * step_s, 0.0)
        done += move
        steps.append(round(move))
    back = int(sum(steps) - way)
    steps += [-int(v) for v in rng.integers(1, 4, max(back, 0)) if rng.random() < 0.6][:12]
    along = np.concatenate(([0.0], np.cumsum(steps))) / max(way, 1.0)
    wiggle = rng.choice([0, 1, 2, 3])
    aside = rng.integers(-wiggle, wiggle + 1, len(along)).astype(float)
    if rng.random() < 0.4:
        aside = np.cumsum(aside) * 0.3
    wait = rng.uniform(8, 35)
    t = np.concatenate(([0.0], np.cumsum(wait * rng.uniform(0.8, 1.2, len(along) - 1))))
    x, y = line(scene, along, aside)
    return t, x, y


def spline(rng: Rng, scene: Scene) -> Points:
    """Key frames joined smoothly, each at a time of its own, with pauses."""
    count = int(rng.integers(2, 8))
    along = np.sort(np.concatenate(([0.0, 1.0], rng.uniform(0, 1.03, count))))
    aside = np.concatenate(([0.0], rng.normal(0, 0.05 * scene.span_px, count), [0.0]))
    gaps = rng.gamma(2, 1, count + 1)
    frames = np.concatenate(([0.0], np.cumsum(gaps) / gaps.sum()))
    t = times(rng, duration_ms(rng, scene.span_px), scene.touch)
    u = t / t[-1]
    i = np.clip(np.searchsorted(frames, u, "right") - 1, 0, count)
    part = (u - frames[i]) / np.maximum(frames[i + 1] - frames[i], 1e-9)
    part = EASES[str(rng.choice(["linear", "in_out_sine", "min_jerk", "out_quad"]))](part)
    lon = along[i] + (along[i + 1] - along[i]) * part
    lat = aside[i] + (aside[i + 1] - aside[i]) * part
    if rng.random() < 0.5:  # rounded corners
        kernel = np.hanning(7) / np.hanning(7).sum()
        lon = np.convolve(np.pad(lon, 3, "edge"), kernel, "valid")
        lat = np.convolve(np.pad(lat, 3, "edge"), kernel, "valid")
    x, y = line(scene, lon, lat)
    noise = rng.choice([1e-9, 0.3, 0.8])
    return t, x + rng.normal(0, noise, len(t)), y + rng.normal(0, noise, len(t))


def wobble(rng: Rng, scene: Scene) -> Points:
    """An eased line with sine waves aside and along."""
    t = times(rng, duration_ms(rng, scene.span_px), scene.touch)
    u = t / t[-1]
    ease = EASES[str(rng.choice(list(EASES)))](u)
    aside = np.zeros(len(t))
    for _ in range(int(rng.integers(1, 4))):
        aside += rng.uniform(0.5, 8) * np.sin(pi * rng.integers(1, 12) * u + rng.uniform(0, 6))
    window = np.sin(pi * u) ** rng.choice([0.3, 1.0])
    x, y = line(scene, ease, aside * window + rng.normal(0, rng.choice([1e-9, 0.5]), len(t)))
    return t, x, y


def sectors(rng: Rng, scene: Scene) -> Points:
    """Stretches of even pace, each with its own speed, and stops between."""
    count = int(rng.integers(3, 9))
    lengths, paces = rng.dirichlet(np.ones(count) * 2), rng.lognormal(0, 0.7, count)
    spans = lengths / paces
    stops = rng.exponential(0.05, count) * (rng.random(count) < 0.4)
    edges_t, edges_s, at, done = [0.0], [0.0], 0.0, 0.0
    for span, length, stop in zip(spans / spans.sum(), lengths, stops, strict=True):
        at, done = at + span, done + length
        edges_t.append(at)
        edges_s.append(done)
        if stop > 0:
            at += stop
            edges_t.append(at)
            edges_s.append(done)
    t = times(rng, duration_ms(rng, scene.span_px) * at, scene.touch)
    along = np.interp(t / t[-1] * at, edges_t, edges_s)
    aside = bump(rng, scene.span_px, t / t[-1]) + rng.normal(
        0, rng.choice([1e-9, 0.5, 1.5]), len(t)
    )
    x, y = line(scene, along, aside)
    return t, x, y


def fling(rng: Rng, scene: Scene) -> Points:
    """A finger's stroke as scripts imagine it: fast from the start, an arc, few points."""
    count = int(rng.integers(7, 30))
    t = np.linspace(0, rng.uniform(200, 900), count)
    u = t / t[-1]
    along = u ** rng.uniform(0.6, 1.8)
    aside = bump(rng, scene.span_px, u) + rng.normal(0, rng.choice([1e-9, 0.5, 1.5]), count)
    x, y = line(scene, along, aside)
    return t, x, y


def approach(rng: Rng, scene: Scene) -> Points:
    """Each step a share of what is left, as loops that chase a target do; then it waits."""
    share, spread = rng.uniform(0.04, 0.4), rng.uniform(0, 0.8)
    left, along = 1.0, [0.0]
    while left * scene.span_px > 0.5 and len(along) < 150:
        left *= 1 - min(share * (1 + spread * rng.uniform(-1, 1)), 1.0)
        along.append(1 - left)
    along += [1.0] * int(rng.integers(1, 20))
    wiggle = rng.choice([0.0, 0.0, 0.6, 1.5])
    aside = np.rint(rng.normal(0, 1, len(along)) * wiggle)
    wait_ms = rng.uniform(6, 40) * rng.uniform(0.7, 1.3, len(along) - 1)
    wait_ms[-1] += rng.choice([0.0, rng.uniform(50, 600)])
    x, y = line(scene, np.array(along), aside)
    return np.concatenate(([0.0], np.cumsum(wait_ms))), x, y
