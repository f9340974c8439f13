"""A log that strangers cannot fill: a refused message costs its sender next to nothing."""

from __future__ import annotations

from typing import Final

from gateway.log import DecisionLog
from gateway.model import Peer, Refusal

MOST_REFUSED: Final = 10  # records, between two calls of `tell_more`


class SparingLog(DecisionLog):
    """Writes the first few refusals; of the others, how many there were."""

    _left = MOST_REFUSED
    _more = 0

    def refused(self, refusal: Refusal, peer: Peer) -> None:
        if self._left:
            self._left -= 1
            super().refused(refusal, peer)
        else:
            self._more += 1

    def tell_more(self) -> None:
        """Say how many were left out, if any, and begin anew. To be called now and then."""
        if self._more:
            self.warning("refused_more", count=self._more)
        self._left, self._more = MOST_REFUSED, 0
