"""Whose traces are meant, and where they lie."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.frequency.rules import Subject, charges, counts_of
from gateway.frequency.values import Digests, field_of
from gateway.given.users import Users
from gateway.kept.forgetting import (
    counter_keys,
    is_of,
    of_address,
    of_network,
    of_reference,
    of_user,
    passes_in,
)
from gateway.kept.marks import marks_of
from gateway.model import LimitRule, Site, Upstream
from gateway.ring import KeyRing
from tests.samples import CALLER, NEW, OLD, RING, ROUTE

MARKS = frozenset(marks_of(RING, CALLER))
RULES = (
    LimitRule("a", "address", 5, 60),
    LimitRule("p", "prefix", 5, 60),
    LimitRule("fan", "address", 5, 60, distinct="phone"),
    LimitRule("u", "user", 5, 60),
    LimitRule("own", "pass", 5, 60),
    LimitRule("all", "route", 5, 60),
)
SITE = Site("shop", ("*",), Upstream("app"), (replace(ROUTE, limits=RULES), ROUTE))
WINDOWS_S = {"answers": 60, "accessible": 600}


@pytest.mark.parametrize("text", ["192.0.2.7", "192.0.2.7:80", "::ffff:192.0.2.7"])
def test_an_address_is_found_by_its_mark(text: str) -> None:
    assert is_of(of_address(RING, text), {}, MARKS)
    assert not is_of(of_address(RING, "192.0.2.8"), {}, MARKS)


@pytest.mark.parametrize(
    ("network", "found"),
    [
        ("192.0.2.0/24", True),
        ("192.0.0.0/22", True),
        ("192.0.2.0/29", True),
        ("192.0.2.7/32", True),
        ("192.0.2.8/29", False),
        ("192.0.3.0/24", False),
        ("2001:db8::/48", False),
    ],
)
def test_a_network_is_found_whatever_its_size(network: str, found: bool) -> None:
    assert is_of(of_network(RING, network), {}, MARKS) is found


@pytest.mark.parametrize(
    ("network", "prefixes", "addresses"),
    [
        ("10.16.0.0/12", 4096, 0),  # as many as may be; of so many hosts none is looked for alone
        ("10.16.0.0/15", 512, 0),
        ("10.16.0.0/16", 256, 65_536),
        ("10.16.1.0/24", 1, 256),
        ("10.16.1.0/25", 0, 128),
        ("2001:db8::/56", 1, 256),  # by the /64 that limits count
        ("2001:db8::/47", 512, 0),
        ("2001:db8::7/128", 0, 1),
    ],
)
def test_what_a_network_is_looked_for_by(network: str, prefixes: int, addresses: int) -> None:
    whose = of_network(RING, network)
    assert (len(whose.prefixes), len(whose.addresses)) == (prefixes, addresses)


@pytest.mark.parametrize(
    "text", ["", "x", "192.0.2.7/24", "10.0.0.0/8", "2001:db8::/64", "2001:db8::/32", "10.0.0.0/11"]
)
def test_what_names_nobody_or_too_many_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        of_network(RING, text)
    if "/" not in text:
        with pytest.raises(ValueError):
            of_address(RING, text)


def test_marks_of_a_key_that_signs_no_more_are_found() -> None:
    before = frozenset(marks_of(KeyRing((OLD,)), CALLER))
    assert is_of(of_address(KeyRing((OLD, NEW)), CALLER.address), {}, before)


def test_a_reference_is_its_record_and_what_followed() -> None:
    whose = of_reference("r1")
    assert is_of(whose, {"reference": "r1"}, frozenset())
    assert is_of(whose, {"reference": "r2", "challenged": "r1"}, frozenset())
    assert not is_of(whose, {"reference": "r2"}, MARKS)


def test_a_user_is_found_by_the_digest_of_the_site() -> None:
    whose = of_user(RING, (SITE,), "ann")
    assert is_of(whose, {"user": Users(RING).digest("shop", "ann")}, frozenset())
    assert not is_of(whose, {"user": Users(RING).digest("blog", "ann")}, frozenset())
    assert not is_of(whose, {"user": ""}, frozenset())
    assert not is_of(whose, {}, MARKS)


def charged(subject: Subject) -> set[str]:
    """Where a gate counts a request of this subject."""
    counts = counts_of(SITE.routes[0], subject, {field_of(RULES[2]): ()}, Digests(RING))
    slides = charges(counts, limits=True, budgets=True)
    return {slide.key for slide in slides if not slide.key.endswith("/" + _all())}


def _all() -> str:
    (count,) = counts_of(replace(ROUTE, limits=RULES[4:]), Subject(), {}, Digests(RING))
    return count.slides[0].key.rpartition("/")[2]


def test_counters_are_those_that_are_charged() -> None:
    def keys(whose: object) -> set[str]:
        return {*counter_keys(whose, RING, (SITE,), WINDOWS_S, 6_030.0)}  # type: ignore[arg-type]

    address = keys(of_address(RING, CALLER.address))
    assert charged(Subject(address=CALLER.address)) <= address
    assert any("/fan/" in key for key in address)
    user = Users(RING).digest("shop", "ann")
    assert charged(Subject(user=user)) <= keys(of_user(RING, (SITE,), "ann"))
    network = keys(of_network(RING, CALLER.prefix))
    assert charged(Subject(prefix=CALLER.prefix)) <= network
    assert address <= network
    passed = replace(of_reference("r1"), passes=frozenset({"p7"}))
    assert charged(Subject(passes=("p7",))) == keys(passed) != set()
    named = {f"answers/{CALLER.prefix}/{n}" for n in (100, 99)}
    rare = {f"{what}/{CALLER.prefix}/{n}" for what in ("accessible", "unpictured") for n in (10, 9)}
    assert named | rare <= network
    assert not any("/all/" in key for key in network | address)  # of everybody
    assert keys(of_reference("r1")) == set()


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ({}, []),
        ({"pass_id": "p1"}, ["p1"]),
        ({"pass_id": "p1", "facts": {"passes": [{"id": "p2"}, {"id": "p3"}]}}, ["p1", "p2", "p3"]),
        ({"pass_id": 1, "facts": {"passes": [1, {}, {"id": None}]}}, []),
        ({"facts": 1}, []),
        ({"facts": {"passes": None}}, []),
    ],
)
def test_passes_that_a_record_names(record: dict[str, object], found: list[str]) -> None:
    assert list(passes_in(record)) == found
