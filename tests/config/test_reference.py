"""The reference and the editor's schema say the same as the loader."""

from __future__ import annotations

import json

import jsonschema
import pytest
from ruamel.yaml import YAML

from gateway import kinds
from gateway.config import load
from gateway.config.schema import json_schema
from gateway.files import data_dir
from gateway.kinds import settable
from tests.config.reference import as_markdown, kind_parameters, settings_reference

SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def refusals(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(YAML(typ="safe").load(text))]


@pytest.mark.parametrize("setting", settings_reference(), ids=lambda setting: setting.key)
def test_every_setting_is_described(setting):
    assert setting.description
    assert setting.type
    assert "None" not in setting.default


def test_the_reference_names_the_nested_ones():
    found = {setting.key: setting for setting in settings_reference()}
    assert found["sites[].routes[].pass.ttl"].default == "30m"
    assert found["sites[].routes[].pass.ttl"].type == "span"
    assert found["limits.wire.head"].default == "32KiB"
    assert found["sites[].name"].default == "(required)"
    assert len(found) > 70


def test_written_defaults_are_what_is_used(tmp_path):
    """Each default of the reference, written out, changes nothing."""
    tops = ("listen", "admin", "admin_public", "prefix", "keys", "signing", "store", "workers")
    found = {setting.key: setting.default for setting in settings_reference()}
    tail = "upstreams: {app: http://127.0.0.1:1}\nsites: [{name: s}]\n"
    path = tmp_path / "gateway.yaml"
    path.write_text(tail)
    bare = load(path, {})
    path.write_text("".join(f"{key}: {found[key]}\n" for key in tops) + tail)
    assert load(path, {}) == bare


def test_kind_parameters_are_listed():
    listed = {row.key for row in kind_parameters()}
    for name, kind in kinds.load().items():
        for parameter in settable(kind.params):
            assert f"{name}.{parameter}" in listed


def test_the_table_has_no_broken_rows():
    for line in as_markdown().splitlines():
        assert line == "" or line.replace(r"\|", "").count("|") in (4, 5)


# --- The schema ------------------------------------------------------------------------------


def test_the_schema_is_draft_7():
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    assert json.dumps(SCHEMA).count("$defs") == 0


def test_the_example_passes():
    assert refusals((data_dir("config") / "gateway.yaml").read_text("utf-8")) == []


GOOD = "upstreams: {app: http://127.0.0.1:1}\nsites: [{name: s"


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "}]",
        "listen: [127.0.0.1:1]\nadmin:\n" + GOOD + "}]",
        "workers: ${N:-2}\n" + GOOD + "}]",
        GOOD + ", routes: [{name: r, ladder: slider}]}]",
        GOOD + ", routes: [{name: r, match: {query: {page: 1, x: , y: true}}}]}]",
        GOOD
        + ", routes: [{name: r, ladder: [[puzzle, {kind: icon}], {kind: word, beside: nine}]}]}]",
        GOOD + ", presets: feeds, mode: '${MODE}'}]",
    ],
)
def test_schema_accepts(text):
    assert refusals(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "lisen: x\n" + GOOD + "}]",
        "workers: 65\n" + GOOD + "}]",
        "workers: many\n" + GOOD + "}]",
        GOOD + ", mode: of}]",
        GOOD + ", presets: [feed]}]",
        GOOD + ", routes: [{name: r, ladder: [slidr]}]}]",
        GOOD + ", routes: [{name: r, ladder: [{kind: slidr}]}]}]",
        GOOD + ", routes: [{name: r, ladder: [[puzzle, slidr]]}]}]",
        GOOD + ", routes: [{name: r, ladder: [[puzzle, {kind: icon, max_risk: 0.5}]]}]}]",
        GOOD + ", routes: [{name: r, pass: {ttl: 30 minutes}}]}]",
        GOOD + ", routes: [{name: r, budget: {hour: 0}}]}]",
        "addresses: {lists: {own: {file: f, weight: 1.5}}}\n" + GOOD + "}]",
        GOOD + ", routes: [{match: {path: /}}]}]",
        "sites: [{name: s}]",
    ],
)
def test_schema_refuses(text):
    assert refusals(text)
