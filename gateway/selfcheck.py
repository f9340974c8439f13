"""Is somebody in front of us that we don't know of? Then every visitor seems to be one address.

The most common mistake in setting up a gate: a proxy before it, and `trusted_proxies` empty. Limits
by address would then hit all visitors at once. The first requests show it.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address

from gateway.model import Caller

FIRST_REQUESTS = 200
MIN_REQUESTS = 20  # fewer say nothing
SHARE = 0.8  # of the first requests from one address


class FirstCallers:
    """Counts who the first requests came from, then stops looking."""

    def __init__(self) -> None:
        self._callers: Counter[str] = Counter()
        self._seen = 0
        self.warning = ""
        self.looking = True  # further requests still tell something

    @property
    def addresses_tell_people_apart(self) -> bool:
        """False: limits by address must stay off."""
        return not self.warning

    def see(self, peer_address: str, caller: Caller) -> bool:
        """One request: from `peer_address`, on behalf of `caller`. True: there is a warning now."""
        if not self.looking:
            return False
        self._seen += 1
        self.looking = self._seen < FIRST_REQUESTS
        self._callers["" if caller.trusted else peer_address] += 1
        if self._seen < MIN_REQUESTS:
            return False
        before, self.warning = self.warning, self._warn()
        return bool(self.warning) and not before

    def _warn(self) -> str:
        address, count = self._callers.most_common(1)[0]
        if not count > SHARE * self._seen or not _is_private(address):
            return ""
        return (
            f"{count} of the first {self._seen} requests came from {address}, a private address,"
            " and it is not in trusted_proxies: if a proxy stands there, add it, or every visitor"
            " counts as one. Limits by address are off until then."
        )


def _is_private(address: str) -> bool:
    try:
        return ip_address(address).is_private
    except ValueError:
        return address == "unix"
