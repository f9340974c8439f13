from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hand.features import DOCS, NAMES, measure
from gateway.hand.paths import APART_MS, GRID_MS, MOST_MS, Points, grid, join, moving
from tests.hand.drawn import drawn, ruled


def named(path: Points) -> dict[str, float]:
    return dict(zip(NAMES, measure([path])[0].tolist(), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_every_feature_is_documented(name: str) -> None:
    assert len(DOCS[name]) > 4


def test_a_ruled_path_by_the_figure() -> None:
    """40 events 10 ms and 6 px apart: 390 ms, 234 px; on the grid 20 px a step."""
    found = named(ruled())
    assert found["gap_mode"] == found["event_repeat"] == found["axis"] == found["repeat"] == 1
    assert found["rough_step"] == found["rough_pace"] == found["bend_mean"] == found["turn"] == 0
    assert found["mean_speed"] == pytest.approx(math.log(0.601), abs=1e-3)
    assert found["by_10"] == pytest.approx(2 / 12)
    assert found["pace_cv"] == pytest.approx(0, abs=1e-4)
    assert found["along_1"] == pytest.approx(math.log(1e-8), abs=0.1)
    assert found["curve_px_2"] == pytest.approx(math.log(0.0025), abs=1e-3)


def test_rests_and_the_last_gap() -> None:
    t, x, y = ruled(20)
    path = (
        np.concatenate(([0.0, 50.0], t + 80, [t[-1] + 140, t[-1] + 147])),
        np.concatenate((x[[0, 0]], x, x[[-1, -1]])),
        np.concatenate((y[[0, 0]], y, y[[-1, -1]])),
    )
    found = named(path)
    assert found["rest_after"] == pytest.approx(math.log1p(67))
    assert found["last_gap"] == pytest.approx(math.log1p(7))
    assert found["mean_speed"] == pytest.approx(named((t, x, y))["mean_speed"])
    assert found["still"] == 0


def test_roughness_by_the_figure() -> None:
    """Steps of 4 and 8 px in turn: changes of 4, second changes of 8; over two samples none."""
    steps = np.tile([4.0, 8.0], 20)
    x = np.concatenate(([0.0], np.cumsum(steps)))
    t = np.rint(np.arange(41) * GRID_MS + 0.01)
    found = named((t, x, np.zeros(41)))
    assert found["along_force"] == pytest.approx(math.log(16 / 40), abs=0.1)
    assert found["along_jerk"] == pytest.approx(math.log(64 / 16), abs=0.1)
    assert found["along_scale"] < -3 and found["along_scale_jerk"] < -3
    assert found["aside_force"] == pytest.approx(math.log(0.3 / 0.1), abs=1e-4)
    assert found["pace_flips"] == pytest.approx(1, abs=0.05)
    assert found["axis"] == 1 and found["repeat"] == 0


def test_an_even_bell_brakes_as_it_speeds_up() -> None:
    """Two strokes, the second half of the first: all alike there and back."""
    steps = np.concatenate((np.hanning(12), np.hanning(10) / 2)) * 40
    x = np.concatenate(([0.0], np.cumsum(steps)))
    t = np.rint(np.arange(len(x)) * GRID_MS + 0.01)
    found = named((t, x, np.zeros(len(x))))
    assert found["braking"] == pytest.approx(0.5, abs=0.05)


def test_turns_by_the_figure() -> None:
    """Right angles, left and right in turn: stairs."""
    step = np.tile([10, 10j], 20)
    z = np.concatenate(([0], np.cumsum(step)))
    t = np.rint(np.arange(41) * GRID_MS + 0.01)
    found = named((t, z.real, z.imag))
    assert found["turn"] == pytest.approx(math.pi / 2, abs=0.05)
    assert found["turn_big"] == pytest.approx(1) and found["turn_small"] == 0
    assert found["turn_flips"] == pytest.approx(1, abs=0.05)


def test_steps_that_follow_the_gaps_couple() -> None:
    rng = np.random.default_rng(3)
    gaps = rng.integers(5, 25, 60).astype(float)
    t = np.concatenate(([0.0], np.cumsum(gaps)))
    even = np.arange(61) * 8.0
    assert named((t, t * 0.5, t * 0))["coupling"] < -1
    assert named((t, t * 0.5, t * 0))["coupled"] > 0.9
    assert named((t, even, even * 0))["coupling"] > 1


def test_a_pause_is_no_roughness() -> None:
    t, x, y = ruled()
    paused = t + np.where(np.arange(len(t)) >= 20, 500.0, 0.0)
    found = named((paused, x, y))
    assert found["rough_pace"] == found["rough_step"] == 0
    assert found["gap_long"] == pytest.approx(1 / 39)


def test_waves_and_polynomials_by_the_figure() -> None:
    """Half a cosine: its velocity has even waves alone; and what an even pace leaves of it."""
    t = np.arange(0.0, 2400.0, 4.0)
    x = np.rint(40_000 * (1 - np.cos(math.pi * t / t[-1])))
    found = named((t, x, x * 0))
    u = 2 * (np.arange(24) + 0.5) / 24 - 1
    place = np.sin(math.pi * u / 2) / 2
    left = np.square(place - u * (u @ place) / (u @ u)).mean()
    assert found["along_1"] == pytest.approx(math.log(left), abs=1e-3)
    assert found["along_band_1"] < math.log(1e-4) < 0 < found["along_band_2"]
    assert found["aside_band_1"] == pytest.approx(math.log(1e-5), abs=1e-3)
    assert found["curve_2"] == pytest.approx(math.log(1e-8), abs=0.1)  # a line, however told


def test_a_bent_line_by_the_figure() -> None:
    """A parabola at even pace along: a curve of degree 2, which a straight line leaves aside."""
    t = np.arange(0.0, 2401.0, 4.0)
    u = 2 * t / t[-1] - 1
    found = named((t, np.rint(20_000 * u), np.rint(6_000 * (1 - u * u))))
    at = 2 * (np.arange(24) + 0.5) / 24 - 1
    left = np.square(0.15 * (at * at - (at * at).mean())).mean()
    assert found["aside_1"] == pytest.approx(math.log(left), abs=1e-2)
    assert found["aside_5"] < math.log(1e-7)
    assert found["curve_3"] < found["curve_2"]


def test_there_and_back_by_the_figure() -> None:
    """Six steps of 30 px forth, two of 15 px back, every 1/30 s; then two of nothing, and on."""
    steps = np.array([30.0] * 6 + [-15.0] * 2 + [0.0] * 2 + [30.0])
    x = np.concatenate(([0.0], np.cumsum(steps)))
    t = np.rint(np.arange(12) * GRID_MS + 0.01)
    found = named((t, x, np.zeros(12)))
    assert found["back"] == pytest.approx(30 / 240, abs=0.01)
    assert found["still"] == pytest.approx(2 / 11)
    assert found["braking"] == pytest.approx(30**2 / (15**2 + 15**2 + 30**2), abs=0.01)
    assert found["overshoot"] == pytest.approx(0, abs=0.01)
    assert found["bend_mean"] == pytest.approx(0, abs=1e-4)


def test_many_at_once_are_measured_as_each_alone() -> None:
    paths = [drawn(1), ruled(), drawn(2, 16.0), ruled(9, 33.0), drawn(3)]
    alone = np.concatenate([measure([path]) for path in paths])
    assert measure(paths) == pytest.approx(alone, abs=2e-3)


def test_short_ones_at_once_are_measured_as_each_alone() -> None:
    """Of two to eight samples, each after each: what is too young in one isn't so in the next."""
    places = np.random.default_rng(4).integers(0, 300, (9, 2, 9)).astype(float)
    times = np.ceil(np.arange(9) * GRID_MS)
    short = [(times[:n], x[:n], y[:n]) for n, (x, y) in enumerate(places[2:], 2)]
    paths = [path for first in short for second in short for path in (first, second)]
    alone = np.concatenate([measure([path]) for path in paths])
    assert measure(paths) == pytest.approx(alone, abs=2e-3)


def mirrored(path: Points) -> Points:
    return path[0], 1000 - path[1], path[2]


def turned(path: Points) -> Points:
    return path[0], path[2], path[1]


def moved(path: Points) -> Points:
    return path[0] + 4000, path[1] + 55, path[2] - 70


@pytest.mark.parametrize("change", [mirrored, turned, moved])
def test_where_and_which_way_makes_no_difference(change) -> None:  # type: ignore[no-untyped-def]
    assert measure([change(drawn())]) == pytest.approx(measure([drawn()]), abs=2e-3)


def test_digits_beyond_whole_ones_make_no_difference() -> None:
    t, x, y = drawn()
    assert measure([(t + 0.3, x - 0.2, y + 0.4)]) == pytest.approx(measure([(t, x, y)]), abs=1e-5)


def test_the_rate_of_events_changes_little_on_the_grid() -> None:
    fast, slow = named(drawn(1, 8.0)), named(drawn(1, 16.0))
    for name in ("bend_mean", "straight", "pace_cv", "by_10", "along_3", "back"):
        assert slow[name] == pytest.approx(fast[name], abs=0.15)
    assert slow["aside_5"] == pytest.approx(fast["aside_5"], abs=0.3)  # of a square


def test_of_one_moment_the_last_counts() -> None:
    path = (np.array([0.0, 5, 5, 9]), np.array([0.0, 1, 2, 3]), np.zeros(4))
    joined = join([path, path])
    assert joined.t.tolist() == [0, 5, 9, APART_MS, APART_MS + 5, APART_MS + 9]
    assert joined.z.tolist() == [0, 2, 3] * 2
    assert joined.ends == [3, 6]


def test_what_comes_after_twelve_seconds_is_of_one_moment() -> None:
    path = (np.array([7.0, 12_006, 12_008, 90_000]), np.arange(4.0), np.zeros(4))
    joined = join([path, path])
    assert (joined.t % APART_MS).tolist() == [0, 11_999, MOST_MS] * 2
    assert joined.z.tolist() == [0, 1, 3] * 2


def test_the_grid_spans_the_movement() -> None:
    t, x, y = ruled(20)
    events = join([(np.append(t, 900.0), np.append(x, x[-1]), np.append(y, y[-1]))])
    found = moving(events)
    assert (found.begins, found.ends, found.spans_ms) == ([0], [20], [t[-1]])
    assert found.rest_ms == [900 - t[-1]] == found.last_ms
    samples = grid(found, np.array([0.25, 0.5]))
    assert samples.t == pytest.approx(np.arange(6) * GRID_MS)
    assert samples.z == pytest.approx(100 + 200j + 0.6 * samples.t)
    assert samples.at[0] == pytest.approx(100 + 200j + 0.6 * t[-1] * np.array([0.25, 0.5]))


def test_of_a_path_that_never_moves_a_point_is_left() -> None:
    still = (np.arange(9.0), np.full(9, 3.0), np.full(9, 4.0))
    found = moving(join([still, ruled(20), still]))
    assert (found.begins, found.ends) == ([8, 9, 37], [9, 29, 38])


points = st.lists(
    st.tuples(st.integers(0, 300), st.integers(-3000, 3000), st.floats(-9e8, 9e8)),
    min_size=1,
    max_size=40,
)


@given(st.lists(points, min_size=1, max_size=4))
def test_anything_has_finite_features(found: list[list[tuple[int, int, float]]]) -> None:
    paths = []
    for rows in found:
        gaps, x, y = np.array(rows, float).T
        paths.append((np.cumsum(gaps), x, y))
    assert np.isfinite(measure(paths)).all()
