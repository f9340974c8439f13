"""`gateway preview` writes sheets and, apart from them, the truth; and judges answers to them."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def out(tmp_path):
    return tmp_path / "sheets"


def test_sheets_and_truth_go_into_the_folder(gateway, out):
    said = gateway("preview", "slider", "--out", str(out), "--count", "8")
    assert said.code == 0, said.err
    written = {path.name for path in out.iterdir()}
    assert written == {"slider-1.png", "slider-2.png", "slider-truth.json", "slider-truth.txt"}
    assert json.loads((out / "slider-truth.json").read_text())["secrets"].keys() == {*"12345678"}


def test_the_truth_is_never_said(gateway, out):
    said = gateway("preview", "slider", "--out", str(out), "--count", "2")
    assert "tolerance" in (out / "slider-truth.txt").read_text()
    assert "tolerance" not in said.out + said.err


def test_the_same_seed_draws_the_same(gateway, out, tmp_path):
    for folder, seed in ((out, "7"), (tmp_path / "again", "7"), (tmp_path / "other", "8")):
        gateway("preview", "slider", "--out", str(folder), "--count", "2", "--seed", seed)
    first = (out / "slider-1.png").read_bytes()
    assert first == (tmp_path / "again" / "slider-1.png").read_bytes()
    assert first != (tmp_path / "other" / "slider-1.png").read_bytes()


@pytest.mark.parametrize("second, code, score", [("1", 0, "2 of 2"), ("0.5", 1, "1 of 2")])
def test_answers_are_judged_by_the_kind(gateway, out, tmp_path, second, code, score):
    gateway("preview", "slider", "--out", str(out), "--count", "2")
    mine = tmp_path / "mine.txt"
    mine.write_text(f'1: {{"reached": 1}}\n2: {{"reached": {second}}}\n')
    said = gateway("preview", "slider", "--out", str(out), "--answers", str(mine))
    assert said.code == code
    assert said.out.splitlines()[0] == score


def test_answers_to_other_sheets_are_refused(gateway, out, tmp_path):
    gateway("preview", "slider", "--out", str(out), "--count", "2")
    mine = tmp_path / "mine.txt"
    mine.write_text("1: true")
    said = gateway("preview", "one_click", "--out", str(out), "--answers", str(mine))
    assert said.code == 2
    assert "has no sheets of one_click" in said.err


def test_sheets_of_two_kinds_lie_side_by_side(gateway, out, tmp_path):
    for kind in ("slider", "one_click"):
        gateway("preview", kind, "--out", str(out), "--count", "1")
    mine = tmp_path / "mine.txt"
    mine.write_text('1: {"reached": 1}')
    said = gateway("preview", "slider", "--out", str(out), "--answers", str(mine))
    assert (said.code, said.out.splitlines()[0]) == (0, "1 of 1")


def test_an_unknown_kind_is_named_with_those_there_are(gateway, out):
    said = gateway("preview", "sliding", "--out", str(out))
    assert said.code == 2
    assert "sliding" in said.err
    assert "slider" in said.err
    assert not out.exists()


def test_parameters_are_set_as_in_a_ladder(gateway, out):
    said = gateway("preview", "slider", "--out", str(out), "--count", "1", "--set", "tolerance=0.2")
    assert said.code == 0, said.err
    secrets = json.loads((out / "slider-truth.json").read_text())["secrets"]
    assert secrets["1"]["tolerance"] == 0.2


@pytest.mark.parametrize(
    "words, said",
    [
        (("slider", "--set", "tolerant=1"), "slider: unknown parameter 'tolerant'; did you mean"),
        (("slider", "--set", "tolerance=9"), "slider: tolerance: 9 is out of range: "),
        (("slider", "--set", "tolerance=wide"), "slider: tolerance: "),
        (("slider", "--serve", "--set", "tolerance=9"), "tolerance: 9 is out of range: "),
        (("slider", "--set", "tolerance"), "tolerance is no NAME=VALUE"),
        (("slider", "--set", "=1"), "= is no NAME=VALUE"),
        (("--serve", "--set", "tolerance=0.1"), "name the one KIND"),
    ],
)
def test_parameters_that_cannot_be_set_are_said(gateway, out, words, said):
    told = gateway("preview", *words, "--out", str(out))
    assert told.code == 2
    assert said in told.err
    assert not out.exists()


def test_a_contact_sheet_is_one_picture(gateway, out):
    said = gateway("preview", "slider", "--out", str(out), "--count", "9", "--contact")
    assert said.code == 0
    assert [path.name for path in out.iterdir()] == ["slider-contact.png"]


@pytest.mark.parametrize(
    "words, said",
    [
        (("pow",), "ask nothing of a hand"),
        (("sliding",), "no kind is named sliding"),
        (("slider", "--listen", "8085"), "only a port"),
    ],
)
def test_what_cannot_be_served_is_said(gateway, out, words, said):
    told = gateway("preview", *words, "--serve", "--out", str(out))
    assert told.code == 2
    assert said in told.err


@pytest.mark.parametrize("listen, warned", [("127.0.0.1:8085", False), ("0.0.0.0:8085", True)])
def test_who_opens_it_to_others_is_warned(gateway, out, monkeypatch, listen, warned):
    monkeypatch.setattr("aiohttp.web.run_app", lambda app, **_: None)  # would serve for ever
    told = gateway("preview", "slider", "--serve", "--out", str(out), "--listen", listen)
    assert told.code == 0
    assert ("Warning" in told.err) is warned
    assert f"http://{listen}/ asks slider" in told.out


def test_notes_that_cannot_be_read_stop_it(gateway, out):
    out.mkdir()
    (out / "tries.jsonl").write_text("?\n")
    told = gateway("preview", "slider", "--serve", "--out", str(out))
    assert told.code == 2
    assert "line 1" in told.err
