"""Facts that must be waited for: what the store has counted, what the DNS says.

Most requests need none of them, and are decided at once. Where a route concerns an inquiry, the
guard awaits it between the facts that the request itself tells and the decision. One that breaks,
which is a fault of ours, costs no more than its own facts: `decide` is told that some are missing,
refuses where the route is enforced, and forwards where it is only watched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from gateway.asked import Asked
from gateway.model import BodySeen, Facts, Route


class Inquiry(Protocol):
    """One who finds such facts out. It never raises: what it can't learn stays unknown."""

    def concerns(self, route: Route) -> bool:
        """Whether requests of this route need it; asked once for each route."""

    async def add(self, facts: Facts, asked: Asked, route: Route, body: BodySeen | None) -> Facts:
        """The facts, with what was found."""


async def found(
    inquiries: Sequence[Inquiry],
    facts: Facts,
    asked: Asked,
    route: Route,
    body: BodySeen | None,
    broke: Callable[[Exception], object],
) -> Facts:
    """The facts, with what all of them found; `broke` hears of the one that raised, the last."""
    for each in inquiries:
        try:
            facts = await each.add(facts, asked, route, body)
        except Exception as fault:
            broke(fault)
            return replace(facts, broken=True)
    return facts


class Inquiries:
    """All there are, and which of them a route concerns."""

    def __init__(self, all_of_them: Sequence[Inquiry] = ()) -> None:
        self._all = tuple(all_of_them)
        self._concerned: dict[tuple[str, str], tuple[Inquiry, ...]] = {}

    def of(self, route: Route | None) -> tuple[Inquiry, ...]:
        """Those to be asked, in order; mostly none."""
        if route is None or not self._all:
            return ()
        name = route.site, route.name
        found = self._concerned.get(name)
        if found is None:
            found = tuple(each for each in self._all if each.concerns(route))
            self._concerned[name] = found
        return found
