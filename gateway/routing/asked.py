"""One request being asked about entries: its methods, query and form, each read when needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.model import BodySeen, Length, NoBody, RequestHead, Route
from gateway.routing.forms import form_items
from gateway.routing.params import (
    NO_ITEMS,
    UNREADABLE,
    UNREADABLE_ITEMS,
    Condition,
    Field,
    Fields,
    Items,
    Truth,
    Way,
    collect,
    urlencoded,
)
from gateway.routing.strengths import Rank

# PHP makes `_` of a dot in a name too, some servers of any sign.
_OVERRIDES = re.compile(
    rb"x[^a-z0-9](?:http[^a-z0-9])?method(?:[^a-z0-9]override)?\Z", re.IGNORECASE
)
_METHOD = b"_method"


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A route's `match`, or its `challenge_on` (`opening`), ready to be asked."""

    route: Route
    opening: bool
    order: int
    rank: Rank
    methods: frozenset[str]
    query: tuple[Condition, ...]
    form: tuple[Condition, ...]
    homes: frozenset[int]  # numbers of the buckets it is in


def stricter(one: Entry | None, other: Entry) -> Entry:
    """The stricter of two; the first, if neither is."""
    return other if one is None or one.rank < other.rank else one


class Asked:
    """A request's facts for matching. Some answers depend on a body not yet read."""

    __slots__ = (
        "_body",
        "_cookie_fields",
        "_form_items",
        "_forms",
        "_limit",
        "_method",
        "_overrides",
        "_queries",
        "_query",
        "_query_items",
        "_request",
    )

    def __init__(
        self, request: RequestHead, query: bytes, body: BodySeen | None, limit_bytes: int
    ) -> None:
        self._request = request
        self._query = query
        self._body = body
        self._limit = limit_bytes
        self._method = request.method.upper()
        self._queries: dict[Way, Fields] = {}
        self._forms: dict[Way, Fields] = {}
        self._form_items: Items | None = None
        self._query_items: Items | None = None
        self._cookie_fields: Fields | None = None
        self._overrides: frozenset[str] | None = None

    def about(self, entry: Entry, query_known: bool) -> Truth:
        """Whether the entry's method, query and form conditions hold."""
        truth = self._method_of(entry) if entry.methods else Truth.YES
        way = entry.route.params
        for condition in entry.query:
            if truth is Truth.NO:
                return truth
            truth = min(truth, self._in_query(condition, way, query_known))
        for condition in entry.form:
            if truth is Truth.NO:
                return truth
            truth = min(truth, self._in_form(condition, way))
        return truth

    def settled(self, way: Way) -> bool:
        """Nothing is unseen or unreadable: a condition not met by any source is not met."""
        form = self._form(way)
        return form is not None and form.readable and self._query_fields(way).readable

    def sources(self, way: Way) -> Iterator[Fields]:
        """All known fields of one way to read."""
        yield self._query_fields(way)
        if (form := self._form(way)) is not None:
            yield form
        if way == "php":
            yield self._cookies()

    def _method_of(self, entry: Entry) -> Truth:
        """HEAD is GET without the body (RFC 9110 §9.3.2). Overrides make it a maybe."""
        methods = entry.methods
        plain = self._method in methods or (self._method == "HEAD" and "GET" in methods)
        overridden = self._override_heads()
        if plain:
            return Truth.MAYBE if overridden else Truth.YES
        if overridden & methods:
            return Truth.MAYBE
        if self._method != "POST":
            return Truth.NO
        form = self._form(entry.route.params)
        if form is None:
            return Truth.FAINT
        return Truth.MAYBE if _named(form) & methods or not form.readable else Truth.NO

    def _override_heads(self) -> frozenset[str]:
        if self._overrides is None:
            self._overrides = self._overriding()
        return self._overrides

    def _overriding(self) -> frozenset[str]:
        named = [v for name, v in self._request.headers if _OVERRIDES.match(name)]
        found = {value.decode("latin-1").strip().upper() for value in named}
        if _may_name_method(self._query):
            found |= _named(self._query_fields("strict"))
        return frozenset(found)

    def _in_query(self, condition: Condition, way: Way, query_known: bool) -> Truth:
        if not query_known:
            return Truth.MAYBE
        fields = self._query_fields(way)
        truth = condition.on(fields)
        if way == "strict" or truth is Truth.MAYBE:
            return truth
        if truth is Truth.YES:
            return self._kept(condition)
        return self._requested(condition, condition.key in fields.by_key)

    def _kept(self, condition: Condition) -> Truth:
        """A query's value that `$_REQUEST` may hold another one for (see `_requested`)."""
        if condition.key in self._cookies().by_key:
            return Truth.MAYBE
        form = self._form("php")
        if form is None:
            return Truth.OPEN
        contradicted = condition.key in form.by_key and condition.on(form) is not Truth.YES
        return Truth.MAYBE if contradicted else Truth.YES

    def _requested(self, condition: Condition, named: bool) -> Truth:
        """`$_REQUEST` also holds form fields, and cookies where `request_order` is not set.

        If the query names the parameter, an unreadable body is not suspected of naming it too:
        or no large upload could pass an app's one script.
        """
        if condition.on(self._cookies()) is not Truth.NO:
            return Truth.MAYBE
        form = self._form("php")
        if form is None:
            return Truth.FAINT
        if not form.readable and named:
            return Truth.NO
        return min(condition.on(form), Truth.MAYBE)

    def _in_form(self, condition: Condition, way: Way) -> Truth:
        """Apps that ask for either (`$_REQUEST`, `getParameter`) may see the query's value."""
        form = self._form(way)
        if form is None:
            return Truth.UNSEEN
        truth = condition.on(form)
        if truth is Truth.MAYBE:
            return truth
        others = [self._query_fields(way), *([self._cookies()] if way == "php" else [])]
        said = [condition.on(fields) for fields in others if condition.key in fields.by_key]
        if truth is Truth.YES:
            return truth if all(one is Truth.YES for one in said) else Truth.MAYBE
        unread = not all(fields.readable for fields in others)
        return Truth.MAYBE if unread or any(one is not Truth.NO for one in said) else Truth.NO

    def _query_fields(self, way: Way) -> Fields:
        if way not in self._queries:
            if self._query_items is None:
                self._query_items = urlencoded(self._query)
            self._queries[way] = collect(self._query_items, way)
        return self._queries[way]

    def _cookies(self) -> Fields:
        if self._cookie_fields is None:
            self._cookie_fields = self._read_cookies()
        return self._cookie_fields

    def _read_cookies(self) -> Fields:
        pairs = []
        for line in self._request.all(b"cookie"):
            for piece in line.split(b";"):
                name, _, value = piece.partition(b"=")
                pairs.append(Field(name.strip(), value.strip(), sure=False))
        return collect(Items(tuple(pairs)), "php")

    def _form(self, way: Way) -> Fields | None:
        """The body's fields; None while it has not been read."""
        if way not in self._forms:
            items = self._form_items
            if items is None:
                items = self._form_items = self._read()
            if items is None:
                return None
            foreign = items.foreign and way == "strict"
            self._forms[way] = UNREADABLE if foreign else collect(items, way)
        return self._forms[way]

    def _read(self) -> Items | None:
        match self._request.framing:
            case NoBody() | Length(0):
                return NO_ITEMS
            case Length(size_bytes) if size_bytes > self._limit:
                return UNREADABLE_ITEMS
        if self._body is None:
            return None
        return form_items(self._request, self._body)


def acting_method(request: RequestHead) -> str:
    """The method to count uses by: to an app that hears overrides, a GET may change things."""
    query = request.target.partition(b"?")[2]
    overridden = any(_OVERRIDES.match(name) for name, _ in request.headers)
    if not overridden and _may_name_method(query):
        overridden = _METHOD in collect(urlencoded(query), "strict").by_key
    return "POST" if overridden else request.method


def _may_name_method(query: bytes) -> bool:
    return b"method" in query.lower() or b"%" in query


def _named(fields: Fields) -> frozenset[str]:
    found = fields.by_key.get(_METHOD, ())
    return frozenset(item.value.decode("latin-1").strip().upper() for item in found)
