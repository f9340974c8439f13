"""From the entries of a request's readings to the one that decides."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from gateway.routing.asked import Asked, Entry, stricter
from gateway.routing.buckets import Group
from gateway.routing.params import Truth
from gateway.routing.places import Spot


class Outcome(NamedTuple):
    """An entry that may decide, at its place in file order."""

    order: int
    entry: Entry
    truth: Truth


_UNSURE = {Truth.UNSEEN: Truth.FAINT, Truth.OPEN: Truth.MAYBE, Truth.YES: Truth.MAYBE}
_DEPENDS_ON_BODY = frozenset({Truth.FAINT, Truth.UNSEEN, Truth.OPEN})
_MAY_BE_YES = frozenset({Truth.UNSEEN, Truth.OPEN})


class Tally:
    """The strictest outcome so far, and the strictest that holds whatever the body says."""

    __slots__ = ("before", "best", "unseen")

    def __init__(self) -> None:
        self.best: Entry | None = None
        self.before: Entry | None = None
        self.unseen = False

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Outcomes of one reading, in file order; what follows a possible YES may not count."""
        waiting = False
        for _, entry, truth in outcomes:
            self.best = stricter(self.best, entry)
            if truth >= Truth.MAYBE and not waiting:
                self.before = stricter(self.before, entry)
            self.unseen |= truth in _DEPENDS_ON_BODY
            waiting |= truth in _MAY_BE_YES


def weigh(spots: Sequence[Spot], asked: Asked, plain: frozenset[int]) -> list[Outcome]:
    """What one reading may come to: up to the first that surely fits.

    By its script name a plain path concerns further routes. One that fits the plain path as well
    (its home is in `plain`) has had its turn there, and must not override an exception from it.
    """
    asking = [
        (entry, spot.sure, spot.query_known)
        for spot in spots
        for entry in spot.bucket.concerning(asked)
        if entry.homes.isdisjoint(plain)
    ]
    asking.sort(key=lambda item: item[0].order)
    found: list[Outcome] = []
    end = math.inf
    for entry, sure, query_known in asking:
        truth = asked.about(entry, query_known)
        if truth is Truth.NO:
            continue
        if not sure:
            truth = _UNSURE.get(truth, truth)
        found.append(Outcome(entry.order, entry, truth))
        if truth is Truth.YES:
            end = entry.order
            break
    unasked = [
        _for_all(group, end, asked, spot, [entry for entry, _, _ in asking])
        for spot in spots
        for group in spot.bucket.open(asked, spot.query_known)
        if group.entries[0].homes.isdisjoint(plain)
    ]
    found += [outcome for outcome in unasked if outcome is not None]
    found.sort(key=itemgetter(0))
    return found


def _for_all(
    group: Group,
    end: float,
    asked: Asked,
    spot: Spot,
    found: Sequence[Entry],
) -> Outcome | None:
    """One entry asked for all of a group that the request's own values did not find."""
    sample, strictest = group.other_than(found), group.before(end)
    if sample is None or strictest is None:
        return None
    truth = asked.about(sample, spot.query_known)
    return None if truth is Truth.NO else Outcome(group.orders[0], strictest, truth)
