"""Lists and databases from disk: what is in them, and what is said of broken ones."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from gateway.addresses import AddressBook, GeoError, ListError, NamedList, open_geo, read_list
from gateway.addresses.lists import MAX_BYTES, MAX_LINES, parse_list
from gateway.model import Signal
from tests.addresses.files import COUNTRIES, NETWORKS, write_mmdb

LIST = """\
# of Tor, 2026-11-20
192.0.2.7
198.51.100.0/24   # a whole network
198.51.100.77/25

2001:db8:1::/48
AS64496
as64511
"""


def test_a_list():
    found = parse_list(LIST.splitlines())
    inside = ("192.0.2.7", "198.51.100.200", "2001:db8:1::9")
    assert all(ip_address(address) in found.ranges for address in inside)
    outside = ("192.0.2.8", "198.51.101.0", "2001:db8:2::")
    assert not any(ip_address(address) in found.ranges for address in outside)
    assert found.asns == {64496, 64511}


@pytest.mark.parametrize(
    "line, said",
    [
        ("192.0.2", "'192.0.2' is no address, CIDR or AS number"),
        ("192.0.2.0/33", "is no address"),
        ("tor.example", "is no address"),
        ("AS0", "is no address"),
        ("AS4294967296", "is no address"),
        ("AS", "is no address"),
        ("AS٣", "is no address"),
        ("1.2.3.4 5.6.7.8", "is no address"),
        ("0.0.0.0/0", "is everybody"),
        ("::/0", "is everybody"),
        ("x" * 5000, "x…'"),
    ],
)
def test_a_bad_line(line, said):
    with pytest.raises(ListError) as caught:
        parse_list(["192.0.2.7", "", line, "also bad"])
    assert caught.value.line == 3
    assert said in caught.value.what
    assert len(caught.value.what) < 200


def test_so_many_lines_are_no_list():
    lines = ["192.0.2.7", *["# comment"] * (MAX_LINES - 1)]
    assert len(parse_list(lines).ranges) == 1
    with pytest.raises(ListError, match=f"more than {MAX_LINES} lines"):
        parse_list([*lines, ""])


def test_files_that_are_no_lists(tmp_path: Path):
    wide, odd = tmp_path / "wide", tmp_path / "odd"
    wide.write_bytes(b"#" * (MAX_BYTES + 1))
    odd.write_bytes(b"192.0.2.7\n\xff\n")
    for path, said in (
        (tmp_path / "none", "is not there"),
        (wide, "larger than 16 MiB"),
        (odd, "not UTF-8 at byte 10"),
        (tmp_path, "can't be read"),
    ):
        with pytest.raises(ListError, match=said):
            read_list(path)


@pytest.mark.parametrize(
    "records, what, address, found",
    [
        (COUNTRIES, "country", "192.0.2.1", "DE"),
        (COUNTRIES, "country", "198.51.100.9", "CN"),  # where it is registered
        (COUNTRIES, "country", "203.0.113.1", None),
        (COUNTRIES, "country", "2001:db8::1", "AT"),
        (COUNTRIES, "country", "192.0.3.1", None),
        (NETWORKS, "asn", "192.0.2.1", 64496),
        (NETWORKS, "asn", "2001:db8::1", 64497),
        (NETWORKS, "asn", "198.51.100.1", None),
        ({"192.0.2.0/24": {"country": "FR", "asn": True}}, "country", "192.0.2.9", "FR"),
    ],
)
def test_databases(tmp_path: Path, records, what, address, found):
    assert open_geo(write_mmdb(tmp_path / "db.mmdb", records), what).find(address) == found


def test_a_database_of_ipv4_knows_nothing_of_ipv6(tmp_path: Path):
    four = {"192.0.2.0/24": {"country": {"iso_code": "DE"}}}
    reader = open_geo(write_mmdb(tmp_path / "four.mmdb", four, version=4), "country")
    assert (reader.find("192.0.2.1"), reader.find("2001:db8::1")) == ("DE", None)


def test_a_database_outlives_its_file(tmp_path: Path):
    """Cut short in place, as `cp` does; a mapping of the file itself would end this process."""
    path = write_mmdb(tmp_path / "db.mmdb", COUNTRIES)
    reader = open_geo(path, "country")
    path.write_bytes(b"")
    assert reader.find("192.0.2.1") == "DE"


@pytest.mark.parametrize(
    "content, said",
    [
        (None, "is not there"),
        (b"", "no mmdb, or a broken one"),
        (b"not a database" * 100, "no mmdb, or a broken one"),
    ],
)
def test_broken_databases(tmp_path: Path, content, said):
    path = tmp_path / "db.mmdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GeoError, match=said):
        open_geo(path, "country")


def test_a_database_cut_short(tmp_path: Path):
    whole = write_mmdb(tmp_path / "db.mmdb", COUNTRIES).read_bytes()
    (tmp_path / "cut.mmdb").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(GeoError, match="broken"):
        open_geo(tmp_path / "cut.mmdb", "country")


@pytest.mark.parametrize("what, other, said", [("country", NETWORKS, "no countries"),
                                               ("asn", COUNTRIES, "no AS numbers")])  # fmt: skip
def test_a_database_of_something_else(tmp_path: Path, what, other, said):
    with pytest.raises(GeoError, match=said):
        open_geo(write_mmdb(tmp_path / "db.mmdb", other), what)


def book(tmp_path: Path) -> AddressBook:
    return AddressBook(
        open_geo(write_mmdb(tmp_path / "c.mmdb", COUNTRIES), "country"),
        open_geo(write_mmdb(tmp_path / "a.mmdb", NETWORKS), "asn"),
        {
            "tor": NamedList(parse_list(["192.0.2.7"]), 0.5),
            "hosting": NamedList(parse_list(["AS64496"]), 0.3),
        },
    )


@pytest.mark.parametrize(
    "address, country, asn, lists",
    [
        ("192.0.2.7", "DE", 64496, {"tor", "hosting"}),
        ("192.0.2.8", "DE", 64496, {"hosting"}),
        ("203.0.113.1", "", 0, set()),
        ("unix", "", 0, set()),
        ("unknown", "", 0, set()),
    ],
)
def test_what_is_known_of_an_address(tmp_path: Path, address, country, asn, lists):
    found = book(tmp_path).find(address)
    assert (found.country, found.asn, found.lists) == (country, asn, lists)
    weights = {"tor": 0.5, "hosting": 0.3}
    assert set(found.signals) == {Signal(f"address_{name}", 1.0, weights[name]) for name in lists}


def test_an_empty_book_knows_nothing():
    assert not AddressBook()
    found = AddressBook().find("192.0.2.7")
    assert (found.country, found.asn, found.lists, found.signals) == ("", 0, frozenset(), ())
