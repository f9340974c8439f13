from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from gateway.hand.features import NAMES, measure
from gateway.hand.model import (
    LARGEST_RAW,
    THRESHOLD,
    Judge,
    Net,
    from_table,
    to_table,
    together,
)
from gateway.hand.weights import FILE, read, shipped
from tests.hand.drawn import drawn, ruled

MOST_BYTES = 150_000


def test_a_ruler_is_no_hand() -> None:
    risks = shipped().score([ruled(), ruled(30, 16.0), ruled(25, 33.0)])
    assert (risks > THRESHOLD).all()


def test_scores_lie_between_nought_and_one_and_apart() -> None:
    risks = shipped().score([drawn(seed) for seed in range(5)] + [ruled()])
    assert ((risks > 0) & (risks < 1)).all()
    assert risks[:5].max() < risks[5]


@pytest.mark.parametrize(
    "risks, own, expected",
    [
        ([0.4], [], 0.4),
        ([0.4], [0.4], 0.4),
        ([0.1, 0.6], [], 0.35),
        ([0.6, 0.1], [0.1], 0.35),
        ([0.1, 0.8], [0.8], 0.72),  # a drag isn't diluted
        ([0.2, 0.8, 0.4], [0.2], 0.6),  # two of three
        ([0.2, 0.8, 0.4, 0.6], [0.2], 0.6),  # three of four
        ([0.1] * 7 + [0.9], [0.9], 0.81),
        ([0.9, 0.1, 0.1], [0.9, 0.1, 0.1], 0.5),  # nor do other drags dilute it by much
        ([0.1, 0.1, 0.9], [0.9, 0.5], 0.63),
        ([1.0] * 3, [1.0], 1.0),
        ([0.0] * 3, [0.0], 0.0),
    ],
)
def test_paths_of_a_visit_together(risks: list[float], own: list[float], expected: float) -> None:
    assert together(risks, own) == pytest.approx(expected)


def test_the_last_path_of_a_visit_is_its_own() -> None:
    model = shipped()
    for paths in ([drawn(), drawn(2), ruled()], [ruled(), drawn(), drawn(2)]):
        risks = model.score(paths).tolist()
        assert model.visit(paths) == pytest.approx(together(risks, [risks[2]]))
    assert model.visit([drawn(), drawn(2), ruled()]) > THRESHOLD  # type: ignore[operator]


def test_no_path_has_no_score() -> None:
    assert shipped().visit([]) is None


def test_paths_do_not_change_their_neighbours_scores() -> None:
    model = shipped()
    paths = [drawn(), ruled(), drawn(2)]
    alone = [float(model.score([path])[0]) for path in paths]
    assert model.score(paths) == pytest.approx(alone, abs=1e-3)


def test_a_finger_is_judged_by_its_own_nets() -> None:
    """Each by what it is; the lower of both where nobody says."""
    model, path = shipped(), drawn()
    features = measure([path])
    mouse = float(model.mouse.of_features(features)[0])
    touch = float(model.touch.of_features(features)[0])
    assert mouse != pytest.approx(touch, abs=1e-3)
    paths = [path] * 3
    for told, expected in (
        (False, [mouse] * 3),
        (True, [touch] * 3),
        (None, [min(mouse, touch)] * 3),
        ([True, False, None], [touch, mouse, min(mouse, touch)]),
        ([True] * 3, [touch] * 3),
        ([None] * 3, [min(mouse, touch)] * 3),
    ):
        assert model.score(paths, told) == pytest.approx(expected, abs=1e-4)  # type: ignore[arg-type]
        assert model.visit(paths, told) == pytest.approx(
            together(expected, expected[-1:]), abs=1e-4
        )  # type: ignore[arg-type]


def test_what_is_written_is_read_again() -> None:
    model = shipped()
    again = from_table(to_table(model))
    features = measure([drawn(), ruled()])
    for one, other in ((again.mouse, model.mouse), (again.touch, model.touch)):
        assert one.of_features(features) == pytest.approx(other.of_features(features), abs=1e-6)


def test_the_weights_fit_the_features_and_are_small() -> None:
    table = read(FILE)
    for pointer in ("mouse", "touch"):
        assert len(table[f"{pointer}_lowest"]) == len(table[f"{pointer}_highest"]) == len(NAMES)
        assert table[f"{pointer}_weight_0"].shape[0] == len(NAMES)
    assert FILE.stat().st_size <= MOST_BYTES


def test_slope_and_offset_set_the_score() -> None:
    judge = shipped().mouse
    features = measure([drawn()])
    raw = float(judge.raw(features)[0])
    at_threshold = replace(judge, offset=-judge.slope * raw)
    assert at_threshold.of_features(features)[0] == pytest.approx(THRESHOLD)


@pytest.mark.parametrize("found, raw", [(11.0, 11.0), (1e6, LARGEST_RAW), (-1e6, -LARGEST_RAW)])
def test_no_net_is_surer_than_so(found: float, raw: float) -> None:
    """However sure: a score is never 0 or 1, and nothing overflows."""
    features = measure([drawn()])
    flat = np.zeros((features.shape[1], 1), np.float32)
    judge = replace(shipped().mouse, net=Net((flat,), (np.array([found], np.float32),)))
    assert judge.raw(features).tolist() == [raw]
    assert 0 < judge.of_features(features)[0] < 1


def test_features_are_cut_to_what_training_saw() -> None:
    judge = shipped().mouse
    width = len(NAMES)
    far, edge = np.full((1, width), 1e9, np.float32), judge.highest[None]
    assert judge.raw(far) == pytest.approx(judge.raw(edge))
    assert judge.raw(-far) == pytest.approx(judge.raw(judge.lowest[None]))


def test_a_net_by_the_figure() -> None:
    """Two units: the sum of the inputs, and how far the first is below 3. Two outputs."""
    net = Net(
        (np.array([[1, -1], [1, 0]], np.float32), np.array([[2, 1], [10, 0]], np.float32)),
        (np.array([0, 3], np.float32), np.array([0.5, 4], np.float32)),
    )
    rows = np.array([[1, 2], [5, -9], [4, 1]], np.float32)
    assert net(rows).tolist() == [[2 * 3 + 10 * 2 + 0.5, 7], [0.5, 4], [10.5, 9]]


def test_the_lowest_output_says() -> None:
    net = Net(
        (np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)),
        (np.zeros(2, np.float32), np.array([0, 1], np.float32)),
    )
    judge = Judge(np.zeros(2, np.float32), np.full(2, 9, np.float32), net, 1.0, 0.0)
    rows = np.array([[3, 1], [1, 3], [20, 20]], np.float32)
    assert judge.raw(rows).tolist() == [2, 1, 9]


def test_a_visit_is_scored_in_a_moment() -> None:
    model, paths = shipped(), [drawn(1), drawn(2), drawn(3)]
    model.visit(paths)
    start_s = time.process_time()
    for _ in range(50):
        model.visit(paths)
    assert (time.process_time() - start_s) / 50 < 5e-3  # some 0.3 ms on a free core


@pytest.mark.parametrize("module", ["gateway.risk", "gateway.cli.app", "gateway.trace"])
def test_who_never_scores_loads_no_numpy(module: str) -> None:
    code = f"import sys, {module}; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
