"""`gateway run`."""

from __future__ import annotations

from pathlib import Path

from gateway.cli.faults import load_or_explain


def run_gate(path: Path, workers: int | None = None) -> int:
    """Check the configuration, then serve. With a fault nothing is started.

    `workers`: instead of the file's.
    """
    config = load_or_explain(
        path, warn=False, then=": nothing was started", workers=workers
    )  # the gate writes its warnings to its log
    if isinstance(config, int):
        return config
    from gateway.workers import run

    return run(config, workers)
