"""What the operator's files say of addresses, and who is allowed or denied by them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal, Protocol

from pydantic import BeforeValidator, Field, WithJsonSchema

from gateway.addresses import AddressBook, GeoError, GeoReader, ListError, NamedList
from gateway.addresses import open_geo as open_geo_file
from gateway.addresses.geo import What
from gateway.addresses.lists import Listed, read_asn, read_list
from gateway.config import paths, units
from gateway.config.faults import Fault, Place, one_of
from gateway.config.fields import Fraction, Words
from gateway.config.nodes import Loc
from gateway.config.part import Part, written
from gateway.config.shape import Faults
from gateway.model import ListEntry

Action = Literal["allow", "deny"]

WEIGHTS = {"tor": 0.5, "hosting": 0.3}  # of lists known by name
WEIGHT = 0.3  # … and of others
LEAST_SECRET = 24  # characters: some 128 bits if they are random
_LIST_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_COUNTRY = re.compile(r"[A-Z]{2}")
# What a browser sends by itself, or anybody may know, is no secret however long it is.
_PUBLIC = frozenset(
    {
        *("accept", "accept-encoding", "accept-language", "cache-control", "connection"),
        *("content-length", "content-type", "cookie", "dnt", "forwarded", "from", "host"),
        *("if-none-match", "origin", "pragma", "priority", "range", "referer", "te", "upgrade"),
        *("user-agent", "via"),
    }
)
_PUBLIC_STARTS = ("sec-", "x-forwarded-", "x-real-", "cf-")


class ListPart(Part):
    """A list of addresses."""

    file: str = Field(description="One address, CIDR or `AS64496` a line; `#` begins a comment.")
    weight: Fraction | None = Field(
        default=None,
        description="The risk that being on it carries alone; by default 0.5 for `tor`, else 0.3.",
    )


def _file_named(value: object) -> object:
    """`lists/tor.txt` is short for `{file: lists/tor.txt}`."""
    return {"file": value} if isinstance(value, str) else value


class AddressesPart(Part):
    """What your own files say of addresses; read at start and at each reload."""

    country: str | None = Field(
        default=None, description="A database of countries (mmdb: MaxMind, DB-IP, IPinfo)."
    )
    asn: str | None = Field(default=None, description="A database of AS numbers (mmdb), likewise.")
    lists: dict[str, Annotated[ListPart, BeforeValidator(_file_named)]] = Field(
        default={}, description="Lists by name: signals `address_<name>`, and for `allow`, `deny`."
    )


class EntryPart(Part):
    """An entry of an allow or deny list. Every condition given must hold."""

    address: Words = Field(default=[], description="Addresses or CIDRs.")
    country: Words = Field(default=[], description="Countries, as `DE`; needs `addresses.country`.")
    asn: Words = Field(default=[], description="Networks, as `AS64496`; needs `addresses.asn`.")
    list: Words = Field(default=[], description="Names under `addresses.lists`.")
    header: dict[str, str] = Field(
        default={}, description="Headers by name: the whole value, or `~regex` (RE2)."
    )
    path: Words = Field(default=[], description="Paths, as in `match`.")
    until: Annotated[str | None, WithJsonSchema({})] = Field(
        default=None,
        description="The last day (UTC) it counts, as `2026-12-31`; or when it ends, as "
        "`2026-12-31T18:00Z`.",
    )
    note: str = Field(default=written(""), description="Why, for those who read it later.")


class Listing(Protocol):
    """A site or a route, as far as lists go."""

    name: str
    allow: list[EntryPart]
    deny: list[EntryPart]


def compile_addresses(part: AddressesPart, folder: Path, faults: Faults) -> AddressBook:
    """Databases opened, lists read; every fault is added."""
    lists: dict[str, NamedList] = {}
    for name, one in part.lists.items():
        loc: Loc = ("addresses", "lists", name)
        if not _LIST_NAME.fullmatch(name):
            what = f"'{name}' can't name a list: 1 to 32 of a-z, 0-9 and _, a letter first"
            faults.add(loc, what, key=True)
        weight = WEIGHTS.get(name, WEIGHT) if one.weight is None else one.weight
        lists[name] = NamedList(_read_list(folder / one.file, one.file, faults, loc), weight)
    return AddressBook(
        _open_geo(part.country, "country", folder, faults),
        _open_geo(part.asn, "asn", folder, faults),
        lists,
    )


def _read_list(path: Path, name: str, faults: Faults, loc: Loc) -> Listed:
    try:
        return read_list(path)
    except ListError as fault:
        if fault.line:
            faults.found.append(Fault(Place(str(path), fault.line, 1), "", fault.what))
        else:
            faults.add(loc, f"'{name}' {fault.what}")
        return Listed()


def _open_geo(name: str | None, what: What, folder: Path, faults: Faults) -> GeoReader | None:
    if not name:
        return None
    try:
        return open_geo_file(folder / name, what)
    except GeoError as fault:
        faults.add(("addresses", what), f"'{name}' {fault}")
        return None


def compile_entries(
    part: Listing, book: AddressBook, faults: Faults, loc: Loc
) -> tuple[ListEntry, ...]:
    """Entries of a site or route, denials first; every fault in them is added."""
    given: Mapping[Action, list[EntryPart]] = {"deny": part.deny, "allow": part.allow}
    return tuple(
        _entry(entry, f"{part.name}.{action}.{index + 1}", book, faults, (*loc, action, index))
        for action, entries in given.items()
        for index, entry in enumerate(entries)
    )


def _entry(part: EntryPart, name: str, book: AddressBook, faults: Faults, loc: Loc) -> ListEntry:
    action: Action = "deny" if loc[-2] == "deny" else "allow"
    conditions = (part.address, part.country, part.asn, part.list, part.header, part.path)
    if not any(conditions):
        what = "says of nobody: give it an address, country, asn, list, header or path"
        faults.add(loc, what)
    for where, known in (("country", book.knows_countries), ("asn", book.knows_asns)):
        if getattr(part, where) and not known:
            what = f"needs a database: set addresses.{where} to an mmdb file"
            faults.add((*loc, where), what)
    for at, listed in enumerate(part.list):
        if listed not in book.lists:
            faults.add((*loc, "list", at), one_of(listed, book.lists, "list"))
    for at, pattern in enumerate(part.path):
        if wrong := paths.check(pattern):
            faults.add((*loc, "path", at), wrong, alone=True)
    headers = _headers(part, action, faults, loc)
    return ListEntry(
        name=name,
        action=action,
        networks=_networks(part, faults, loc),
        countries=frozenset(_countries(part, faults, loc)),
        asns=frozenset(_asns(part, faults, loc)),
        lists=frozenset(part.list),
        headers=headers,
        paths=tuple(part.path),
        until_s=_until_s(part, faults, loc),
        note=part.note,
    )


def _networks(part: EntryPart, faults: Faults, loc: Loc) -> tuple[str, ...]:
    found = []
    for at, text in enumerate(part.address):
        try:
            found.append(units.network(text, "would be everybody: name whom you mean"))
        except ValueError as error:
            faults.add((*loc, "address", at), str(error), alone=True)
    return tuple(found)


def _countries(part: EntryPart, faults: Faults, loc: Loc) -> list[str]:
    for at, text in enumerate(part.country):
        if not _COUNTRY.fullmatch(text):
            hint = f": write {text.upper()}" if _COUNTRY.fullmatch(text.upper()) else ""
            what = f"'{text}' is no country of two capital letters{hint}"
            faults.add((*loc, "country", at), what, alone=True)
    return part.country


def _asns(part: EntryPart, faults: Faults, loc: Loc) -> list[int]:
    found = []
    for at, text in enumerate(part.asn):
        number = read_asn(text)
        if number is None:
            faults.add((*loc, "asn", at), f"'{text}' is no AS number: write AS64496", alone=True)
        else:
            found.append(number)
    return found


def _headers(
    part: EntryPart, action: Action, faults: Faults, loc: Loc
) -> tuple[tuple[bytes, str], ...]:
    for name, value in part.header.items():
        where = (*loc, "header", name)
        if not _HEADER.fullmatch(name):
            faults.add(where, f"'{name}' is not a header's name", alone=True)
        elif wrong := paths.check_value(value):
            faults.add(where, wrong, alone=True)
    if action == "allow" and part.header and not (part.address or part.list or part.asn):
        _check_secret(part, faults, loc)
    return tuple((name.lower().encode(), value) for name, value in part.header.items())


def _check_secret(part: EntryPart, faults: Faults, loc: Loc) -> None:
    """A header is whatever its sender writes: it may let by only if nobody else can write it."""
    if any(map(_is_secret, part.header.items())):
        what = "lets by whoever knows the value: keep it as you keep a password"
        faults.warn((*loc, "header"), what)
        return
    faults.add(
        (*loc, "header"),
        "anybody can send it: add an address, asn or list, or use a header of your own with a"
        f" secret of at least {LEAST_SECRET} characters",
    )


def _is_secret(item: tuple[str, str]) -> bool:
    """Exact, long, not one character over and over, and in a header that nothing else fills."""
    name, value = item[0].lower(), item[1]
    public = name in _PUBLIC or name.startswith(_PUBLIC_STARTS)
    varied = len(set(value)) >= LEAST_SECRET // 3
    return not public and not value.startswith("~") and len(value) >= LEAST_SECRET and varied


def _until_s(part: EntryPart, faults: Faults, loc: Loc) -> float:
    if part.until is None:
        return math.inf
    try:
        end_s = _end_s(part.until)
    except (ValueError, OverflowError):
        what = f"'{part.until}' is no day and no time: write 2026-12-31, or 2026-12-31T18:00Z"
        faults.add((*loc, "until"), what, alone=True)
        return math.inf
    if end_s <= datetime.now(UTC).timestamp():
        what = f"was over on {part.until}, and the entry does nothing any more: take it out"
        faults.warn((*loc, "until"), what)
    return end_s


def _end_s(text: str) -> float:
    """Of a day its end (UTC); of a time, which says its zone, itself. Raises ValueError."""
    if "T" not in text:
        day = date.fromisoformat(text)
        if day == date.max:
            return math.inf
        return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC).timestamp()
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("of no zone")
    return moment.timestamp()
