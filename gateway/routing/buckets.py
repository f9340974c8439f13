"""Entries under one path pattern, so kept that thousands of them cost no more than a few.

Legacy apps have one script and tell pages apart by a parameter, so many routes may share a path. A
large bucket finds its entries by the values the request carries. Entries alike but for the value
they want form a group: when something is unseen or unreadable they all answer the same, so one of
them is asked for all, and the strictest speaks for them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from gateway.routing.asked import Asked, Entry, stricter
from gateway.routing.params import Condition, Way, near_values

SMALL = 8  # up to here asking each entry is cheaper than looking up values

Wanted = tuple[Way, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Group:
    """Entries in file order, and the strictest up to each of them."""

    entries: tuple[Entry, ...]
    orders: tuple[int, ...]
    strictest: tuple[Entry, ...]

    @staticmethod
    def of(entries: Sequence[Entry]) -> Group:
        orders = tuple(entry.order for entry in entries)
        return Group(tuple(entries), orders, tuple(accumulate(entries, stricter)))

    def before(self, order: float) -> Entry | None:
        """The strictest of those before a place in file order."""
        count = bisect_left(self.orders, order)
        return self.strictest[count - 1] if count else None

    def other_than(self, found: Iterable[Entry]) -> Entry | None:
        """Any entry that the request's values did not find."""
        known = {entry.order for entry in found}
        return next((entry for entry in self.entries if entry.order not in known), None)


@dataclass(slots=True, eq=False)
class Bucket:
    """`number` is what entries name in `homes`."""

    number: int
    always: list[Entry] = field(default_factory=list)
    by_value: dict[Wanted, list[Entry]] = field(default_factory=dict)
    ways: set[Way] = field(default_factory=set)
    groups: list[Group] = field(default_factory=list)

    @staticmethod
    def of(number: int, entries: Sequence[Entry]) -> Bucket:
        bucket = Bucket(number)
        if len(entries) <= SMALL:
            bucket.always.extend(entries)
            return bucket
        alike: dict[object, list[Entry]] = {}
        for entry in entries:
            wanted = _wanted(entry)
            if wanted is None:
                bucket.always.append(entry)
                continue
            key = (entry.route.params, wanted.key, wanted.near)
            bucket.by_value.setdefault(key, []).append(entry)
            bucket.ways.add(entry.route.params)
            alike.setdefault(_all_but(entry, wanted), []).append(entry)
        bucket.groups.extend(map(Group.of, alike.values()))
        return bucket

    def concerning(self, asked: Asked) -> list[Entry]:
        """The entries to ask one by one."""
        if not self.by_value:
            return self.always
        found = {entry.order: entry for key in self._values(asked) for entry in self.by_value[key]}
        return [*self.always, *found.values()]

    def open(self, asked: Asked, query_known: bool) -> Sequence[Group]:
        """The groups whose other entries may still fit, because something is not known."""
        if not self.groups or (query_known and all(map(asked.settled, self.ways))):
            return ()
        return self.groups

    def _values(self, asked: Asked) -> Iterator[Wanted]:
        for way in self.ways:
            for fields in asked.sources(way):
                for key, items in fields.by_key.items():
                    for item in items:
                        for near in near_values(item.value):
                            if (way, key, near) in self.by_value:
                                yield way, key, near


def _wanted(entry: Entry) -> Condition | None:
    """The condition to find an entry by: one with a plain value."""
    conditions = (*entry.query, *entry.form)
    return next((c for c in conditions if c.value is not None and c.pattern is None), None)


def _all_but(entry: Entry, wanted: Condition) -> object:
    """What entries of a group share: all that decides but the wanted value and the strictness."""
    query = tuple(c for c in entry.query if c is not wanted)
    form = tuple(c for c in entry.form if c is not wanted)
    where = len(query) == len(entry.query)
    return (entry.methods, entry.route.params, entry.homes, wanted.key, where, query, form)
