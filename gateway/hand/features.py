"""All that is measured of paths, by name: what the model sees of them.

Each feature is documented with its unit where it is measured: `of_events`, `of_grid`, `of_shape`.
None knows the screen, the person, the target or the page; a path mirrored, turned by right angles
or moved has the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand import of_events, of_grid, of_shape
from gateway.hand.paths import Points, grid, join, spans

DOCS: Final = {**of_events.DOCS, **of_grid.DOCS, **of_shape.DOCS}
NAMES: Final = tuple(DOCS)
OF_EVENTS: Final = len(of_events.DOCS)  # the first ones tell of the recorder too


def measure(paths: list[Points]) -> NDArray[np.float32]:
    """Features of paths (t_ms, x_px, y_px) in order of time: (paths, features), all finite."""
    events = join(paths)
    first, last = spans(events)
    begin = events.t[np.maximum(first - 1, events.starts)]
    samples = grid(events, begin, events.t[last])
    ways, along, aside, gone, reach = of_grid.measure(samples)
    columns = [
        *of_events.measure(events, first, last),
        *ways,
        *of_shape.measure(samples, along, aside, gone, reach),
    ]
    table = np.concatenate(columns).reshape(len(columns), -1)
    return np.ascontiguousarray(table.T, dtype=np.float32)
