"""`gateway trace`: how much recorded paths look like a script's; and those that a gate has kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO

from gateway.cli import exits
from gateway.cli.faults import load_or_explain
from gateway.cli.kept import keys_of, reference_of, with_store
from gateway.cli.lines import opened
from gateway.hand.kept import lines, unpack
from gateway.hand.model import Model
from gateway.hand.paths import Points
from gateway.hand.recorded import BadLineError, parse, tells
from gateway.hand.weights import shipped
from gateway.kept.recent import all_kept
from gateway.model import JSON
from gateway.stores import Store

MAX_LINE_BYTES = 4 * 1024 * 1024
AT_ONCE = 256  # paths measured together
_TOUCH = {"touch": True, "mouse": False, "pen": False}
Row = tuple[dict[str, str | int], Points]


def trace(path: Path) -> int:
    """Print a line for each good one; say what is wrong with the others. FAILED if any was bad."""
    name = "stdin" if str(path) == "-" else str(path)
    model, bad = shipped(), 0
    rows: list[Row] = []
    for number, line in enumerate(_lines(path), 1):
        if line.isspace() and len(line) <= MAX_LINE_BYTES:
            continue
        try:
            if len(line) > MAX_LINE_BYTES:
                raise BadLineError(f"longer than {MAX_LINE_BYTES} bytes")
            names, points = parse(line)
        except BadLineError as error:
            bad += 1
            print(f"{name}:{number}: {error}", file=sys.stderr)
            continue
        rows.append(({"line": number, **names}, points))
        if len(rows) == AT_ONCE:
            _print(model, rows, sys.stdout)
            rows.clear()
    _print(model, rows, sys.stdout)
    return exits.FAILED if bad else exits.OK


def print_kept(path: Path, reference: str) -> int:
    """Print the paths that the gate of this configuration has kept, all or of one reference."""
    config = load_or_explain(path, warn=False)
    if isinstance(config, int):
        return config
    ring = keys_of(config)
    first = reference_of(reference) if reference else ""

    async def work(store: Store) -> None:
        told: dict[str, list[dict[str, JSON]]] = {}
        async for kept in all_kept(store, first, "traces"):
            if reference and kept.entry.id != first:
                break
            if kept.entry.id not in told:
                _write(told)
                told = {kept.entry.id: []}
            told[kept.entry.id] += unpack(ring, str(kept.record.get("paths")))
        _write(told)

    with_store(config, work)
    return exits.OK


def _write(told: Mapping[str, list[dict[str, JSON]]]) -> None:
    for reference, rows in told.items():
        for line in lines(reference, rows):
            sys.stdout.write(line + "\n")


def _print(model: Model, rows: list[Row], out: TextIO) -> None:
    judged = [row for row in rows if tells(row[1])]
    touch = [_TOUCH.get(str(names.get("pointer"))) for names, _ in judged]
    risks = iter(model.score([points for _, points in judged], touch).tolist() if judged else [])
    for names, points in rows:
        risk = round(next(risks), 6) if tells(points) else None
        out.write(json.dumps({**names, "risk": risk}, ensure_ascii=False) + "\n")
    out.flush()


def _lines(path: Path) -> Iterator[bytes]:
    with opened(path, MAX_LINE_BYTES) as lines:
        yield from lines
