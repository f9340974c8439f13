"""A path generator of many numbers, which its user may tune or draw by chance.

When and how far each of several strokes goes, arcs, tremor, drift, jitter in time, rate and pauses.
`attack` tunes it against the model; the training set has paths of numbers drawn by chance.
"""

from __future__ import annotations

from math import pi

import numpy as np

from gateway.hand.lab.pieces import Floats, Points, Rng, Scene, smooth_noise

# What may be tuned: least, most. All are searched as numbers around nought.
KNOBS: dict[str, tuple[float, float]] = {
    "main_ms": (250, 1400),
    "main_spread": (0.0, 0.5),
    "main_share": (0.75, 1.08),
    "skew": (0.4, 1.6),
    "corrections": (0, 4),
    "correction_ms": (90, 600),
    "overlap": (-0.6, 1.2),
    "arc": (0.0, 0.25),
    "arc_skew": (0.3, 0.7),
    "hook": (0.0, 0.12),
    "tremor_px": (0.0, 2.5),
    "tremor_hz": (4, 14),
    "drift_px": (0.0, 8.0),
    "drift_ms": (60, 500),
    "pace_noise": (0.0, 0.9),
    "pace_ms": (40, 300),
    "signal_noise": (0.0, 0.25),
    "gap_ms": (6, 22),
    "gap_jitter": (0.0, 0.5),
    "gap_long": (0.0, 0.12),
    "pause": (0.0, 0.5),
    "pause_ms": (20, 400),
    "start_ms": (0, 150),
    "end_ms": (0, 400),
}


def knobs_of(place: Floats) -> dict[str, float]:
    """Any numbers as knobs within their bounds."""
    share = 1 / (1 + np.exp(-place))
    return {
        name: low + (high - low) * float(part)
        for (name, (low, high)), part in zip(KNOBS.items(), share, strict=True)
    }


def draw(rng: Rng, scene: Scene, knobs: dict[str, float]) -> Points:
    """A path by these knobs, in whole milliseconds and pixels."""
    main_ms = knobs["main_ms"] * rng.lognormal(0, knobs["main_spread"])
    count = int(np.floor(knobs["corrections"] + rng.random()))
    first = rng.normal(knobs["main_share"], 0.04) if count else 1.0
    shares = [first, *((1 - first) * rng.dirichlet(np.ones(count)) if count else [])]
    spans = [main_ms, *(knobs["correction_ms"] * rng.lognormal(0, 0.3, count))]
    begins = [0.0]
    for span in spans[:-1]:
        begins.append(begins[-1] + span * max(0.2, 1 - knobs["overlap"] * rng.uniform(0.3, 1)))
    t = np.arange(0, max(b + s for b, s in zip(begins, spans, strict=True)), 2.0)
    t, along, aside = _strokes(rng, t, list(zip(begins, spans, shares, strict=True)), knobs)
    span_px = max(scene.span_px, 1.0)
    beside = aside * span_px + _shaken(rng, t, along, knobs, span_px)
    dx, dy = (scene.x1 - scene.x0) / span_px, (scene.y1 - scene.y0) / span_px
    x = scene.x0 + along * span_px * dx - beside * dy
    y = scene.y0 + along * span_px * dy + beside * dx
    at = _told(rng, t[-1], knobs)
    seen_x, seen_y = np.rint(np.interp(at, t, x)), np.rint(np.interp(at, t, y))
    moved = np.append(True, (np.diff(seen_x) != 0) | (np.diff(seen_y) != 0))  # as mice report
    moved[-1] = True
    rest = np.where(at > 0, knobs["start_ms"] * rng.random(), 0.0)
    at = at + rest
    at[-1] += knobs["end_ms"] * rng.random()
    return np.rint(at[moved]), seen_x[moved], seen_y[moved]


def _strokes(
    rng: Rng, t: Floats, strokes: list[tuple[float, float, float]], knobs: dict[str, float]
) -> tuple[Floats, Floats, Floats]:
    """Time, way along and aside (shares of the distance); the pace is noisy, and may pause."""
    along, aside = np.zeros(len(t)), np.zeros(len(t))
    for begin, span, share in strokes:
        u = np.clip((t - begin) / span, 0, 1) ** knobs["skew"]
        along += share * (10 * u**3 - 15 * u**4 + 6 * u**5)
        peak = knobs["arc_skew"]
        bend = u ** (2 * peak) * (1 - u) ** (2 * (1 - peak)) * 2
        aside += share * rng.normal(0, knobs["arc"]) * bend
        aside += share * rng.normal(0, knobs["hook"]) * np.sin(2 * pi * u)
    pace = np.exp(knobs["pace_noise"] * smooth_noise(rng, t, knobs["pace_ms"]))
    clock = np.concatenate(([0.0], np.cumsum(np.diff(t) * pace[1:])))
    if rng.random() < knobs["pause"]:
        clock[t > t[-1] * rng.uniform(0.3, 0.95)] += rng.exponential(knobs["pause_ms"])
    return clock, along, aside


def _shaken(rng: Rng, t: Floats, along: Floats, knobs: dict[str, float], span_px: float) -> Floats:
    phase = 2 * pi * (knobs["tremor_hz"] * t / 1000 + rng.random())
    tremor = knobs["tremor_px"] * np.sin(phase) * (1 + 0.5 * smooth_noise(rng, t, 200.0))
    drift = knobs["drift_px"] * smooth_noise(rng, t, knobs["drift_ms"])
    speed = np.abs(np.gradient(along)) * span_px
    noise = knobs["signal_noise"] * speed * 5 * smooth_noise(rng, t, 60.0)
    found = tremor + drift + noise
    return np.asarray(found - found[0])


def _told(rng: Rng, duration_ms: float, knobs: dict[str, float]) -> Floats:
    count = int(duration_ms / knobs["gap_ms"]) + 2
    gaps = knobs["gap_ms"] * np.maximum(1 + knobs["gap_jitter"] * rng.normal(0, 1, count), 0.2)
    gaps = gaps * np.where(rng.random(count) < knobs["gap_long"], rng.uniform(2, 6, count), 1.0)
    at = np.concatenate(([0.0], np.cumsum(gaps)))
    return np.append(at[at < duration_ms], duration_ms)


def by_chance(rng: Rng, scene: Scene) -> Points:
    """A path whose numbers are anywhere within their bounds, seldom near them."""
    return draw(rng, scene, knobs_of(rng.normal(0, 1.3, len(KNOBS))))
