"""`gateway init`."""

from __future__ import annotations

import json

import typer

from gateway.cli import exits

_TEMPLATE = """\
# yaml-language-server: $schema=./gateway.schema.json
# (made by: gateway schema > gateway.schema.json)
#
# Check it:  gateway check gateway.yaml [--log /var/log/nginx/access.log]
# Run it:    gateway run gateway.yaml
# All settings with their defaults are in the README.
version: 1

listen: {listen}          # visitors' requests; also unix:PATH, or a list
admin: 127.0.0.1:9090           # /healthz /readyz /metrics, for this machine only
keys: ./keys                    # made at the first run, mode 0700; back it up
store: sqlite:./gateway.db      # several gates: redis://127.0.0.1:6379/0

# Is there a proxy in front (nginx, a load balancer, Cloudflare)? Say so here, or every visitor
# seems to have its address: [127.0.0.1, "::1"], [private], [cloudflare], [unix].
trusted_proxies: []

upstreams:
  app: {upstream}

sites:
  - name: site
    hosts: {hosts}
    upstream: app
    title: {title}
    presets: [well-known, feeds]
    mode: shadow                # only records what would have happened; then: enforce
    routes:
{routes}"""

_ROUTE = """\
      - name: {name}
        match: {{method: POST, path: {path}}}
        ladder:                 # the easiest kind that suffices for the visitor's risk
          - {{kind: invisible, max_risk: 0.3}}
          - slider
        pass: {{scope: site, ttl: 30m}}    # uses: 1 lets each solve release exactly one request
        hold: {{max: 10MiB, ttl: 15m}}     # the original request is kept, then sent on
"""


def print_config(upstream: str, paths: list[str], hosts: list[str], title: str, listen: str) -> int:
    """Print a configuration that `run` accepts."""
    typer.echo(_fill(upstream, paths, hosts, title, listen), nl=False)
    return exits.OK


def _fill(upstream: str, paths: list[str], hosts: list[str], title: str, listen: str) -> str:
    names: list[str] = []
    for path in paths:
        names.append(_name(path, names))
    routes = "\n".join(
        _ROUTE.format(name=name, path=_quoted(path))
        for name, path in zip(names, paths, strict=True)
    )
    return _TEMPLATE.format(
        listen=_quoted(listen),
        upstream=_quoted(upstream),
        hosts="[" + ", ".join(map(_quoted, hosts)) + "]",
        title=_quoted(title or (hosts[0] if "*" not in hosts[0] else "This site")),
        routes=routes,
    )


def _quoted(text: str) -> str:
    """Text as a YAML scalar: bare where that is surely the same, else in double quotes."""
    plain = text and all(c.isalnum() or c in "/._-:" for c in text) and text[-1] != ":"
    return text if plain and text[0] not in "-:" else json.dumps(text, ensure_ascii=False)


def _name(path: str, taken: list[str]) -> str:
    """A route's name from its path, unlike those taken."""
    words = "".join(c if c.isascii() and c.isalnum() else "-" for c in path.lower()).strip("-")
    name = "-".join(word for word in words.split("-") if word)[:28] or "route"
    count = sum(other.removesuffix(f"-{i}") == name for i, other in enumerate(taken, 1))
    return f"{name}-{count + 1}" if name in taken else name
