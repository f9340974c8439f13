"""Facts in, decision out, then a plan: what the wire must do with one request.

The guard stands between the wire and the pure rooms. For each request it gathers the facts, asks
`decide`, and turns the answer into a `Plan`. A plain forward, and one with a valid pass without
uses, is planned without waiting for anything; only uses and finishing ask the store.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import assert_never

from gateway.addresses import Register
from gateway.affinity import Stay, Stays
from gateway.asked import Asked
from gateway.callers import TrustedProxies, caller_of
from gateway.decide import decide, question
from gateway.ends import Ends
from gateway.finish import FREE, Finisher, Noted, Ready
from gateway.forwarding import IDEMPOTENT, app_head, told, usual_plan
from gateway.frequency.charging import Charging, Unlimited
from gateway.gathering import Gathering
from gateway.given.users import Users
from gateway.handover import Handover
from gateway.ids import References
from gateway.inquiry import Inquiries, Inquiry, found
from gateway.log import DecisionLog
from gateway.metrics import Metrics
from gateway.model import (
    BodySeen,
    Caller,
    Challenge,
    Decision,
    Deny,
    Facts,
    Forward,
    Listing,
    NoBody,
    Peer,
    Preflight,
    Reason,
    Refusal,
    RequestHead,
    Resume,
    Route,
    Site,
)
from gateway.presented import PassReader
from gateway.ring import KeyRing
from gateway.routing import Matched, NeedBodyFor, Router
from gateway.selfcheck import FirstCallers
from gateway.standing import NO_ROUTE, Remembered, Standing, Standings, holds_until_s
from gateway.submission import (
    FINISH_FIELD,
    MAX_FINISH_BYTES,
    may_finish,
    read_finish,
    visited_route,
)
from gateway.tokens import open_visit
from gateway.wire.plan import NeedBody, Plan


class Guard:
    """See the module. `clock` gives Unix seconds, `random_bytes` chance.

    `sample`: the share of plain and repeated forwards that gets a record too.
    """

    def __init__(
        self,
        *,
        router: Router,
        trusted: TrustedProxies,
        prefix: str,
        ring: KeyRing,
        finisher: Finisher,
        handover: Handover,
        log: DecisionLog,
        metrics: Metrics,
        first_callers: FirstCallers,
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        sample: float = 0.0,
        stays: Mapping[str, Stays] | None = None,
        inquiries: Inquiries | None = None,
        register: Register | None = None,
        frequency: Charging | None = None,
    ) -> None:
        self._router = router
        self._trusted = trusted
        self._prefix = prefix.encode()
        self._ring = ring
        self._finisher = finisher
        self._handover = handover
        self._log = log
        self._metrics = metrics
        self._first_callers = first_callers
        self._clock = clock
        self._new_reference = References(clock, random_bytes)
        self._sample = sample
        self._browser_key = ring.browser_key
        self._standings = Standings(router, self._caller, metrics.forwards)
        self._register = register or Register()
        passes = PassReader(ring, metrics.passes_rejected)
        self._gathering = Gathering(ring, passes, self._register, finisher)
        self._stays = stays or {}
        self._ends = Ends(handover, log, metrics, sample)
        self._inquiries = inquiries or Inquiries()
        self._frequency = frequency or Unlimited()
        self._users = Users(ring)

    # --- one request ---------------------------------------------------------------------

    def plan(
        self, request: RequestHead, peer: Peer, body: BodySeen | None
    ) -> Plan | NeedBody | Awaitable[Plan | NeedBody]:
        """What to do with this request. NeedBody: call again with the body's beginning."""
        block = request.block
        known = None if block is None else block.known.get((self._standings, peer.address))
        standing: Standing | None = known or self._standings.find(request, peer)
        if standing is None:
            return self._plan(request, peer, body)
        if self._first_callers.looking:
            self._look(peer, standing.caller)
        if request.target.startswith(self._prefix):
            site, caller = standing.site, standing.caller
            return self._handover.own(Asked(self._new_reference, site, caller, request, peer))
        return self._stand(standing, request, peer, body)

    def _stand(
        self, standing: Standing, request: RequestHead, peer: Peer, body: BodySeen | None
    ) -> Plan | NeedBody | Awaitable[Plan]:
        """A request whose fields are known, and that is about the app."""
        site, caller = standing.site, standing.caller
        routed = standing.routed
        found = routed.get((request.method, request.target)) if routed else None
        matched = found or self._router.match(site, request, body)
        if isinstance(matched, NeedBodyFor):
            return NeedBody(matched.max_bytes)
        route, now_s, opening = matched.route, self._clock(), matched.opening
        if route is not None and found is None:
            standing.note(request.method, request.target, matched)
        listed = self._register.listed(site, route, caller, request, now_s)
        if listed is not None or self._inquiries.of(route):
            asked = Asked(self._new_reference, site, caller, request, peer)
            return self._ask_about(asked, site, matched, body, listed, now_s)
        stay = self._stay(caller, site, request) if self._stays else None
        if route is None and not self._sample:
            return usual_plan(site, request, standing.fields, stay, standing)
        known = standing.recall(request.method, route, now_s, opening=opening) if route else None
        if known and not self._sample:
            return usual_plan(site, request, standing.fields + known.fields, stay, known)
        asked = Asked(self._new_reference, site, caller, request, peer)
        if route is not None:
            asked.user = self._users.of(route, request, body)
        if route is None:
            asked.decision = NO_ROUTE
            return usual_plan(site, request, standing.fields, stay, asked)
        if known is None:
            facts = self._gathering.facts(asked, route, listed, now_s)
            decision = decide(route, facts, opening=opening)
            asked.decided_on(facts, decision, opening=opening)
            known = self._remembered(asked, site, decision)
            if known is None:
                return self._act(asked, site, decision)
            standing.remember(request.method, route, known, opening=opening)
        else:
            asked.know(known.reference)
            asked.decided_on(known.facts, known.decision, opening=opening)
        return usual_plan(site, request, standing.fields + known.fields, stay, asked)

    def _remembered(self, asked: Asked, site: Site, decision: Decision) -> Remembered | None:
        """What the next such request is forwarded by, under the reference of this one."""
        if not isinstance(decision, Forward) or not (until_s := holds_until_s(decision)):
            return None
        fields = b"".join(b"%b: %b\r\n" % each for each in told(asked))
        tally = self._metrics.forwards(decision, site.upstream.name)
        assert asked.facts is not None
        facts, opening = asked.facts, asked.opening
        return Remembered(decision, facts, opening, until_s, fields, asked.reference, tally)

    def _caller(self, request: RequestHead, peer: Peer, site: Site | None) -> Caller:
        scheme = site.scheme if site else "auto"
        return caller_of(peer, request.headers, self._trusted, scheme, self._browser_key)

    def _look(self, peer: Peer, caller: Caller) -> None:
        if self._first_callers.see(peer.address, caller):
            self._log.warning("proxy_unknown", why=self._first_callers.warning)

    def _plan(
        self, request: RequestHead, peer: Peer, body: BodySeen | None
    ) -> Plan | NeedBody | Awaitable[Plan | NeedBody]:
        """The whole way, of which nothing is known."""
        site = self._router.site(request.host)
        caller = self._caller(request, peer, site)
        if body is None:
            self._look(peer, caller)
            if may_finish(request):
                return NeedBody(MAX_FINISH_BYTES)
        asked = Asked(self._new_reference, site, caller, request, peer)
        if site is None:
            return self._handover.page(asked.decided(Deny(Reason.UNKNOWN_SITE, 421)))
        if request.target.startswith(self._prefix):
            return self._handover.own(asked)
        if body is not None and body.complete and body.data.startswith(FINISH_FIELD):
            return self._finish(asked, site, body.data)
        return self._route(asked, site, body)

    def _route(
        self, asked: Asked, site: Site, body: BodySeen | None
    ) -> Plan | NeedBody | Awaitable[Plan]:
        matched = self._router.match(site, asked.request, body)
        if isinstance(matched, NeedBodyFor):
            return NeedBody(matched.max_bytes)
        now_s, caller, request = self._clock(), asked.caller, asked.request
        listed = self._register.listed(site, matched.route, caller, request, now_s)
        return self._ask_about(asked, site, matched, body, listed, now_s)

    def _ask_about(
        self,
        asked: Asked,
        site: Site,
        matched: Matched,
        body: BodySeen | None,
        listed: Listing | None,
        now_s: float,
    ) -> Plan | Awaitable[Plan]:
        """Decide at once, or after what has to be waited for."""
        if matched.route is None and listed is None:
            return self._forward(asked.decided(NO_ROUTE), site)
        if matched.route is not None:
            asked.user = self._users.of(matched.route, asked.request, body)
        facts = self._gathering.facts(asked, matched.route, listed, now_s)
        inquiries = self._inquiries.of(matched.route)
        if inquiries:
            return self._inquire(asked, site, matched, body, facts, inquiries)
        return self._settle(asked, site, matched, facts)

    async def _inquire(
        self,
        asked: Asked,
        site: Site,
        matched: Matched,
        body: BodySeen | None,
        facts: Facts,
        inquiries: Sequence[Inquiry],
    ) -> Plan:
        assert matched.route is not None
        began_s = self._clock()
        broke = partial(self._ends.broke, asked, matched.route)
        facts = await found(inquiries, facts, asked, matched.route, body, broke)
        asked.waited_s = max(0.0, self._clock() - began_s)
        plan = self._settle(asked, site, matched, facts)
        return plan if isinstance(plan, Plan) else await plan

    def _settle(
        self, asked: Asked, site: Site, matched: Matched, facts: Facts
    ) -> Plan | Awaitable[Plan]:
        decision = decide(matched.route, facts, opening=matched.opening)
        return self._act(asked.decided_on(facts, decision, opening=matched.opening), site, decision)

    def _act(self, asked: Asked, site: Site, decision: Decision) -> Plan | Awaitable[Plan]:
        """What was decided on, done."""
        match decision:
            case Forward() if decision.spend or self._frequency.is_charged(asked, decision):
                return self._spend(asked, site, decision)
            case Forward():
                return self._forward(asked, site)
            case Challenge():
                return self._handover.challenge(asked)
            case Deny():
                return self._handover.page(asked)
            case Preflight():
                return self._handover.preflight(asked)
            case Resume():
                return self._resume(asked, site, decision)
            case never:
                assert_never(never)

    # --- to the app ----------------------------------------------------------------------

    def _forward(self, asked: Asked, site: Site, ready: Ready | None = None) -> Plan:
        request = asked.request
        idempotent = request.method in IDEMPOTENT and isinstance(request.framing, NoBody)
        return Plan(
            upstream=site.upstream,
            head=app_head(site, asked.caller, request, asked.peer, told(asked)),
            framing=request.framing,
            body=None,
            method=request.method,
            delivery=ready.delivery if ready else None,
            record=asked,
            retry_safe=idempotent and ready is None,
            upgrade=request.upgrade,
            stay=self._stay(asked.caller, site, request) if self._stays else None,
        )

    def _stay(self, caller: Caller, site: Site, request: RequestHead) -> Stay | None:
        """`request` as it goes to the app: a finished one goes where its session is."""
        stays = self._stays.get(site.name)
        return stays.of(request, caller) if stays else None

    async def _spend(self, asked: Asked, site: Site, decision: Forward) -> Plan:
        """What a forward uses up, of a pass or of limits; given back if nothing is sent."""
        ready: Ready | Challenge | Deny = Ready(asked.request, FREE)
        if decision.spend:
            ready = await self._finisher.spend_use(decision, asked.request)
        if isinstance(ready, Ready):
            ready = await self._frequency.charged(asked, decision, ready)
        match ready:
            case Ready():
                return self._forward(asked, site, ready)
            case Challenge(reason, route):
                assert asked.facts is not None
                return self._handover.challenge(asked.decided(question(reason, route, asked.facts)))
            case Deny():
                return self._handover.page(asked.decided(ready))
            case never:
                assert_never(never)

    # --- finishing -----------------------------------------------------------------------

    def _finish(self, asked: Asked, site: Site, body: bytes) -> Plan | Awaitable[Plan]:
        token, again = read_finish(body)
        visit = open_visit(self._ring, token)
        route = visited_route(site, visit)
        asked.user = visit.user if visit else ""
        asked.visit_token = token if visit else ""
        now_s = self._clock()
        listed = self._register.listed(site, route, asked.caller, asked.request, now_s)
        facts = self._gathering.finishing(asked, site, route, visit, listed, now_s)
        decision = decide(route, facts)
        asked.decided_on(facts, decision)
        if isinstance(decision, Resume):
            return self._resume(asked, site, decision, again=again)
        return self._act(asked, site, decision)

    async def _resume(
        self, asked: Asked, site: Site, decision: Resume, *, again: bool = False
    ) -> Plan:
        """Claim the original request and send it as it was."""
        read = self._router.read_cookies(site)
        ready = await self._finisher.claim(
            decision, asked.request, asked.caller, again=again, read=read
        )
        if isinstance(ready, Challenge):
            return self._handover.challenge(asked.decided(ready))
        if isinstance(ready, Deny):
            return self._handover.page(asked.decided(ready))
        if not decision.visit.hold_id and not self._is_about(decision.route, site, ready.request):
            await ready.delivery.unsent()
            return self._handover.page(asked.decided(Deny(Reason.VISIT_UNREADABLE, 400)))
        ready = await self._frequency.charged(asked, decision, ready)
        if isinstance(ready, Deny):
            return self._handover.page(asked.decided(ready))
        return Plan(
            upstream=site.upstream,
            head=app_head(site, asked.caller, ready.request, asked.peer, told(asked)),
            framing=ready.request.framing,
            body=ready.body,
            method=ready.request.method,
            delivery=Noted(ready.delivery),
            record=asked,
            stay=self._stay(asked.caller, site, ready.request) if self._stays else None,
        )

    def _is_about(self, route: Route, site: Site, request: RequestHead) -> bool:
        """Is what was not held, and has the headers of its finish, still about this route?"""
        matched = self._router.match(site, request, None)
        return not isinstance(matched, NeedBodyFor) and matched.route == route

    # --- what became of it ---------------------------------------------------------------

    def trouble(self, plan: Plan, request: RequestHead, peer: Peer, reason: Reason) -> Plan:
        """The app refused, hung or broke before a reply: an error page under the same reference."""
        asked = plan.record
        if isinstance(asked, Standing | Remembered):
            site, decision = self._router.site(request.host), asked.decision
            caller = self._caller(request, peer, site)
            remembered = asked
            asked = Asked(self._new_reference, site, caller, request, peer, decision)
            if isinstance(remembered, Remembered):
                asked.decided_on(remembered.facts, decision, opening=remembered.opening)
        assert isinstance(asked, Asked)
        return self._ends.trouble(plan, asked, reason)

    def finished(self, plan: Plan, status: int, seconds: float, bytes_out: int) -> None:
        """Count every reply; write a record of every decision but a plain forward."""
        self._ends.finished(plan, status, seconds)

    def refused(self, refusal: Refusal, peer: Peer) -> None:
        """The wire turned a message away by itself."""
        self._ends.refused(refusal, peer)
