"""The signals of risk: each a name, a weight and a rule. `risk` combines them.

Strengths are those measured in headless Chromium, stealth plug-ins and real browsers; every rule
here is known to lawful scripts too, so none is trusted to stop one that takes trouble: cost, use
limits and counts do. What is absent is innocent: no trace (a keyboard), no client hints (plain
http), another browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.signals.of_answers import HASTE_S, SCRIPTED_FROM
from gateway.signals.of_answers import OF_ANSWERS as _OF_HANDS
from gateway.signals.of_browsers import OF_BROWSERS
from gateway.signals.of_fields import OF_FIELDS
from gateway.signals.of_requests import BUSY_AT, BUSY_FROM
from gateway.signals.of_requests import OF_REQUESTS as _OF_CLAIMS
from gateway.signals.rules import Rule, Seen

__all__ = [
    "BUSY_AT",
    "BUSY_FROM",
    "HASTE_S",
    "OF_ANSWERS",
    "OF_BROWSERS",
    "OF_FIELDS",
    "OF_MACHINES",
    "OF_REQUESTS",
    "SCRIPTED_FROM",
    "SIGNALS",
    "Rule",
    "Seen",
]

OF_REQUESTS: Final[Mapping[str, Rule]] = MappingProxyType({**_OF_CLAIMS, **OF_FIELDS})
OF_ANSWERS: Final[Mapping[str, Rule]] = MappingProxyType({**_OF_HANDS, **OF_BROWSERS})
SIGNALS: Final[Mapping[str, Rule]] = MappingProxyType({**OF_REQUESTS, **OF_ANSWERS})
# What no hand and no neighbour of a visitor's can cause.
OF_MACHINES: Final[frozenset[str]] = frozenset({*OF_REQUESTS, *OF_BROWSERS} - {"prefix_busy"})
