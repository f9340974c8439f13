"""What commands there are, their options and examples. The work is in the files beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import exits
from gateway.cli.about import about_app
from gateway.cli.bench import bench_app
from gateway.cli.options import (
    ConfigOption,
    FileArgument,
    SetOption,
    epilog,
    maybe_file,
    named_values,
    one_file,
)

app = typer.Typer(
    name="gateway",
    help="A gate in front of unmodified sites.\n\n"
    "It challenges what must be protected, and then finishes the visitor's original request.",
    epilog="\b\nExamples:\n"
    "  gateway demo\n"
    "  gateway init --upstream http://127.0.0.1:8000 > gateway.yaml\n"
    "  gateway check gateway.yaml && gateway run gateway.yaml\n\n"
    "Exit codes: 0 ok, 1 failed, 2 usage, 3 configuration.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # rich would double the time that --help takes
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)
keys_app = typer.Typer(
    help="The keys that passes and tickets are signed with.",
    no_args_is_help=True,
    epilog=epilog("gateway keys list gateway.yaml", "gateway keys rotate gateway.yaml"),
)
MOST_WORKERS = 64  # as in the configuration
trusted_app = typer.Typer(
    help="The address lists behind trusted_proxies.",
    no_args_is_help=True,
    epilog=epilog("gateway trusted list", "gateway trusted refresh cloudflare gateway.yaml"),
)
app.add_typer(about_app)
app.add_typer(keys_app, name="keys")
app.add_typer(trusted_app, name="trusted")
bots_app = typer.Typer(
    help="Good bots, and the addresses they publish.",
    no_args_is_help=True,
    epilog=epilog("gateway bots list gateway.yaml", "gateway bots refresh google gateway.yaml"),
)
app.add_typer(bots_app, name="bots")
app.add_typer(bench_app, name="bench")


def _version(wanted: bool) -> None:
    if wanted:
        from gateway import __version__

        typer.echo(f"gateway {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    pass


@app.command(
    epilog=epilog(
        "gateway run gateway.yaml",
        "gateway run gateway.yaml --workers 4",
        "GATEWAY_CONFIG=gateway.yaml gateway run",
    )
)
def run(
    file: FileArgument = None,
    config: ConfigOption = None,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_WORKERS,
            metavar="N",
            help="Processes that share the listener, instead of `workers` in the configuration.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve, until SIGTERM or Ctrl-C. SIGHUP reads the configuration again."""
    from gateway.cli.run import run_gate

    raise typer.Exit(run_gate(one_file(file, config), workers))


@app.command(epilog=epilog("gateway demo", "gateway demo --listen 127.0.0.1:9000"))
def demo(
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS:PORT", help="Where the gate listens.")
    ] = "127.0.0.1:8080",
) -> None:
    """Show it: a small legacy app, and the gate before it."""
    from gateway.demo import run as run_demo

    raise typer.Exit(run_demo(listen))


@app.command(
    epilog=epilog(
        "gateway check gateway.yaml",
        "gateway check gateway.yaml --log /var/log/nginx/access.log",
    )
)
def check(
    file: FileArgument = None,
    config: ConfigOption = None,
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="ACCESS.LOG",
            help="A log in nginx's or Apache's combined format: list which of its requests each "
            "route would have challenged. '-' reads standard input.",
        ),
    ] = None,
) -> None:
    """Say every fault of a configuration: where, and what mends it."""
    from gateway.cli.check import check_file

    raise typer.Exit(check_file(one_file(file, config), log))


@app.command(
    epilog=epilog(
        "gateway init --upstream http://127.0.0.1:8000 > gateway.yaml",
        "gateway init --upstream unix:/run/app.sock --path '/wp-login.php?action=register'",
    )
)
def init(
    upstream: Annotated[str, typer.Option(metavar="URL", help="The app to protect.")],
    path: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="A form's target, like /register or '/index.php?do=register'; may be repeated.",
        ),
    ] = None,
    host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="The site's host names.")
    ] = None,
    title: Annotated[str, typer.Option(help="The site's name, as visitors know it.")] = "",
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS:PORT", help="Where the gate listens.")
    ] = "127.0.0.1:8080",
) -> None:
    """Print a commented configuration to begin with. It only watches until told to enforce."""
    from gateway.cli.init import print_config

    raise typer.Exit(print_config(upstream, path or ["/register"], host or ["*"], title, listen))


@app.command(
    epilog=epilog(
        "gateway routes gateway.yaml",
        "gateway routes gateway.yaml --test POST https://shop.example/register",
        "gateway routes gateway.yaml --test POST /forum.php --form do=register",
    )
)
def routes(
    file: FileArgument = None,
    config: ConfigOption = None,
    test: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="METHOD PATH", help="Say which route such a request meets."),
    ] = None,
    form: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="With --test: a form field; may be repeated."),
    ] = None,
) -> None:
    """List sites and routes in the order they are tried."""
    from gateway.cli.routes import show_routes

    raise typer.Exit(show_routes(one_file(file, config), test, form or []))


@app.command(epilog=epilog("gateway schema > gateway.schema.json"))
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    from gateway.cli.schema import print_schema

    raise typer.Exit(print_schema())


