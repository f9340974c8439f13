"""From rules and requests to windows, and from counts to where a request stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.frequency.headers import rate_limit
from gateway.frequency.rules import (
    Count,
    Subject,
    charges,
    counts_of,
    looks,
    reached,
)
from gateway.frequency.values import MAX_VALUES, Digests, as_json, find, from_json
from gateway.model import (
    BodySeen,
    Chunked,
    Framing,
    Length,
    LimitRule,
    Match,
    Mode,
    NoBody,
    RequestHead,
    Route,
    Site,
    Slid,
    Slide,
    Upstream,
)
from gateway.ring import Key, KeyRing
from gateway.routing import FieldValues, Matched, NeedBodyFor, Router

OLD, NEW, NEWEST = (Key(name, at, name.encode() * 4) for at, name in enumerate(("a", "b", "c")))
ONE = Digests(KeyRing((OLD,)))
TWO = Digests(KeyRing((OLD, NEW)))

PHONE = LimitRule("phone", "field", 5, 3600, "deny", "phone", "e164", "CN")
RANGE = LimitRule("range", "number_prefix", 50, 60, "harder", "phone", "e164", "CN", digits=7)
FAN = LimitRule("fan", "address", 3, 60, distinct="phone", normalise="e164", region="CN")
BUDGET = LimitRule("budget-hour", "route", 9, 3600, "deny", budget=True, alert=0.8)
WHO = Subject("192.0.2.7", "192.0.2.0/24", ("p1", "p2"), "ann")


def per(kind: Any, **more: Any) -> LimitRule:
    return LimitRule(f"by-{kind}", kind, 5, 60, **more)


def route(*rules: LimitRule, name: str = "sms") -> Route:
    return Route(name, "shop", Match(), limits=rules)


def form(
    text: bytes, query: bytes = b"", kind: bytes = b"application/x-www-form-urlencoded"
) -> Any:
    headers = ((b"content-type", kind),)
    framing = Length(len(text)) if text else NoBody()
    target = b"/sms?" + query if query else b"/sms"
    head = RequestHead("POST", target, (1, 1), headers, framing, "shop.example", True)
    return FieldValues(head, BodySeen(text, True), 1000, "strict")


def values(text: bytes, *rules: LimitRule, digests: Digests = ONE) -> Any:
    return find(rules or (PHONE,), form(text), digests).values


def keys(*counts: Count) -> list[str]:
    return [slide.key for count in counts for slide in count.slides]


def of(rule: LimitRule, subject: Subject = WHO, given: Any = None) -> list[str]:
    return keys(*counts_of(route(rule), subject, given or {}, ONE))


# --- What a form says ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "amounts"),
    [
        (b"phone=13800138000", [1]),
        (b"phone=13800138000&phone=%2B86+138-0013-8000", [2]),  # the same, twice
        (b"phone=13800138000&phone=13900139000", [1, 1]),
        (b"Phone=13800138000", [1]),
        (b"phone[]=13800138000&phone[]=13900139000", [1, 1]),
        (b"phone=13800138000,13900139000", [1, 1]),
        (b"phone=13800138000&note=a;b", [1]),  # who splits at `;` sees the same number
        (b"phone=&x=1", []),
        (b"x=1", []),
        (b"", []),
    ],
)
def test_every_value_is_found_once_for_each_time_it_is_given(
    body: bytes, amounts: list[int]
) -> None:
    [found] = values(body).values()
    assert [value.amount for value in found] == amounts
    assert len({value.digest for value in found}) == len(amounts)


@pytest.mark.parametrize(
    ("fields", "digests"),
    [
        (form(b"x=1", query=b"phone=13800138000"), 1),  # some apps take it from there
        (form(b"phone=13900139000", query=b"phone=13800138000"), 2),
        (form(b'{"phone": 13800138000}', kind=b"application/json"), 1),
        (form(b'{"phone": ["13800138000", "13900139000"]}', kind=b"application/json"), 2),
        (form(b'{"phone": [["13800138000"]]}', kind=b"application/json"), 1),  # "" + it, in JS
        (form(b'{"phone": {"a": {"b": "13800138000"}}}', kind=b"application/json"), 1),
        (form(b'{"phone": 1.3800138e10}', kind=b"application/json"), 2),
        (
            form(b"phone=13800138000", kind=b"application/x-www-form-urlencoded; charset=utf-7"),
            None,
        ),
        (form(b"phone=1", kind=b"multipart/form-data; boundary=a; boundary=b"), None),
        (form(b"&".join(b"phone=1380013%04d" % n for n in range(MAX_VALUES))), MAX_VALUES),
        (form(b"phone=" + b"1" * 1001), None),
    ],
)
def test_what_no_reader_can_be_sure_of_is_unreadable(fields: Any, digests: int | None) -> None:
    [found] = find([PHONE], fields, ONE).values.values()
    assert (None if found is None else len(found)) == digests


@pytest.mark.parametrize(
    "spelt", [b"13800138000", b"1.3800138e10", b"138001380000e-1", b'[["13800138000"]]']
)
def test_a_number_of_json_is_one_however_it_is_written(spelt: bytes) -> None:
    def found(text: bytes) -> set[Any]:
        [values] = find([PHONE], form(text, kind=b"application/json"), ONE).values.values()
        assert values is not None
        return {value.digest for value in values}

    assert found(b'{"phone": "+8613800138000"}') <= found(b'{"phone": %b}' % spelt)


@pytest.mark.parametrize("written", [b"1e999", b"1.5", b"1e30", b"-1.0e400"])
def test_a_number_that_is_not_whole_stays_as_it_is_written(written: bytes) -> None:
    body = form(b'{"phone": %b}' % written, kind=b"application/json")
    assert body.of("phone") == {written: 1}


@pytest.mark.parametrize(
    ("body", "amount"),
    [
        (b"&".join(b"phone=1380013%04d" % n for n in range(MAX_VALUES + 1)), MAX_VALUES + 1),
        (b"&".join([b"phone=1"] * 9 + [b"phone=2%d" % n for n in range(20)]), 29),
        (b"&".join(b"phone=13800138000" + b"+" * n for n in range(MAX_VALUES + 1)), MAX_VALUES + 1),
        (b"phone=" + b",".join(b"1380013%04d" % n for n in range(40)), MAX_VALUES + 1),
        (b"&".join(b"phone=1380013%04d,1390013%04d" % (n, n) for n in range(9)), 18),
    ],
)
@pytest.mark.parametrize("rule", [PHONE, RANGE, FAN])
def test_more_values_than_are_told_apart_count_all(
    rule: LimitRule, body: bytes, amount: int
) -> None:
    """One request that sends to many can't hide them behind a count of one."""
    given = values(body, rule)
    [count] = counts_of(route(rule), WHO, given, ONE)
    [slide] = count.slides
    assert slide.key.endswith("/unreadable")
    assert (slide.amount, slide.member) == (amount, b"")
    assert from_json(as_json(given)) == given


