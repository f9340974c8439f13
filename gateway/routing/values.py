"""The values that a field may have for the app, whichever way it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

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
        key = _key(name, self._way)
        found: dict[bytes, int] = {}
        for fields in self._asked.sources(self._way):
            if items := fields.by_key.get(key):
                _see(items, found)
        return found


def _see(items: Iterable[Field], found: dict[bytes, int]) -> None:
    """One way of reading sees the sure ones; what others see may be the same ones again."""
    for sure in (True, False):
        often = Counter(item.value for item in items if item.sure is sure)
        for value, count in often.items():
            found[value] = max(count, found.get(value, 0))


@lru_cache(maxsize=256)
def _key(name: str, way: Way) -> bytes:
    """What such a field is looked up by."""
    [condition] = conditions({name: None}, way)
    return condition.key
