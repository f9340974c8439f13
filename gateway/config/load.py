"""A file in, a `Config` out, or every fault at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from gateway import kinds
from gateway.config import units
from gateway.config.addresses import compile_addresses
from gateway.config.bots import compile_bots, compile_dns
from gateway.config.faults import ConfigError, Fault, one_of
from gateway.config.hints import compile_hints
from gateway.config.include import read_tree
from gateway.config.limits import compile_limits
from gateway.config.models import FilePart
from gateway.config.nodes import Loc
from gateway.config.presets import load_presets, read_trusted, trusted_files
from gateway.config.settings import Config, DecisionsSettings, LogSettings, Secret, TracesSettings
from gateway.config.shape import Faults, read
from gateway.config.sites import Book, compile_sites
from gateway.config.stock import compile_stock
from gateway.headers import is_claim
from gateway.model import Address
from gateway.stores.redis_url import parse_redis_url

_PREFIX = re.compile(r"/([A-Za-z0-9_~-][A-Za-z0-9._~-]*/)+")
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_REDIS = tuple(
    f"{name}{mode}:" for name in ("redis", "rediss") for mode in ("", "+sentinel", "+cluster")
)
_STORES = ("memory:", "sqlite:", *_REDIS)


def load(path: Path, env: Mapping[str, str], *, workers: int | None = None) -> Config:
    """Read, check and compile. Raises ConfigError with every fault found.

    Relative paths in the file are relative to the file. Reads files, and nothing else. `workers`
    overrides the file's.
    """
    root, found = read_tree(path, env)
    if root is None:
        raise ConfigError(found)
    faults = Faults(root)
    part = read(FilePart, faults)
    if part is None:
        raise ConfigError([*found, *faults.found])
    if workers is not None:
        part.workers = workers
    config = _compile(part, path.absolute(), faults)
    if found or faults.found:
        raise ConfigError([*found, *faults.found])
    return config


def _compile(part: FilePart, path: Path, faults: Faults) -> Config:
    folder = path.parent
    addresses = compile_addresses(part.addresses, folder, faults)
    book = Book(part, folder, kinds.load(), load_presets(), faults, addresses)
    _check_prefix(part.prefix, faults)
    _check_store(part, folder, faults)
    sites = compile_sites(book)
    drawing = compile_stock(part.stock, part.art, folder, part.workers, sites, faults)
    return Config(
        file=path,
        listen=_listen(part, folder, faults),
        admin=_admin(part, folder, faults),
        prefix=part.prefix,
        keys=folder / part.keys,
        signing=part.signing,
        store=Secret(_store(part.store, folder)),
        workers=part.workers,
        trusted=_trusted(part, folder, faults),
        client_ip_header=_client_ip_header(part, faults),
        log=LogSettings(part.log.level, part.log.addresses, part.log.sample),
        decisions=DecisionsSettings(part.decisions.keep, part.decisions.for_),
        traces=TracesSettings(part.traces.keep, part.traces.share, part.traces.for_),
        limits=compile_limits(part.limits, faults),
        stock=drawing.stock,
        pictures=drawing.pictures,
        sites=sites,
        addresses=addresses,
        hints=compile_hints(part.hints, bool(part.trusted_proxies), folder, faults),
        bots=compile_bots(part.bots, folder, faults),
        dns_servers=compile_dns(part.dns, faults),
        dns_timeout_s=part.dns.timeout,
        warnings=tuple(sorted(faults.warnings)),
    )


def _listen(part: FilePart, folder: Path, faults: Faults) -> tuple[Address, ...]:
    found: list[Address] = []
    for index, text in enumerate(part.listen):
        listen = _one_listen(text, folder, faults, ("listen", index))
        if listen in found and (listen.unix_path or listen.port):
            faults.add(("listen", index), f"'{text}' is listed twice")
        found.append(listen)
    return tuple(found)


def _one_listen(text: str, folder: Path, faults: Faults, loc: Loc) -> Address:
    try:
        if text.startswith("unix:"):
            return Address(unix_path=str(folder / units.unix_path(text)))
        host, port = units.host_port(text)
        return Address(host, port)
    except ValueError as error:
        faults.add(loc, str(error), alone=True)
        return Address()


def _admin(part: FilePart, folder: Path, faults: Faults) -> Address | None:
    if not part.admin:
        return None
    admin = _one_listen(part.admin, folder, faults, ("admin",))
    if admin.host and not part.admin_public and not units.is_loopback(admin.host):
        what = "health and metrics have no password: use 127.0.0.1, or say admin_public: true"
        faults.add(("admin",), what)
    if part.admin in part.listen and not part.admin.endswith(":0"):
        faults.add(("admin",), "is also under listen: give it an address of its own")
    return admin


def _check_prefix(prefix: str, faults: Faults) -> None:
    if not _PREFIX.fullmatch(prefix):
        what = f"'{prefix}' must begin and end with '/', with plain words between: /_gateway/"
        faults.add(("prefix",), what)


def _check_store(part: FilePart, folder: Path, faults: Faults) -> None:
    scheme = _store_scheme(part.store)
    if scheme not in _STORES:
        known = [known.rstrip(":") for known in _STORES]
        faults.add(("store",), one_of(scheme.rstrip(":"), known, "store"))
    elif scheme == "memory:" and part.workers > 1:
        what = "memory: is one process's own, and there are several workers: use sqlite: or redis:"
        faults.add(("store",), what)
    elif scheme == "sqlite:" and not part.store.removeprefix("sqlite:"):
        faults.add(("store",), "names no file: write sqlite:./gateway.db")
    elif scheme == "sqlite:" and not (folder / part.store.removeprefix("sqlite:")).parent.is_dir():
        faults.add(("store",), "lies in a folder that does not exist: make it, or name another")
    elif scheme == "memory:" and part.traces.keep:
        what = "the store is memory: nobody can read what is kept, and a restart ends it"
        faults.warn(("traces", "keep"), what)
    elif scheme.startswith("redis"):
        try:
            parse_redis_url(part.store)
        except ValueError as error:
            faults.add(("store",), str(error))


def _store_scheme(url: str) -> str:
    return url.partition(":")[0] + ":"


def _store(url: str, folder: Path) -> str:
    """`memory` stands for `memory:`, which YAML wants in quotes. A file's path is made absolute."""
    if url == "memory":
        return "memory:"
    if url.startswith("sqlite:"):
        return f"sqlite:{folder / url.removeprefix('sqlite:')}"
    return url


