"""`python -m gateway.hand.lab`: trains the model that ships, checks it, attacks it.

DATA is a folder of recorded paths in the format that `gateway trace` reads, with `label` human or
bot; it is no part of this repository.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from gateway.hand.lab import attack, check, fit, sets, timing, trees, visits
from gateway.hand.model import Model, to_table
from gateway.hand.weights import FILE, shipped

SEED, EACH = 1, 500


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(
        prog="python -m gateway.hand.lab", description=__doc__.split("\n")[0]
    )
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="fit the model and set its threshold; a few minutes")
    train.add_argument("data", type=Path)
    train.add_argument("--out", type=Path, default=FILE)
    checked = commands.add_parser("check", help="figures on people and generators left out")
    checked.add_argument("data", type=Path)
    checked.add_argument("--strict", action="store_true", help="leave out whole families")
    checked.add_argument(
        "--trees", action="store_true", help="of boosted trees on 25 features, to compare with"
    )
    attacked = commands.add_parser("attack", help="tune a generator against the shipped weights")
    attacked.add_argument("--queries", type=int, default=3000)
    attacked.add_argument("--seed", type=int, default=1)
    timed = commands.add_parser("time", help="what a visit of three paths costs")
    timed.add_argument("data", type=Path)
    given = parser.parse_args()
    if given.command == "attack":
        reached = attack.attack(shipped(), queries=given.queries, seed=given.seed)
        print(json.dumps(asdict(reached), indent=1))
        return
    if given.command == "time":
        print(json.dumps(asdict(timing.cost(shipped(), sets.read(given.data))), indent=1))
        return
    rows = sets.build(sets.read(given.data), seed=SEED, each=EACH)
    if given.command == "train":
        train_and_write(rows, given.out)
    elif given.trees:
        judged = check.held_out(rows, strict=given.strict, teach=trees.taught)
        print("\n".join(check.table(rows, judged)))
    else:
        judged = check.held_out(rows, strict=given.strict)
        print("\n".join(check.report(rows, judged) + visits.report(rows, judged)))


def train_and_write(rows: sets.Rows, out: Path) -> None:
    """The model of all rows; its thresholds from models that left people and sources out."""
    judged = check.held_out(rows)
    model = fit.fit(rows, np.ones(len(rows.script), bool))
    mouse, touch = (check.threshold(rows, judged, pointer) for pointer in ("mouse", "touch"))
    model = Model(
        replace(model.mouse, offset=-model.mouse.slope * mouse),
        replace(model.touch, offset=-model.touch.slope * touch),
    )
    np.savez_compressed(out, **to_table(model))  # type: ignore[arg-type]
    print("\n".join(check.report(rows, judged) + visits.report(rows, judged)))
    print(f"{out.stat().st_size} bytes in {out}")


if __name__ == "__main__":
    main()