def test_a_body_beyond_the_bound_is_unreadable() -> None:
    head = RequestHead("POST", b"/", (1, 1), (), Length(1001), "shop.example", True)
    assert find([PHONE], FieldValues(head, None, 1000, "strict"), ONE).values == {
        "phone/e164/CN/0": None
    }


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (b"phone=13800138000", False),
        (b"phone=%2B14155552671", True),
        (b"phone=12", True),
        (b"", False),
        (b"phone=" + b"1" * 1001, True),  # beyond what is read: nobody knows
        (b"phone=" + b",".join(b"1380013%04d" % n for n in range(40)), True),
    ],
)
def test_other_countries_are_refused(body: bytes, refused: bool) -> None:
    rules = [PHONE, replace(PHONE, name="cn", countries=frozenset({"CN"}))]
    wider = replace(RANGE, countries=frozenset({"CN", "US"}))
    assert find(rules, form(body), ONE).refused is refused
    assert find([*rules, wider], form(body), ONE).refused is refused
    assert find([wider, *rules], form(body), ONE).refused is refused
    assert find([PHONE], form(body), ONE).refused is False


def test_values_travel_as_json() -> None:
    for body in (
        b"phone=13800138000&phone=13900139000&phone=13900139000",
        b"x=1",
        b"phone=%ff" * 9,
    ):
        found = values(body, PHONE, RANGE, digests=TWO)
        assert from_json(as_json(found)) == found
    assert from_json(as_json({"phone": None})) == {"phone": None}


def test_digests_tell_nothing_without_the_keys() -> None:
    [[value]] = values(b"phone=13800138000").values()
    assert "138" not in repr(value)
    assert ONE.of("address", "x") != ONE.of("prefix", "x")
    assert ONE.of("address", "x") != Digests(KeyRing((NEW,))).of("address", "x")


