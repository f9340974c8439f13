"""What several commands share: which configuration, and examples below the help."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gateway.kinds import Kind

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
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A parameter of KIND, as a ladder may give it; may be repeated.",
        show_default=False,
    ),
]


def epilog(*examples: str) -> str:
    """Examples, one a line (`\\b` keeps the lines as they are)."""
    return "\n".join(("\b", "Examples:", *(f"  {example}" for example in examples)))


def named_values(given: list[str] | None, kinds: int) -> dict[str, str]:
    """What --set gives, of the one kind that it is said of."""
    if given and kinds != 1:
        raise typer.BadParameter("name the one KIND that has these parameters", param_hint="--set")
    pairs = [text.partition("=") for text in given or ()]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise typer.BadParameter(f"{name or '='} is no NAME=VALUE", param_hint="--set")
    return {name: value for name, _, value in pairs}


def params_given(kind: Kind, given: Mapping[str, str]) -> Any:
    """As a ladder may give them. Raises ValueError that says everything wrong."""
    from gateway.config.params import read_params  # only here: help is to come at once

    params, unfit = read_params(kind.params, given)
    if unfit:
        raise ValueError("; ".join(each.said for each in unfit))
    return params


def maybe_file(file: Path | None, config: Path | None) -> Path | None:
    """The argument, else the option, else $GATEWAY_CONFIG."""
    return file or config


def one_file(file: Path | None, config: Path | None) -> Path:
    found = maybe_file(file, config)
    if found is None:
        raise typer.BadParameter("name the configuration: FILE, --config FILE or GATEWAY_CONFIG")
    return found
