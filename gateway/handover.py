"""Handing a request to the gate: a fresh head of our own making, the decision sealed inside it."""

from __future__ import annotations

from gateway.asked import Asked
from gateway.envelope import HEADER, Envelope, EnvelopeAction
from gateway.model import Challenge, Chunked, Deny, Framing, Length, NoBody, RequestHead, Upstream
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
        return self._plan(asked, "own", path, asked.request.method, asked.request.framing)

    def challenge(self, asked: Asked) -> Plan:
        """The page that asks; the body goes along, to be held."""
        head_only = asked.request.method == "HEAD"
        method, framing = ("HEAD", _NO_BODY) if head_only else ("POST", asked.request.framing)
        return self._plan(asked, "challenge", b"/challenge", method, framing)

    def page(self, asked: Asked) -> Plan:
        """A page that needs nothing of the request's body."""
        method = "HEAD" if asked.request.method == "HEAD" else "GET"
        return self._plan(asked, "deny", b"/deny", method, _NO_BODY, drain=True)

    def _plan(
        self,
        asked: Asked,
        action: EnvelopeAction,
        path: bytes,
        method: str,
        framing: Framing,
        *,
        drain: bool = False,
    ) -> Plan:
        envelope = self._envelope(asked, action)
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
            visit=asked.visit_token,
        )


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