@app.command(
    epilog=epilog(
        "gateway preview slider --out sheets",
        "gateway preview slider --out sheets --answers mine.txt",
        "gateway preview word --set script=latin --out sheets",
        "gateway preview slider --out sheets --contact --count 40",
        "gateway preview --serve --out tries",
    )
)
def preview(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where sheets, truth and notes go.")],
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="The kind of challenge.", show_default=False)
    ] = "",
    count: Annotated[
        int, typer.Option(min=1, max=1000, metavar="N", help="How many questions.")
    ] = 24,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed asks other questions.")] = 1,
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
    salt: Annotated[
        str, typer.Option(metavar="TEXT", help="Another salt draws in another style.")
    ] = "",
    given: SetOption = None,
    per_sheet: Annotated[
        int, typer.Option(min=1, max=24, metavar="N", help="Questions on one sheet.")
    ] = 6,
    contact: Annotated[
        bool, typer.Option("--contact", help="One sheet of scenes side by side: do they vary?")
    ] = False,
    answers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Judge answers to the sheets in DIR, one a line, as '3: 0.41,0.62 0.2,0.3', "
            "'4: 2 5 7' or JSON.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    serving: Annotated[
        bool,
        typer.Option("--serve", help="A page to try KIND by hand, or every kind in turn."),
    ] = False,
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS:PORT", help="With --serve: where it listens.")
    ] = "127.0.0.1:8085",
) -> None:
    """Draw numbered questions on sheets to look at, with the truth in a file apart."""
    from gateway.cli.preview import Wanted, draw, judge, serve

    values = named_values(given, int(bool(kind)))
    wanted = Wanted(kind, count, seed, out, art, salt, per_sheet, contact, values)
    if serving:
        raise typer.Exit(serve(wanted, listen))
    raise typer.Exit(judge(wanted, answers) if answers else draw(wanted))


@app.command(
    epilog=epilog(
        "gateway trace paths.jsonl.gz > risks.jsonl",
        "zcat paths.jsonl.gz | gateway trace -",
        "gateway trace --kept gateway.yaml > paths.jsonl",
    )
)
def trace(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Paths, one JSON object a line; - for stdin.",
            show_default=False,
        ),
    ] = None,
    kept: Annotated[
        Path | None,
        typer.Option(
            metavar="CONFIG",
            help="Instead: print the paths that this gate has kept (traces), in that format.",
            show_default=False,
        ),
    ] = None,
    reference: Annotated[
        str,
        typer.Option(
            "--id", metavar="REFERENCE", help="With --kept: of one visit.", show_default=False
        ),
    ] = "",
) -> None:
    """Say of each recorded pointer path how much it looks like a script's, from 0 to 1."""
    from gateway.cli.trace import print_kept
    from gateway.cli.trace import trace as trace_file

    if (file is None) == (kept is None) or (reference and kept is None):
        raise typer.BadParameter("one of FILE and --kept is wanted; --id goes with --kept")
    raise typer.Exit(print_kept(kept, reference) if kept else trace_file(file or Path("-")))


@keys_app.command("list", epilog=epilog("gateway keys list gateway.yaml"))
def keys_list(file: FileArgument = None, config: ConfigOption = None) -> None:
    """List the keys, the one that signs last."""
    from gateway.cli.keys import list_keys

    raise typer.Exit(list_keys(one_file(file, config)))


@keys_app.command("create", epilog=epilog("gateway keys create gateway.yaml"))
def keys_create(file: FileArgument = None, config: ConfigOption = None) -> None:
    """Make the key folder and its first key, if there is none. `run` does so too."""
    from gateway.cli.keys import create

    raise typer.Exit(create(one_file(file, config)))


@keys_app.command("rotate", epilog=epilog("gateway keys rotate gateway.yaml"))
def keys_rotate(file: FileArgument = None, config: ConfigOption = None) -> None:
    """Add a key, and remove those that no pass can bear any more."""
    from gateway.cli.keys import rotate_keys

    raise typer.Exit(rotate_keys(one_file(file, config)))


@keys_app.command("jwks", epilog=epilog("gateway keys jwks gateway.yaml"))
def keys_jwks(file: FileArgument = None, config: ConfigOption = None) -> None:
    """Print the public keys, for apps that check passes themselves (signing: EdDSA)."""
    from gateway.cli.keys import print_jwks

    raise typer.Exit(print_jwks(one_file(file, config)))


@trusted_app.command("list", epilog=epilog("gateway trusted list gateway.yaml"))
def trusted_list(file: FileArgument = None, config: ConfigOption = None) -> None:
    """List the presets with their dates and sources, and those that the configuration uses."""
    from gateway.cli.trusted import list_trusted

    raise typer.Exit(list_trusted(maybe_file(file, config)))


@trusted_app.command("refresh", epilog=epilog("gateway trusted refresh cloudflare gateway.yaml"))
def trusted_refresh(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The preset, such as cloudflare.")],
    file: FileArgument = None,
    config: ConfigOption = None,
) -> None:
    """Fetch a preset's addresses from its source into `trusted/` beside the configuration."""
    from gateway.cli.trusted import refresh

    raise typer.Exit(refresh(name, one_file(file, config)))


@bots_app.command("list", epilog=epilog("gateway bots list gateway.yaml"))
def bots_list(file: FileArgument = None, config: ConfigOption = None) -> None:
    """List the good bots that the configuration names, (those it could name), and their proofs."""
    from gateway.cli.bots import list_bots

    raise typer.Exit(list_bots(one_file(file, config)))


@bots_app.command("refresh", epilog=epilog("gateway bots refresh google gateway.yaml"))
def bots_refresh(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The bot, such as google.")],
    file: FileArgument = None,
    config: ConfigOption = None,
) -> None:
    """Fetch the addresses that a bot publishes into `bots/` beside the configuration."""
    from gateway.cli.bots import refresh

    raise typer.Exit(refresh(name, one_file(file, config)))


def run_app() -> None:
    """Run, and exit with the command's code. A refusal of the system is one line, no traceback."""
    import sys

    try:
        app()
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        raise SystemExit(exits.OK) from None
    except OSError as error:
        told = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        typer.echo(f"gateway: {told}", err=True)
        raise SystemExit(exits.FAILED) from None
