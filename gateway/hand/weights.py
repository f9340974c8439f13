"""The model that ships: read once, when something is first scored."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from gateway.hand.model import Model, Table, from_table

FILE = Path(__file__).with_name("weights.npz")


@cache
def shipped() -> Model:
    """Takes some 10 ms the first time. Raises OSError when the install lacks the file."""
    return from_table(read(FILE))


def read(path: Path) -> Table:
    """Arrays by name."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
