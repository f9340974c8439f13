"""`gateway init`."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl

import typer
from ruamel.yaml import YAML

from gateway.cli import exits
from gateway.config import ConfigError, load

_TEXT = "tag:yaml.org,2002:str"
_TEMPLATE = """\
# yaml-language-server: $schema=./gateway.schema.json
# (made by: gateway schema > gateway.schema.json)
#
# Check it:  gateway check gateway.yaml --log /var/log/nginx/access.log
# Run it:    gateway run gateway.yaml
# Every setting and its default is in the README.
version: 1

{listen}# visitors' requests; also unix:PATH, or a list
admin: 127.0.0.1:9090           # /healthz /readyz /metrics, for this machine only
keys: ./keys                    # made at the first run, for this user only; back it up
store: sqlite:./gateway.db      # several gates: redis://127.0.0.1:6379/0

# Is there a proxy in front (nginx, a load balancer, Cloudflare)? Say so here, or every visitor
# seems to have its address: [127.0.0.1, "::1"], [private], [cloudflare] or [unix].
trusted_proxies: []

upstreams:
  app: {upstream}

sites:
  - name: site
    hosts: {hosts}
    upstream: app
    title: {title}
    presets: [well-known, feeds]    # never challenged; also: webhooks, payments
    mode: shadow                # only records what would have happened; then: enforce
    routes:
{routes}"""

_ROUTE = """\
      - name: {name}
        match: {match}{params}
        ladder:                 # the easiest kind that suffices for the visitor's risk
          - {{kind: one_click, max_risk: 0.3}}   # invisible asks nothing, and learns less
          - slider
        pass: {{scope: site, ttl: 30m, uses: 5}}   # requests that one solve lets through
        limits:                 # counted when a request goes to the app
          - {{per: prefix, most: 10, within: 1h, then: harder}}
          - {{per: address, most: 50, within: 1d, then: deny}}
        # budget: {{hour: 100, day: 1000}}   # of all visitors together: bounds the bill
        hold: {{max: 10MiB, ttl: 15m}}     # the original request is kept, then sent on
"""


def print_config(upstream: str, paths: list[str], hosts: list[str], title: str, listen: str) -> int:
    """Print a configuration that `run` accepts, or say why it would not."""
    text = _fill(upstream, paths, hosts, title, listen)
    if what := _faults(text):
        for line in what:
            typer.echo(f"Error: {line}", err=True)
        return exits.USAGE
    typer.echo(text, nl=False)
    return exits.OK


def _faults(text: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gateway.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            load(path, {})
        except ConfigError as error:
            return [f"{fault.where}: {fault.what}" for fault in error.faults]
    return []


def _fill(upstream: str, paths: list[str], hosts: list[str], title: str, listen: str) -> str:
    names: list[str] = []
    for path in paths:
        names.append(_name(path, names))
    routes = "\n".join(
        _ROUTE.format(name=name, match=_match(path), params=_params(path))
        for name, path in zip(names, paths, strict=True)
    )
    return _TEMPLATE.format(
        listen=f"listen: {_quoted(listen)}".ljust(31) + " ",
        upstream=_quoted(upstream),
        hosts="[" + ", ".join(map(_quoted, hosts)) + "]",
        title=_quoted(title or (hosts[0] if "*" not in hosts[0] else "This site")),
        routes=routes,
    )


def _match(path: str) -> str:
    """A path with a query is a path and query conditions: legacy apps route by those."""
    path, mark, query = path.partition("?") if not path.startswith("~") else (path, "", "")
    pairs = parse_qsl(query, keep_blank_values=True) if mark else []
    wanted = ", ".join(f"{_quoted(name)}: {_quoted(value)}" for name, value in pairs)
    return f"{{method: POST, path: {_quoted(path)}{f', query: {{{wanted}}}' if wanted else ''}}}"


def _params(path: str) -> str:
    php = ".php" in path.partition("?")[0]
    return "\n        params: php             # names are compared as PHP reads them" if php else ""


def _quoted(text: str) -> str:
    """Text as a YAML scalar: bare where that is surely the same, else in double quotes."""
    plain = re.fullmatch(r"[A-Za-z0-9/][A-Za-z0-9/._:-]*[A-Za-z0-9/._-]|/", text)
    if plain and YAML(typ="rt", pure=True).compose(text).tag == _TEXT:  # not null, yes or 12
        return text
    quoted = json.dumps(text, ensure_ascii=False).replace("${", "$${")
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)


def _name(path: str, taken: list[str]) -> str:
    """A route's name from its path, unlike those taken."""
    words = re.findall(r"[a-z0-9]+", path.lower())
    name = "-".join(words)[:28].strip("-") or "route"
    count = 2
    while (found := name if count == 2 else f"{name}-{count - 1}") in taken:
        count += 1
    return found
