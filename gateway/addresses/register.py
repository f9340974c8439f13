"""What the operator's files and lists say of a request: in memory, without waiting."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.addresses.book import AddressBook
from gateway.addresses.listings import Listings
from gateway.model import (
    Background,
    Caller,
    Headers,
    ListEntry,
    Listing,
    RequestHead,
    Route,
    Site,
)
from gateway.signals.of_hints import Hints


class Register:
    """The lists of all sites and their routes, compiled once, and the address book."""

    def __init__(
        self,
        sites: Iterable[Site] = (),
        book: AddressBook | None = None,
        hints: Hints | None = None,
        *,
        as_sent: bool = True,
    ) -> None:
        """`as_sent`: requests are judged as they come, not as somebody copied them."""
        self._as_sent = as_sent
        self._book = book or AddressBook()
        self._hints = hints or Hints()
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

    def background(self, caller: Caller, headers: Headers) -> Background:
        """What is known against the address, and what a proxy tells against the client."""
        known = self._book.find(caller.address).signals if self._knows else ()
        direct = self._as_sent and self._hints.direct(caller)
        return Background(direct, known + self._hints.signals(headers, caller))
