"""The values that a field may have for the app, whichever way it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from gateway.model import BodySeen, RequestHead
from gateway.routing.asked import Asked
from gateway.routing.params import Field, Way, conditions


class FieldValues:
    """What one request's query, body and (for PHP) cookies say. `limit_bytes`: of a body read."""

    def __init__(
        self, request: RequestHead, body: BodySeen | None, limit_bytes: int, way: Way
    ) -> None:
        query = request.target.partition(b"?")[2]
        self._asked = Asked(request, query, body, limit_bytes)
        self._way = way

    def of(self, name: str) -> Mapping[bytes, int] | None:
        """Each value with how often it is given, by whoever sees it most often.

        None: a reader may find any others. That some source has a value does not say that the app
        looks there: all of them count.
        """
        if not self._asked.settled(self._way):
            return None
        [condition] = conditions({name: None}, self._way)
        found: Counter[bytes] = Counter()
        for fields in self._asked.sources(self._way):
            found |= _often(fields.by_key.get(condition.key, ()))
        return found


def _often(items: tuple[Field, ...] | list[Field]) -> Counter[bytes]:
    """One way of reading sees the sure ones; what others see may be the same ones again."""
    sure = Counter(item.value for item in items if item.sure)
    return sure | Counter(item.value for item in items if not item.sure)
