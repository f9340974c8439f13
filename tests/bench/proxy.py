"""What the gate costs, next to nginx. Run: python tests/bench/proxy.py [--rows ROW…] [--help]

Starts nginx as upstream, nginx as proxy twice (as Debian ships it, and without its access log) and
a gate with the configuration that `gateway init` prints; drives them in turn, and prints

- for rows of requests (wrk, several rounds, medians): CPU µs per request of the process under test
  (its own user and system time, by /proc), requests per second, p50 and p99, and the ratios of the
  CPU to both of nginx's;
- for the others what was measured, by raw clients: memory, throughput, delays.

What misses its promise is marked. The process under test has one core; upstream and drivers share
the others. The gate logs to a file and counts its metrics. For the rows with passes, init's one
route is enforced and asks for any method; wrk then sends GETs with passes issued from the gate's
key folder. What else runs on the machine shows: take ratios of one run, on a quiet machine; on a
busy one the delays alone can be had by real-time priority (chrt -r 1 python tests/bench/proxy.py
--rows SSE WebSocket "steady rate"). What visitors who are asked cost: tests/bench/visits.py.

Needs Debian's nginx and wrk, two cores, loopback and 20,000 descriptors. All rows take about five
minutes; `--quick` one, with less to go by.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.proxied import costs, idle, streams
from tests.bench.proxied.figures import Row, as_json, as_markdown, as_table
from tests.bench.proxied.stand import stand

FIGURES = {**streams.ROWS, **idle.ROWS}


def main() -> None:
    options = _options()
    pace = costs.Pace(options.rounds, options.seconds, options.connections)
    if options.quick:
        pace = costs.Pace(1, 1, options.connections)
    rows: dict[str, Row] = {}
    with stand() as here:
        for row in options.rows:
            print(f"{row} …", file=sys.stderr, flush=True)
            if row in FIGURES:
                rows[row] = FIGURES[row](here, options.quick)
            else:
                rows[row] = costs.run(row, here, pace)
    print(as_markdown(rows) if options.markdown else as_table(rows))
    if options.json:
        options.json.write_text(json.dumps(as_json(rows), indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="of each round, row and proxy")
    parser.add_argument("--connections", type=int, default=32)
    every = [*costs.ROWS, *FIGURES]
    parser.add_argument(
        "--rows", nargs="+", choices=every, default=every, metavar="ROW", help=", ".join(every)
    )
    parser.add_argument("--quick", action="store_true", help="one round of a second, and less")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--markdown", action="store_true", help="print the README's tables")
    return parser.parse_args()


if __name__ == "__main__":
    main()
