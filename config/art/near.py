#!/usr/bin/env python3
"""Write `near` of icons.json: for each icon those that a program takes it for when it is bent.

By the likeness that the attackers of `icon` name its prompts by (`gateway/bench/naming.py`), which
goes by the directions of edges and not by what a thing is: people tell most of them apart at once.
What people take for one another (`alike`) is left out. Needs the gateway with its extra `bench`:

    python config/art/near.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from gateway.art.assets import icons
from gateway.bench.attacks.icon import namer

INDEX = Path(__file__).parent / "icons.json"
NEAR = 12  # how many of the nearest are listed


def main() -> None:
    rows = json.loads(INDEX.read_text("utf-8"))
    apart = namer().apart()
    for number, row in enumerate(rows):
        out = {row["name"], *row["alike"]}
        names = [icons()[int(at)] for at in np.argsort(apart[number])]
        row["near"] = [icon.name for icon in names if icon.name not in out and not icon.plain]
        row["near"] = row["near"][:NEAR]
    INDEX.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n", "utf-8")


if __name__ == "__main__":
    main()
