"""What the operator's files say of one address, looked up once and remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from gateway.addresses.geo import GeoReader
from gateway.addresses.lists import Listed
from gateway.callers import parse_address
from gateway.model import Signal

_CACHED_ADDRESSES = 16_384


@dataclass(frozen=True, slots=True)
class NamedList:
    """A list, and the risk that being on it carries alone."""

    listed: Listed
    weight: float


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """What is known of an address; nothing, where no file says anything."""

    country: str = ""  # two letters
    asn: int = 0
    lists: frozenset[str] = frozenset()
    signals: tuple[Signal, ...] = ()


NOWHERE = AddressFacts()


class AddressBook:
    """The operator's databases and lists, all optional."""

    def __init__(
        self,
        country: GeoReader | None = None,
        asn: GeoReader | None = None,
        lists: Mapping[str, NamedList] | None = None,
    ) -> None:
        self._country = country
        self._asn = asn
        self._lists = dict(lists or {})
        self.find = lru_cache(maxsize=_CACHED_ADDRESSES)(self._find)

    @property
    def lists(self) -> tuple[str, ...]:
        return tuple(self._lists)

    @property
    def knows_countries(self) -> bool:
        return self._country is not None

    @property
    def knows_asns(self) -> bool:
        return self._asn is not None

    def __bool__(self) -> bool:
        return bool(self._country or self._asn or self._lists)

    def _find(self, text: str) -> AddressFacts:
        """Of an address as `Caller` spells it. `unix` and `unknown` are nowhere."""
        address = parse_address(text)
        if address is None:
            return NOWHERE
        country = self._country.find(text) if self._country else None
        asn = (self._asn.find(text) if self._asn else None) or 0
        on = [
            name
            for name, one in self._lists.items()
            if address in one.listed.ranges or asn in one.listed.asns
        ]
        signals = tuple(Signal(f"address_{name}", 1.0, self._lists[name].weight) for name in on)
        return AddressFacts(country or "", asn, frozenset(on), signals)
