"""What one client's usual fields come to, worked out once.

A client sends the same fields again and again; only the first line of its requests differs. What
follows from the fields alone (who it is, what they become for the app, what was decided by the pass
among them) is kept with the remembered block (`heads`), and goes before or with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.forwarding import app_head
from gateway.model import Caller, Decision, Facts, Forward, Peer, Reason, RequestHead, Route, Site
from gateway.routing import Matched, Router
from gateway.tally import Tally

# Who fills all of this on purpose takes some 40 MiB, and costs others what is worked out anew.
MAX_STANDINGS = 2048
MAX_DECISIONS = 8  # of one standing
MAX_TARGETS = 16  # likewise
MAX_TARGET_BYTES = 256

NO_ROUTE = Forward(Reason.NO_ROUTE)


@dataclass(slots=True, eq=False)
class Remembered:
    """A forward that stays decided until `until_s` (Unix seconds), and all that is told of it."""

    decision: Forward
    facts: Facts  # on which it was decided first
    opening: bool
    until_s: float
    fields: bytes  # what the app is told of it
    reference: str  # of the one record that explains it
    tally: Tally


@dataclass(slots=True, eq=False)
class Standing:
    """One block of fields from one peer, at the site it names."""

    site: Site
    caller: Caller
    fields: bytes  # a head for the app from behind the target, without the empty line at its end
    tally: Tally  # of requests that no route is about
    routed: dict[tuple[str, bytes], Matched] = field(default_factory=dict)  # by method and target
    _decided: dict[tuple[str, str, bool], Remembered] = field(default_factory=dict)

    @property
    def decision(self) -> Forward:
        """Of requests that no route is about."""
        return NO_ROUTE

    def note(self, method: str, target: bytes, matched: Matched) -> None:
        """Which route such a request is about: it depends on nothing else."""
        if len(target) <= MAX_TARGET_BYTES:
            if len(self.routed) >= MAX_TARGETS:
                self.routed.clear()
            self.routed[method, target] = matched

    def recall(
        self, method: str, route: Route, now_s: float, *, opening: bool
    ) -> Remembered | None:
        """What was decided for such a request before, if that still holds."""
        found = self._decided.get((method, route.name, opening))
        return found if found is not None and now_s < found.until_s else None

    def remember(self, method: str, route: Route, what: Remembered, *, opening: bool) -> None:
        """Keep it for the next such request."""
        if len(self._decided) >= MAX_DECISIONS:
            self._decided.clear()
        self._decided[method, route.name, opening] = what


class Standings:
    """Finds out what fields come to, and keeps it with their block.

    `caller` says who sent a request to a site, `tally` where a decision's replies are counted.
    """

    def __init__(
        self,
        router: Router,
        caller: Callable[[RequestHead, Peer, Site], Caller],
        tally: Callable[[Decision, str], Tally],
    ) -> None:
        self._router = router
        self._caller = caller
        self._tally = tally
        self._tallies: dict[str, Tally] = {}  # by upstream
        self._kept: deque[tuple[dict[Any, Any], Any]] = deque()  # where, under what; oldest first

    def find(self, request: RequestHead, peer: Peer) -> Standing | None:
        """None for fields that are not remembered, and where no site is meant."""
        block, site = request.block, self._router.site(request.host)
        if block is None or site is None:
            return None
        caller, app = self._caller(request, peer, site), site.upstream.name
        head = app_head(site, caller, request, peer, ())
        fields = head[len(request.method) + 1 + len(request.target) : -2]
        tally = self._tallies.get(app)
        if tally is None:
            tally = self._tallies[app] = self._tally(NO_ROUTE, app)
        found = Standing(site, caller, fields, tally)
        self._keep(block.known, (self, peer.address), found)
        return found

    def _keep(self, known: dict[Any, Any], key: object, standing: Standing) -> None:
        if len(self._kept) >= MAX_STANDINGS:
            where, oldest = self._kept.popleft()
            del where[oldest]
        self._kept.append((known, key))
        known[key] = standing


def holds_until_s(decision: Forward) -> float:
    """Until when the same request will be decided upon alike, whatever the store says; 0: not.

    Only a pass without uses holds by itself, until it expires.
    """
    used = decision.used
    if decision.reason is not Reason.PASS or used is None or used.uses is not None:
        return 0.0
    return used.expires_s
