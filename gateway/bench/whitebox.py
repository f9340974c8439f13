"""The white box: an attacker who runs our generator, labels its output by the thousand and learns.

Once with the install's salt known (a leak, or a very patient collector) and once knowing only
other installs, as anyone with the source is. Two small models of scikit-learn learn the rows that
the kind's `Learner` gives; the better one is reported, in the attacker's favour.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from gateway.bench.attack import Labels, Rows, suite
from gateway.bench.pool import Advance, Pool
from gateway.bench.report import WhiteBox
from gateway.bench.shares import Share
from gateway.bench.trial import Plan, challenge, is_right

MOST_ROWS = 400_000  # what fits in minutes; more are thinned at random …
MOST_NUMBERS = 100_000_000  # … and rows times features, which is what fits in memory
OTHER_INSTALLS = 20
MODELS = ("boosted trees", "small network")


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that can be sent to another process. Column c is the probability of label c."""

    model: Any
    classes: tuple[int, ...]

    def predict(self, rows: Rows) -> Rows:
        """(n,) probability of 1 for labels 0 and 1, else (n, greatest label + 1)."""
        if not len(rows):
            return np.zeros(0, np.float32)
        found = self.model.predict_proba(rows).astype(np.float32)
        spread = np.zeros((len(rows), max(2, max(self.classes) + 1)), np.float32)
        spread[:, list(self.classes)] = found
        return spread[:, 1] if spread.shape[1] == 2 else spread


def white_box(plan: Plan, pool: Pool, train: int, test: int, advance: Advance) -> WhiteBox:
    """`plan.salts[0]` is the install under attack. Advances 2 · train + test times.

    Where time is short each training takes two fifths of it, so that there is a test after them.
    """
    install = plan.salts[0]
    known = replace(plan, salts=(install,), seed=plan.seed + 1)
    others = tuple(f"another install, {n} of {plan.seed}" for n in range(OTHER_INSTALLS))
    with pool.share(0.4):
        drawn, rows, knowing = _trained(known, pool, train, advance)
    with pool.share(0.4 / 0.6):
        _, _, stranger = _trained(replace(known, salts=others), pool, train, advance)
    fresh = replace(plan, salts=(install,), seed=plan.seed + 2)
    right = pool.run(partial(_solve, fresh, (*knowing, *stranger)), range(test), advance)
    shares = [Share(sum(column), len(right)) for column in zip(*right, strict=True)]
    shares = shares or [Share(0, 0)] * (2 * len(MODELS))
    best = max(range(len(MODELS)), key=lambda n: shares[n].rate)
    unknown = max(shares[len(MODELS) :], key=lambda share: share.rate)
    return WhiteBox(drawn, rows, MODELS[best], shares[best], unknown)


def _trained(
    plan: Plan, pool: Pool, train: int, advance: Advance
) -> tuple[int, int, tuple[Trained, ...]]:
    """How many challenges and rows there were in time, and each of MODELS trained on them."""
    found = pool.run(partial(_examples, plan, train), range(train), advance)
    if not found:
        return 0, 0, ()
    rows = np.concatenate([rows for rows, _ in found])
    labels = np.concatenate([labels for _, labels in found])
    models = tuple(fit(name, rows, labels, plan.seed) for name in MODELS)
    return len(found), len(rows), models


def _examples(plan: Plan, train: int, index: int) -> tuple[Rows, Labels]:
    """Those of one challenge of `train`, thinned at once: all of some kinds would take 14 GB."""
    rows, labels = suite(plan.kind).learner.examples(challenge(plan, index))
    return thinned(rows, labels, train, index)


def _solve(plan: Plan, models: Sequence[Trained], index: int) -> tuple[bool, ...]:
    """Which of the models solve the same fresh challenge."""
    made = challenge(plan, index)
    view = json.loads(json.dumps(dict(made.view)))
    learner = suite(plan.kind).learner
    answers = (learner.answer(view, model.predict) for model in models)
    return tuple(is_right(plan.kind, made, json.loads(json.dumps(answer))) for answer in answers)


def thinned(rows: Rows, labels: Labels, train: int, index: int) -> tuple[Rows, Labels]:
    """So many of a challenge's rows that `train` times as many fit: by chance, but of those that
    are something (label not 0), the few, as many as half of them may be."""
    chance = np.random.default_rng(index)
    most = int(min(MOST_ROWS, MOST_NUMBERS // rows.shape[1]) / train + chance.random())
    if len(rows) <= most:
        return rows, labels
    order = chance.permutation(len(rows))
    order = order[np.argsort(labels[order] == 0, kind="stable")]
    something = min(int((labels != 0).sum()), most // 2)
    kept = np.r_[order[:something], order[len(order) - (most - something) :]]
    return rows[kept], labels[kept]


def fit(name: str, rows: Rows, labels: Labels, seed: int) -> Trained:
    """Train one of MODELS on rows of finite numbers."""
    makers: dict[str, Callable[[int], Any]] = dict(zip(MODELS, (_trees, _network), strict=True))
    model = makers[name](seed)
    model.fit(rows, labels)
    return Trained(model, tuple(int(c) for c in model.classes_))


def _trees(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(max_iter=200, learning_rate=0.08, random_state=seed)


def _network(seed: int) -> Any:
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    network = MLPClassifier((64, 32), early_stopping=True, max_iter=60, random_state=seed)
    return make_pipeline(StandardScaler(), network)
