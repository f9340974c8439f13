"""Handing a request to the gate: a fresh head of our own making, the decision sealed inside it."""

from __future__ import annotations

from dataclasses import replace

from gateway.asked import Asked
from gateway.envelope import HEADER, Envelope, EnvelopeAction
from gateway.frequency.headers import rate_limit
from gateway.frequency.values import as_json
from gateway.model import (
    Challenge,
    Chunked,
    Deny,
    Framing,
    Length,
    NoBody,
    RequestHead,
    Upstream,
)
from gateway.origins import wants_page
from gateway.wire.plan import Plan

_NO_BODY = NoBody()
_PATH_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-~")
_SAID = (b"content-type", b"accept-encoding", b"if-none-match")


class Handover:
    """Plans that end at the gate's private socket. `boot`: the token that proves the wire."""

    def __init__(self, gate: Upstream, boot: str, prefix: str) -> None:
        self._gate = gate
        self._boot = boot
        self._prefix_bytes = len(prefix)

    def own(self, asked: Asked) -> Plan:
        """An endpoint under the prefix, with the client's method and body."""
        path = b"/own/" + asked.request.target[self._prefix_bytes :]
        envelope = self._envelope(asked, "own")
        return self._plan(asked, envelope, path, asked.request.method, asked.request.framing)

    def challenge(self, asked: Asked) -> Plan:
        """The page that asks; the body goes along, to be held, unless it is too large for that.

        What finishes a visit is asked for that visit: its own body is nobody's to hold. Nobody is
        told to go on (100 Continue) with a body that nobody wants.
        """
        method, framing = "POST", asked.request.framing
        if asked.request.method == "HEAD":
            method, framing = "HEAD", _NO_BODY
        unread_bytes = _too_large(asked, framing)
        if unread_bytes or asked.visit_token:
            framing = _NO_BODY
        envelope = replace(self._envelope(asked, "challenge"), unread_bytes=unread_bytes)
        return self._plan(
            asked, envelope, b"/challenge", method, framing, drain=framing is _NO_BODY
        )

    def page(self, asked: Asked) -> Plan:
        """A page that needs nothing of the request's body."""
        method = "HEAD" if asked.request.method == "HEAD" else "GET"
        envelope = self._envelope(asked, "deny")
        return self._plan(asked, envelope, b"/deny", method, _NO_BODY, drain=True)

    def preflight(self, asked: Asked) -> Plan:
        """What a script of a configured origin may send."""
        envelope = self._envelope(asked, "preflight")
        return self._plan(asked, envelope, b"/preflight", "GET", _NO_BODY, drain=True)

    def _plan(
        self,
        asked: Asked,
        envelope: Envelope,
        path: bytes,
        method: str,
        framing: Framing,
        *,
        drain: bool = False,
    ) -> Plan:
        return Plan(
            upstream=self._gate,
            head=gate_head(method, path, framing, envelope, asked.request),
            framing=framing,
            body=None,
            method=method,
            record=asked,
            drain_body=drain,
            ours=True,
        )

    def _envelope(self, asked: Asked, action: EnvelopeAction) -> Envelope:
        decision, request = asked.decision, asked.request
        route = decision.route if decision else None
        policy, rate = rate_limit(decision.over if isinstance(decision, Deny) else ())
        return Envelope(
            boot=self._boot,
            decision_id=asked.reference,
            action=action,
            site=asked.site,
            route=route.name if route else "",
            reason=str(decision.reason) if isinstance(decision, Challenge | Deny) else "",
            status=decision.status if isinstance(decision, Deny) else 403,
            caller=asked.caller,
            method=request.method,
            target=request.target,
            headers=request.headers,
            host=request.host,
            navigation=wants_page(request.headers),
            risk=decision.risk if isinstance(decision, Challenge) else 0.0,
            kind=decision.kind if isinstance(decision, Challenge) else "",
            user=asked.user,
            harder=decision.harder if isinstance(decision, Challenge) else 0,
            retry_after_s=decision.retry_after_s if isinstance(decision, Deny) else 0,
            policy=policy,
            rate=rate,
            values=as_json(asked.values or {}) if action == "challenge" else {},
            visit=asked.visit_token,
        )


def _too_large(asked: Asked, framing: Framing) -> int:
    """The size of a body that says it can't be held; 0 for all others."""
    decision = asked.decision
    if not isinstance(decision, Challenge) or not isinstance(framing, Length):
        return 0
    return framing.size_bytes if framing.size_bytes > decision.route.hold.max_bytes else 0


def gate_head(
    method: str, path: bytes, framing: Framing, envelope: Envelope, request: RequestHead
) -> bytes:
    """Of the client's words, only what aiohttp must see crosses in the clear, once and in ASCII."""
    lines = [
        f"{method} ".encode("ascii") + _safe_path(path) + b" HTTP/1.1",
        b"Host: gateway",
        HEADER.encode("ascii") + b": " + envelope.seal(),
    ]
    for name in _SAID:
        value = request.get(name)
        if value is not None and value.isascii():
            lines.append(name + b": " + value)
    if isinstance(framing, Length):
        lines.append(b"Content-Length: %d" % framing.size_bytes)
    elif isinstance(framing, Chunked):
        lines.append(b"Transfer-Encoding: chunked")
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _safe_path(path: bytes) -> bytes:
    """Our own paths are plain; anything else is not ours. The query is in the envelope."""
    path = path.partition(b"?")[0]
    return path if _PATH_BYTES.issuperset(path) and b".." not in path else b"/own/unknown"
