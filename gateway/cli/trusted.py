"""`gateway trusted`: the dated address lists, refreshed when the operator asks and never else."""

from __future__ import annotations

import ipaddress
import os
import ssl
import tempfile
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli import exits
from gateway.cli.faults import load_or_explain, show_faults
from gateway.config import ConfigError, units
from gateway.config.faults import one_of
from gateway.config.presets import TrustedPart, read_trusted, trusted_files

FETCH_TIMEOUT_S = 15
MAX_LIST_BYTES = 256 * 1024
MIN_SHARE = 0.5  # of the old list's length; a shorter new one is taken for a broken page


def list_trusted(path: Path | None) -> int:
    """Name, date, source and size of every preset."""
    folder = path.parent if path is not None else Path()
    table = Table("preset", "date", "networks", "source", "file", box=SIMPLE_HEAD)
    for column in table.columns:
        column.overflow = "fold"
    try:
        for name, file in trusted_files(folder).items():
            part = read_trusted(file)
            source = "\n".join(part.source)
            whose = str(file) if file.parent.parent == folder else "comes with gateway"
            table.add_row(name, part.date, str(len(part.addresses)), source, whose)
    except ConfigError as error:
        show_faults(error.faults)
        return exits.CONFIG
    Console(highlight=False).print(table)
    return exits.OK


def refresh(name: str, path: Path) -> int:
    """Fetch, check, and write `trusted/NAME.yaml` beside the configuration."""
    config = load_or_explain(path)
    if isinstance(config, int):
        return config
    files = trusted_files(config.file.parent)
    if name not in files:
        return _failed(one_of(name, files, "preset"))
    old = read_trusted(files[name])
    urls = [source for source in old.source if source.startswith(("http://", "https://"))]
    if not urls:
        return _failed(f"{name} is not published as a list: there is nothing to fetch")
    try:
        found = [network for url in urls for network in _fetch(url)]
    except (OSError, ValueError) as error:
        return _failed(f"{name} stays as it is: {error}")
    if len(found) < MIN_SHARE * len(old.addresses):
        return _failed(
            f"{name} stays as it is: only {len(found)} networks instead of {len(old.addresses)}"
        )
    target = config.file.parent / "trusted" / f"{name}.yaml"
    _write(target, old, found)
    console = Console(soft_wrap=True, highlight=False)
    console.print(Text(f"{target}: {len(found)} networks"))
    for sign, some in (
        ("+", set(found) - set(old.addresses)),
        ("-", set(old.addresses) - set(found)),
    ):
        for network in sorted(some):
            console.print(Text(f"  {sign} {network}", style="green" if sign == "+" else "red"))
    console.print(Text("Reload each gate (SIGHUP) to use them."))
    return exits.OK


def _fetch(url: str) -> list[str]:
    """The networks listed there, one a line. Raises OSError or ValueError."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not units.is_loopback(parts.hostname or ""):
        raise ValueError(f"{url}: only https is believed")
    request = urllib.request.Request(url, headers={"User-Agent": "gateway"})  # noqa: S310
    context = ssl.create_default_context() if parts.scheme == "https" else None
    with urllib.request.urlopen(request, timeout=FETCH_TIMEOUT_S, context=context) as reply:  # noqa: S310
        data = reply.read(MAX_LIST_BYTES + 1)
    if len(data) > MAX_LIST_BYTES:
        raise ValueError(f"{url}: more than {MAX_LIST_BYTES // 1024} KiB")
    lines = [line.strip() for line in data.decode("ascii", "replace").splitlines()]
    return [_global(units.network(line), url) for line in lines if line]


def _global(network: str, url: str) -> str:
    """A vendor's list that names private networks is not the vendor's list."""
    found = ipaddress.ip_network(network)
    if not found.is_global or found.prefixlen < (8 if found.version == 4 else 16):
        raise ValueError(f"{url}: {network} can't be theirs")
    return network


def _write(target: Path, old: TrustedPart, networks: list[str]) -> None:
    """All of it or nothing."""
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    lines = [f"about: {_quoted(old.about)}", f'date: "{day}"', "source:"]
    lines += [f"  - {source}" for source in old.source]
    lines += ["addresses:", *(f"  - {network}" for network in networks)]
    target.parent.mkdir(exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    Path(name).chmod(0o644)
    Path(name).replace(target)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _failed(text: str) -> int:
    Console(stderr=True, soft_wrap=True, highlight=False).print(Text(text, style="red"))
    return exits.FAILED
