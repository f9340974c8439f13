"""Who is asking, in tables."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.callers import (
    MAX_HOPS,
    TrustedProxies,
    browser_of,
    caller_of,
    parse_address,
    prefix_of,
)
from gateway.model import Caller, Peer

KEY = b"k" * 32
NOBODY = TrustedProxies()
PROXIES = TrustedProxies(["10.0.0.0/8", "fd00::/8", "unix"])
CLOUD = TrustedProxies(["10.0.0.0/8"], header="CF-Connecting-IP")


def forwarded(*lines, name=b"X-Forwarded-For"):
    return tuple((name, line) for line in lines)


@pytest.mark.parametrize(
    "trusted, peer, lines, address",
    [
        (NOBODY, "203.0.113.9", (), "203.0.113.9"),
        (NOBODY, "203.0.113.9", (b"1.1.1.1",), "203.0.113.9"),
        (NOBODY, "10.0.0.1", (b"1.1.1.1",), "10.0.0.1"),
        (NOBODY, "unix", (b"1.1.1.1",), "unix"),
        (PROXIES, "203.0.113.9", (b"1.1.1.1",), "203.0.113.9"),
        (PROXIES, "10.0.0.1", (), "10.0.0.1"),
        (PROXIES, "10.0.0.1", (b"1.1.1.1",), "1.1.1.1"),
        (PROXIES, "::ffff:10.0.0.1", (b"1.1.1.1",), "1.1.1.1"),
        (PROXIES, "unix", (b"1.1.1.1",), "1.1.1.1"),
        (PROXIES, "10.0.0.1", (b"6.6.6.6, 1.1.1.1",), "1.1.1.1"),
        (PROXIES, "10.0.0.1", (b"6.6.6.6", b"1.1.1.1"), "1.1.1.1"),
        (PROXIES, "10.0.0.1", (b"1.1.1.1, 10.2.2.2",), "1.1.1.1"),
        (PROXIES, "10.0.0.1", (b"1.1.1.1", b"10.2.2.2,10.3.3.3"), "1.1.1.1"),
        (PROXIES, "10.0.0.1", (b"10.2.2.2, 10.3.3.3",), "10.2.2.2"),
        (PROXIES, "10.0.0.1", (b"1.1.1.1, rubbish, 10.2.2.2",), "10.2.2.2"),
        (PROXIES, "10.0.0.1", (b"rubbish",), "10.0.0.1"),
        (PROXIES, "10.0.0.1", (b"1.1.1.1,",), "10.0.0.1"),
        (PROXIES, "10.0.0.1", (b"",), "10.0.0.1"),
        (PROXIES, "10.0.0.1", (b"1.1.1.1:4711",), "1.1.1.1"),
        (PROXIES, "10.0.0.1", (b'"[2001:db8::1]:4711"',), "2001:db8::1"),
        (PROXIES, "10.0.0.1", (b"[2001:db8::1]",), "2001:db8::1"),
        (PROXIES, "10.0.0.1", (b"2001:DB8:0::1",), "2001:db8::1"),
        (PROXIES, "10.0.0.1", (b"::ffff:9.9.9.9",), "9.9.9.9"),
        (PROXIES, "fd00::1%eth0", (b"1.1.1.1",), "1.1.1.1"),
        (PROXIES, "10.0.0.1", (b", ".join([b"10.1.1.1"] * 4000),), "10.1.1.1"),
    ],
)
def test_address(trusted, peer, lines, address):
    assert caller_of(Peer(peer), forwarded(*lines), trusted, "auto", KEY).address == address


def test_a_chain_has_a_limit():
    chain = b", ".join([b"1.1.1.1", *[b"10.1.1.1"] * MAX_HOPS])
    found = caller_of(Peer("10.0.0.1"), forwarded(chain), PROXIES, "auto", KEY)
    assert found.address == "10.1.1.1"
    shorter = b", ".join([b"1.1.1.1", *[b"10.1.1.1"] * (MAX_HOPS - 1)])
    found = caller_of(Peer("10.0.0.1"), forwarded(shorter), PROXIES, "auto", KEY)
    assert found.address == "1.1.1.1"


@pytest.mark.parametrize(
    "peer, headers, address",
    [
        ("10.0.0.1", forwarded(b"5.5.5.5", name=b"cf-connecting-ip"), "5.5.5.5"),
        ("203.0.113.9", forwarded(b"5.5.5.5", name=b"CF-Connecting-IP"), "203.0.113.9"),
        (
            "10.0.0.1",
            (*forwarded(b"1.1.1.1"), *forwarded(b"5.5.5.5", name=b"CF-Connecting-IP")),
            "5.5.5.5",
        ),
        ("10.0.0.1", forwarded(b"5.5.5.5", b"6.6.6.6", name=b"CF-Connecting-IP"), "10.0.0.1"),
        ("10.0.0.1", forwarded(b"rubbish", name=b"CF-Connecting-IP"), "10.0.0.1"),
        ("10.0.0.1", forwarded(b"1.1.1.1"), "1.1.1.1"),
    ],
)
def test_named_header(peer, headers, address):
    assert caller_of(Peer(peer), headers, CLOUD, "auto", KEY).address == address


@pytest.mark.parametrize(
    "site, peer, chain, said, scheme",
    [
        ("auto", "10.0.0.1", b"1.1.1.1", (b"https",), "https"),
        ("auto", "10.0.0.1", b"1.1.1.1", (b"HTTPS",), "https"),
        ("auto", "10.0.0.1", b"1.1.1.1", (b"wss",), "https"),
        ("auto", "10.0.0.1", b"1.1.1.1", (b"gopher",), "http"),
        ("auto", "10.0.0.1", b"1.1.1.1", (), "http"),
        ("auto", "203.0.113.9", b"1.1.1.1", (b"https",), "http"),
        ("auto", "10.0.0.1", b"1.1.1.1, 10.2.2.2", (b"https, http",), "https"),
        ("auto", "10.0.0.1", b"1.1.1.1, 10.2.2.2", (b"https",), "https"),
        ("auto", "10.0.0.1", b"6.6.6.6, 1.1.1.1", (b"https, http",), "http"),
        ("https", "203.0.113.9", b"", (), "https"),
        ("http", "10.0.0.1", b"1.1.1.1", (b"https",), "http"),
    ],
)
def test_scheme(site, peer, chain, said, scheme):
    headers = (*forwarded(chain), *forwarded(*said, name=b"x-forwarded-proto"))
    assert caller_of(Peer(peer), headers, PROXIES, site, KEY).scheme == scheme


@pytest.mark.parametrize(
    "address, prefix",
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:22ff::1", "2001:db8:1:2200::/56"),
        ("2001:db8:1:2300::1", "2001:db8:1:2300::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("unix", "unix"),
        ("rubbish", "unknown"),
    ],
)
def test_prefix(address, prefix):
    assert prefix_of(address) == prefix


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1.2.3.4", "1.2.3.4"),
        (" 1.2.3.4 ", "1.2.3.4"),
        ("1.2.3.4:80", "1.2.3.4"),
        ("1.2.3.4:", None),
        ("1.2.3.4:x", None),
        ("1.2.3", None),
        ("01.2.3.4", None),
        ("[::1]:80", "::1"),
        ("[::1]x", None),
        ("[::1", None),
        ("[1.2.3.4]", "1.2.3.4"),
        ("::1%lo", "::1"),
        ("unknown", None),
        ("_hidden", None),
        ("unix", None),
        ("", None),
        ("1" * 5000, None),
        ("１.2.3.4", None),
    ],
)
def test_parse_address(text, expected):
    found = parse_address(text)
    assert (None if found is None else str(found)) == expected


@pytest.mark.parametrize(
    "entries, header, fault",
    [
        (["10.0.0.0/33"], "", "not an address range"),
        (["everyone"], "", "not an address range"),
        ([], "CF-Connecting-IP", "needs trusted_proxies"),
    ],
)
def test_faults(entries, header, fault):
    with pytest.raises(ValueError, match=fault):
        TrustedProxies(entries, header)


def test_the_whole_caller():
    headers = (*forwarded(b"203.0.113.9"), (b"User-Agent", b"Mozilla/5.0"))
    found = caller_of(Peer("10.0.0.1"), headers, PROXIES, "auto", KEY)
    digest = browser_of(headers, KEY)
    assert found == Caller("203.0.113.9", "203.0.113.0/24", "http", True, digest)
    assert len(digest) == 32


def test_browser_depends_on_agent_and_key():
    agent, other = ((b"user-agent", b"a"),), ((b"User-Agent", b"b"),)
    assert browser_of(agent, KEY) == browser_of(((b"USER-AGENT", b"a"),), KEY)
    assert len({browser_of(agent, KEY), browser_of(other, KEY), browser_of(agent, b"x")}) == 3
    assert browser_of((), KEY) == browser_of((), KEY)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.binary(max_size=60), max_size=5), st.lists(st.binary(max_size=20), max_size=3))
def test_no_bytes_raise(chain, said):
    headers = (*forwarded(*chain), *forwarded(*said, name=b"X-Forwarded-Proto"))
    found = caller_of(Peer("10.0.0.1"), headers, PROXIES, "auto", KEY)
    assert parse_address(found.address) is not None


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=80))
def test_no_text_raises(text):
    parse_address(text)
    prefix_of(text)
