#!/usr/bin/env python3
"""Write `near` of concepts.json: for each thing those that a program takes it for.

By the directions of edges (`gateway/art/eye.py`) of the likest two of their drawings, turned and
mirrored; not by what a thing is: people tell most of them apart at once. What people take for one
another (`alike`) is left out. Needs the gateway:

    python config/art/near.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from gateway.art import eye
from gateway.art.assets import concepts

INDEX = Path(__file__).parent / "concepts.json"
NEAR = 10  # how many of the nearest are listed
TURNS_DEG = (-45, -30, -15, 0, 15, 30, 45)


def main() -> None:
    rows = json.loads(INDEX.read_text("utf-8"))
    inks = [
        [np.asarray(ink, np.float32) / np.float32(255) for ink in each.drawings]
        for each in concepts()
    ]
    there = eye.seen(ink for each in inks for ink in each)
    starts = np.cumsum([0, *map(len, inks)])[:-1]
    for row, each in zip(rows, inks, strict=True):
        sought = eye.seen(posed for ink in each for posed in eye.posed(ink, TURNS_DEG))
        found = np.maximum.reduceat(eye.likeness(there, sought).max(1), starts)
        out = {row["name"], *row["alike"]}
        names = [concepts()[int(at)].name for at in np.argsort(-found)]
        row["near"] = [name for name in names if name not in out][:NEAR]
    INDEX.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n", "utf-8")


if __name__ == "__main__":
    main()
