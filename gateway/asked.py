"""One request as the guard sees it, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.model import Caller, Decision, Facts, Peer, RequestHead, Site
from gateway.records import Judged


@dataclass(slots=True)  # not frozen: one is made per request, and filled in as it is decided upon
class Asked:
    """A request, who asks, and of which site. `decision` None: an endpoint of our own."""

    new_reference: Callable[[], str]
    host_site: Site | None  # None: no site has this host
    caller: Caller
    request: RequestHead
    peer: Peer
    decision: Decision | None = None
    user: str = ""  # digest of whom the app says it knows the caller as
    known: bool = False  # it was decided upon before, and has a record
    facts: Facts | None = None  # what was decided on
    opening: bool = False
    first: Decision | None = None  # what was decided on these facts, whatever became of it
    waited_s: float = 0.0  # for facts that take a while
    values: Mapping[str, Any] | None = None  # of form fields that limits count: `frequency.values`
    visit_token: str = ""  # of a finishing request, so that its error page can try again
    _reference: str = ""

    @property
    def reference(self) -> str:
        """UUIDv7: in the log, in headers to the app, on the page. Made when first told."""
        if not self._reference:
            self._reference = self.new_reference()
        return self._reference

    @property
    def site(self) -> str:
        return self.host_site.name if self.host_site else ""

    def know(self, reference: str) -> None:
        """It was decided upon before, under this reference."""
        self.known, self._reference = True, reference

    @property
    def risk(self) -> float:
        """Of the request alone; 0 where no route asks."""
        return self.facts.risk if self.facts else 0.0

    @property
    def judged(self) -> Judged:
        """What a record tells of it."""
        facts, opening, first = self.facts, self.opening, self.first
        return Judged(self.decision, facts, opening, first, self.waited_s, self.user)

    def decided(self, decision: Decision) -> Asked:
        """This, with what was decided."""
        self.decision = decision
        return self

    def decided_on(self, facts: Facts, decision: Decision, *, opening: bool = False) -> Asked:
        """This, with what was decided on these facts."""
        self.facts, self.first, self.opening = facts, decision, opening
        return self.decided(decision)
