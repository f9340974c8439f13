"""The wire: client connections, bodies, upstream connections. It forwards; it never renders."""

from gateway.limits import WireLimits
from gateway.wire.admission import Admission
from gateway.wire.plan import NeedBody, Plan
from gateway.wire.pools import Event
from gateway.wire.wire import Wire

__all__ = ["Admission", "Event", "NeedBody", "Plan", "Wire", "WireLimits"]
