"""Which site and which route a request is about: pure, indexed, and never made easier by doubt."""

from gateway.routing.asked import acting_method
from gateway.routing.patterns import parse_pattern
from gateway.routing.router import BODY_BYTES, NOTHING, Matched, NeedBodyFor, Router
from gateway.routing.values import FieldValues, ReadCookies

__all__ = [
    "BODY_BYTES",
    "NOTHING",
    "FieldValues",
    "Matched",
    "NeedBodyFor",
    "ReadCookies",
    "Router",
    "acting_method",
    "parse_pattern",
]
