"""Why a request is, or is not, about each route: every condition asked by itself.

For operators, who ask "why is my route not matched". The conditions, readings and truths are those
the router uses; only that all are asked, where the router stops at the first that decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from gateway.model import BodySeen, Match, RequestHead, Route, Site
from gateway.routing.asked import Asked, Entry
from gateway.routing.forms import form_items
from gateway.routing.index import PathIndex
from gateway.routing.params import Items, Truth, conditions, urlencoded
from gateway.routing.patterns import Pattern, parse_pattern
from gateway.routing.readings import readings
from gateway.routing.router import BODY_BYTES
from gateway.routing.strengths import Rank, kinds_in_order

What = Literal["path", "method", "query", "form"]
Holds = Literal["yes", "maybe", "no"]


@dataclass(frozen=True, slots=True)
class Checked:
    """One condition: what it wants, whether it holds, and what the request has instead."""

    what: What
    wanted: str
    holds: Holds
    found: str


@dataclass(frozen=True, slots=True)
class Traced:
    """One route's `match`, or its `challenge_on` (`opening`), against a request."""

    route: Route
    opening: bool
    checked: tuple[Checked, ...]
    reading: str = ""  # of the path, by which it fits

    @property
    def failed(self) -> tuple[Checked, ...]:
        return tuple(each for each in self.checked if each.holds == "no")

    @property
    def holds(self) -> Holds:
        found = [each.holds for each in self.checked]
        return "no" if "no" in found else "maybe" if "maybe" in found else "yes"


def trace(
    site: Site, request: RequestHead, body: BodySeen | None, body_bytes: int = BODY_BYTES
) -> tuple[Traced, ...]:
    """Every route of the site, in the order of the file."""
    path, _, query = request.target.partition(b"?")
    asked = Asked(request, query, body or BodySeen(b"", False), body_bytes)
    sent = _Sent(request, path, urlencoded(query), _form(request, body))
    kinds = kinds_in_order(site.routes)
    return tuple(
        _traced(route, match, opening, asked, sent, Rank.of(route, order, kinds))
        for order, route in enumerate(site.routes)
        for match, opening in _matches(route)
    )


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a request has, to be told beside what is wanted."""

    request: RequestHead
    path: bytes
    query: Items
    form: Items


def _form(request: RequestHead, body: BodySeen | None) -> Items:
    return form_items(request, body) if body else Items(readable=False)


def _matches(route: Route) -> Iterator[tuple[Match, bool]]:
    yield route.match, False
    if route.challenge_on is not None:
        yield route.challenge_on, True


def _traced(
    route: Route, match: Match, opening: bool, asked: Asked, sent: _Sent, rank: Rank
) -> Traced:
    bare = Entry(route, opening, 0, rank, frozenset(), (), (), frozenset())
    checked: list[Checked] = []
    reading, query_known = "", True
    if match.paths:
        fits, reading, query_known = _path(match, sent.path)
        checked.append(Checked("path", ", ".join(match.paths), fits, _text(sent.path)))
    if match.methods:
        truth = asked.about(replace(bare, methods=match.methods), query_known)
        wanted = " or ".join(sorted(match.methods))
        checked.append(Checked("method", wanted, _holds(truth), sent.request.method))
    queries = conditions(match.query, route.params)
    for name, condition in zip(match.query, queries, strict=True):
        holds = _holds(asked.about(replace(bare, query=(condition,)), query_known))
        checked.append(Checked("query", _wanted(name, match.query), holds, _has(sent.query, name)))
    forms = conditions(match.form, route.params)
    for name, condition in zip(match.form, forms, strict=True):
        holds = _holds(asked.about(replace(bare, form=(condition,)), query_known))
        checked.append(Checked("form", _wanted(name, match.form), holds, _has(sent.form, name)))
    return Traced(route, opening, tuple(checked), reading)


def _wanted(name: str, wants: Mapping[str, str | None]) -> str:
    value = wants[name]
    return f"{name} (any value)" if value is None else f"{name}={value}"


def _has(items: Items, name: str) -> str:
    """What the request has under this name."""
    if not items.readable:
        return "unreadable, or not known"
    low = name.encode().lower()
    values = [item.value for item in items.fields if item.name.lower() == low]
    return ", ".join(f"{name}={_text(value)}" for value in values[:3]) or f"no {name}"


def _holds(truth: Truth) -> Holds:
    return "yes" if truth is Truth.YES else "no" if truth is Truth.NO else "maybe"


def _path(match: Match, path: bytes) -> tuple[Holds, str, bool]:
    """Whether one of the patterns fits, by which reading, and whether its query is known."""
    index: PathIndex[None] = PathIndex()
    for pattern in _patterns(match):
        index.add(None, pattern)
    known = readings(path)
    if not known.complete:
        return "maybe", "", True
    best: tuple[Holds, str, bool] = ("no", "", True)
    for reading in (*known.paths, *known.scripts):
        for _, sure in index.find(reading):
            found = _text(reading), reading not in known.cut
            if sure and reading == path:
                return "yes", *found
            if best[0] == "no":
                best = ("yes" if sure else "maybe", *found)
    return best


def _patterns(match: Match) -> tuple[Pattern, ...]:
    return tuple(dict.fromkeys(form for text in match.paths for form in parse_pattern(text)))


def _text(raw: bytes) -> str:
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)[:200]
