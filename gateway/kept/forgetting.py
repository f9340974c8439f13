"""What is kept about an address, a network, a user or a reference, and under which keys: pure.

Records are found by the marks of who asked, counters by making their keys anew: of addresses, of
users, and of the passes that the records name. Not found is what only its owner can name: what is
remembered of a browser (`memory`), the tries of a visit, the values of a form, marks of paths. Left
alone is what says that something was spent (a use of a pass, a visit, a question), or it could be
spent again. All of that is keyed digests and chance, and lapses by itself: the README says when.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, Literal, get_args

from gateway.callers import parse_address
from gateway.frequency.rules import Subject, counts_of
from gateway.frequency.values import Digests
from gateway.given.users import Users
from gateway.kept.marks import marks_to_find
from gateway.model import JSON, Route, Site
from gateway.ring import KeyRing

MOST_NETWORKS = 4_096  # of /24 or /56 in one that is named
MOST_HOSTS = 65_536
_OF_WHO = frozenset({"address", "prefix", "user", "pass"})
# What is counted of a prefix whatever its route, in the usual window, and in a longer one.
Often = Literal["answers", "challenges", "pictures"]
Rare = Literal["accessible", "unpictured"]
RARE: Final[frozenset[str]] = frozenset(get_args(Rare))


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose traces are meant. Sites' users are told apart by their digests."""

    addresses: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    users: frozenset[str] = frozenset()  # digests
    passes: frozenset[str] = frozenset()  # ids, of what was found
    reference: str = ""
    marks: frozenset[str] = frozenset()


def of_address(ring: KeyRing, text: str) -> Whose:
    """Of one address. Its prefix is others' too, and stays counted. Raises ValueError."""
    parsed = parse_address(text)
    if parsed is None:
        raise ValueError(f"{text[:60]}: not an address")
    address = str(parsed)
    return Whose(addresses=(address,), marks=marks_to_find(ring, "address", (address,)))


def of_network(ring: KeyRing, text: str) -> Whose:
    """Of all in a network: by the /24 or /56 in it, or by each address. Raises ValueError."""
    network = ip_network(text)
    bits = 24 if isinstance(network, IPv4Network) else 56
    if network.prefixlen > bits:
        return _of_hosts(ring, network)
    if 2 ** (bits - network.prefixlen) > MOST_NETWORKS:
        raise ValueError(
            f"{text}: more than {MOST_NETWORKS} networks of /{bits}; name smaller ones"
        )
    prefixes = tuple(str(each) for each in network.subnets(new_prefix=bits))
    marks = marks_to_find(ring, "prefix", prefixes)
    return Whose(tuple(_hosts(network)), prefixes, marks=marks)


def _of_hosts(ring: KeyRing, network: IPv4Network | IPv6Network) -> Whose:
    if isinstance(network, IPv6Network) and network.prefixlen < 128:
        raise ValueError(f"{network}: name a /56, what is larger, or one address")
    hosts = tuple(str(each) for each in network)
    return Whose(hosts, marks=marks_to_find(ring, "address", hosts))


def _hosts(network: IPv4Network | IPv6Network) -> Iterator[str]:
    """Those that limits count: addresses, or the first of each /64; none if there are too many."""
    whole = isinstance(network, IPv4Network)
    if 2 ** ((32 if whole else 64) - network.prefixlen) <= MOST_HOSTS:
        subnets = network.subnets(new_prefix=32 if whole else 64)
        yield from (str(each.network_address) for each in subnets)


def of_user(ring: KeyRing, sites: Iterable[Site], name: str) -> Whose:
    """Of whom the app calls so, at any site."""
    users = Users(ring)
    return Whose(users=frozenset(users.digest(site.name, name) for site in sites))


def of_reference(reference: str) -> Whose:
    """Of one decision, and of what followed from it."""
    return Whose(reference=reference)


def is_of(whose: Whose, record: Mapping[str, JSON], marks: frozenset[str]) -> bool:
    """Whether a record is about them; what follows from one is known by its `challenged`."""
    if whose.reference:
        return whose.reference in (record.get("reference"), record.get("challenged"))
    return bool(whose.marks & marks) or record.get("user") in whose.users


def passes_in(record: Mapping[str, JSON]) -> Iterator[str]:
    """Ids of the passes that a record names: the one it went by, and those that were shown."""
    facts = record.get("facts")
    shown = facts.get("passes") if isinstance(facts, dict) else None
    ids = [record.get("pass_id")]
    ids += [each.get("id") for each in shown or () if isinstance(each, dict)]
    yield from (each for each in ids if isinstance(each, str))


def counter_keys(
    whose: Whose, ring: KeyRing, sites: Iterable[Site], windows_s: Mapping[str, int], now_s: float
) -> Iterator[str]:
    """Where the store counts them; `windows_s`: how long answers and their like are counted."""
    for prefix in whose.prefixes:
        for what in (*get_args(Often), *RARE):
            window_s = windows_s["accessible" if what in RARE else "answers"]
            for window in (int(now_s // window_s), int(now_s // window_s) - 1):
                yield f"{what}/{prefix}/{window}"
    digests = Digests(ring)
    for route in (route for site in sites for route in site.routes if route.limits):
        plain = _by_who(route)
        for subject in _subjects(whose):
            for count in counts_of(plain, subject, {}, digests):
                yield from (slide.key for slide in count.slides)


def _by_who(route: Route) -> Route:
    """The route with its limits per address, prefix, user and pass alone, each by its plain key."""
    rules = (rule for rule in route.limits if rule.per in _OF_WHO)
    return replace(route, limits=tuple(replace(rule, distinct="", field="") for rule in rules))


def _subjects(whose: Whose) -> Iterator[Subject]:
    yield from (Subject(address=address) for address in whose.addresses)
    yield from (Subject(prefix=prefix) for prefix in whose.prefixes)
    yield from (Subject(user=user) for user in whose.users)
    yield from (Subject(passes=(each,)) for each in whose.passes)
