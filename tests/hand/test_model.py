from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from gateway.hand.features import NAMES, measure
from gateway.hand.model import THRESHOLD, Trees, from_table, to_table, told_slowly
from gateway.hand.weights import FILE, read, shipped
from tests.hand.drawn import drawn, ruled

MOST_BYTES = 400_000


def test_a_ruler_is_no_hand() -> None:
    risks = shipped().score([ruled(), ruled(30, 16.0), ruled(25, 33.0)])
    assert (risks > THRESHOLD).all()


def test_scores_lie_between_nought_and_one_and_apart() -> None:
    risks = shipped().score([drawn(seed) for seed in range(5)] + [ruled()])
    assert ((risks > 0) & (risks < 1)).all()
    assert risks[:5].max() < risks[5]


def test_a_visit_is_the_mean_of_its_paths() -> None:
    model = shipped()
    paths = [drawn(), ruled(), drawn(2)]
    assert model.visit(paths) == pytest.approx(model.score(paths).mean())


def test_no_path_has_no_score() -> None:
    assert shipped().visit([]) is None


def test_paths_do_not_change_their_neighbours_scores() -> None:
    model = shipped()
    paths = [drawn(), ruled(), drawn(2)]
    alone = [float(model.score([path])[0]) for path in paths]
    assert model.score(paths) == pytest.approx(alone, abs=1e-3)


def test_what_is_written_is_read_again() -> None:
    model = shipped()
    again = from_table(to_table(model))
    features = measure([drawn(), ruled()])
    assert again.of_features(features) == pytest.approx(model.of_features(features), abs=1e-6)


def test_the_weights_fit_the_features_and_are_small() -> None:
    table = read(FILE)
    assert len(table["lowest"]) == len(table["scale"]) == len(NAMES)
    assert int(table["feature"].max()) < len(NAMES)
    assert FILE.stat().st_size <= MOST_BYTES


def test_slope_and_offset_set_the_score() -> None:
    model = shipped()
    features = measure([drawn()])
    raw = float(model.raw(features)[0])
    at_threshold = replace(model, offset=-model.slope * raw)
    assert at_threshold.of_features(features)[0] == pytest.approx(THRESHOLD)


@pytest.mark.parametrize(
    "path, slow", [(ruled(40, 33.0), True), (ruled(40, 24.0), False), (ruled(40, 26.0), True)]
)
def test_slow_recorders_are_known_and_allowed_for(path, slow) -> None:  # type: ignore[no-untyped-def]
    features = measure([path])
    assert told_slowly(features).tolist() == [slow]
    model = replace(shipped(), slow_less=0.0)
    less = replace(model, slow_less=1.5).raw(features) - model.raw(features)
    assert less == pytest.approx(-1.5 if slow else 0.0)


def test_trees_go_left_up_to_the_bound() -> None:
    """Two stumps: feature 0 at 1.0, feature 1 at 5.0."""
    trees = Trees(
        roots=np.array([0, 3], np.int32),
        feature=np.array([0, 0, 0, 1, 0, 0], np.int32),
        bound=np.array([1, 0, 0, 5, 0, 0], np.float32),
        child=np.array([1, 2, 1, 1, 2, 2, 4, 5, 4, 4, 5, 5], np.int32),
        value=np.array([0, 10, 20, 0, 1, 2], np.float32),
        depth=3,
        base=0.5,
    )
    rows = np.array([[1.0, 5.0], [1.1, 5.0], [1.0, 5.1], [9.0, 9.0]], np.float32)
    assert trees(rows).tolist() == [11.5, 21.5, 12.5, 22.5]


def test_a_visit_is_scored_in_a_moment() -> None:
    model, paths = shipped(), [drawn(1), drawn(2), drawn(3)]
    model.visit(paths)
    start_s = time.process_time()
    for _ in range(50):
        model.visit(paths)
    assert (time.process_time() - start_s) / 50 < 5e-3  # some 0.5 ms on a free core


@pytest.mark.parametrize("module", ["gateway.risk", "gateway.cli.app", "gateway.trace"])
def test_who_never_scores_loads_no_numpy(module: str) -> None:
    code = f"import sys, {module}; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
