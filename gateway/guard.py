"""Facts in, decision out, then a plan: what the wire must do with one request.

The guard stands between the wire and the pure rooms. For each request it gathers the facts, asks
`decide`, and turns the answer into a `Plan`. A plain forward, and one with a valid pass without
uses, is planned without waiting for anything; only uses and finishing ask the store.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from typing import assert_never
from urllib.parse import parse_qs

from gateway import headers as crossing
from gateway.affinity import Stay, Stays
from gateway.asked import Asked
from gateway.callers import TrustedProxies, caller_of
from gateway.decide import decide
from gateway.finish import Finisher, Noted, Ready
from gateway.handover import Handover
from gateway.ids import uuid7
from gateway.log import DecisionLog
from gateway.metrics import Metrics
from gateway.model import (
    BodySeen,
    Challenge,
    Decision,
    Deny,
    Facts,
    Forward,
    Headers,
    Length,
    NoBody,
    Pass,
    Peer,
    Preflight,
    Reason,
    Refusal,
    RequestHead,
    Resume,
    Route,
    Site,
    Visit,
)
from gateway.origins import is_preflight, is_same_origin
from gateway.presented import PassReader
from gateway.ring import KeyRing
from gateway.risk import score_request
from gateway.routing import NeedBodyFor, Router, acting_method
from gateway.selfcheck import FirstCallers
from gateway.tokens import open_visit
from gateway.wire.plan import NeedBody, Plan

FINISH_FIELD = b"gateway_visit="
MAX_FINISH_BYTES = 16 * 1024
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # and without a body (RFC 9110 §9.2.2)

_PLAIN = frozenset({Reason.NO_ROUTE, Reason.ALLOWED, Reason.PREFLIGHT, Reason.MODE_OFF})
_TROUBLE_STATUS = {  # else 502
    Reason.APP_TIMEOUT: 504,
    Reason.APP_BUSY: 503,
    Reason.STORE_DOWN: 503,
}
_NO_ROUTE = Forward(Reason.NO_ROUTE)
_UNANSWERED = frozenset({Reason.APP_BROKE, Reason.APP_TIMEOUT})


class Guard:
    """See the module. `clock` gives Unix seconds, `random_bytes` chance.

    `sample`: the share of plain forwards that gets a record too.
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
        self._random_bytes = random_bytes
        self._sample = sample
        self._browser_key = ring.browser_key
        self._passes = PassReader(ring, metrics.passes_rejected)
        self._stays = stays or {}

    # --- one request ---------------------------------------------------------------------

    def plan(
        self, request: RequestHead, peer: Peer, body: BodySeen | None
    ) -> Plan | NeedBody | Awaitable[Plan | NeedBody]:
        """What to do with this request. NeedBody: call again with the body's beginning."""
        site = self._router.site(request.host)
        scheme = site.scheme if site else "auto"
        caller = caller_of(peer, request.headers, self._trusted, scheme, self._browser_key)
        if body is None:
            if self._first_callers.see(peer.address, caller):
                self._log.warning("proxy_unknown", why=self._first_callers.warning)
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
        if matched.route is None:
            return self._forward(asked.decided(_NO_ROUTE), site)
        facts = self._facts(asked, matched.route)
        decision = decide(matched.route, facts, opening=matched.opening)
        asked.risk = facts.risk
        return self._act(asked, site, decision)

    def _facts(self, asked: Asked, route: Route) -> Facts:
        """What a decision needs; passes and risk only where the route asks anything."""
        now_s, request = self._clock(), asked.request
        asks = route.action == "challenge" and route.mode != "off"
        origins = asked.host_site.cors_origins if asked.host_site else ()
        return Facts(
            now_s=now_s,
            caller=asked.caller,
            method=acting_method(request),
            passes=self._presented(asked, route, now_s) if asks else (),
            risk=score_request(request.headers, asked.caller).risk if asks else 0.0,
            preflight=is_preflight(request.method, request.headers, origins),
            store_up=self._finisher.store_up,
        )

    def _presented(self, asked: Asked, route: Route, now_s: float) -> tuple[Pass, ...]:
        return self._passes.read(asked.request.headers, asked.site, route, asked.caller, now_s)

    def _act(self, asked: Asked, site: Site, decision: Decision) -> Plan | Awaitable[Plan]:
        asked = asked.decided(decision)
        match decision:
            case Forward(spend=True):
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
            head=_app_head(asked, site, request),
            framing=request.framing,
            body=None,
            method=request.method,
            delivery=ready.delivery if ready else None,
            record=asked,
            retry_safe=idempotent and ready is None,
            upgrade=request.upgrade,
            stay=self._stay(asked, site, request) if self._stays else None,
        )

    def _stay(self, asked: Asked, site: Site, request: RequestHead) -> Stay | None:
        """`request` as it goes to the app: a finished one goes where its session is."""
        stays = self._stays.get(site.name)
        return stays.of(request, asked.caller) if stays else None

    async def _spend(self, asked: Asked, site: Site, decision: Forward) -> Plan:
        """A pass with uses: one is spent now, and given back if nothing is sent."""
        ready = await self._finisher.spend_use(decision, asked.request)
        match ready:
            case Ready():
                return self._forward(asked, site, ready)
            case Challenge():
                return self._handover.challenge(asked.decided(ready))
            case Deny():
                return self._handover.page(asked.decided(ready))
            case never:
                assert_never(never)

    # --- finishing -----------------------------------------------------------------------

    def _finish(self, asked: Asked, site: Site, body: bytes) -> Plan | Awaitable[Plan]:
        token, again = read_finish(body)
        visit = open_visit(self._ring, token)
        route = _visited(site, visit)
        facts = self._finishing_facts(asked, site, route, visit)
        decision = decide(route, facts)
        if isinstance(decision, Resume):
            asked.visit_token = token
            return self._resume(asked.decided(decision), site, decision, again=again)
        return self._act(asked, site, decision)

    def _finishing_facts(
        self, asked: Asked, site: Site, route: Route | None, visit: Visit | None
    ) -> Facts:
        now_s, request, caller = self._clock(), asked.request, asked.caller
        return Facts(
            now_s=now_s,
            caller=caller,
            method=request.method,
            passes=self._presented(asked, route, now_s) if route else (),
            finishing=True,
            visit=visit,
            visit_matches=visit is not None
            and visit.site == site.name
            and visit.target == request.target,
            same_origin=is_same_origin(request.headers, request.host, caller.scheme),
            store_up=self._finisher.store_up,
        )

    async def _resume(
        self, asked: Asked, site: Site, decision: Resume, *, again: bool = False
    ) -> Plan:
        """Claim the original request and send it as it was."""
        ready = await self._finisher.claim(decision, asked.request, asked.caller, again=again)
        if isinstance(ready, Challenge):
            return self._handover.challenge(asked.decided(ready))
        if isinstance(ready, Deny):
            return self._handover.page(asked.decided(ready))
        if not decision.visit.hold_id and not self._is_about(decision.route, site, ready.request):
            await ready.delivery.unsent()
            return self._handover.page(asked.decided(Deny(Reason.VISIT_UNREADABLE, 400)))
        return Plan(
            upstream=site.upstream,
            head=_app_head(asked, site, ready.request),
            framing=ready.request.framing,
            body=ready.body,
            method=ready.request.method,
            delivery=Noted(ready.delivery),
            record=asked,
            stay=self._stay(asked, site, ready.request) if self._stays else None,
        )

    def _is_about(self, route: Route, site: Site, request: RequestHead) -> bool:
        """Is what was not held, and has the headers of its finish, still about this route?"""
        matched = self._router.match(site, request, None)
        return not isinstance(matched, NeedBodyFor) and matched.route == route

    # --- what became of it ---------------------------------------------------------------

    def trouble(self, plan: Plan, request: RequestHead, peer: Peer, reason: Reason) -> Plan:
        """The app refused, hung or broke before a reply: an error page under the same reference."""
        asked = plan.record
        assert isinstance(asked, Asked)
        self._metrics.upstream_error(plan.upstream.name, str(reason))
        route = asked.decision.route if asked.decision else None
        status = _TROUBLE_STATUS.get(reason, 502)
        if reason in _UNANSWERED and isinstance(plan.delivery, Noted):
            left = plan.delivery.may_have_left  # then nobody knows whether it arrived
            reason = Reason.MAYBE_DELIVERED if left else Reason.APP_UNREACHABLE
        return self._handover.page(asked.decided(Deny(reason, status, route)))

    def finished(self, plan: Plan, status: int, seconds: float, bytes_out: int) -> None:
        """Count every reply; write a record of every decision but a plain forward."""
        asked = plan.record
        assert isinstance(asked, Asked)
        decision = asked.decision
        self._metrics.request(decision, status, seconds, ours=plan.ours)
        if status and not plan.ours:
            self._metrics.upstream(plan.upstream.name, seconds)
            if isinstance(decision, Resume):
                self._metrics.holds_delivered()
        if decision is None:
            return
        plain = isinstance(decision, Preflight)
        plain |= isinstance(decision, Forward) and decision.reason in _PLAIN
        if not plain or random.random() < self._sample:  # noqa: S311 - a sample, no secret
            self._log.decision(asked, status, seconds)

    def refused(self, refusal: Refusal, peer: Peer) -> None:
        """The wire turned a message away by itself."""
        self._metrics.refused(refusal.status)
        self._log.refused(refusal, peer)

    def _new_reference(self) -> str:
        return uuid7(self._clock(), self._random_bytes(10))


