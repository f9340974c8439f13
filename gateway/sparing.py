"""A log that neither strangers nor a dead app can fill: each record costs them next to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.log import DecisionLog
from gateway.model import Peer, Refusal

MOST_REFUSED: Final = 10  # records, between two calls of `tell_more`
APP_AGAIN_S: Final = 60.0  # until an app's address that goes on failing is told of once more


class SparingLog(DecisionLog):
    """Writes the first few refusals; of the others, how many there were."""

    _left = MOST_REFUSED
    _more = 0
    _quiet_until_s: Mapping[tuple[str, str], float] = MappingProxyType({})  # of apps' addresses

    def refused(self, refusal: Refusal, peer: Peer) -> None:
        if self._left:
            self._left -= 1
            super().refused(refusal, peer)
        else:
            self._more += 1

    def app_failed(self, upstream: str, address: str, now_s: float) -> None:
        """An address of an app refused, was late or broke off: said at once, then once a minute."""
        whose = upstream, address
        if now_s >= self._quiet_until_s.get(whose, now_s):
            self._quiet_until_s = {**self._quiet_until_s, whose: now_s + APP_AGAIN_S}
            self.warning("upstream_failed", upstream=upstream, address=address)

    def tell_more(self) -> None:
        """Say how many were left out, if any, and begin anew. To be called now and then."""
        if self._more:
            self.warning("refused_more", count=self._more)
        self._left, self._more = MOST_REFUSED, 0
