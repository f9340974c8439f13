"""The wire: client connections, bodies, upstream connections. It forwards; it never renders."""

from gateway.limits import WireLimits
from gateway.wire.admission import Admission
from gateway.wire.plan import GuardLike, NeedBody, Plan
from gateway.wire.pools import Event
from gateway.wire.upstreams import Upstreams
from gateway.wire.wire import Wire

__all__ = ["Admission", "Event", "GuardLike", "NeedBody", "Plan", "Upstreams", "Wire", "WireLimits"]
