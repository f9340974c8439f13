"""Visits and tickets as sealed tokens. Expiry is not looked at here: it is a row in decide, judge.

Bytes that are text on the wire (target, headers) travel as latin-1 strings, so that a long target
costs one character a byte before sealing.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import fields, replace

from gateway.model import JSON, Round, Solved, Ticket, Visit
from gateway.ring import KeyRing
from gateway.seal import TokenTooLongError, seal, unseal

VISIT = "visit"
TICKET = "ticket"

# `asdict` copies deeply, and would take longer than sealing.
_VISIT, _TICKET, _SOLVED, _ROUND = (
    dict.fromkeys(field.name for field in fields(kind)) for kind in (Visit, Ticket, Solved, Round)
)
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def seal_visit(ring: KeyRing, visit: Visit, nonce: bytes) -> str:
    """Seal a visit. Kept headers are dropped if they make it too long for the finishing form.

    Raises TokenTooLongError when the target alone is too long (about 11 kB).
    """
    try:
        return seal(ring, VISIT, _dump(_visit_to_json(visit)), nonce)
    except TokenTooLongError:
        return seal(ring, VISIT, _dump(_visit_to_json(replace(visit, kept=()))), nonce)


def open_visit(ring: KeyRing, token: str) -> Visit | None:
    """The visit, or None for anything that we did not seal. Never raises."""
    try:
        return _visit_from_json(_stored(ring, VISIT, token))
    except (ValueError, TypeError, KeyError, AttributeError):  # … or another release's visit
        return None


def seal_ticket(ring: KeyRing, ticket: Ticket, nonce: bytes) -> str:
    """Seal a ticket. Raises TokenTooLongError when a kind's secret is beyond reason."""
    first = ticket.first
    stored = {name: getattr(ticket, name) for name in _TICKET} | {
        "first": first and {name: getattr(first, name) for name in _ROUND}
    }
    return seal(ring, TICKET, _dump(stored), nonce)


def open_ticket(ring: KeyRing, token: str) -> Ticket | None:
    """The ticket, or None for anything that we did not seal. Never raises."""
    try:
        stored = _stored(ring, TICKET, token)
        first = stored.get("first")
        known = None if first is None else Round(**_known(_ROUND, first))
        layout = tuple(tuple(box) for box in stored.get("layout", ()))
        return Ticket(**_known(_TICKET, stored) | {"first": known, "layout": layout})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _dump(value: JSON) -> bytes:
    return _encoder.encode(value).encode()


def _stored(ring: KeyRing, purpose: str, token: str) -> dict[str, JSON]:
    """Raises ValueError for what we did not seal."""
    payload = unseal(ring, purpose, token)
    stored = None if payload is None else json.loads(payload)
    if not isinstance(stored, dict):
        raise ValueError("not ours")
    return stored


def _known(names: Collection[str], stored: dict[str, JSON]) -> dict[str, JSON]:
    """A later release may have added fields with defaults: unknown ones are not for us."""
    return {name: value for name, value in stored.items() if name in names}


def _visit_to_json(visit: Visit) -> dict[str, JSON]:
    solved = visit.solved
    return {name: getattr(visit, name) for name in _VISIT} | {
        "solved": solved and {name: getattr(solved, name) for name in _SOLVED},
        "secret": visit.secret.hex(),
        "target": visit.target.decode("latin-1"),
        "kept": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in visit.kept],
    }


def _visit_from_json(stored: dict[str, JSON]) -> Visit:
    solved = stored.get("solved")
    return Visit(
        **_known(_VISIT, stored)
        | {
            "secret": bytes.fromhex(stored["secret"]),
            "target": stored["target"].encode("latin-1"),
            "kept": tuple(
                (name.encode("latin-1"), value.encode("latin-1")) for name, value in stored["kept"]
            ),
            "solved": None if solved is None else Solved(**_known(_SOLVED, solved)),
        }
    )
