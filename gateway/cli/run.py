"""`gateway run`."""

from __future__ import annotations

from pathlib import Path

from gateway.cli.faults import load_or_explain


def run_gate(path: Path) -> int:
    """Check the configuration, then serve. With a fault nothing is started."""
    config = load_or_explain(
        path, warn=False, then=": nothing was started"
    )  # the gate writes them to its log
    if isinstance(config, int):
        return config
    from gateway.workers import run

    return run(config)
