"""One request as the guard sees it, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.model import Caller, Decision, Peer, RequestHead, Site


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, who asks, and of which site. `decision` None: an endpoint of our own."""

    reference: str  # UUIDv7: in the log, in headers to the app, on the page
    host_site: Site | None  # None: no site has this host
    caller: Caller
    request: RequestHead
    peer: Peer
    decision: Decision | None = None
    risk: float = 0.0  # of the request alone; 0 where no route asks
    visit_token: str = ""  # of a finishing request, so that its error page can try again

    @property
    def site(self) -> str:
        return self.host_site.name if self.host_site else ""

    def decided(self, decision: Decision) -> Asked:
        return replace(self, decision=decision)
