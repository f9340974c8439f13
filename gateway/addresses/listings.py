"""Allow and deny lists: which entry, if any, is about a request.

Every condition of an entry must hold, and an explicit deny wins over any allow. What is not known
(the country of an address that no database has) fits no entry. Entries are found by address,
country, network and list through tables; only those that name none of these are tried one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from hmac import compare_digest
from ipaddress import ip_network

from gateway.addresses.book import AddressFacts
from gateway.callers import parse_address
from gateway.model import Headers, ListEntry
from gateway.routing.index import PathIndex
from gateway.routing.patterns import compile_regex, parse_pattern
from gateway.routing.readings import readings

_BITS = {4: 32, 6: 128}


class Listings:
    """The entries of a site and one of its routes, compiled."""

    def __init__(self, entries: Iterable[ListEntry]) -> None:
        self._entries = tuple(map(_Entry, entries))
        self._table: dict[Hashable, list[int]] = defaultdict(list)
        lengths: dict[int, set[int]] = {4: set(), 6: set()}
        for index, entry in enumerate(self._entries):
            for key in _keys(entry.entry):
                self._table[key].append(index)
                if isinstance(key, tuple) and key[0] in lengths:
                    lengths[key[0]].add(key[1])
        self._lengths = {version: tuple(found) for version, found in lengths.items()}

    def find(
        self, address: str, facts: AddressFacts, headers: Headers, path: bytes, now_s: float
    ) -> ListEntry | None:
        """The first deny that fits, else the first allow. `path` is raw, without the query."""
        found: ListEntry | None = None
        for index in sorted(set(self._candidates(address, facts))):
            each = self._entries[index]
            denies = each.entry.action == "deny"
            if (denies or found is None) and each.fits(facts, headers, path, now_s):
                found = each.entry
                if denies:
                    return found
        return found

    def _candidates(self, text: str, facts: AddressFacts) -> Iterator[int]:
        """Indices of entries whose leading condition holds."""
        table = self._table
        yield from table.get(None, ())
        address = parse_address(text) if self._lengths[4] or self._lengths[6] else None
        if address is not None:
            bits, number = _BITS[address.version], int(address)
            for length in self._lengths[address.version]:
                yield from table.get((address.version, length, number >> (bits - length)), ())
        for name in facts.lists:
            yield from table.get(("list", name), ())
        if facts.asn:
            yield from table.get(("asn", facts.asn), ())
        if facts.country:
            yield from table.get(("country", facts.country), ())


class _Entry:
    """One entry with its patterns compiled."""

    __slots__ = ("_headers", "_paths", "entry")

    def __init__(self, entry: ListEntry) -> None:
        self.entry = entry
        self._headers = [(name, _value_test(wanted)) for name, wanted in entry.headers]
        self._paths: PathIndex[bool] | None = PathIndex() if entry.paths else None
        for text in entry.paths:
            for pattern in parse_pattern(text):
                assert self._paths is not None
                self._paths.add(True, pattern)

    def fits(self, facts: AddressFacts, headers: Headers, path: bytes, now_s: float) -> bool:
        """Whether every condition holds; one of the address is known to, by how it was found."""
        entry = self.entry
        if not now_s < entry.until_s:
            return False
        if entry.countries and facts.country not in entry.countries:
            return False
        if entry.asns and facts.asn not in entry.asns:
            return False
        if entry.lists and not entry.lists & facts.lists:
            return False
        return self._fits_headers(headers) and self._fits_path(path)

    def _fits_headers(self, headers: Headers) -> bool:
        return all(
            any(test(value) for key, value in headers if key.lower() == name)
            for name, test in self._headers
        )

    def _fits_path(self, path: bytes) -> bool:
        """A deny fits if any way to read the path does, an allow only if all of them surely do."""
        index = self._paths
        if index is None:
            return True
        known = readings(path)
        every = (*known.paths, *known.scripts)
        if self.entry.action == "deny":
            return not known.complete or any(any(True for _ in index.find(one)) for one in every)
        return known.complete and all(any(sure for _, sure in index.find(one)) for one in every)


def _keys(entry: ListEntry) -> list[Hashable]:
    """Where an entry stands in the table: by the condition that fits the fewest."""
    if entry.networks:
        return [_network_key(network) for network in entry.networks]
    if entry.lists:
        return [("list", name) for name in entry.lists]
    if entry.asns:
        return [("asn", asn) for asn in entry.asns]
    if entry.countries:
        return [("country", country) for country in entry.countries]
    return [None]


def _network_key(text: str) -> tuple[int, int, int]:
    network = ip_network(text)
    shift = _BITS[network.version] - network.prefixlen
    return network.version, network.prefixlen, int(network.network_address) >> shift


def _value_test(wanted: str) -> Callable[[bytes], bool]:
    """A whole value: exact (it may be a secret), or `~` and an RE2."""
    if not wanted.startswith("~"):
        exact = wanted.encode("latin-1", "replace")
        return lambda value: compare_digest(value, exact)
    pattern = compile_regex(wanted[1:], ignore_case=False)
    return lambda value: pattern.fullmatch(value) is not None
