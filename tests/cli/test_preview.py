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
    assert written == {"slider-1.png", "slider-2.png", "truth.json", "truth.txt"}
    assert json.loads((out / "truth.json").read_text())["secrets"].keys() == {*"12345678"}


def test_the_truth_is_never_said(gateway, out):
    said = gateway("preview", "slider", "--out", str(out), "--count", "2")
    assert "tolerance" in (out / "truth.txt").read_text()
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
    assert "sheets of slider" in said.err


def test_an_unknown_kind_is_named_with_those_there_are(gateway, out):
    said = gateway("preview", "sliding", "--out", str(out))
    assert said.code == 2
    assert "sliding" in said.err
    assert "slider" in said.err
    assert not out.exists()


def test_a_contact_sheet_is_one_picture(gateway, out):
    said = gateway("preview", "slider", "--out", str(out), "--count", "9", "--contact")
    assert said.code == 0
    assert [path.name for path in out.iterdir()] == ["slider-contact.png"]
