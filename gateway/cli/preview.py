"""`gateway preview`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from gateway import kinds
from gateway.cli import exits
from gateway.cli.options import params_given
from gateway.kinds import Kind
from gateway.model import JSON
from gateway.preview import answers, asking, sheets

PICTURES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to draw, and where it goes."""

    kind: str
    count: int
    seed: int
    out: Path
    art: Path | None = None
    salt: str = ""
    per_sheet: int = 6
    contact: bool = False
    given: Mapping[str, str] = field(default_factory=dict)  # of the kind's parameters


def draw(wanted: Wanted) -> int:
    """Write sheets and, apart from them, the truth. Says where; never what."""
    if (fault := unknown(wanted.kind)) is not None:
        return fault
    kind = kinds.load()[wanted.kind]
    try:
        params = _params(wanted, kind)
    except ValueError as error:
        typer.echo(f"Error: {wanted.kind}: {error}", err=True)
        return exits.USAGE
    made = asking.asked(kind, params, wanted.seed, wanted.count)
    items = [sheets.Item(number, dict(one.view)) for number, one in made.items()]
    wanted.out.mkdir(parents=True, exist_ok=True)
    if wanted.contact:
        return _write(wanted.out / f"{wanted.kind}-contact.png", sheets.contact(items))
    for number, sheet in enumerate(sheets.sheets(items, wanted.per_sheet), 1):
        _write(wanted.out / f"{wanted.kind}-{number}.png", sheet)
    truth = asking.truth(wanted.kind, wanted.seed, made)
    _write(_truth(wanted), json.dumps(truth, indent=1).encode())
    _write(_truth(wanted).with_suffix(".txt"), asking.readable(truth).encode())
    return exits.OK


def judge(wanted: Wanted, answered: Path) -> int:
    """Judge answers to the sheets that lie in `out`. Fails unless all are right."""
    if (fault := unknown(wanted.kind)) is not None:
        return fault
    if not _truth(wanted).is_file():
        typer.echo(f"Error: {wanted.out} has no sheets of {wanted.kind} with their truth", err=True)
        return exits.USAGE
    try:
        truth: JSON = json.loads(_truth(wanted).read_text("utf-8"))
        given = answers.parsed(answered.read_text("utf-8"))
    except ValueError as error:
        typer.echo(f"Error: {error}", err=True)
        return exits.USAGE
    results = answers.judged(kinds.load()[wanted.kind], asking.secrets(truth), given)
    typer.echo(answers.report(results))
    return exits.OK if all(one.ok for one in results) else exits.FAILED


def serve(wanted: Wanted, listen: str) -> int:
    """Serve the page to try by hand, until Ctrl-C. Tries are noted in `out`."""
    from gateway.preview.listening import listen_on

    if wanted.kind and (fault := unknown(wanted.kind)) is not None:
        return fault
    names = [wanted.kind] if wanted.kind else list(kinds.load())
    chosen = {name: kinds.load()[name] for name in names}
    try:
        asked = {name: (kind, _params(wanted, kind)) for name, kind in chosen.items()}
        wanted.out.mkdir(parents=True, exist_ok=True)
        return listen_on(listen, asked, wanted.out / "tries.jsonl")
    except ValueError as error:
        typer.echo(f"Error: {error}", err=True)
        return exits.USAGE


def _params(wanted: Wanted, kind: Kind) -> Any:
    """Raises ValueError for parameters that the kind can't have."""
    salt = wanted.salt.encode() or asking.DEFAULT_SALT
    given = params_given(kind, wanted.given)
    return asking.params_of(kind, salt, pictures_in(wanted.art), given)


def pictures_in(folder: Path | None) -> tuple[bytes, ...]:
    """The operator's pictures, by name."""
    if folder is None:
        return ()
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    return tuple(path.read_bytes() for path in files)


def unknown(kind: str) -> int | None:
    """Say so, when there is no such kind."""
    if kind in kinds.load():
        return None
    what = f"no kind is named {kind}" if kind else "name a KIND"
    typer.echo(f"Error: {what}; there are {', '.join(kinds.load())}", err=True)
    return exits.USAGE


def _truth(wanted: Wanted) -> Path:
    """Each kind's own, so that sheets of several kinds may lie in one folder."""
    return wanted.out / f"{wanted.kind}-truth.json"


def _write(path: Path, data: bytes) -> int:
    path.write_bytes(data)
    typer.echo(str(path))
    return exits.OK