def may_finish(request: RequestHead) -> bool:
    """Could this be a finishing submission, by its head alone?"""
    if request.method != "POST" or not isinstance(request.framing, Length):
        return False
    if not len(FINISH_FIELD) < request.framing.size_bytes <= MAX_FINISH_BYTES:
        return False
    kind = request.get(b"content-type") or b""
    return kind.split(b";")[0].strip().lower() == b"application/x-www-form-urlencoded"


def read_finish(body: bytes) -> tuple[str, bool]:
    """The sealed visit of a finishing submission, and whether the visitor asked to send again."""
    try:
        fields = parse_qs(body.decode("latin-1"), max_num_fields=4)
    except ValueError:
        return "", False
    return fields.get("gateway_visit", [""])[0], fields.get("gateway_again") == ["1"]


def _visited(site: Site, visit: Visit | None) -> Route | None:
    if visit is None or visit.site != site.name:
        return None
    return next((route for route in site.routes if route.name == visit.route), None)


def _app_head(asked: Asked, site: Site, request: RequestHead) -> bytes:
    host = b"" if request.host else site.upstream.host_header.encode()
    return crossing.to_app(request, asked.caller, _told(asked), peer=asked.peer, host=host)


def _told(asked: Asked) -> Headers:
    """What the app is told in headers of ours; nothing about what no route concerns."""
    decision = asked.decision
    if not isinstance(decision, Forward | Resume) or decision.route is None:
        return ()
    told = [
        (b"X-Gateway-Decision", asked.reference.encode()),
        (b"X-Gateway-Route", decision.route.name.encode()),
        (b"X-Gateway-Risk", b"%.3f" % asked.risk),
    ]
    if decision.used is not None:
        told.append((b"X-Gateway-Pass-Id", decision.used.id.encode()))
        told.append((b"X-Gateway-Kind", decision.used.kind.encode()))
    elif isinstance(decision, Resume) and decision.visit.solved:
        told.append((b"X-Gateway-Kind", decision.visit.solved.kind.encode()))
    if isinstance(decision, Forward) and decision.would:
        told.append((b"X-Gateway-Would", decision.would.encode()))
    if isinstance(decision, Forward) and decision.reason is Reason.STORE_OPEN:
        told.append((b"X-Gateway-Store", b"down"))  # nobody was asked: `on_error: open`
    return tuple(told)
