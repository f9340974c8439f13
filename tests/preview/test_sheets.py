"""Sheets show what a view holds, wherever it keeps it."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from gateway.preview import sheets
from gateway.preview.finding import named, pictures, rounds, words
from gateway.preview.sheets import Item


def picture(width, height, colour=(200, 30, 30)):
    out = io.BytesIO()
    Image.new("RGBA", (width, height), colour).save(out, "WEBP", lossless=True)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()


SCENE, PIECE = picture(600, 300), picture(90, 90, (0, 0, 255, 120))
POINTS = {"scene": SCENE, "prompt": [PIECE, PIECE], "asked": 2}
CARRY = {"rounds": [{"scene": SCENE, "piece": PIECE}, {"scene": SCENE, "piece": PIECE}]}
PIECES = {"picture": SCENE, "pieces": [{"picture": PIECE, "x": 0.3}, {"picture": PIECE}]}
OPTIONS = {"options": [picture(200, 200)] * 6, "id": "behind"}


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    "view, names",
    [
        (POINTS, ["scene", "prompt[0]", "prompt[1]"]),
        (CARRY, ["rounds[0].scene", "rounds[0].piece", "rounds[1].scene", "rounds[1].piece"]),
        ({"a": {"b": [[PIECE]]}}, ["a.b[0][0]"]),
        ({"start": 0.1, "text": "data:image/webp;base64,?", "x": "data:text/plain,a"}, []),
        ({}, []),
        (None, []),
    ],
)
def test_pictures_are_found_wherever_they_are(view, names):
    found = list(pictures(view))
    assert [one.name for one in found] == names
    assert all(opened(one.data).format == "WEBP" for one in found)


def test_words_are_all_but_the_pictures():
    assert list(words({**POINTS, "deep": {"n": [1, []]}})) == [
        "asked=2",
        "deep.n[0]=1",
        "deep.n[1]=[]",
    ]
    assert named(("rounds", 0, "scene")) == "rounds[0].scene"


@pytest.mark.parametrize(
    "view, sizes",
    [(POINTS, [3]), (PIECES, [3]), (CARRY, [2, 2]), ({**CARRY, "prompt": PIECE}, [1, 2, 2])],
)
def test_rounds_are_looked_at_one_by_one(view, sizes):
    assert [len(group) for group in rounds(list(pictures(view)))] == sizes


def test_pieces_of_one_list_stand_in_a_row():
    families = [one.family for one in pictures(PIECES)]
    assert families == [("picture",), ("pieces",), ("pieces",)]


@pytest.mark.parametrize("view", [POINTS, CARRY, PIECES, OPTIONS, {"start": 0.1}, {}])
def test_any_view_makes_sheets(view):
    made = list(sheets.sheets([Item(n, view) for n in range(1, 9)], per_sheet=6))
    assert len(made) >= 2
    assert all(max(opened(data).size) <= sheets.SHEET_PX for data in made)
    assert opened(sheets.contact([Item(1, view), Item(2, view)])).format == "PNG"


def test_rulers_begin_and_end_at_the_scenes_edges():
    ruled = sheets.ruled(Image.new("RGB", (200, 100), (200, 30, 30)))
    edge = sheets.RULER_PX
    assert ruled.size == (200 + 2 * edge, 100 + 2 * edge)
    assert ruled.getpixel((edge, edge)) == ruled.getpixel((edge + 199, edge + 99)) == (200, 30, 30)
    for x in (edge, edge + 100, edge + 200):
        assert ruled.getpixel((x, edge - 4)) == sheets.INK, x
    for y in (edge, edge + 50, edge + 100):
        assert ruled.getpixel((edge - 4, y)) == sheets.INK, y


def test_what_is_see_through_shows():
    shown = sheets._opened(next(pictures({"p": picture(32, 32, (0, 0, 255, 0))})).data)
    assert {shown.getpixel((2, 2)), shown.getpixel((10, 2))} == set(sheets.CHECKS)
