"""What the wire tells the gate about a request, in one internal header that no client can set.

The value is base64url of JSON; raw bytes travel in it as Latin-1. The per-boot token inside proves
that the wire wrote it: whoever else reaches the private socket is answered 404.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Literal, get_args

from gateway.model import JSON, Caller, Headers

HEADER = "X-Gateway-Envelope"

# A head of at most 1 MiB (the bound of `limits.wire.head`): twice for non-ASCII bytes in UTF-8, a
# third more for base64, and room.
MAX_VALUE_BYTES = 3 * 2**20

EnvelopeAction = Literal["challenge", "deny", "own", "preflight"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """One request as the wire saw and judged it."""

    boot: str
    decision_id: str  # UUIDv7: shown to the visitor as the reference, and logged
    action: EnvelopeAction
    site: str
    route: str  # "" when none matched
    reason: str  # of `model.Reason`
    status: int  # of the reply to be made, for `deny`
    caller: Caller
    method: str
    target: bytes
    headers: Headers  # the original's, as received
    host: str
    navigation: bool  # a person's browser opening a page, so a page may be shown
    risk: float = 0.0
    harder: int = 0  # limits passed that ask for a harder question
    kind: str = ""  # that the app named
    user: str = ""  # digest of whom the app knows the caller as
    retry_after_s: int = 0  # of a denial that ends by itself
    policy: str = ""  # of RateLimit-Policy, of a denial by limits …
    rate: str = ""  # … and of RateLimit
    values: Mapping[str, JSON] = field(default_factory=dict)  # digests that limits count it by
    unread_bytes: int = 0  # of a body too large to be held: it does not come along
    visit: str = ""  # the sealed visit of a finishing request, so that its page can go on with it

    def seal(self) -> bytes:
        """The header's value."""
        body = {name: getattr(self, name) for name in _PLAIN} | {
            "caller": {name: getattr(self.caller, name) for name in _OF_CALLER},
            "target": self.target.decode("latin-1"),
            "headers": [[k.decode("latin-1"), v.decode("latin-1")] for k, v in self.headers],
        }
        text = _encoder.encode(body)
        return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass"))

    @staticmethod
    def open(value: str | bytes | None, boot: str) -> Envelope | None:
        """The envelope in a header's value; None if there is none or `boot` is not its token."""
        if value is None or len(value) > MAX_VALUE_BYTES:
            return None
        try:
            body = json.loads(base64.urlsafe_b64decode(value))
            if not hmac.compare_digest(str(body["boot"]).encode(), boot.encode()):
                return None
            return _read(body)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def get(self, name: bytes) -> bytes | None:
        """The first value of an original header, by lower-case name."""
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return None


_ACTIONS = frozenset(get_args(EnvelopeAction))
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
# `asdict` copies deeply, and would take longer than all the rest of a challenge at the wire.
_OF_CALLER = tuple(each.name for each in fields(Caller))
_PLAIN = tuple(
    each.name for each in fields(Envelope) if each.name not in ("caller", "target", "headers")
)


def _read(body: dict[str, JSON]) -> Envelope:
    """Raises ValueError, TypeError or KeyError on anything `seal` does not write."""
    if body["action"] not in _ACTIONS:
        raise ValueError("unknown action")
    headers = tuple((k.encode("latin-1"), v.encode("latin-1")) for k, v in body["headers"])
    target = body["target"].encode("latin-1")
    caller = Caller(**body["caller"])
    return Envelope(**(body | {"headers": headers, "target": target, "caller": caller}))
