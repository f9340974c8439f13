"""What a visit costs: three paths of one recording's source, measured and scored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import process_time
from typing import Any

import numpy as np

from gateway.hand.features import measure
from gateway.hand.lab.pieces import Points
from gateway.hand.lab.sets import Record
from gateway.hand.model import Model

VISITS, PATHS, TIMES = 10, 3, 9


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU time: medians over visits, each the median of `TIMES` runs."""

    visits: int
    events: float  # of a visit's paths together
    features_us: float
    nets_us: float
    visit_us: float
    worst_visit_us: float
    quickest_us: float  # of visits by their quickest runs: what the machine can, not its load


def cost(model: Model, records: list[Record]) -> Cost:
    """`VISITS` of every source, drawn by chance."""
    rng = np.random.default_rng(0)
    by_source: dict[str, list[Points]] = defaultdict(list)
    for record in records:
        by_source[record.source].append(record.points)
    visits = [
        [group[i] for i in rng.integers(0, len(group), PATHS)]
        for group in by_source.values()
        for _ in range(VISITS)
    ]
    whole = [_us(partial(model.visit, visit, False)) for visit in visits]
    features = [_us(partial(measure, visit)) for visit in visits]
    nets = [_us(partial(model.mouse.of_features, measure(visit))) for visit in visits]
    return Cost(
        len(visits),
        float(np.median([sum(len(path[0]) for path in visit) for visit in visits])),
        float(np.median([np.median(runs) for runs in features])),
        float(np.median([np.median(runs) for runs in nets])),
        float(np.median([np.median(runs) for runs in whole])),
        float(max(np.median(runs) for runs in whole)),
        float(np.median([min(runs) for runs in whole])),
    )


def _us(run: Callable[[], Any]) -> list[float]:
    """Of each run but the first, by the process's own clock: others' turns on the core are out."""
    found = []
    for _ in range(TIMES + 1):
        begin = process_time()
        run()
        found.append((process_time() - begin) * 1e6)
    return found[1:]