def _trusted(part: FilePart, folder: Path, faults: Faults) -> tuple[str, ...]:
    files = trusted_files(folder)
    found: list[str] = []
    for index, text in enumerate(part.trusted_proxies):
        loc = ("trusted_proxies", index)
        try:
            if text == "unix":
                found.append(text)
            elif text in files:
                found += [units.network(address) for address in read_trusted(files[text]).addresses]
            elif text.isidentifier():
                faults.add(loc, one_of(text, [*files, "unix"], "preset"))
            else:
                found.append(units.network(text))
        except ValueError as error:
            faults.add(loc, str(error))
        except ConfigError as error:
            faults.found += error.faults
    _warn_of_socket(part, found, faults)
    return tuple(dict.fromkeys(found))


def _warn_of_socket(part: FilePart, trusted: list[str], faults: Faults) -> None:
    sockets = [index for index, text in enumerate(part.listen) if text.startswith("unix:")]
    if sockets and "unix" not in trusted:
        what = "who connects to a socket has no address: add unix to trusted_proxies"
        faults.warn(("listen", sockets[0]), f"{what}, or all visitors count as one")


def _client_ip_header(part: FilePart, faults: Faults) -> str:
    header = part.client_ip_header
    if header and not _HEADER.fullmatch(header):
        faults.add(("client_ip_header",), f"'{header}' is not a header's name")
    elif header and not part.trusted_proxies:
        what = "anybody could send it while nobody is trusted: set trusted_proxies"
        faults.add(("client_ip_header",), what)
    elif header and not is_claim(header.lower().encode("latin-1")):
        what = (
            f"'{header}' is unknown here: from others than trusted proxies it is not believed, but"
        )
        faults.warn(("client_ip_header",), f"{what} it is passed on to the app")
    return header


__all__ = ["ConfigError", "Fault", "load"]
