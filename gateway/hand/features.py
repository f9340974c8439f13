"""All that is measured of paths, by name: what the model sees of them.

Each feature is documented with its unit where it is measured: `of_events`, `of_grid`, `of_shape`.
None knows the screen, the person, the target or the page; a path mirrored, turned by right angles
or moved has the same. They are those that told hands from scripts where neither the people, nor
their recorder, nor the script had been seen; what told recorders apart was left out, and what cost
time and told nothing that others didn't.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gateway.hand import of_events, of_grid, of_shape
from gateway.hand.paths import Points, grid, join, moving

DOCS: Final = {**of_events.DOCS, **of_grid.DOCS, **of_shape.DOCS}
NAMES: Final = tuple(DOCS)
_ROW: Final = Struct(f"{len(NAMES)}f").pack


def measure(paths: list[Points]) -> NDArray[np.float32]:
    """Features of paths (t_ms, x_px, y_px) in order of time: (paths, features), all finite."""
    found = moving(join(paths))
    way = of_grid.way(grid(found, of_shape.SHARES))
    parts = (of_events.measure(found), of_grid.measure(way, found.spans_ms), of_shape.measure(way))
    rows = [_ROW(*first, *second, *third) for first, second, third in zip(*parts, strict=True)]
    return np.frombuffer(b"".join(rows), np.float32).reshape(len(rows), -1)