def test_a_rotation_keeps_what_was_counted() -> None:
    """Under both of the two oldest keys: the second is complete when the first is taken out."""
    assert TWO.of("address", "x")[:1] == ONE.of("address", "x")
    waiting_first = Digests(KeyRing((NEW, OLD)))  # a key that may not sign yet stands first
    assert waiting_first.of("address", "x") == TWO.of("address", "x")
    three = Digests(KeyRing((OLD, NEW, NEWEST)))
    assert three.of("address", "x") == TWO.of("address", "x")
    pruned = Digests(KeyRing((NEW, NEWEST)))
    assert pruned.of("address", "x")[0] == TWO.of("address", "x")[1]


# --- Which windows -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "subject", "count"),
    [
        (per("address"), WHO, 1),
        (per("address"), Subject(), 0),  # addresses tell nobody apart
        (per("prefix"), WHO, 1),
        (per("prefix"), Subject(), 0),
        (per("pass"), WHO, 2),
        (per("pass"), Subject("192.0.2.7"), 0),
        (per("user"), WHO, 1),
        (per("user"), Subject("192.0.2.7"), 0),
        (per("route"), Subject(), 1),
        (per("site"), Subject(), 1),
        (BUDGET, Subject(), 1),
    ],
)
def test_what_is_not_known_is_not_counted(rule: LimitRule, subject: Subject, count: int) -> None:
    assert len(of(rule, subject)) == count


@pytest.mark.parametrize(
    ("rule", "one", "other", "same"),
    [
        (per("address"), "192.0.2.7", "192.0.2.8", False),
        (per("address"), "2001:db8:0:1::1", "2001:db8:0:1:ffff::9", True),
        (per("address"), "2001:db8:0:1::1", "2001:db8:0:2::1", False),
        (per("address"), "unix", "unix", True),
        (per("route"), "192.0.2.7", "192.0.2.8", True),
    ],
)
def test_who_counts_as_one(rule: LimitRule, one: str, other: str, same: bool) -> None:
    assert (of(rule, Subject(one)) == of(rule, Subject(other))) is same


def test_a_rule_with_another_span_counts_anew() -> None:
    for rule in (per("address"), per("site"), BUDGET):
        assert not set(of(rule)) & set(of(replace(rule, window_s=rule.window_s + 1)))
        assert of(rule) == of(replace(rule, most=rule.most + 1))


def test_routes_count_apart_and_sites_together() -> None:
    for rule, same in ((per("route"), False), (per("site"), True), (per("address"), False)):
        here, there = (counts_of(route(rule, name=n), WHO, {}, ONE) for n in ("a", "b"))
        assert (keys(*here) == keys(*there)) is same


def test_what_is_watched_counts_apart_from_what_is_enforced() -> None:
    """Nothing was solved for it: strangers could use up what binds others."""
    given = values(b"phone=13800138000", PHONE)
    for rule in (PHONE, per("site"), per("address"), BUDGET):
        enforced = route(rule)
        watched = replace(enforced, mode="shadow")
        here, there = (keys(*counts_of(each, WHO, given, ONE)) for each in (enforced, watched))
        assert len(here) == len(there) > 0
        assert not set(here) & set(there)


def test_a_range_is_counted_by_its_first_digits() -> None:
    body = b"phone=13800138000&phone=13800999999&phone=13801138000"  # +86 138 00 and 01
    given = values(body, PHONE, RANGE)
    [numbers, ranges] = counts_of(route(PHONE, RANGE), WHO, given, ONE)
    assert [slide.amount for slide in numbers.slides] == [1, 1, 1]
    assert [slide.amount for slide in ranges.slides] == [2, 1]


def test_fan_out_counts_members_for_each_address() -> None:
    given = values(b"phone=13800138000&phone=13900139000", FAN, digests=TWO)
    [count] = counts_of(route(FAN), WHO, given, TWO)
    assert len({slide.key for slide in count.slides}) == 2  # under each key of the ring
    assert len({slide.member for slide in count.slides}) == 4
    assert counts_of(route(FAN), Subject(), given, TWO) == ()


@pytest.mark.parametrize("rule", [PHONE, RANGE, FAN])
def test_a_form_without_the_field_counts_for_nothing(rule: LimitRule) -> None:
    assert counts_of(route(rule), WHO, values(b"x=1", rule), ONE) == ()


@pytest.mark.parametrize("rule", [PHONE, RANGE, FAN])
@pytest.mark.parametrize("given", [{}, {"phone/e164/CN/0": None, "phone/e164/CN/7": None}])
def test_what_could_not_be_read_counts_under_one_key(
    rule: LimitRule, given: Mapping[str, Any]
) -> None:
    """… and so does a visit of before the rule was written."""
    [count] = counts_of(route(rule), WHO, given, ONE)
    [slide] = count.slides
    assert slide.key.endswith("/unreadable")
    assert not slide.member


