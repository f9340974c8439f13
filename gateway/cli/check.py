"""`gateway check`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from gateway.cli import exits
from gateway.cli.faults import load_or_explain
from gateway.cli.saying import counted
from gateway.config import Config


def check_file(path: Path, log: Path | None) -> int:
    """Say what is wrong, or what the configuration comes to."""
    config = load_or_explain(path)
    if isinstance(config, int):
        return config
    console = Console(soft_wrap=True, highlight=False)
    console.print(Text().append(f"{path}: ok", style="green").append(f" ({summary(config)})"))
    if log is not None:
        from gateway.cli.accesslog import report

        return report(config, log, console)
    return exits.OK


def summary(config: Config) -> str:
    """Counts that tell whether the file says what was meant."""
    routes = [route for site in config.sites for route in site.routes]
    patterns = [path for route in routes for path in route.match.paths if path.startswith("~")]
    parts = [
        counted(len(config.sites), "site"),
        counted(len(routes), "route"),
        counted(len(patterns), "regular expression"),
        f"store {config.store}",
        counted(len(config.trusted), "trusted network") if config.trusted else "nobody trusted",
    ]
    return ", ".join(parts)
