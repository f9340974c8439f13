"""What several commands share: which configuration, and examples below the help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FileArgument = Annotated[
    Path | None,
    typer.Argument(metavar="FILE", help="The configuration.", show_default=False),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="The same, as an option.",
        envvar="GATEWAY_CONFIG",
        show_default=False,
    ),
]


def epilog(*examples: str) -> str:
    """Examples, one a line (`\\b` keeps the lines as they are)."""
    return "\n".join(("\b", "Examples:", *(f"  {example}" for example in examples)))


def maybe_file(file: Path | None, config: Path | None) -> Path | None:
    """The argument, else the option, else $GATEWAY_CONFIG."""
    return file or config


def one_file(file: Path | None, config: Path | None) -> Path:
    found = maybe_file(file, config)
    if found is None:
        raise typer.BadParameter("name the configuration: FILE, --config FILE or GATEWAY_CONFIG")
    return found
