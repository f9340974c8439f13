"""Which entry is about a request: every condition, denials first, nothing past its day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.addresses import AddressFacts, Listings
from gateway.model import ListEntry

NOW_S = 1_800_000_000.0
FACTS = AddressFacts("DE", 64496, frozenset({"tor"}))
HEADERS = (
    (b"User-Agent", b"BadBot/1.0"),
    (b"X-Probe", b"one"),
    (b"x-probe", b"correct horse battery staple"),
)


def entry(action="deny", **conditions) -> ListEntry:
    return ListEntry("site.entry", action, **conditions)


def find(*entries: ListEntry, address="192.0.2.7", facts=FACTS, path=b"/register", now_s=NOW_S):
    return Listings(entries).find(address, facts, HEADERS, path, now_s)


@pytest.mark.parametrize(
    "conditions, fits",
    [
        ({"networks": ("192.0.2.7/32",)}, True),
        ({"networks": ("192.0.2.8/32",)}, False),
        ({"networks": ("192.0.2.0/24",)}, True),
        ({"networks": ("192.0.3.0/24",)}, False),
        ({"networks": ("10.0.0.0/8", "192.0.2.0/25")}, True),
        ({"networks": ("c000:207::/32",)}, False),  # the same bits in the other family
        ({"countries": frozenset({"DE", "AT"})}, True),
        ({"countries": frozenset({"AT"})}, False),
        ({"asns": frozenset({64496})}, True),
        ({"asns": frozenset({64497})}, False),
        ({"lists": frozenset({"tor"})}, True),
        ({"lists": frozenset({"hosting"})}, False),
        ({"headers": ((b"user-agent", "BadBot/1.0"),)}, True),
        ({"headers": ((b"user-agent", "BadBot"),)}, False),  # the whole value
        ({"headers": ((b"user-agent", "~BadBot.*"),)}, True),
        ({"headers": ((b"user-agent", "~.*Good.*"),)}, False),
        ({"headers": ((b"user-agent", "~adBot.*"),)}, False),
        ({"headers": ((b"x-probe", "correct horse battery staple"),)}, True),  # any of its lines
        ({"headers": ((b"x-other", "~.*"),)}, False),
        ({"paths": ("/register",)}, True),
        ({"paths": ("/login", "~/reg.*")}, True),
        ({"paths": ("/login",)}, False),
        # every condition must hold
        ({"networks": ("192.0.2.0/24",), "countries": frozenset({"AT"})}, False),
        ({"networks": ("192.0.2.0/24",), "asns": frozenset({1})}, False),
        ({"networks": ("192.0.2.0/24",), "lists": frozenset({"hosting"})}, False),
        ({"networks": ("192.0.2.0/24",), "paths": ("/login",)}, False),
        ({"countries": frozenset({"DE"}), "headers": ((b"user-agent", "x"),)}, False),
        ({"lists": frozenset({"tor"}), "countries": frozenset({"DE"}), "paths": ("/**",)}, True),
        # its day
        ({"networks": ("192.0.2.0/24",), "until_s": NOW_S + 1}, True),
        ({"networks": ("192.0.2.0/24",), "until_s": NOW_S}, False),
        ({"paths": ("/**",), "until_s": NOW_S - 1}, False),
    ],
)
@pytest.mark.parametrize("action", ["allow", "deny"])
def test_conditions(action, conditions, fits):
    wanted = entry(action, **conditions)
    assert find(wanted) == (wanted if fits else None)


@pytest.mark.parametrize("conditions", [{"countries": frozenset({"DE"})}, {"asns": frozenset({0})},
                                        {"lists": frozenset({"tor"})}])  # fmt: skip
def test_what_is_unknown_fits_nothing(conditions):
    assert find(entry(**conditions), facts=AddressFacts()) is None


@pytest.mark.parametrize("address", ["unix", "unknown", "2001:db8::7"])
def test_addresses_of_another_sort(address):
    assert find(entry(networks=("192.0.2.0/24",)), address=address) is None


def test_ipv6_by_its_prefix():
    wanted = entry(networks=("2001:db8:0:100::/56",))
    assert find(wanted, address="2001:db8:0:1ff::1") is wanted
    assert find(wanted, address="2001:db8:0:200::1") is None


ALLOW = entry("allow", networks=("192.0.2.7/32",))
WIDE = entry("deny", networks=("192.0.0.0/8",))
SECOND = replace(ALLOW, name="site.second")
OTHER = replace(WIDE, name="site.other")


@pytest.mark.parametrize(
    "entries, found",
    [
        ((ALLOW, WIDE), WIDE),  # an explicit deny wins, in any order, however narrow the allow
        ((WIDE, ALLOW), WIDE),
        ((ALLOW, replace(WIDE, until_s=NOW_S)), ALLOW),  # one that is over does nothing
        ((WIDE, OTHER), WIDE),  # of several, the first
        ((OTHER, WIDE), OTHER),
        ((ALLOW, SECOND), ALLOW),
        ((SECOND, ALLOW), SECOND),
        ((), None),
    ],
)
def test_which_of_several(entries, found):
    assert find(*entries) == found


@pytest.mark.parametrize(
    "path, denied, allowed",
    [
        (b"/public/x", True, True),
        (b"/public", True, True),
        (b"/public/../admin", True, False),  # an app may read it as either
        (b"/public/%2e%2e/admin", True, False),
        (b"/x/../public/y", True, False),
        (b"/PUBLIC/x", True, False),  # only some apps think so
        (b"/admin", False, False),
        (b"/" + b"%" * 5000, True, False),  # more readings than can be listed
        (b"/public/" + b"%" * 5000, True, False),
    ],
)
def test_paths_as_any_app_may_read_them(path, denied, allowed):
    assert (find(entry("deny", paths=("/public/**",)), path=path) is not None) is denied
    assert (find(entry("allow", paths=("/public/**",)), path=path) is not None) is allowed


def test_thousands_of_entries_are_not_tried_one_by_one(monkeypatch):
    tried = []
    entries = [entry(networks=(f"10.{n >> 8}.{n & 255}.0/24",)) for n in range(5000)]
    listings = Listings(entries)
    fits = type(listings._entries[0]).fits
    monkeypatch.setattr(
        type(listings._entries[0]), "fits", lambda self, *a: tried.append(self) or fits(self, *a)
    )
    found = listings.find("10.1.2.3", FACTS, (), b"/", NOW_S)
    assert found is not None and found.networks == ("10.1.2.0/24",)
    assert len(tried) == 1
