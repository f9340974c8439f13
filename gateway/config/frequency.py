"""`limits` and `budget` of a route: what may be written, and the rules it comes to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from gateway.config.fields import Number, Span, Whole, WholeSpan, Words
from gateway.config.nodes import Loc
from gateway.config.part import Part, written
from gateway.config.shape import Faults
from gateway.model import MOST_MEMBERS, LimitRule

MOST_LIMITS = 16  # of a route
MOST_DISTINCT = MOST_MEMBERS - 24  # what is over a limit has room to be counted too
HOUR_S, DAY_S = 3600, 86400
_COUNTRY = re.compile(r"[A-Z]{2}")
_UNITS = (("d", DAY_S), ("h", HOUR_S), ("m", 60), ("s", 1))

LimitName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")]


CountedBy = Literal["address", "prefix", "pass", "user", "route", "site", "field", "number_prefix"]


class LimitPart(Part):
    """How often something may happen, and what follows beyond that."""

    name: LimitName | None = Field(
        default=None,
        description="Its name, in records, metrics and headers; by default made of what it counts.",
    )
    per: CountedBy = Field(
        description="What is counted: requests of one address (IPv6: /64), address prefix (/24, "
        "/56), pass or `user`, of the route, of all routes of the site with a limit of this name, "
        "or with one value of a form field, or one range of phone numbers."
    )
    most: Whole = Field(ge=1, le=10**6, description="How many are within the limit …")
    within: WholeSpan = Field(ge=1, le=31 * DAY_S, description="… in any span of this length.")
    then: Literal["challenge", "harder", "delay", "deny"] = Field(
        default=written("challenge"),
        description="What follows beyond it: a pass earned just now is needed, a harder question "
        "is asked, the request waits, or it is denied (429).",
    )
    delay: Span | None = Field(
        default=None, ge=0.1, le=30, description="With `then: delay`, how long it waits."
    )
    field: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="The form field of `per: field` and `number_prefix`; in the query it counts "
        "too.",
    )
    distinct: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="Counts how many different values of this form field one address or prefix "
        "sends, instead of requests.",
    )
    normalise: Literal["e164", "email", "lower", "none"] | None = Field(
        default=None,
        description="Which values are one: phone numbers in any spelling, mailboxes, text but for "
        "case, or bytes (`none`, the default; `e164` with `number_prefix`).",
    )
    region: str = Field(
        default=written(""),
        description="The country (like `CN`) of phone numbers written without their country code.",
    )
    countries: Words = Field(
        default=[],
        description="The countries phone numbers may be of; others, and what can't be read, are "
        "refused (403).",
    )
    digits: Whole = Field(
        default=written("8"),
        ge=1,
        le=14,
        description="With `number_prefix`, how many first digits make a range, country code "
        "included.",
    )


class BudgetPart(Part):
    """How many requests of the route reach the app at all, whoever sends them."""

    hour: Whole | None = Field(
        default=None, ge=1, le=10**9, description="In any hour; over: 503 with Retry-After."
    )
    day: Whole | None = Field(default=None, ge=1, le=10**9, description="In any day.")
    alert: Number = Field(
        default=written("0.8"),
        gt=0,
        le=1,
        description="The share of either from which the log and metrics tell.",
    )


def compile_limits_of(
    limits: Sequence[LimitPart],
    budget: BudgetPart | None,
    faults: Faults,
    loc: Loc,
    *,
    single_use: bool = False,
) -> tuple[LimitRule, ...]:
    """The rules of one route; every fault in them is added."""
    rules: list[LimitRule] = []
    if len(limits) > MOST_LIMITS:
        faults.add((*loc, "limits"), f"are more than {MOST_LIMITS}: each is counted every time")
    for index, part in enumerate(limits):
        where = (*loc, "limits", index)
        rule = _rule(part)
        if rule.name in (other.name for other in rules):
            what = f"another limit of this route is named '{rule.name}': give each a name"
            faults.add((*where, "name"), what)
        _check(part, faults, where)
        if single_use:
            _check_without_passes(part, faults, where)
        rules.append(rule)
    return (*rules, *_budget(budget, faults, (*loc, "budget")))


def _rule(part: LimitPart) -> LimitRule:
    numbers = part.per == "number_prefix"
    return LimitRule(
        name=part.name or _name(part),
        per=part.per,
        most=part.most,
        window_s=part.within,
        then=part.then,
        field=part.field or "",
        normalise=part.normalise or ("e164" if numbers else "none"),
        region=part.region,
        countries=frozenset(part.countries),
        distinct=part.distinct or "",
        delay_s=part.delay or 0.0,
        digits=part.digits,
    )


def _name(part: LimitPart) -> str:
    said = [part.per, "distinct" if part.distinct else "", part.distinct or part.field or ""]
    plain = [re.sub(r"[^a-z0-9_]+", "_", word.lower()).strip("_")[:24] for word in said if word]
    unit, size_s = next(unit for unit in _UNITS if part.within % unit[1] == 0)
    return "-".join([*plain, f"{part.within // size_s}{unit}"])


def _check(part: LimitPart, faults: Faults, loc: Loc) -> None:
    if part.per == "prefix" and part.then == "deny":
        what = "strangers share a prefix: use harder, or deny per address"
        faults.add((*loc, "then"), what, alone=True)
    _check_field(part, faults, loc)
    if part.then == "delay" and part.delay is None:
        faults.add((*loc, "delay"), "is missing: say how long, like 2s", alone=True)
    if part.then != "delay" and part.delay is not None:
        faults.add((*loc, "delay"), "means nothing without then: delay; remove it", key=True)
    _check_numbers(part, faults, loc)


def _check_without_passes(part: LimitPart, faults: Faults, loc: Loc) -> None:
    if part.then == "challenge":
        what = "with uses: 1 every request is challenged: say harder, delay or deny"
        faults.add((*loc, "then"), what, alone=True)
    if part.per == "pass":
        faults.add((*loc, "per"), "with uses: 1 there is no pass: count by something else")


def _check_field(part: LimitPart, faults: Faults, loc: Loc) -> None:
    of_field = part.per in ("field", "number_prefix")
    if of_field and part.field is None:
        faults.add((*loc, "field"), f"is missing: per: {part.per} counts a form field", alone=True)
    if part.field is not None and not of_field:
        what = f"means nothing with per: {part.per}; use distinct, or per: field"
        faults.add((*loc, "field"), what, key=True)
    if part.distinct is None:
        return
    if part.per not in ("address", "prefix"):
        what = "counts values per address or prefix: set per to one of these"
        faults.add((*loc, "distinct"), what, key=True)
    if part.most > MOST_DISTINCT:
        faults.add((*loc, "most"), f"is above {MOST_DISTINCT}, the most that distinct can count")


def _check_numbers(part: LimitPart, faults: Faults, loc: Loc) -> None:
    numbers = part.normalise == "e164" or (part.per, part.normalise) == ("number_prefix", None)
    if part.per == "number_prefix" and not numbers:
        what = "must be e164 with number_prefix: leave it out"
        faults.add((*loc, "normalise"), what, key=True)
    for name in ("region", "countries"):
        if not numbers and name in part.model_fields_set:
            faults.add((*loc, name), "means nothing without normalise: e164", key=True)
    if "digits" in part.model_fields_set and part.per != "number_prefix":
        faults.add((*loc, "digits"), "means nothing without per: number_prefix", key=True)
    if part.region and not _COUNTRY.fullmatch(part.region):
        faults.add((*loc, "region"), _no_country(part.region))
    for index, country in enumerate(part.countries):
        if not _COUNTRY.fullmatch(country):
            faults.add((*loc, "countries", index), _no_country(country), alone=True)


def _no_country(text: str) -> str:
    return f"'{text}' is not a country's two letters (ISO 3166-1): write it like CN"


def _budget(part: BudgetPart | None, faults: Faults, loc: Loc) -> list[LimitRule]:
    if part is None:
        return []
    if part.hour is None and part.day is None:
        faults.add(loc, "sets neither hour nor day", key=True)
    if part.hour is not None and part.day is not None and part.day < part.hour:
        faults.add((*loc, "day"), "is less than hour, which could never be reached")
    spans = (("hour", part.hour, HOUR_S), ("day", part.day, DAY_S))
    return [
        LimitRule(f"budget-{name}", "route", most, size_s, "deny", budget=True, alert=part.alert)
        for name, most, size_s in spans
        if most is not None
    ]
