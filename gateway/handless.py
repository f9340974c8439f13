"""Right answers that no hand gave: by keys, switches, voices, screen readers, and most scripts.

Such an answer says nothing against a visitor, so nothing is refused for it. Where something is at
stake it costs more instead: once more work, several times as dear as the route's, and a place in
the limit of the accessible way. A path made up to avoid that is judged as a hand's.
"""

from __future__ import annotations

from typing import Final

from gateway.model import ACCESSIBLE, Answer, Route, Ticket
from gateway.trace import hands

AT_STAKE: Final = 0.1  # risk from which a right answer without a hand is not enough
TIMES: Final = 4  # as much work as the route asks
PASSIVE: Final = frozenset({"pow", "invisible", "wait"})  # kinds that ask for no hand


def owes_work(ticket: Ticket, route: Route, answer: Answer, risk: float) -> bool:
    """Whether a right answer is yet to be paid for with work.

    Not twice: what is then asked is a passive kind. The accessible way has its work already, but
    where an answer at its risk would not be believed elsewhere it pays once more: scripts ask for
    it too. What no browser ran (no JavaScript) has its wait.
    """
    if ticket.kind in PASSIVE or not ticket.work:
        return False
    if ticket.rung == ACCESSIBLE:
        return not risk <= ticket.refuse_above
    at_stake = route.single_use or not risk < AT_STAKE
    return at_stake and handless(answer)


def handless(answer: Answer) -> bool:
    """No pointer moved, pressed or touched. What no page sends is no hand either."""
    return not any(hand.moves or hand.presses for hand in hands(answer))
