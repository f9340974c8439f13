"""What goes to the app: plans for requests as they came, and what the app is told besides."""

from __future__ import annotations

from gateway.affinity import Stay
from gateway.asked import Asked
from gateway.headers import to_app
from gateway.model import Caller, Forward, Headers, Peer, Probe, Reason, RequestHead, Resume, Site
from gateway.probing import without_verdict
from gateway.wire.plan import Plan

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # and without a body (RFC 9110 §9.2.2)


def app_head(site: Site, caller: Caller, request: RequestHead, peer: Peer, ours: Headers) -> bytes:
    host = b"" if request.host else site.upstream.host_header.encode()
    cookie = without_verdict(request.headers)
    return to_app(request, caller, ours, peer=peer, cookie=cookie, host=host)


def usual_plan(
    site: Site, request: RequestHead, fields: bytes, stay: Stay | None, record: object
) -> Plan:
    """A request without a body to the app. `fields` is all of the head from behind the target."""
    method = request.method
    return Plan(
        site.upstream,
        b"%b %b%b\r\n" % (method.encode(), request.target, fields),
        request.framing,
        None,
        method,
        None,
        record,
        method in IDEMPOTENT,
        stay=stay,
    )


def told(asked: Asked) -> Headers:
    """What the app is told in headers of ours; nothing about what no route concerns."""
    decision = asked.decision
    if not isinstance(decision, Forward | Resume) or decision.route is None:
        return ()
    told = [
        (b"X-Gateway-Decision", asked.reference.encode()),
        (b"X-Gateway-Route", decision.route.name.encode()),
    ]
    probe = decision.probe if isinstance(decision, Forward) else None
    if probe is None:
        told.append((b"X-Gateway-Risk", b"%.3f" % asked.risk))
    elif decision.route.mode == "enforce":
        told += _probed(probe)
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


def _probed(probe: Probe) -> list[tuple[bytes, bytes]]:
    """What is not known is not told."""
    told: list[tuple[bytes, bytes]] = []
    if probe.risk is not None:
        told.append((b"X-Gateway-Risk", b"%.3f" % probe.risk))
    if probe.model_probability is not None:
        told.append((b"X-Gateway-Model-Probability", b"%d" % probe.model_probability))
    if probe.web_simulator is not None:
        told.append((b"X-Gateway-Web-Simulator", b"%d" % probe.web_simulator))
    if probe.ip_overtime is not None:
        told.append((b"X-Gateway-Ip-Overtime", b"%d" % probe.ip_overtime))
    return told
