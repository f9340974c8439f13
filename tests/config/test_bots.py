"""Good bots in a configuration: what is known by name, and what files add to it."""

from __future__ import annotations

import pytest

from gateway.bots import KNOWN
from gateway.config import Config, load

HEAD = "upstreams: {app: http://127.0.0.1:8000}\nsites: [{name: s}]\n"


@pytest.fixture
def read(tmp_path):
    def read(text: str) -> Config:
        (tmp_path / "gateway.yaml").write_text(HEAD + text)
        return load(tmp_path / "gateway.yaml", {})

    return read


def test_names_will_do(read):
    bots = {bot.name: bot for bot in read(f"bots: [{', '.join(KNOWN)}]\n").bots}
    assert bots["google"].agents == KNOWN["google"].agents
    assert bots["google"].names == (".googlebot.com",)
    assert bots["bing"].sources == ("https://www.bing.com/toolbox/bingbot.json",)
    assert set(bots) == set(KNOWN)


def test_what_is_given_replaces_what_is_known(read):
    (bot,) = read("bots: {google: {names: [.google.example], agent: [MyBot]}}\n").bots
    assert (bot.names, bot.agents) == ((".google.example",), ("MyBot",))
    assert bot.sources == KNOWN["google"].sources


@pytest.mark.parametrize("named", ["", "ranges: bots/bing.txt"])
def test_ranges_are_found_where_refresh_writes_them(read, tmp_path, named):
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "bing.txt").write_text("157.55.39.0/24\n40.77.167.0/24\n")
    (bot,) = read(f"bots: {{bing: {{{named}}}}}\n").bots
    assert len(bot.ranges) == 2


@pytest.mark.parametrize(
    "text, warned",
    [
        ("bots: [duckduckgo]", "nothing could prove it: give names, ranges or keys: gateway bots"),
        ("bots: {mine: {agent: MyBot}}", "nothing could prove it"),
        ("bots: [google]", ""),
    ],
)
def test_what_could_prove_nothing(read, text, warned):
    said = [str(warning) for warning in read(text + "\n").warnings]
    assert [warned in each for each in said] == ([True] if warned else [])


@pytest.mark.parametrize(
    "written, used",
    [
        ("192.0.2.53", "192.0.2.53:53"),
        ("192.0.2.53:5353", "192.0.2.53:5353"),
        ("'2001:db8::53'", "[2001:db8::53]:53"),
        ("'[2001:db8::53]:5353'", "[2001:db8::53]:5353"),
    ],
)
def test_servers(read, written, used):
    config = read(f"dns: {{servers: [{written}], timeout: 250ms}}\n")
    assert (config.dns_servers, config.dns_timeout_s) == ((used,), 0.25)


@pytest.mark.parametrize("name", KNOWN)
def test_known_bots_can_be_proved(name):
    """By a name or a published list; endings begin with a dot, sources are https."""
    known = KNOWN[name]
    assert known.agents
    assert known.names or known.sources
    assert all(ending.startswith(".") and ending.count(".") > 1 for ending in known.names)
    assert all(source.startswith("https://") for source in known.sources)
