"""From rules and what is known of a request to windows; from their counts to `Reached`. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from gateway.frequency.values import UNREADABLE, Digest, Digests, Value, Values, field_of
from gateway.model import LimitRule, Reached, Route, Slid, Slide

_ALL: Digest = ("all",)
_IPV6_BITS = 64  # the least that a host is given, and may choose its addresses from


@dataclass(frozen=True, slots=True)
class Subject:
    """Who asks. What is "" or empty is not known, and no rule about it applies."""

    address: str = ""
    prefix: str = ""
    passes: tuple[str, ...] = ()
    user: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """One rule's windows for one request, as they would be charged."""

    rule: LimitRule
    slides: tuple[Slide, ...]


def counts_of(
    route: Route, subject: Subject, values: Values, digests: Digests
) -> tuple[Count, ...]:
    """What a request counts for. Rules that say nothing about it are left out."""
    found = (
        Count(rule, tuple(_slides(rule, route, subject, values, digests))) for rule in route.limits
    )
    return tuple(count for count in found if count.slides)


def _slides(
    rule: LimitRule, route: Route, subject: Subject, values: Values, digests: Digests
) -> Iterator[Slide]:
    counted = field_of(rule)
    given = values.get(counted) if counted else ()
    if given is None:
        given = (Value(UNREADABLE, 1),)
    if any(value.digest == UNREADABLE for value in given):
        amount = sum(value.amount for value in given)
        yield Slide(_key(rule, route, UNREADABLE[0]), rule.window_s, amount)
    elif rule.distinct:
        for who in _subjects(rule, subject, digests):
            for value in given:
                for name, member in zip(who, value.digest, strict=False):
                    yield Slide(_key(rule, route, name), rule.window_s, member=member.encode())
    elif counted:
        for value in given:
            for name in value.digest:
                yield Slide(_key(rule, route, name), rule.window_s, value.amount)
    else:
        for who in _subjects(rule, subject, digests):
            for name in who:
                yield Slide(_key(rule, route, name), rule.window_s)


def _key(rule: LimitRule, route: Route, name: str) -> str:
    """`per: site` is one count for all routes of the site that have a rule of this name.

    What is only watched counts apart: nobody solved anything for it, so strangers could use up what
    binds others, on another route or once this one is enforced.
    """
    place = "*" if rule.per == "site" else route.name
    sort = "watched" if route.mode == "shadow" else "limit"
    return f"{sort}/{route.site}/{place}/{rule.name}/{rule.window_s}/{name}"


def _subjects(rule: LimitRule, subject: Subject, digests: Digests) -> list[Digest]:
    match rule.per:
        case "address":
            said = [_host(subject.address)] if subject.address else []
        case "prefix":
            said = [subject.prefix] if subject.prefix else []
        case "pass":
            said = list(subject.passes)
        case "user":
            said = [subject.user] if subject.user else []
        case "route" | "site":
            return [_ALL]
        case "field" | "number_prefix":  # not of who asks
            return []
    return [digests.of(rule.per, text) for text in said]


@lru_cache(maxsize=4096)
def _host(address: str) -> str:
    """An IPv6 host by its /64: it may send from any address of that."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(ip_network((int(parsed), _IPV6_BITS), strict=False))


# --- Asking and answering ------------------------------------------------------------------


def looks(counts: Sequence[Count]) -> list[Slide]:
    """To see where they stand, charging nothing."""
    return [
        Slide(slide.key, slide.window_s, 0, _room(count.rule.most, slide), slide.member)
        for count in counts
        for slide in count.slides
    ]


def _room(most: int, slide: Slide) -> int:
    """What the count may come to, so that this fits; a member is counted already."""
    return most if slide.member else max(0, most - slide.amount)


def charges(counts: Sequence[Count], *, limits: bool, budgets: bool) -> list[Slide]:
    """To count them: all or none. Of what denies, limits or budgets may not be passed."""
    return [
        Slide(slide.key, slide.window_s, slide.amount, count.rule.most, slide.member)
        if _binds(count.rule, limits, budgets)
        else slide
        for count in counts
        for slide in count.slides
    ]


def _binds(rule: LimitRule, limits: bool, budgets: bool) -> bool:
    return rule.then == "deny" and (budgets if rule.budget else limits)


def reached(counts: Sequence[Count], found: Sequence[Slid], *, looked: bool) -> tuple[Reached, ...]:
    """Where each rule stands with this request in it: at its highest count."""
    slids = iter(found)
    return tuple(_reached(count, [next(slids) for _ in count.slides], looked) for count in counts)


def _reached(count: Count, found: Sequence[Slid], looked: bool) -> Reached:
    rule = count.rule
    highest, first_s, last_s, fits = 0, math.inf, 0.0, True
    for slide, slid in zip(count.slides, found, strict=True):
        total = slid.count + slide.amount if looked and not slide.member else slid.count
        highest, first_s = max(highest, total), min(first_s, slid.reset_s)
        fits = fits and slide.amount <= rule.most
        if total > rule.most:
            last_s = max(last_s, slid.reset_s)
    reset_s = last_s if highest > rule.most else first_s
    return Reached(
        limit=rule.name,
        then=rule.then,
        count=highest,
        most=rule.most,
        window_s=rule.window_s,
        reset_s=math.ceil(reset_s) if fits else rule.window_s,
        delay_s=rule.delay_s,
        budget=rule.budget,
    )
