"""What a denied client is told of limits: draft-ietf-httpapi-ratelimit-headers-10, sections 3, 4.

`RateLimit-Policy: "number";q=5;w=3600` and `RateLimit: "number";r=0;t=1800`: a List of Strings with
parameters (RFC 9651). Names are the operator's; counts of others than the client are not told.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model import Reached


def rate_limit(over: Sequence[Reached]) -> tuple[str, str]:
    """(RateLimit-Policy, RateLimit) of the limits that were passed; empty for none."""
    policy = ", ".join(f'"{each.limit}";q={each.most};w={each.window_s}' for each in over)
    state = ", ".join(f'"{each.limit}";r=0;t={each.reset_s}' for each in over)
    return policy, state
