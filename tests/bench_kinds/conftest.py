"""A suite for `slider`, which draws nothing: quick, and solved by anybody."""

from __future__ import annotations

import pytest

from gateway.bench import attack
from gateway.bench import attacks as room

SUITE = """
import numpy as np
from gateway.bench.attack import Attack, Control, Suite
from gateway.kinds.slider import KIND, Params

class Rows:
    def examples(self, made):
        start = made.view["start"]
        return np.array([[start], [start + 1]], np.float32), np.array([0, 1], np.int64)

    def answer(self, view, predict):
        sure = predict(np.array([[view["start"]], [view["start"] + 1]], np.float32))
        return {"reached": float(round(sure[1])), "steps": 0}

def fail(view, rng):
    raise ValueError("lost")

SUITE = Suite(
    attacks=(
        Attack("reads the page", True, lambda view, rng: {"reached": 1.0}, most=1.0),
        Attack("half way", False, lambda view, rng: {"reached": 0.5}),
        Attack("every second", False, lambda view, rng: {"reached": rng.choice([0, 1])}),
        Attack("lost", False, fail),
        Attack("patient", True, lambda view, rng: {"reached": 1.0}, most=1.0, slow=True),
        Attack("elsewhere", False, fail, needs="no_such_package"),
        Attack("by a package", False, lambda view, rng: {"reached": 0.5}, needs="json"),
        Attack("numpy", True, lambda view, rng: np.int64(1), most=1.0),
    ),
    naive=lambda rng: KIND.make(rng, Params(tolerance=0.2)),
    controls=(Control("reads the page", 0.8), Control("half way", 0.8)),
    learner=Rows(),
    blind=lambda view, rng: {"reached": rng.random()},
    chance=0.03,
)
"""


@pytest.fixture
def slider_suite(tmp_path, monkeypatch):
    """`attacks/slider.py`, for as long as the test runs."""
    (tmp_path / "slider.py").write_text(SUITE)
    monkeypatch.setattr(room, "__path__", [str(tmp_path)])
    attack.suite.cache_clear()
    attack.suites.cache_clear()
    yield
    attack.suite.cache_clear()
    attack.suites.cache_clear()
    import sys

    sys.modules.pop("gateway.bench.attacks.slider", None)
