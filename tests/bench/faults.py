"""What faults cost, as figures. Run: python tests/bench/faults.py [ROW…] [--help]

Each row starts its own gate (a process, the wire and pages as shipped, SQLite or Redis), its own
app and whatever it breaks, on loopback; breaks it; and prints what was measured next to what is
promised. Whatever was started is ended by its process. Redis rows need Debian's redis-server, the
slow-… rows its slowhttptest; `abandoned` takes minutes, the rest a minute or less each.

The exit code says whether every promise was kept: run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import app_faults, disk_faults, slow_faults, store_faults, visit_faults
from tests.bench.proxied.figures import Figure
from tests.bench.rig import Rig, Say, rig_in

Row = Callable[[Rig, Say], Awaitable[list[Figure]]]
ROWS: dict[str, Row] = {
    **app_faults.ROWS,
    **store_faults.ROWS,
    **disk_faults.ROWS,
    **slow_faults.ROWS,
    **visit_faults.ROWS,
}


def main() -> int:
    options = _options()
    found: dict[str, list[Figure]] = {}
    for row in options.rows:
        began_s = time.monotonic()
        _say(row, "…")
        found[row] = uvloop.run(_run(row))
        _say(row, f"{time.monotonic() - began_s:.0f} s")
        _print(row, found[row])
    if options.json:
        plain = {row: [asdict(figure) for figure in figures] for row, figures in found.items()}
        options.json.write_text(json.dumps(plain, indent=1) + "\n")
    return 0 if all(figure.kept for figures in found.values() for figure in figures) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; none: all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    options.rows = options.rows or list(ROWS)
    unknown = set(options.rows) - set(ROWS)
    if unknown:
        parser.error(f"no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    return options


async def _run(row: str) -> list[Figure]:
    with TemporaryDirectory(prefix="faults-") as folder:
        async with rig_in(Path(folder)) as rig:
            return await ROWS[row](rig, lambda text: _say(row, text))


def _say(row: str, text: str) -> None:
    print(f"{row}: {text}", file=sys.stderr, flush=True)


def _print(row: str, figures: list[Figure]) -> None:
    for figure in figures:
        value = f"{figure.value:.0f}" if figure.value % 1 == 0 else f"{figure.value:.2f}"
        bound = "" if figure.most is None else f"≤ {figure.most:g}"
        verdict = "" if figure.kept else "  NOT KEPT"
        print(
            f"{row:14}{figure.name:44}{value:>10} {figure.unit:6}{bound:>10}{verdict}", flush=True
        )


if __name__ == "__main__":
    sys.exit(main())
