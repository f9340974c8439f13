"""The values that a field may have for the app, whichever way it reads; and from which cookies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from gateway.model import BodySeen, RequestHead, Site
from gateway.routing.asked import Asked
from gateway.routing.params import Field, Way, conditions, php_keys, php_name


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


class ReadCookies:
    """Which cookies a site's rules take for fields, as PHP's `$_REQUEST` may."""

    def __init__(self, site: Site) -> None:
        keys: set[bytes] = set()
        for route in (route for route in site.routes if route.params == "php"):
            for match in filter(None, (route.match, route.challenge_on)):
                asked = conditions({**match.query, **match.form}, "php")
                keys.update(condition.key for condition in asked)
            counted = {rule.distinct or rule.field for rule in route.limits} - {""}
            keys.update(_key(name, "php") for name in counted)
        self._keys = frozenset(keys)

    def __contains__(self, name: object) -> bool:
        if not self._keys or not isinstance(name, bytes):
            return False
        return not self._keys.isdisjoint(php_keys(name, php_name(name)))
