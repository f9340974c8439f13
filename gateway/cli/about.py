"""Commands about decisions: explained, taken again, forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import ConfigOption, FileArgument, epilog, one_file

about_app = typer.Typer(rich_markup_mode=None)


@about_app.command(
    epilog=epilog(
        "gateway explain gateway.yaml --id 0199c2f0-5f0e-7c3a-9d3b-5b1c2f4e8a77",
        "gateway explain gateway.yaml --curl \"curl 'https://shop.example/register' -X POST\"",
        "pbpaste | gateway explain gateway.yaml --curl -",
        "gateway explain gateway.yaml --har session.har --entry 3 --json",
    )
)
def explain(
    file: FileArgument = None,
    config: ConfigOption = None,
    curl: Annotated[
        str,
        typer.Option(
            metavar="COMMAND",
            help="A request, as browsers copy it (copy as cURL); - for stdin.",
            show_default=False,
        ),
    ] = "",
    har: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Requests that a browser saved.", exists=True, show_default=False
        ),
    ] = None,
    reference: Annotated[
        str,
        typer.Option(
            "--id",
            metavar="REFERENCE",
            help="A decision that was taken, by the reference that visitors see.",
            show_default=False,
        ),
    ] = "",
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="LOG",
            help="With --id: look in this log, gzipped or not, instead of in the store.",
            show_default=False,
        ),
    ] = None,
    entry: Annotated[
        int, typer.Option(min=0, metavar="N", help="With --har: only this one.", show_default=False)
    ] = 0,
    address: Annotated[
        str, typer.Option("--from", metavar="ADDRESS", help="Who asks, for lists and signals.")
    ] = "198.51.100.1",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say why a request is challenged or not: rules, near misses, signals, what would change it."""
    from gateway.cli.explain import Wish, explain_wish

    if sum(map(bool, (curl, har, reference))) != 1:
        raise typer.BadParameter("one of --curl, --har and --id is wanted")
    wish = Wish(curl, har, reference, entry, address, as_json, log)
    raise typer.Exit(explain_wish(one_file(file, config), wish))


@about_app.command(
    epilog=epilog(
        "gateway replay gateway.log --config new.yaml",
        "gateway replay gateway.log.gz --config new.yaml --old gateway.yaml",
        "gateway replay --config new.yaml  (what the store keeps)",
    )
)
def replay(
    config: Annotated[
        Path,
        typer.Option(
            "--config",
            "-c",
            metavar="NEW",
            help="The configuration to decide by.",
            envvar="GATEWAY_CONFIG",
            show_default=False,
        ),
    ],
    log: Annotated[
        Path | None,
        typer.Argument(
            metavar="[LOG]",
            help="A gate's log, gzipped or not; - for stdin. None: what the store keeps.",
            show_default=False,
        ),
    ] = None,
    old: Annotated[
        Path | None,
        typer.Option(
            metavar="OLD",
            help="Compare with this configuration, instead of what was recorded.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Decide recorded requests again by another configuration, and say what would change."""
    from gateway.cli.replay import replay as replay_log

    raise typer.Exit(replay_log(log, config, old, as_json=as_json))


@about_app.command(
    epilog=epilog(
        "gateway forget gateway.yaml --address 192.0.2.7 --dry-run",
        "gateway forget gateway.yaml --prefix 192.0.2.0/24",
        "gateway forget gateway.yaml --id 0199c2f0-5f0e-7c3a-9d3b-5b1c2f4e8a77",
    )
)
def forget(
    file: FileArgument = None,
    config: ConfigOption = None,
    address: Annotated[
        str, typer.Option(metavar="ADDRESS", help="About one address.", show_default=False)
    ] = "",
    prefix: Annotated[
        str, typer.Option(metavar="CIDR", help="About all in a network.", show_default=False)
    ] = "",
    user: Annotated[
        str,
        typer.Option(metavar="NAME", help="About a user, as the app names it.", show_default=False),
    ] = "",
    reference: Annotated[
        str,
        typer.Option(
            "--id",
            metavar="REFERENCE",
            help="About one decision, and what followed.",
            show_default=False,
        ),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what there is.")] = False,
) -> None:
    """Remove what is kept about somebody: records, raw paths, held requests, counters.

    The rest names nobody and goes by itself: what was spent (uses of a pass, a visit, a question)
    with what it was spent of, at most pass.ttl or hold.ttl; tries of a visit after 2 minutes; marks
    of paths after an hour; what is remembered of a browser after memory.for; digests of form values
    after their limit's within. Held requests on their way to the app, and the log, stay.
    """
    from gateway.cli.forget import forget as forget_them

    if sum(map(bool, (address, prefix, user, reference))) != 1:
        raise typer.BadParameter("one of --address, --prefix, --user and --id is wanted")
    path = one_file(file, config)
    told = {"address": address, "prefix": prefix, "user": user, "reference": reference}
    raise typer.Exit(forget_them(path, **told, dry_run=dry_run))
