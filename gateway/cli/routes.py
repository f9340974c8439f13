"""`gateway routes`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.text import Text

from gateway.cli import exits
from gateway.cli.ask import Asker, form_body, outcome, printable
from gateway.cli.faults import load_or_explain
from gateway.config import Config
from gateway.decide import step_of
from gateway.model import Match, Rung, Site
from gateway.model import Route as Route_

PATHS_SHOWN = 3


def show_routes(path: Path, test: tuple[str, str] | None, form: list[str]) -> int:
    """List the routes, or say which of them a request meets."""
    config = load_or_explain(path)
    if isinstance(config, int):
        return config
    console = Console(highlight=False, soft_wrap=True)
    if test is None:
        for site in config.sites:
            _print_site(site, console)
        return exits.OK
    try:
        return _answer(config, test[0].upper(), test[1], form_body(form), console)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _print_site(site: Site, console: Console) -> None:
    """Each route in the order it is tried: what happens, to which requests, for which pass."""
    app = ", ".join(map(str, site.upstream.addresses))
    console.print(Text(f"{site.name}: {', '.join(site.hosts)} → {app}", style="bold"))
    for number, route in enumerate(site.routes, 1):
        line = Text(f"{number:>4}  ").append(route.name, style="cyan")
        line.append(f"  {what(route)}")
        if route.mode != "enforce" and route.action != "allow":
            line.append(f"  [{route.mode}]", style="yellow")
        console.print(line)
        console.print(Text(f"      {when(route)}", style="dim"))
        if route.action == "challenge":
            console.print(Text(f"      pass: {pass_words(route)}", style="dim"))


def when(route: Route_) -> str:
    """Which requests the route is about."""
    text = match_words(route.match)
    if route.challenge_on is not None:
        text += f"; asked on {match_words(route.challenge_on)}"
    return text


def match_words(match: Match) -> str:
    """`POST /register ?action=register form do=register`."""
    parts = [" ".join(sorted(match.methods)) or "any method", _paths(match.paths)]
    parts += [f"?{_pair(name, value)}" for name, value in match.query.items()]
    parts += [f"form {_pair(name, value)}" for name, value in match.form.items()]
    return " ".join(parts)


def _paths(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - PATHS_SHOWN} more" if len(paths) > PATHS_SHOWN else ""
    return (", ".join(paths[:PATHS_SHOWN]) or "any path") + more


def _pair(name: str, value: str | None) -> str:
    return f"{name}=…" if value is None else f"{name}={value}"


def what(route: Route_) -> str:
    """`challenge: invisible up to 0.3, else slider`."""
    if route.action != "challenge":
        return route.action
    steps: dict[int, list[Rung]] = {}
    for index, rung in enumerate(route.ladder):
        steps.setdefault(step_of(route, index), []).append(rung)
    return f"challenge: {', else '.join(map(_step, steps.values()))}"


def _step(rungs: list[Rung]) -> str:
    most = rungs[0].max_risk
    up_to = f" up to {most:g}" if most < 1 else ""
    return " or ".join(rung.kind for rung in rungs) + up_to


def pass_words(route: Route_) -> str:
    """`account, 30 min`."""
    rule = route.pass_rule
    if route.single_use:
        return "none: one solve, one request"
    uses = f", {rule.uses} uses" if rule.uses else ""
    return f"{rule.scope}, {span(rule.ttl_s)}{uses}"


def span(seconds: int) -> str:
    """Seconds as an operator would write them: 5400 is 1h30m."""
    units: Mapping[str, int] = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    text = ""
    for unit, size in units.items():
        count, seconds = divmod(seconds, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def _answer(config: Config, method: str, url: str, form: bytes, console: Console) -> int:
    parts = urlsplit(url)
    host = parts.netloc or next(iter(config.sites)).hosts[0].replace("*", "example")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    asker = Asker(config)
    site = asker.site(host)
    if site is None:
        console.print(Text(f"no site has the host {printable(host)}: it is refused (421)"))
        return exits.FAILED
    if asker.is_ours(target.encode()):
        console.print(Text(f"the gate itself answers under {config.prefix}"))
        return exits.OK
    matched = asker.ask(site, method, target.encode(), host, form).matched
    route = matched.route
    line = Text(f"{method} {printable(target)} on site ").append(site.name, style="cyan")
    if route is None:
        console.print(line.append(": no route, so it goes on to the app"))
        return exits.OK
    line.append(" meets route ").append(route.name, style="cyan")
    line.append(f": without a pass it {outcome(route, opening=matched.opening)}", style="bold")
    detail = f" ({what(route)}; pass: {pass_words(route)})" if route.action == "challenge" else ""
    console.print(line.append(detail))
    return exits.OK
