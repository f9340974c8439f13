"""Faults as people read them: the place, the sentence, and on a terminal the line with a caret."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from gateway.cli import exits
from gateway.config import Config, ConfigError, Fault, load
from gateway.config.faults import hide_passwords

WIDTH = 110  # of an excerpt; longer lines are cut around the caret


def load_or_explain(
    path: Path, *, warn: bool = True, then: str = "", workers: int | None = None
) -> Config | int:
    """The configuration, with its warnings said; or the exit code, with every fault said.

    `then`: what follows from faults. `workers`: instead of the file's.
    """
    try:
        config = load(path, os.environ, workers=workers)
    except ConfigError as error:
        show_faults(error.faults, then)
        return exits.CONFIG
    if warn:
        show_warnings(config.warnings)
    return config


def show_faults(faults: Iterable[Fault], then: str = "") -> None:
    """Each fault on standard error, and how many there were."""
    count = _show(faults, "red")
    word = "fault" if count == 1 else "faults"
    _console().print(Text(f"{count} {word} in the configuration{then}"))


def show_warnings(warnings: Iterable[Fault]) -> None:
    """Each warning on standard error."""
    _show(warnings, "yellow")


def _console() -> Console:
    return Console(stderr=True, soft_wrap=True, highlight=False)


def _show(faults: Iterable[Fault], colour: str) -> int:
    console, listed = _console(), list(faults)
    for fault in listed:
        line = Text().append(f"{fault.place}: ", style="bold")
        line.append("warning: " if colour == "yellow" else "", style=colour)
        line.append(f"{fault.where}: " if fault.where else "", style="cyan")
        line.append(fault.what)
        console.print(line)
        if console.is_terminal and (excerpt := _excerpt(fault, colour)):
            console.print(excerpt)
    return len(listed)


def _excerpt(fault: Fault, colour: str) -> Text | None:
    """The line at fault with a caret below. A password in it is not shown."""
    if not fault.place.line:
        return None
    try:
        lines = Path(fault.place.file).read_text("utf-8-sig").splitlines()
        line = lines[fault.place.line - 1]
    except (OSError, UnicodeDecodeError, IndexError):
        return None
    hidden = hide_passwords(line)
    column = min(fault.place.column - 1, len(hidden))
    start = max(0, column - WIDTH // 2)
    number = f"{fault.place.line:>6} │ "
    text = Text().append(number, style="dim").append(hidden[start : start + WIDTH])
    caret = " " * (len(number) - 2) + "│ " + " " * (column - start)
    return text.append("\n").append(caret, style="dim").append("^", style=f"bold {colour}")
