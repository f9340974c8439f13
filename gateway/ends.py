"""How requests ended: counted, recorded, and answered by a page where the app did not."""

from __future__ import annotations

import random

from gateway.asked import Asked
from gateway.finish import Noted
from gateway.handover import Handover
from gateway.log import DecisionLog
from gateway.metrics import Metrics
from gateway.model import Deny, Peer, Reason, Refusal, Resume, Route
from gateway.records import is_plain
from gateway.standing import Remembered, Standing
from gateway.wire.plan import Plan

_TROUBLE_STATUS = {  # else 502
    Reason.APP_TIMEOUT: 504,
    Reason.APP_BUSY: 503,
    Reason.STORE_DOWN: 503,
}
_UNANSWERED = frozenset({Reason.APP_BROKE, Reason.APP_TIMEOUT})


class Ends:
    """What follows when a request is over. `sample`: the share of plain forwards recorded."""

    def __init__(
        self, handover: Handover, log: DecisionLog, metrics: Metrics, sample: float
    ) -> None:
        self._handover = handover
        self._log = log
        self._metrics = metrics
        self._sample = sample

    def trouble(self, plan: Plan, asked: Asked, reason: Reason) -> Plan:
        """The app refused, hung or broke before a reply: an error page under the same reference."""
        self._metrics.upstream_error(plan.upstream.name, str(reason))
        route = asked.decision.route if asked.decision else None
        status = _TROUBLE_STATUS.get(reason, 502)
        if reason in _UNANSWERED and isinstance(plan.delivery, Noted):
            left = plan.delivery.may_have_left  # then nobody knows whether it arrived
            reason = Reason.MAYBE_DELIVERED if left else Reason.APP_UNREACHABLE
        return self._handover.page(asked.decided(Deny(reason, status, route)))

    def broke(self, asked: Asked, route: Route, fault: Exception) -> None:
        """Something of ours raised before a decision."""
        self._metrics.gate_error()
        self._log.broke(
            fault, reference=asked.reference, site=asked.site, route=route.name, action="decide"
        )

    def finished(self, plan: Plan, status: int, seconds: float) -> None:
        """Count every reply; write a record of every decision but a plain forward."""
        asked, app = plan.record, plan.upstream.name
        if isinstance(asked, Standing | Remembered):
            if status:
                asked.tally.add(status, seconds)
            else:
                self._metrics.request(asked.decision, status, seconds, ours=False, upstream=app)
            return
        assert isinstance(asked, Asked)
        decision = asked.decision
        self._metrics.request(decision, status, seconds, ours=plan.ours, upstream=app)
        keep = not is_plain(decision) and (plan.ours or not asked.known)
        if not keep:
            if not self._sample or random.random() >= self._sample:  # noqa: S311 - no secret
                return
        elif isinstance(decision, Resume) and status and not plan.ours:
            self._metrics.holds_delivered()
        if decision is not None:
            self._log.decision(asked, status, seconds, keep=keep)

    def refused(self, refusal: Refusal, peer: Peer) -> None:
        """The wire turned a message away by itself."""
        self._metrics.refused(refusal.status)
        self._log.refused(refusal, peer)
