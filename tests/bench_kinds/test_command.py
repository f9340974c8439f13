"""`gateway bench kinds`: exit codes and what is said."""

from __future__ import annotations

import json
import sys

import pytest
from typer.testing import CliRunner

from gateway.bench.trial import Plan, challenge
from gateway.cli.app import app
from gateway.kinds.slider import Params


def gateway(*arguments):
    return CliRunner().invoke(app, arguments)


def test_a_kind_without_pictures_cannot_be_attacked():
    said = gateway("bench", "kinds", "slider")
    assert said.exit_code == 2
    assert "no attacks on slider" in said.stderr


@pytest.mark.usefixtures("slider_suite")
def test_a_kind_is_measured_as_it_is_set(tmp_path):
    file = tmp_path / "bench.json"
    options = ("--count", "3", "--set", "tolerance=0.2", "--json", str(file))
    said = gateway("bench", "kinds", "slider", *options)
    assert said.stdout.count("slider tolerance=0.2") > 1
    assert json.loads(file.read_text())["kinds"][0]["kind"] == "slider tolerance=0.2"
    plan = Plan("slider", 1, ("a",), given=Params(tolerance=0.2))
    assert challenge(plan, 0).secret["tolerance"] == 0.2


@pytest.mark.parametrize(
    "words, what",
    [
        (("gobang", "--set", "size=none"), "gobang: unknown parameter 'size'"),
        (("gobang", "match", "--set", "look=1"), "name the one KIND"),
        (("--set", "look=1"), "name the one KIND"),
    ],
)
def test_parameters_that_cannot_be_set_are_said(words, what):
    said = gateway("bench", "kinds", *words)
    assert said.exit_code == 2
    assert what in said.stderr


@pytest.mark.parametrize("option", ["--count", "--jobs", "--train"])
def test_numbers_have_bounds(option):
    assert gateway("bench", "kinds", option, "0").exit_code == 2


def test_help_has_examples():
    said = gateway("bench", "kinds", "--help")
    assert "gateway bench kinds --jobs 2 --json bench.json --white-box" in said.stdout


@pytest.mark.usefixtures("slider_suite")
def test_broken_budgets_fail_the_command(tmp_path):
    file = tmp_path / "bench.json"
    said = gateway("bench", "kinds", "slider", "--count", "20", "--json", str(file))
    assert said.exit_code == 1
    assert "broken: slider: lost raised ValueError" in said.stderr
    assert "reads the page" in said.stdout
    assert json.loads(file.read_text())["kinds"][0]["count"] == 20


@pytest.mark.usefixtures("slider_suite")
def test_earlier_runs_are_printed_as_one(tmp_path):
    files = [str(tmp_path / name) for name in ("one.json", "two.json")]
    options = ("--count", "20", "--white-box", "--train", "50")
    first = gateway("bench", "kinds", "slider", *options, "--json", files[0])
    gateway("bench", "kinds", "slider", "--count", "3", "--json", files[1])
    assert gateway("bench", "table", files[0]).stdout == first.stdout
    both = gateway("bench", "table", *files, "--markdown")
    assert both.exit_code == 1
    assert "100 % / 100 % |" in both.stdout  # the white box of the first run
    assert "`slider`" in both.stdout
    assert len(both.stdout.strip().splitlines()) == 3


@pytest.mark.parametrize("text", ["{}", "[]", '{"kinds": [{}], "seed": 1, "salts": []}', "no JSON"])
def test_other_files_are_told_apart(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    said = gateway("bench", "table", str(tmp_path / "x.json"))
    assert said.exit_code == 2
    assert "Error: " in said.stderr


@pytest.mark.usefixtures("slider_suite")
@pytest.mark.parametrize("package", ["cv2", "sklearn.ensemble"])
def test_a_missing_extra_is_told_in_one_line(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    said = gateway("bench", "kinds", "slider", "--count", "2", "--white-box", "--train", "50")
    assert said.exit_code == 1
    assert said.stderr.strip().endswith("is missing: in gateway's folder, pip install '.[bench]'")
    assert "Traceback" not in said.stderr
