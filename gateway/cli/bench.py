"""`gateway bench`: what attackers reach. Its packages are an extra, so the room is opened late."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli import exits
from gateway.cli.options import SetOption, epilog, named_values, params_given

if TYPE_CHECKING:
    from gateway.bench.kinds import Options

NEEDED = {"cv2", "sklearn"}  # what the extra brings
DEFAULT_TRAIN = 5000

bench_app = typer.Typer(
    help="Measure challenges and those who attack them.",
    no_args_is_help=True,
    epilog=epilog("gateway bench kinds gobang --count 5 --fast"),
)


MarkdownOption = Annotated[
    bool, typer.Option("--markdown", help="Print the short table of the README instead.")
]


@bench_app.callback()
def _bench() -> None:
    pass  # so that `kinds` stays a command of its own


@bench_app.command(
    "kinds",
    epilog=epilog(
        "gateway bench kinds",
        "gateway bench kinds puzzle icon --count 60 --fast",
        "gateway bench kinds word --set hardness=hard --count 40",
        "gateway bench kinds --jobs 2 --json bench.json --white-box",
        "gateway bench kinds --art /srv/pictures --salt 'a guess'",
    ),
)
def bench_kinds(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KIND]...", help="All that draw, if none.", show_default=False),
    ] = None,
    count: Annotated[
        int, typer.Option(min=1, metavar="N", help="Fresh challenges of each kind.")
    ] = 200,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Another seed draws other challenges.")
    ] = 1,
    jobs: Annotated[int, typer.Option(min=1, max=64, metavar="N", help="Processes.")] = 1,
    fast: Annotated[
        bool, typer.Option("--fast", help="Leave out the dearest attacks and those by ddddocr.")
    ] = False,
    white_box: Annotated[
        bool,
        typer.Option(
            "--white-box",
            help="Also train models on our own labelled challenges: with the install's salt "
            "known, and knowing only other installs.",
        ),
    ] = False,
    train: Annotated[
        int, typer.Option(min=50, metavar="N", help="Challenges to train each on.")
    ] = DEFAULT_TRAIN,
    salt: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="One install's salt. Without it, challenges are of eight installs in turn.",
            show_default=False,
        ),
    ] = None,
    art: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Pictures to draw over, instead of drawn scenes.",
            exists=True,
            file_okay=False,
            show_default=False,
        ),
    ] = None,
    given: SetOption = None,
    minutes: Annotated[
        float,
        typer.Option(metavar="N", help="What is not begun by then is left out; the counts say so."),
    ] = 120.0,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", help="Write all figures there too.", show_default=False
        ),
    ] = None,
    markdown: MarkdownOption = False,
) -> None:
    """Attack each kind of picture, and what others draw today, and count what is solved.

    An attack may solve its budget and no more, and must solve the naive twin: else the exit code
    is 1. The dearest attacks meet every fourth challenge. Needs the extra `bench`; attacks by
    ddddocr run where `bench-ocr` is installed.
    """
    from gateway.bench.kinds import Options
    from gateway.cli.preview import pictures_in

    options = Options(
        tuple(names or ()),
        count,
        seed,
        salt,
        pictures_in(art),
        jobs,
        not fast,
        train if white_box else 0,
        60 * minutes,
    )
    values = named_values(given, len(options.kinds))
    try:
        raise typer.Exit(_run(options, values, json_file, markdown))
    except ModuleNotFoundError as error:
        raise typer.Exit(_not_installed(error)) from None


@bench_app.command(
    "table",
    epilog="\b\nExamples:\n  gateway bench table puzzle.json icon.json --markdown",
)
def bench_table(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="What --json wrote.", exists=True, dir_okay=False),
    ],
    markdown: MarkdownOption = False,
) -> None:
    """Print the tables of earlier runs as one; exit code 1 where a budget was broken."""
    from gateway.bench import kinds

    try:
        report = kinds.kept(files)
    except ValueError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(exits.USAGE) from None
    broken = kinds.publish(report, kinds.console_to_print(), markdown)
    raise typer.Exit(exits.FAILED if broken else exits.OK)


def _run(options: Options, values: dict[str, str], json_file: Path | None, markdown: bool) -> int:
    """Run and publish; exit code 1 where a budget is broken."""
    from rich.console import Console

    from gateway import kinds as all_kinds
    from gateway.bench import attack, kinds

    for name in options.kinds:
        if name not in attack.suites():
            known = ", ".join(attack.suites()) or "none"
            typer.echo(f"Error: no attacks on {name}; there are attacks on: {known}", err=True)
            return exits.USAGE
    try:
        given = params_given(all_kinds.load()[options.kinds[0]], values) if values else None
    except ValueError as error:
        typer.echo(f"Error: {options.kinds[0]}: {error}", err=True)
        return exits.USAGE
    with kinds.progress_on(Console(stderr=True)) as begin:
        report = kinds.run(replace(options, given=given), begin)
    if json_file is not None:
        kinds.keep(report, json_file)
    broken = kinds.publish(report, kinds.console_to_print(), markdown)
    return exits.FAILED if broken else exits.OK


def _not_installed(error: ModuleNotFoundError) -> int:
    if (error.name or "").partition(".")[0] not in NEEDED:
        raise error
    typer.echo(
        f"Error: {error.name} is missing: in gateway's folder, pip install '.[bench]'", err=True
    )
    return exits.FAILED
