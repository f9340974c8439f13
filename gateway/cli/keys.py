"""`gateway keys`."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli import exits
from gateway.cli.faults import load_or_explain
from gateway.config import Config
from gateway.keys import SIGN_AFTER_S, Key, KeyRing, KeysError, create_keys, load_keys, rotate
from gateway.passes import jwks


def list_keys(path: Path) -> int:
    """A table of the keys; never their secrets."""
    config, ring = _ring(path)
    if ring is None:
        return config if isinstance(config, int) else exits.FAILED
    table = Table("key", "made", "signs from", "does", box=SIMPLE_HEAD)
    for key in ring.keys:
        table.add_row(key.kid, _day(key.created_s), _day(key.sign_from_s), _does(key, ring))
    Console(highlight=False).print(table)
    return exits.OK


def create(path: Path) -> int:
    """The folder and the first key, if there is none."""
    config = load_or_explain(path)
    if isinstance(config, int):
        return config
    try:
        ring = create_keys(config.keys, time.time())
    except KeysError as error:
        return _failed(error)
    typer.echo(f"{config.keys}: key {ring.newest.kid} signs")
    return exits.OK


def rotate_keys(path: Path) -> int:
    """One more key; those whose passes have all ended are removed."""
    config = load_or_explain(path)
    if isinstance(config, int):
        return config
    try:
        key, removed = rotate(config.keys, time.time(), longest_s(config))
    except KeysError as error:
        return _failed(error)
    typer.echo(f"{config.keys}: added {key.kid}, which signs from {_day(key.sign_from_s)}")
    if removed:
        typer.echo(f"removed {', '.join(removed)}: no pass by them can still be good")
    minutes = int(SIGN_AFTER_S // 60)
    typer.echo(
        f"Reload each gate (SIGHUP) within {minutes} minutes, so that it knows the key, and once "
        "more after that, so that it signs with it. Nobody is asked again."
    )
    return exits.OK


def print_jwks(path: Path) -> int:
    """The public keys as a JSON Web Key Set."""
    config, ring = _ring(path)
    if ring is None:
        return config if isinstance(config, int) else exits.FAILED
    assert isinstance(config, Config)
    if config.signing != "EdDSA":
        typer.echo("note: passes are signed by HS256; set signing: EdDSA to use these", err=True)
    typer.echo(json.dumps(jwks(ring), indent=2))
    return exits.OK


def longest_s(config: Config) -> float:
    """How long something sealed now may still be good: passes and held visits."""
    routes = [route for site in config.sites for route in site.routes]
    return float(max((max(r.pass_rule.ttl_s, r.hold.ttl_s) for r in routes), default=3600))


def _ring(path: Path) -> tuple[Config | int, KeyRing | None]:
    config = load_or_explain(path)
    if isinstance(config, int):
        return config, None
    try:
        return config, load_keys(config.keys, time.time())
    except KeysError as error:
        return _failed(error), None


def _failed(error: KeysError) -> int:
    Console(stderr=True, soft_wrap=True, highlight=False).print(Text(str(error), style="red"))
    return exits.FAILED


def _does(key: Key, ring: KeyRing) -> str:
    if key is ring.newest:
        return "signs and verifies"
    return "verifies; will sign" if key.sign_from_s > time.time() else "verifies"


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
