"""The operator's own databases of countries and networks, in MaxMind's format (mmdb).

A database is copied into memory that all workers share, and stays as it was until the
configuration is read again: so a file that is overwritten in place, rather than replaced, can't
take the gate down (a mapping of a file that was cut short ends the process that reads it).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from shutil import copyfileobj
from typing import Any, Literal

import maxminddb

MAX_BYTES = 2**30
_LOOKED_AT = 200  # records; some networks belong to nobody

What = Literal["country", "asn"]


class GeoError(Exception):
    """A database that can't be used, and what mends it."""


class GeoReader:
    """One open database, asked for one thing."""

    def __init__(self, reader: maxminddb.Reader, what: What) -> None:
        self._reader = reader
        self._read = _READERS[what]
        self._six = reader.metadata().ip_version == 6

    def find(self, address: str) -> Any:
        """The country's two letters, or the AS number; None where nothing is known of it."""
        if not self._six and ":" in address:
            return None
        try:
            return self._read(self._reader.get(address))
        except (ValueError, maxminddb.InvalidDatabaseError):  # a broken record knows nothing
            return None

    def some(self) -> Iterable[Any]:
        """What the first records say."""
        return (self._read(record) for _, record in islice(iter(self._reader), _LOOKED_AT))


def open_geo(path: Path, what: What) -> GeoReader:
    """Open a database. Raises GeoError where it is missing, broken, or about something else."""
    try:
        reader = GeoReader(_open(path), what)
        useful = any(found is not None for found in reader.some())
    except FileNotFoundError:
        raise GeoError("is not there: fetch the database, or remove the key") from None
    except (maxminddb.InvalidDatabaseError, ValueError, UnicodeError):
        raise GeoError("is no mmdb, or a broken one: fetch it again") from None
    except OSError as error:
        raise GeoError(f"can't be read: {error.strerror}") from None
    if not useful:
        names = {"country": "countries", "asn": "AS numbers"}[what]
        raise GeoError(f"holds no {names}: name a database that does")
    return reader


def _open(path: Path) -> maxminddb.Reader:
    """The reader keeps its memory; the descriptor is only the way to it."""
    if path.stat().st_size > MAX_BYTES:
        raise GeoError(f"is larger than {MAX_BYTES >> 30} GiB: name a smaller database")
    copy = os.memfd_create("gateway-mmdb")
    try:
        with path.open("rb") as file, os.fdopen(copy, "wb", closefd=False) as kept:
            copyfileobj(file, kept)
        return maxminddb.open_database(f"/proc/self/fd/{copy}")
    finally:
        os.close(copy)


def _country(record: Any) -> str | None:
    """MaxMind and DB-IP: `country.iso_code`; IPinfo: `country_code`, or `country` as text."""
    if not isinstance(record, dict):
        return None
    country = record.get("country") or record.get("registered_country")
    code = country.get("iso_code") if isinstance(country, dict) else country
    for found in (code, record.get("country_code")):
        if isinstance(found, str) and len(found) == 2:
            return found.upper()
    return None


def _asn(record: Any) -> int | None:
    """MaxMind and DB-IP: `autonomous_system_number`; IPinfo: `asn`, as `AS64496`."""
    if not isinstance(record, dict):
        return None
    found = record.get("autonomous_system_number", record.get("asn"))
    if isinstance(found, str):
        digits = found.removeprefix("AS")
        return int(digits) if digits.isascii() and digits.isdigit() else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


_READERS: dict[What, Callable[[Any], Any]] = {"country": _country, "asn": _asn}
