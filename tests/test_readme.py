"""The README says what the code does: tables row by row, links, paths, first steps, examples."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge, Histogram
from typer.core import TyperGroup
from typer.main import get_command

from gateway.cli.app import app
from gateway.config import load
from gateway.metrics import Metrics
from gateway.signals import SIGNALS
from tests.config.reference import as_markdown, settings_reference

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def section(heading: str) -> str:
    """What stands below a heading, up to the next one of any level."""
    return re.split(r"\n#+ ", README.split(f"\n{heading}\n", 1)[1], maxsplit=1)[0]


def rows(heading: str) -> dict[str, list[str]]:
    """Of the first table below a heading, what follows each first cell, by the name in that."""
    table = section(heading).partition("\n| ")[2].partition("\n\n")[0]
    found = re.findall(r"^\| `([^`]+)` \|(.*)\|$", table, re.M)
    return {name: [cell.strip() for cell in cells.split(" |")] for name, cells in found}


def commands() -> dict[str, set[str]]:
    """Every command with those below it: {"keys": {"list", …}, "run": set()}."""
    top = get_command(app)
    assert isinstance(top, TyperGroup)
    return {
        name: set(each.commands) if isinstance(each, TyperGroup) else set()
        for name, each in top.commands.items()
    }


def labels() -> dict[str, str]:
    """The labels of each metric, as the README writes them."""
    kept = [getattr(each, "_counter", None) or getattr(each, "_histogram", None) or each
            for each in vars(Metrics()).values()]  # fmt: skip
    return {
        each._name + ("_total" if isinstance(each, Counter) else ""): ", ".join(each._labelnames)
        for each in kept
        if isinstance(each, Counter | Histogram | Gauge)
    }


@pytest.mark.parametrize("line", as_markdown().splitlines()[2:])
def test_settings_and_parameters_are_as_the_models_say(line: str) -> None:
    assert f"{line}\n" in README


def test_no_setting_is_told_that_is_gone() -> None:
    assert rows("### Settings").keys() == {setting.key for setting in settings_reference()}


def test_signals_are_as_their_rules_say() -> None:
    told = rows("### Signals")
    said = {name: [f"{rule.weight:g}", rule.doc] for name, rule in SIGNALS.items()}
    assert {name: told[name] for name in said} == said
    assert told.keys() - said.keys() == {"tls_listed", "tls_disagrees", "address_<name>"}


def test_metrics_and_their_labels_are_those_kept() -> None:
    names = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in Metrics().registry.collect()
    }
    told = rows("### Metrics")
    assert set(told) == names
    bare = {name: re.sub(r" \([^)]*\)", "", cells[0]) for name, cells in told.items()}
    assert {name: bare[name] for name in labels()} == labels()


def test_commands_are_those_there_are() -> None:
    told = {
        word.group(1): set(re.findall(r"\w+", word.group(2)))
        for word in re.finditer(r"^\| `gateway (\w+)([^`]*)`", section("## Commands"), re.M)
    }
    assert set(told) == set(commands())
    for name, below in commands().items():
        assert below <= told[name] | set(re.findall(r"`gateway \w+ (\w+)", section("## Commands")))


def anchors() -> set[str]:
    """Where headings can be linked to, as GitHub writes it."""
    prose = re.sub(r"^```.*?^```", "", README, flags=re.M | re.S)
    titles = re.findall(r"^#+ (.+)$", prose, re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)\s]+)\)", README))))
def test_links_lead_somewhere(link: str) -> None:
    path, _, anchor = link.partition("#")
    assert not anchor or anchor in anchors()
    assert not path or path.startswith("https://") or (ROOT / path).exists()


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:config|gateway|templates|tests)/[\w./-]+)`", README)))
)
def test_paths_are_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_first_steps_name_commands_in_one_shell() -> None:
    """What is typed after the first step finds `gateway`: the environment was entered."""
    first, *later = re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)
    assert "activate" in first
    assert all(re.match(r"gateway |python |tests/", block) for block in later)


APP = "upstreams: {app: http://127.0.0.1:8000}\n"
SITE = "sites:\n  - name: shop\n    routes:\n"


def examples() -> list[str]:
    """The configurations shown, each made whole: of some only the routes or the sites are."""
    found = []
    for block in re.findall(r"^```yaml\n(.*?)^```", README, re.M | re.S):
        text = textwrap.dedent(block)
        if text.startswith("- name:"):
            text = SITE + textwrap.indent(text, " " * 6)
        if "addresses:" in text or "list: tor" in text:
            continue  # they name files of the operator's: tests/config/test_addresses.py
        if not re.search(r"^sites:", text, re.M):
            text += SITE + "      - {name: all, match: {path: /**}}\n"
        found.append(text if "upstreams:" in text else APP + text)
    return found


@pytest.mark.parametrize("text", examples())
def test_configurations_shown_are_taken(text: str, tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text(text)
    config = load(path, {"RISK_KEY": "k" * 32})
    assert config.sites[0].routes


def test_the_first_configuration_is_ten_lines_without_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text(examples()[0])
    assert len(examples()[0].splitlines()) <= 10
    assert load(path, {}).warnings == ()
