"""`gateway trusted`: the dated address lists, refreshed when the operator asks and never else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from gateway.cli import exits
from gateway.cli.faults import load_or_explain, show_faults
from gateway.cli.fetching import failed, renew
from gateway.cli.saying import folding_table, wide_console
from gateway.config import ConfigError
from gateway.config.faults import one_of
from gateway.config.presets import TrustedPart, read_trusted, trusted_files


def list_trusted(path: Path | None) -> int:
    """Name, date, source and size of every preset."""
    folder = path.parent if path is not None else Path()
    table = folding_table("preset", "date", "networks", "source", "file")
    try:
        for name, file in trusted_files(folder).items():
            part = read_trusted(file)
            source = "\n".join(part.source)
            whose = str(file) if file.parent.parent == folder else "comes with gateway"
            table.add_row(name, part.date, str(len(part.addresses)), source, whose)
    except ConfigError as error:
        show_faults(error.faults)
        return exits.CONFIG
    wide_console().print(table)
    return exits.OK


def refresh(name: str, path: Path) -> int:
    """Fetch, check, and write `trusted/NAME.yaml` beside the configuration."""
    config = load_or_explain(path)
    if isinstance(config, int):
        return config
    files = trusted_files(config.file.parent)
    if name not in files:
        return failed(one_of(name, files, "preset"))
    old = read_trusted(files[name])
    urls = [source for source in old.source if source.startswith(("http://", "https://"))]
    if not urls:
        return failed(f"{name} is not published as a list: there is nothing to fetch")
    target = config.file.parent / "trusted" / f"{name}.yaml"
    return renew(name, urls, target, old.addresses, partial(_lines, old))


def _lines(old: TrustedPart, day: str, networks: Sequence[str]) -> list[str]:
    lines = [f"about: {_quoted(old.about)}", f'date: "{day}"', "source:"]
    lines += [f"  - {source}" for source in old.source]
    return [*lines, "addresses:", *(f"  - {network}" for network in networks)]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