# --- Looking, charging, standing -----------------------------------------------------------

TWICE = Count(PHONE, (Slide("k1", 3600, 2), Slide("k2", 3600, 1)))
MEMBERS = Count(FAN, (Slide("k", 60, member=b"a"), Slide("k", 60, member=b"b")))
ALL = Count(BUDGET, (Slide("b", 3600),))


def test_looking_charges_nothing_and_asks_when_it_would_fit() -> None:
    asks = looks((TWICE, MEMBERS))
    assert [ask.amount for ask in asks] == [0] * 4
    assert [ask.limit for ask in asks] == [3, 4, 3, 3]


@pytest.mark.parametrize(
    ("limits", "budgets", "expected"),
    [
        (True, True, [5, 5, None, None, 9]),
        (False, True, [None] * 4 + [9]),
        (False, False, [None] * 5),
    ],
)
def test_only_what_denies_binds_a_charge(
    limits: bool, budgets: bool, expected: list[int | None]
) -> None:
    asks = charges((TWICE, MEMBERS, ALL), limits=limits, budgets=budgets)
    assert [ask.limit for ask in asks] == expected
    assert [ask.amount for ask in asks] == [2, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("counts", "looked", "count", "over", "reset_s"),
    [
        ((3, 4), True, 5, False, 7),  # with this one's amounts: 5 and 5
        ((4, 4), True, 6, True, 7),
        ((3, 5), True, 6, True, 30),
        ((5, 5), False, 5, False, 7),
        ((6, 5), False, 6, True, 7),
        ((6, 6), False, 6, True, 30),  # until both have fallen
    ],
)
def test_where_a_request_stands(
    counts: tuple[int, int], looked: bool, count: int, over: bool, reset_s: int
) -> None:
    slid = [Slid(counts[0], 6.1), Slid(counts[1], 29.5)]
    [stand] = reached((TWICE,), slid, looked=looked)
    assert (stand.count, stand.over, stand.reset_s) == (count, over, reset_s)
    if not looked:  # in whatever order they stand
        assert reached((TWICE,), slid[::-1], looked=False) == (stand,)
    assert (stand.limit, stand.then, stand.most, stand.window_s) == ("phone", "deny", 5, 3600)


def test_members_are_counted_with_this_one_already() -> None:
    [stand] = reached((MEMBERS,), [Slid(3, 5), Slid(4, 5)], looked=True)
    assert (stand.count, stand.over) == (4, True)


def test_what_can_never_fit_waits_for_the_window() -> None:
    [stand] = reached((Count(PHONE, (Slide("k", 3600, 6),)),), [Slid(0, 0)], looked=True)
    assert (stand.over, stand.reset_s) == (True, 3600)


def test_rate_limit_fields() -> None:
    """draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4."""
    stands = reached((TWICE, ALL), [Slid(6, 29.5), Slid(1, 1), Slid(10, 60)], looked=False)
    assert rate_limit(stands) == (
        '"phone";q=5;w=3600, "budget-hour";q=9;w=3600',
        '"phone";r=0;t=30, "budget-hour";r=0;t=60',
    )
    assert rate_limit(()) == ("", "")


@pytest.mark.parametrize(
    ("rules", "framing", "mode", "needed"),
    [
        ((PHONE,), Length(100), "enforce", True),
        ((PHONE,), Length(1000), "enforce", True),
        ((FAN,), Chunked(), "shadow", True),
        ((RANGE,), Length(1001), "enforce", False),  # too much to be read
        ((PHONE,), Length(0), "enforce", False),
        ((PHONE,), NoBody(), "enforce", False),
        ((PHONE,), Length(100), "off", False),
        ((BUDGET, per("address")), Length(100), "enforce", False),
        ((), Length(100), "enforce", False),
    ],
)
def test_a_body_is_read_where_a_limit_counts_what_it_says(
    rules: tuple[LimitRule, ...], framing: Framing, mode: Mode, needed: bool
) -> None:
    counted = replace(route(*rules), match=Match(paths=("/sms",)), mode=mode)
    site = Site("shop", ("*",), Upstream("app"), (counted,))
    router = Router([site], "/_gateway/", body_bytes=1000)
    request = RequestHead("POST", b"/sms", (1, 1), (), framing, "shop.example", True)
    found = router.match(site, request, None)
    assert isinstance(found, NeedBodyFor) is needed
    assert isinstance(router.match(site, request, BodySeen(b"phone=1", False)), Matched)
