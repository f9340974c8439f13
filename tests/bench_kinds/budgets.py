"""What each file of `attacks/` asks of its kind: all budgets hold, and all controls are reached.

Sixty fresh challenges a kind leave chance some room: what fails here is over its budget by more
than that. The command itself, with its two hundred, goes by the plain figures.
"""

from __future__ import annotations

from gateway.bench.attack import suite
from gateway.bench.kinds import Options, run
from gateway.bench.report import faults

COUNT = 60


def assert_budgets_hold(kind: str) -> None:
    """Attacks, controls on the naive twin, sizes, CPU; and what blind guessing reaches is as the
    kind states it."""
    report = run(Options((kind,), COUNT, slow=False), lambda what, how_many: lambda step: None)
    assert faults(report, surely=True) == []
    low, high = report.kinds[0].blind.interval
    assert low <= suite(kind).chance <= max(high, 0.05)
