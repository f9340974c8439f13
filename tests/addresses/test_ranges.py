"""Intervals against the plain way of asking each network."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.addresses import Ranges
from gateway.addresses.ranges import read_span


def ranges(*networks: str) -> Ranges:
    return Ranges([read_span(network) for network in networks])


@pytest.mark.parametrize(
    "networks, address, inside",
    [
        ((), "192.0.2.1", False),
        (("192.0.2.0/24",), "192.0.1.255", False),
        (("192.0.2.0/24",), "192.0.2.0", True),
        (("192.0.2.0/24",), "192.0.2.255", True),
        (("192.0.2.0/24",), "192.0.3.0", False),
        (("192.0.2.7/32",), "192.0.2.7", True),
        (("192.0.2.7/32",), "192.0.2.8", False),
        # one within another, and the gap between two
        (("10.0.0.0/8", "10.1.0.0/16"), "10.200.0.1", True),
        (("10.1.0.0/16", "10.0.0.0/8"), "10.200.0.1", True),
        (("192.0.2.0/25", "192.0.3.0/24"), "192.0.2.200", False),
        (("192.0.2.0", "192.0.2.2"), "192.0.2.1", False),
        (("2001:db8::", "2001:db8::2"), "2001:db8::1", False),
        # the ends of the space
        (("0.0.0.0/32", "255.255.255.255/32"), "255.255.255.255", True),
        (("0.0.0.0/32",), "0.0.0.0", True),
        # families are apart, though their numbers meet
        (("0.0.0.0/8",), "::1", False),
        (("::/64",), "0.0.0.1", False),
        (("2001:db8::/32",), "2001:db8:ffff::1", True),
        (("2001:db8::/32",), "2001:db9::", False),
    ],
)
def test_holds(networks, address, inside):
    assert (ip_address(address) in ranges(*networks)) is inside


def test_what_touches_is_one_interval():
    assert len(ranges("192.0.2.0/25", "192.0.2.128/25", "192.0.2.0/26")) == 1
    assert len(ranges("192.0.2.0/25", "192.0.3.0/24")) == 2


@pytest.mark.parametrize(
    "text, same",
    [
        ("192.0.2.9/24", "192.0.2.0/24"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("::ffff:192.0.2.9", "192.0.2.9/32"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::ffff:0:0/95", "::fffe:0:0/95"),
        ("::fffe:c000:200", "::fffe:c000:200/128"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("10.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_spellings(text, same):
    network = ip_network(same)
    assert read_span(text) == (network.version, int(network[0]), int(network[-1]))


@pytest.mark.parametrize(
    "text",
    ["", "/", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/ 8", "::/129",
     "fe80::1%eth0", "1.2.3.4/", "1.2.3.4/٨", "1.2.3.4 ", "1.2.3.256", ":::"],
)  # fmt: skip
def test_what_is_none(text):
    with pytest.raises(ValueError, match=r"."):
        read_span(text)


@given(st.ip_addresses(), st.integers(0, 128))
def test_read_as_the_library_reads_it(address, length):
    length %= address.max_prefixlen + 1
    network = ip_network((address, length), strict=False)
    if "ffff:" not in str(address):
        expected = network.version, int(network[0]), int(network[-1])
        assert read_span(f"{address}/{length}") == expected


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(8, 32)), max_size=30),
    st.integers(0, 2**32 - 1),
)
def test_as_if_each_network_were_asked(pairs, number):
    networks = [ip_network((first, length), strict=False) for first, length in pairs]
    found = ranges(*map(str, networks))
    ends = [end for network in networks for end in (network[0], network[-1])]
    for address in (ip_address(number), *ends, *(end + 1 for end in ends if int(end) < 2**32 - 1)):
        assert (address in found) == any(address in network for network in networks)
