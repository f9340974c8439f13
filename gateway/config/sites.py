"""Sites and the apps behind them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.addresses import AddressBook
from gateway.config.addresses import compile_entries
from gateway.config.faults import one_of
from gateway.config.gaps import warn_of_other_sites, warn_of_queries, warn_of_scopes
from gateway.config.models import FilePart, SitePart
from gateway.config.nodes import UNNAMED, Loc
from gateway.config.presets import Preset
from gateway.config.routes import Surroundings, compile_route
from gateway.config.scopes import settle
from gateway.config.shadows import Earlier
from gateway.config.shape import Faults
from gateway.config.upstreams import compile_upstream
from gateway.kinds import Kind
from gateway.model import Route, Site, Upstream

_HOST = re.compile(
    r"\*|\[[0-9a-f:.]+\]|(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)


@dataclass
class Book:
    """What compiling the sites draws on, and what must be unique across them."""

    file: FilePart
    folder: Path
    kinds: Mapping[str, Kind]
    presets: Mapping[str, Preset]
    faults: Faults
    addresses: AddressBook
    upstreams: dict[str, Upstream] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


def compile_sites(book: Book) -> tuple[Site, ...]:
    """Every site; every fault in them is added."""
    for name, part in book.file.upstreams.items():
        app = compile_upstream(name, part, book.folder, book.file.workers, book.faults)
        book.upstreams[name] = app
    return tuple(_site(part, book, ("sites", i)) for i, part in enumerate(book.file.sites))


def _site(part: SitePart, book: Book, loc: Loc) -> Site:
    faults = book.faults
    if part.name in book.names:
        faults.add((*loc, "name"), f"another site is named '{part.name}'")
    book.names.add(part.name)
    for index, host in enumerate(part.hosts):
        _check_host(host, part, book, (*loc, "hosts", index))
    for index, origin in enumerate(part.cors.origins):
        _check_origin(origin, faults, (*loc, "cors", "origins", index))
    limits = book.file.limits
    lists = compile_entries(part, book.addresses, faults, loc)
    around = Surroundings(
        site=part.name,
        scheme=part.scheme,
        mode=part.mode,
        kinds=book.kinds,
        hold_prefix_bytes=limits.hold.prefix,
        addresses=book.addresses,
        bots=bool(book.file.bots),
        lists=lists,
        folder=book.folder,
    )
    own: list[tuple[Route, Loc]] = [
        (compile_route(route, around, faults, (*loc, "routes", i)), (*loc, "routes", i))
        for i, route in enumerate(part.routes)
    ]
    ready = _preset_routes(part, book, around, loc)
    _check_routes(ready, own, faults)
    settled = settle([r for r, _ in own], [loc for _, loc in own], faults)
    placed = [(route, where) for route, (_, where) in zip(settled, own, strict=True)]
    warn_of_queries(placed, ready, faults)
    warn_of_scopes(placed, faults)
    warn_of_other_sites(placed, faults)
    return Site(
        name=part.name,
        hosts=tuple(host.lower() for host in part.hosts),
        upstream=_app_of(part, book, loc),
        routes=(*ready, *settled),
        title=part.title,
        cors_origins=frozenset(part.cors.origins),
        scheme=part.scheme,
        lists=lists,
    )


def _app_of(part: SitePart, book: Book, loc: Loc) -> Upstream:
    if part.upstream is None and len(book.upstreams) == 1:
        return next(iter(book.upstreams.values()))
    if part.upstream is None:
        names = ", ".join(sorted(book.upstreams))
        book.faults.add((*loc, "upstream"), f"is missing: name one of {names}")
    elif part.upstream not in book.upstreams:
        what = one_of(part.upstream, book.upstreams, "upstream")
        book.faults.add((*loc, "upstream"), what)
    return book.upstreams.get(part.upstream or "", Upstream(""))


def _preset_routes(part: SitePart, book: Book, around: Surroundings, loc: Loc) -> tuple[Route, ...]:
    found: list[Route] = []
    for index, name in enumerate(part.presets):
        preset = book.presets.get(name)
        if preset is None:
            book.faults.add(
                (*loc, "presets", index), one_of(name, book.presets, "preset"), alone=True
            )
        elif name in part.presets[:index]:
            book.faults.add((*loc, "presets", index), f"'{name}' is listed twice")
        else:
            found += preset.routes(around)
    return tuple(found)


def _check_routes(ready: tuple[Route, ...], own: list[tuple[Route, Loc]], faults: Faults) -> None:
    """Names are unique within a site, and each route can be reached."""
    names = {route.name: "the presets" for route in ready}
    earlier = Earlier()
    for route in ready:
        earlier.add(route)
    for route, loc in own:
        if route.name in names:
            source = names[route.name]
            faults.add((*loc, "name"), f"another route of {source} is named '{route.name}'")
        names.setdefault(route.name, "this site")
        if other := earlier.shadowing(route):
            what = f"is never reached: '{other.name}' before it matches all it would"
            faults.warn(loc, what)
        earlier.add(route)


def _check_host(host: str, part: SitePart, book: Book, loc: Loc) -> None:
    if not host.isascii():
        try:
            what = f"'{host}' is not ASCII: write {host.encode('idna').decode()}"
        except UnicodeError:
            what = f"'{host}' is not a host name"
        book.faults.add(loc, what, alone=True)
        return
    name = host.lower()
    if not _HOST.fullmatch(name):
        hint = " (no port, no http://)" if ":" in name or "/" in name else ""
        what = f"'{host}' is not a host name{hint}: write shop.example, *.shop.example or *"
        book.faults.add(loc, what, alone=True)
    elif name in book.hosts:
        other = book.hosts[name]
        named = "another site" if other.startswith(UNNAMED) else f"site '{other}'"
        whose = "this site" if other == part.name else named
        book.faults.add(loc, f"'{host}' is already one of {whose}", alone=True)
    book.hosts.setdefault(name, part.name)


def _check_origin(origin: str, faults: Faults, loc: Loc) -> None:
    if origin == "*":
        faults.add(
            loc, "'*' would let any site read the gate's answers: list the origins", alone=True
        )
    elif not re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?", origin):
        faults.add(
            loc, f"'{origin}' is not an origin: write it like https://app.example", alone=True
        )
