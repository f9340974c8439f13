"""What a Redis URL says. Pure.

    redis://[user:password@]host[:port][/db]
    redis+sentinel://[user:password@]host[:port],host[:port]…/service[/db]
    redis+cluster://[user:password@]host[:port],host[:port]…

`rediss` instead of `redis` means TLS. The user and password are Redis's, also with Sentinel, whose
own are options. Options, after `?`: `deadline_ms` (100), `ssl_ca_certs`, `ssl_certfile`,
`ssl_keyfile` (paths), `ssl_check_hostname` (`true`, `false`), `sentinel_username`,
`sentinel_password`. In user, password and options, special characters are percent-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import parse_qsl, unquote

_URL = re.compile(
    r"(?P<scheme>[A-Za-z+]+)://(?P<hosts>[^/?#]*)(?P<path>[^?#]*)(\?(?P<query>[^#]*))?"
)

Mode = Literal["single", "sentinel", "cluster"]

PORTS: Mapping[Mode, int] = {"single": 6379, "sentinel": 26379, "cluster": 6379}
SSL_PATHS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
OPTIONS = frozenset(
    {"deadline_ms", "ssl_check_hostname", "sentinel_username", "sentinel_password", *SSL_PATHS}
)


@dataclass(frozen=True, slots=True)
class RedisUrl:
    mode: Mode
    tls: bool
    nodes: tuple[tuple[str, int], ...]
    service: str = ""  # what Sentinel calls the master
    db: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    deadline_s: float = 0.1
    ssl: Mapping[str, str | bool] = field(default_factory=dict)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        """Without anything secret."""
        scheme = "rediss" if self.tls else "redis"
        mode = "" if self.mode == "single" else f"+{self.mode}"
        nodes = ",".join(f"[{h}]:{p}" if ":" in h else f"{h}:{p}" for h, p in self.nodes)
        path = "".join(f"/{part}" for part in (self.service, self.db) if part)
        return f"{scheme}{mode}://{nodes}{path}"


def parse_redis_url(url: str) -> RedisUrl:
    """Raises ValueError; its text quotes nothing that could be a secret."""
    parts = _URL.fullmatch(url)  # not urlsplit: a list of hosts is no netloc it knows
    scheme, _, mode = parts["scheme"].lower().partition("+") if parts else ("", "", "")
    mode = mode or "single"
    if not parts or scheme not in ("redis", "rediss") or mode not in PORTS:
        raise ValueError("a Redis URL starts with redis://, redis+sentinel:// or redis+cluster://")
    user, at, hosts = parts["hosts"].rpartition("@")
    username, _, password = user.partition(":")
    nodes = tuple(_node(host, PORTS[cast(Mode, mode)]) for host in hosts.split(","))
    if mode == "single" and len(nodes) != 1:
        raise ValueError("several hosts need redis+sentinel:// or redis+cluster://")
    service, db = _path(parts["path"], cast(Mode, mode))
    options = _options(parts["query"] or "")
    return RedisUrl(
        mode=cast(Mode, mode),
        tls=scheme == "rediss",
        nodes=nodes,
        service=service,
        db=db,
        username=unquote(username) or None,
        password=unquote(password) or None if at else None,
        deadline_s=_number(options.get("deadline_ms", "100"), 1, 60_000, "deadline_ms") / 1000,
        ssl=_ssl(options),
        sentinel_username=options.get("sentinel_username"),
        sentinel_password=options.get("sentinel_password"),
    )


def _node(text: str, default_port: int) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(default_port)
    host = host.removeprefix("[").removesuffix("]")
    if not host:
        raise ValueError("a host is missing")
    return host, _number(port, 1, 65535, "the port")


def _path(path: str, mode: Mode) -> tuple[str, int]:
    """The service and the database."""
    parts = [unquote(part) for part in path.split("/") if part]
    service = parts.pop(0) if mode == "sentinel" and parts else ""
    if mode == "sentinel" and not service:
        raise ValueError("redis+sentinel:// needs the service's name: …/mymaster")
    if len(parts) > (0 if mode == "cluster" else 1):
        raise ValueError("too much after the hosts")
    return service, _number(parts[0], 0, 10_000, "the database") if parts else 0


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(set(options) - OPTIONS)
    if unknown:
        raise ValueError(f"unknown option {unknown[0][:40]}; known: {', '.join(sorted(OPTIONS))}")
    return options


def _ssl(options: Mapping[str, str]) -> dict[str, str | bool]:
    found: dict[str, str | bool] = {name: options[name] for name in SSL_PATHS if name in options}
    check = options.get("ssl_check_hostname", "true")
    if check not in ("true", "false"):
        raise ValueError("ssl_check_hostname is true or false")
    return {**found, "ssl_check_hostname": check == "true"}


def _number(text: str, least: int, most: int, name: str) -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text[:9]) <= most:
        raise ValueError(f"{name} is a number from {least} to {most}")
    return int(text)
