"""`gateway schema`."""

from __future__ import annotations

import json

import typer

from gateway.cli import exits
from gateway.config.schema import json_schema


def print_schema() -> int:
    """Print the schema on standard output."""
    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return exits.OK
