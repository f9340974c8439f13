"""Boosted trees on 25 simple features, taught by recordings alone: what the nets must be worth more
than. Needs scikit-learn, which nothing that ships does."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand.features import NAMES
from gateway.hand.lab.check import Tell, alike
from gateway.hand.lab.pieces import Floats
from gateway.hand.lab.sets import OWN, Rows
from gateway.hand.model import Single

SIMPLE: Final = (
    *("rest_after", "last_gap", "events", "gap_50", "gap_mode", "gap_long", "stills"),
    *("event_axis", "event_unit", "event_repeat", "rough_step", "rough_pace", "coupling"),
    *("coupled", "duration", "reach", "mean_speed", "straight", "overshoot", "back"),
    *("pace_cv", "pace_rough", "braking", "pace_flips", "turn_flips"),
)
LEAST_ODDS: Final = 1e-6


def taught(rows: Rows, train: NDArray[np.bool_], seed: int) -> Tell:
    """By the recordings among `train`, as recorded. Sources weigh alike, and so do both classes."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    own = train & (rows.view == "raw") & ~np.char.startswith(rows.source, OWN)
    seen, script = np.isin(NAMES, SIMPLE), rows.script[own]
    weight = alike(rows.source[own])
    weight /= np.where(script, weight[script].sum(), weight[~script].sum()) / len(weight)
    model = HistGradientBoostingClassifier(max_iter=200, learning_rate=0.08, random_state=seed)
    model.fit(rows.features[own][:, seen], script, sample_weight=weight)

    def tell(features: Single, touch: NDArray[np.bool_]) -> Floats:
        likely = model.predict_proba(features[:, seen])[:, 1].clip(LEAST_ODDS, 1 - LEAST_ODDS)
        return np.asarray(np.log(likely / (1 - likely)))

    return tell
