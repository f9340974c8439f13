"""What the operator's files and lists say of a request: in memory, without waiting."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.addresses.book import AddressBook
from gateway.addresses.listings import Listings
from gateway.model import Caller, ListEntry, Listing, RequestHead, Route, Score, Signal, Site
from gateway.risk import combine


class Register:
    """The lists of all sites and their routes, compiled once, and the address book."""

    def __init__(self, sites: Iterable[Site] = (), book: AddressBook | None = None) -> None:
        self._book = book or AddressBook()
        self._knows = bool(self._book)
        made: dict[tuple[ListEntry, ...], Listings] = {}  # mostly the site's, for every route
        self._listings: dict[tuple[str, str], Listings] = {}
        for site in sites:
            for route, entries in ("", site.lists), *((r.name, r.lists) for r in site.routes):
                if entries:
                    listings = made.setdefault(entries, Listings(entries))
                    self._listings[site.name, route] = listings

    def listed(
        self, site: Site, route: Route | None, caller: Caller, request: RequestHead, now_s: float
    ) -> Listing | None:
        """The entry that is about this request, if any is."""
        if not self._listings:
            return None
        listings = self._listings.get((site.name, route.name if route else ""))
        if listings is None:
            return None
        facts, path = self._book.find(caller.address), request.target.partition(b"?")[0]
        found = listings.find(caller.address, facts, request.headers, path, now_s)
        return Listing(found.action, found.name) if found else None

    def signals(self, caller: Caller) -> tuple[Signal, ...]:
        """What is known against the address."""
        return self._book.find(caller.address).signals if self._knows else ()

    def weighed(self, score: Score, caller: Caller) -> Score:
        """A request's own score, with what is known against its address."""
        also = self.signals(caller)
        signals = score.signals + also
        return Score(combine(signals), signals) if also else score
