from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hand.features import DOCS, NAMES, measure
from gateway.hand.paths import GRID_MS, Points, grid, join, spans
from tests.hand.drawn import drawn, ruled


def named(path: Points) -> dict[str, float]:
    return dict(zip(NAMES, measure([path])[0].tolist(), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_every_feature_is_documented(name: str) -> None:
    assert len(DOCS[name]) > 4


def test_a_ruled_path_by_the_figure() -> None:
    """40 events 10 ms and 6 px apart: 390 ms, 234 px; on the grid 20 px a step."""
    found = named(ruled())
    assert found["gap_50"] == pytest.approx(math.log(10))
    assert found["gap_same"] == found["gap_mode"] == 1
    assert found["event_repeat"] == found["event_axis"] == found["axis"] == 1
    assert found["rough_step"] == found["rough_pace"] == found["bend_most"] == found["turn"] == 0
    assert found["events"] == pytest.approx(math.log(40))
    assert found["duration"] == pytest.approx(math.log(11 * GRID_MS), abs=1e-4)
    assert found["reach"] == pytest.approx(math.log(220.1), abs=1e-3)
    assert found["straight"] == pytest.approx(1)
    assert found["pace_cv"] == pytest.approx(0, abs=1e-4)
    assert found["ease_linear"] == pytest.approx(math.log(1e-3), abs=0.2)
    assert found["along_1"] == pytest.approx(math.log(1e-4), abs=0.1)


def test_rests_and_the_last_gap() -> None:
    t, x, y = ruled(20)
    path = (
        np.concatenate(([0.0, 50.0], t + 80, [t[-1] + 140, t[-1] + 147])),
        np.concatenate((x[[0, 0]], x, x[[-1, -1]])),
        np.concatenate((y[[0, 0]], y, y[[-1, -1]])),
    )
    found = named(path)
    assert found["rest_before"] == pytest.approx(math.log1p(80))
    assert found["rest_after"] == pytest.approx(math.log1p(67))
    assert found["last_gap"] == pytest.approx(math.log1p(7))
    assert found["duration"] == pytest.approx(named((t, x, y))["duration"])


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


def test_there_and_back_by_the_figure() -> None:
    """Six steps of 30 px forth, two of 15 px back, every 1/30 s; then two of nothing, and on."""
    steps = np.array([30.0] * 6 + [-15.0] * 2 + [0.0] * 2 + [30.0])
    x = np.concatenate(([0.0], np.cumsum(steps)))
    t = np.rint(np.arange(12) * GRID_MS + 0.01)
    found = named((t, x, np.zeros(12)))
    assert found["back_count"] == pytest.approx(2 / 11)
    assert found["back"] == pytest.approx(30 / 240, abs=0.01)
    assert found["straight"] == pytest.approx(180 / 240, abs=0.01)
    assert found["still"] == pytest.approx(2 / 11)
    assert found["slow_px"] == pytest.approx(2 / 11, abs=0.1)
    assert found["overshoot"] == pytest.approx(0, abs=0.01)
    assert found["bend_px"] == pytest.approx(math.log(0.1), abs=1e-4)


def test_many_at_once_are_measured_as_each_alone() -> None:
    paths = [drawn(1), ruled(), drawn(2, 16.0), ruled(9, 33.0), drawn(3)]
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
    for name in ("straight", "bend_most", "centre", "pace_cv", "by_50", "wave_1", "ease_min_jerk"):
        assert slow[name] == pytest.approx(fast[name], abs=0.15)


def test_of_one_moment_the_last_counts() -> None:
    path = (np.array([0.0, 5, 5, 9]), np.array([0.0, 1, 2, 3]), np.zeros(4))
    joined = join([path, path])
    assert joined.t.tolist() == [0, 5, 9] * 2
    assert joined.x.tolist() == [0, 2, 3] * 2
    assert joined.counts.tolist() == [3, 3]


def test_the_grid_spans_the_movement() -> None:
    t, x, y = ruled(20)
    events = join([(np.append(t, 900.0), np.append(x, x[-1]), np.append(y, y[-1]))])
    first, last = spans(events)
    assert (int(first[0]), int(last[0])) == (1, 19)
    samples = grid(events, events.t[first - 1], events.t[last])
    assert samples.t == pytest.approx(np.arange(6) * GRID_MS)
    assert samples.x == pytest.approx(100 + 0.6 * samples.t)


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
