"""What can be said of addresses in a configuration, beyond faults at their own line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.config import Config, ConfigError, load
from gateway.model import ListEntry

HEAD = "upstreams: {app: http://127.0.0.1:8000}\n"
SECRET = "n8Xw2kQv5rTz7Lp3Yb9Hd4Gs"


@pytest.fixture
def read(tmp_path):
    (tmp_path / "tor.txt").write_text("192.0.2.7\n")

    def read(text: str) -> Config:
        (tmp_path / "gateway.yaml").write_text(HEAD + text)
        return load(tmp_path / "gateway.yaml", {"SECRET": SECRET})

    return read


def test_a_bad_line_is_named_by_file_and_line(read, tmp_path):
    (tmp_path / "bad.txt").write_text("# one a line\n192.0.2.7\n192.0.2.300\n")
    with pytest.raises(ConfigError) as caught:
        read("addresses: {lists: {bad: bad.txt}}\nsites: [{name: s}]\n")
    (fault,) = caught.value.faults
    assert str(fault).startswith(f"{tmp_path / 'bad.txt'}:3:1: '192.0.2.300' is no address")


def test_weights_of_lists(read):
    lists = "{tor: tor.txt, hosting: tor.txt, mine: {file: tor.txt, weight: 12.5%}}"
    config = read(f"addresses: {{lists: {lists}, }}\nsites: [{{name: s}}]\n")
    found = {signal.name: signal.weight for signal in config.addresses.find("192.0.2.7").signals}
    assert found == {"address_tor": 0.5, "address_hosting": 0.3, "address_mine": 0.125}


def test_entries_of_a_route_come_before_the_sites(read):
    (site,) = read(
        "addresses: {lists: {tor: tor.txt}}\nsites:\n  - name: s\n"
        "    deny: [{address: 192.0.2.7}]\n    allow: [{list: tor, note: ours}]\n"
        "    routes: [{name: r, deny: [{path: [/a, /b]}, {header: {X-A: b}, until: 2027-01-31}]}]\n"
    ).sites
    of_site = (
        ListEntry("s.deny.1", "deny", networks=("192.0.2.7/32",)),
        ListEntry("s.allow.1", "allow", lists=frozenset({"tor"}), note="ours"),
    )
    assert site.lists == of_site
    end = datetime(2027, 2, 1, tzinfo=UTC).timestamp()  # the day itself still counts
    assert site.routes[0].lists == (
        ListEntry("r.deny.1", "deny", paths=("/a", "/b")),
        ListEntry("r.deny.2", "deny", headers=((b"x-a", "b"),), until_s=end),
        *of_site,
    )


@pytest.mark.parametrize(
    "until, end",
    [
        ("2099-12-31", datetime(2100, 1, 1, tzinfo=UTC)),
        ("2099-12-31T18:00Z", datetime(2099, 12, 31, 18, tzinfo=UTC)),
        ("2099-12-31T18:00:30+02:00", datetime(2099, 12, 31, 16, 0, 30, tzinfo=UTC)),
    ],
)
def test_an_entry_ends_with_its_day_or_at_its_time(read, until, end):
    (site,) = read(
        f"sites: [{{name: s, deny: [{{address: 192.0.2.7, until: '{until}'}}]}}]\n"
    ).sites
    assert site.lists[0].until_s == end.timestamp()


@pytest.mark.parametrize("until", ["2099-12-31T18:00", "2099-12-31T25:00Z", "T18:00Z", "tomorrow"])
def test_what_is_no_end(read, until):
    with pytest.raises(ConfigError) as caught:
        read(f"sites: [{{name: s, deny: [{{address: 192.0.2.7, until: '{until}'}}]}}]\n")
    assert f"'{until}' is no day and no time" in str(caught.value)


@pytest.mark.parametrize(
    "entry, warned",
    [
        ("deny: [{address: 192.0.2.7, until: 2020-01-01}]", "was over on 2020-01-01"),
        ("deny: [{address: 192.0.2.7, until: '2020-01-01T08:00Z'}]", "was over on 2020-01-01T08"),
        ("deny: [{address: 192.0.2.7, until: 9999-12-31}]", ""),
        ("allow: [{header: {X-Monitor: '${SECRET}'}}]", "as you keep a password"),
        ("allow: [{header: {X-Monitor: short}, list: tor}]", ""),
        ("deny: [{header: {X-Monitor: short}}]", ""),
    ],
)
def test_warnings(read, entry, warned):
    config = read(f"addresses: {{lists: {{tor: tor.txt}}}}\nsites: [{{name: s, {entry}}}]\n")
    said = [str(warning) for warning in config.warnings]
    assert [warned in text for text in said] == ([True] if warned else [])
    assert SECRET not in "".join(said)
