"""`gateway init` prints what `run` accepts, whatever it is given, or says why not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cli.init import _faults, _fill
from gateway.config import load


@pytest.fixture
def made(gateway, tmp_path):
    """Make a configuration and load it."""

    def made(*words):
        said = gateway("init", *words)
        assert said.code == 0, said.err
        path = tmp_path / "gateway.yaml"
        path.write_text(said.out)
        return load(path, {})

    return made


def test_it_begins_by_watching(made):
    config = made("--upstream", "http://127.0.0.1:8000")
    (site,) = config.sites
    asked = [route for route in site.routes if route.action == "challenge"]
    assert [route.mode for route in asked] == ["shadow"]
    assert asked[0].match.paths == ("/register",)
    assert config.warnings == ()


def test_it_names_the_editors_schema_first(gateway):
    said = gateway("init", "--upstream", "unix:/run/app.sock")
    assert said.out.startswith("# yaml-language-server: $schema=./gateway.schema.json\n")


def test_everything_given_is_used(made):
    config = made(
        *("--upstream", "unix:/run/app.sock", "--listen", "0.0.0.0:80", "--title", 'My "Site": x'),
        *("--host", "shop.example", "--host", "*.shop.example"),
        *("--path", "/wp-login.php?action=register", "--path", "~/a/.*"),
    )
    (site,) = config.sites
    assert site.upstream.addresses[0].unix_path == "/run/app.sock"
    assert config.listen[0].host == "0.0.0.0"
    assert site.title == 'My "Site": x'
    assert site.hosts == ("shop.example", "*.shop.example")
    login, other = (route for route in site.routes if route.action == "challenge")
    assert login.match.paths == ("/wp-login.php",)
    assert login.match.query == {"action": "register"}
    assert (login.params, other.params) == ("php", "strict")
    assert other.match.paths == ("~/a/.*",)


@pytest.mark.parametrize("title", ["${HOME}", "$${HOME}", "a: b # c", "\x1b[31m", "no", "\u2028"])
def test_a_title_stays_text(made, title):
    config = made("--upstream", "http://127.0.0.1:1", "--title", title)
    assert config.sites[0].title == title


@pytest.mark.parametrize(
    "words, what",
    [
        (["--upstream", "https://127.0.0.1"], "plain http"),
        (["--upstream", "http://127.0.0.1", "--path", "register"], "must start with /"),
        (["--upstream", "http://127.0.0.1", "--host", "a:80"], "no port"),
        (["--upstream", "http://127.0.0.1", "--listen", "80"], "only a port"),
    ],
)
def test_what_run_would_refuse_is_refused(gateway, words, what):
    said = gateway("init", *words)
    assert (said.code, said.out) == (2, "")
    assert what in said.err


@pytest.mark.parametrize(
    "title", ["Null", "~", "true", "2024", "1.5", "1.e5", "0x1F", "12:30", "My shop"]
)
def test_a_title_is_text_whatever_yaml_takes_it_for(made, title):
    (site,) = made("--upstream", "http://127.0.0.1:8000", "--title", title).sites
    assert site.title == title


@settings(max_examples=60, deadline=None)
@given(
    title=st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    paths=st.lists(
        st.text("/ab.?=&*~ü :#\"'{}$", max_size=12).map("/".__add__), min_size=1, max_size=3
    ),
)
def test_any_text_stays_that_text(title, paths):
    """No text breaks out of its place: the faults are about paths, or there are none."""
    text = _fill("http://127.0.0.1:1", paths, ["*"], title, "127.0.0.1:8080")
    assert all(".match" in line for line in _faults(text))


def test_a_solve_and_an_address_are_good_for_few_requests(made):
    """The default policy that `python -m tests.drivers` measures."""
    (site,) = made("--upstream", "http://127.0.0.1:8000").sites
    (route,) = (route for route in site.routes if route.action == "challenge")
    assert [rung.kind for rung in route.ladder] == ["one_click", "slider"]
    assert (route.refuse_above, route.work, route.pass_rule.uses) == (0.8, 50_000, 5)
    told = [(limit.per, limit.most, limit.window_s, limit.then) for limit in route.limits]
    assert told == [("prefix", 10, 3600, "harder"), ("address", 50, 86_400, "deny")]
