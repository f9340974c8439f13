"""What is shipped to draw with: whole, licensed, small, and easy to tell apart."""

from __future__ import annotations

import json
from itertools import combinations
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from gateway.art.assets import (
    DRAWING_PX,
    ICON_PX,
    SHOWN_PX,
    Alpha,
    Font,
    characters,
    concepts,
    glyph,
    icons,
    phrases,
)
from gateway.files import data_dir

FOLDER = data_dir("config") / "art"
MOST_BYTES = 2_300_000
TOO_ALIKE = 0.92  # a little above what make.py refuses: it measures at other turns
FONTS: tuple[Font, ...] = get_args(Font)


def fitted(ink: Alpha, turn_deg: float = 0.0) -> np.ndarray:
    """As a unit of comparison: its bounding box in 48 px, in the middle of 64, flat, 0 to 1."""
    picture = Image.fromarray(ink)
    cut = picture.crop(picture.getbbox())
    ratio = 48 / max(cut.size)
    cut = cut.resize((max(1, round(cut.width * ratio)), max(1, round(cut.height * ratio))))
    square = Image.new("L", (64, 64))
    square.paste(cut, ((64 - cut.width) // 2, (64 - cut.height) // 2))
    return np.asarray(square.rotate(turn_deg, Image.Resampling.BILINEAR), np.float32).ravel() / 255


def overlaps(turn_deg: float) -> np.ndarray:
    """(n, n): intersection over union of all filled icons, one of each pair turned."""
    still = np.array([fitted(icon.filled) for icon in icons()])
    turned = np.array([fitted(icon.filled, turn_deg) for icon in icons()])
    both = still @ turned.T
    union = (still**2).sum(1)[:, None] + (turned**2).sum(1)[None, :] - both
    return both / union


def test_there_are_enough_icons_with_names_of_their_own():
    names = [icon.name for icon in icons()]
    assert len(names) >= 300
    assert len(set(names)) == len(names)
    assert len({icon.group for icon in icons()}) >= 10


def test_every_icon_is_drawn_in_both_styles_within_its_rim():
    for icon in icons():
        for ink in (icon.outline, icon.filled):
            assert ink.shape == (ICON_PX, ICON_PX)
            assert ink.dtype == np.uint8
            assert 0.02 < ink.mean() / 255 < 0.75, icon.name
            rim = np.concatenate((ink[:3].ravel(), ink[-3:].ravel(), ink[:, :3].ravel()))
            assert not rim.any() and not ink[:, -3:].any(), icon.name
        assert not np.array_equal(icon.outline, icon.filled), icon.name


@pytest.mark.parametrize("turn_deg", [-25, 0, 15])
def test_no_two_icons_look_alike(turn_deg: float):
    alike = overlaps(turn_deg)
    np.fill_diagonal(alike, 0)
    worst = np.unravel_index(int(alike.argmax()), alike.shape)
    assert alike.max() <= TOO_ALIKE, [icons()[int(at)].name for at in worst]


def test_the_measure_would_find_a_copy():
    assert np.diagonal(overlaps(0)).min() > 0.99


def test_icons_of_much_the_same_shape_know_of_each_other():
    by_name = {icon.name: icon for icon in icons()}
    alike = overlaps(0)
    for a, b in combinations(range(len(icons())), 2):
        one, other = icons()[a], icons()[b]
        assert (other.name in one.alike) is (one.name in other.alike)
        if alike[a, b] > 0.78:
            assert other.name in one.alike, (one.name, other.name)
    for icon in icons():
        assert icon.name not in icon.alike
        assert icon.alike <= set(by_name)
        assert len(icon.alike) < len(icons()) / 8  # so that a scene can always be put together
        assert icon.name not in icon.alike


def test_what_people_take_for_one_another_is_alike():
    """By what they are, not by their shape."""
    by_name = {icon.name: icon for icon in icons()}
    for one, other in (("headphones", "headset"), ("tree", "pine"), ("bus", "train")):
        assert other in by_name[one].alike


def test_plain_shapes_are_few_and_known():
    plain = {icon.name for icon in icons() if icon.plain}
    assert {"shield", "plectrum", "diamond"} <= plain
    assert not plain & {"guitar", "scissors", "key", "cactus"}
    assert len(plain) < len(icons()) / 5


def test_things_are_drawn_by_several_hands():
    assert len(concepts()) >= 250
    assert len({thing.name for thing in concepts()}) == len(concepts())
    for thing in concepts():
        assert thing.shown.shape == (SHOWN_PX, SHOWN_PX, 4)
        assert 0.08 < (thing.shown[..., 3] > 128).mean() < 1, thing.name
        assert len(thing.drawings) >= 2
        for ink in thing.drawings:
            assert ink.shape == (DRAWING_PX, DRAWING_PX)
            assert 0.05 < ink.mean() / 255 < 0.95, thing.name
            assert not ink[:2].any() and not ink[:, -2:].any(), thing.name


def test_of_most_things_some_two_drawings_differ_much():
    """Overlap over union of the least alike two, as they stand or mirrored."""
    apart = []
    for thing in concepts():
        inks = [fitted(ink) for ink in thing.drawings]
        mirrored = [fitted(ink[:, ::-1]) for ink in thing.drawings]
        least = min(
            max(float((one * two).sum() / np.maximum(one, two).sum()) for two in twice)
            for n, one in enumerate(inks)
            for twice in zip(inks[n + 1 :], mirrored[n + 1 :], strict=True)
        )
        apart.append(least)
    assert np.median(apart) < 0.65
    assert np.mean(np.array(apart) < 0.8) > 0.85


def test_things_know_what_people_and_what_programs_take_them_for():
    by_name = {thing.name: thing for thing in concepts()}
    for thing in concepts():
        assert len(thing.near) == 10
        assert not thing.alike & {*thing.near, thing.name}
        assert thing.alike <= set(by_name)
        assert set(thing.near) <= set(by_name)
        assert all(thing.name in by_name[other].alike for other in thing.alike)
    for one, other in (("cat", "dog"), ("bus", "train"), ("ship", "sailboat")):
        assert other in by_name[one].alike


def test_nobody_can_change_an_icon_for_the_others():
    with pytest.raises(ValueError, match="read-only"):
        icons()[0].filled[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        concepts()[0].drawings[0][0, 0] = 1


def test_phrases_have_one_order():
    assert len(phrases()) >= 200
    assert len(set(phrases())) == len(phrases())
    for phrase in phrases():
        assert len(phrase) == len(set(phrase)) == 4, phrase


@pytest.mark.parametrize("font", FONTS)
def test_every_character_of_a_font_can_be_drawn(font):
    with pytest.raises(ValueError, match="has no"):
        glyph("\u9f98", 40, font)  # a rare character stands for a missing one
    blank = None
    for character in sorted(characters(font)):
        ink = glyph(character, 24, font)
        assert ink.any(), character
        assert max(ink.shape) <= 36, character
        same = blank is not None and ink.shape == blank.shape and np.array_equal(ink, blank)
        assert not same, f"{character} is drawn like its neighbour: the box of a missing one?"
        blank = ink


def test_the_fonts_hold_all_that_the_lists_hold():
    held = characters("noto-sans-sc-regular")
    assert 700 <= len(held) <= 1500
    assert held == characters("noto-sans-sc-bold")


def test_characters_besides_those_of_phrases_are_listed_once():
    lines = (FOLDER / "characters.txt").read_text("utf-8").splitlines()
    listed = "".join(line for line in lines if not line.startswith("#"))
    assert len(listed) == len(set(listed)) >= 500


@pytest.mark.parametrize("character", ["", " ", "\n", "龙龙", "\U0001f409"])
def test_what_is_no_character_of_ours_is_refused(character: str):
    with pytest.raises(ValueError, match="has no"):
        glyph(character, 40)


@pytest.mark.parametrize("size_px, fits", [(0, False), (1, True), (512, True), (513, False)])
def test_sizes_are_bounded(size_px: int, fits: bool):
    if fits:
        assert glyph("水", size_px).size
    else:
        with pytest.raises(ValueError, match="no size"):
            glyph("水", size_px)


def test_bold_has_more_ink():
    assert (
        glyph("水", 64, "noto-sans-sc-bold").sum() > glyph("水", 64, "noto-sans-sc-regular").sum()
    )
    assert glyph("g", 64, "noto-sans-bold").sum() > glyph("g", 64, "noto-sans-regular").sum()


def test_the_folder_stays_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= MOST_BYTES


@pytest.mark.parametrize(
    "name, says",
    [
        ("phosphor", ("MIT License", "Phosphor Icons", "@phosphor-icons/core@")),
        ("tabler", ("MIT License", "Paweł Kuna", "@tabler/icons@")),
        ("apache", ("Apache License", "Google", "@iconify-json/noto@")),
        ("apache", ("Pictogrammers", "@mdi/svg@")),
        ("apache", ("ByteDance", "@iconify-json/icon-park-solid@")),
        ("fluent-emoji", ("MIT License", "Microsoft", "@iconify-json/fluent-emoji-high")),
        ("noto-sans-sc", ("SIL Open Font License, Version 1.1", "@fontsource/noto-sans-sc@")),
        ("noto-serif-sc", ("SIL Open Font License, Version 1.1", "@fontsource/noto-serif-sc@")),
        ("lxgw-wenkai", ("SIL Open Font License, Version 1.1", "@fontsource/lxgw-wenkai@")),
        ("noto-serif", ("SIL Open Font License, Version 1.1", "@fontsource/noto-serif@")),
        ("noto-sans", ("SIL Open Font License, Version 1.1", "@fontsource/noto-sans@")),
    ],
)
def test_licences_lie_beside(name: str, says: tuple[str, ...]):
    text = (FOLDER / f"LICENSE-{name}.txt").read_text("utf-8")
    for words in says:
        assert words in text


def test_every_icon_has_a_source_with_a_licence():
    rows = json.loads((FOLDER / "icons.json").read_text("utf-8"))
    assert {row["source"].rpartition("/")[0] for row in rows} == {
        "@phosphor-icons/core@2.1.1",
        "@tabler/icons@3.51.0",
    }
    rows = json.loads((FOLDER / "concepts.json").read_text("utf-8"))
    assert {source.rpartition("/")[0] for row in rows for source in row["drawings"]} == {
        "@phosphor-icons/core@2.1.1",
        "@tabler/icons@3.51.0",
        "@mdi/svg@7.4.47",
        "@iconify-json/fluent-emoji-high-contrast@1.2.6",
        "@iconify-json/icon-park-solid@1.2.4",
    }
    assert {row["shown"] for row in rows} == {"@iconify-json/noto@1.2.9"}


def test_the_readme_describes_every_file():
    readme = (FOLDER / "README.md").read_text("utf-8")
    for path in set(FOLDER.iterdir()) - {FOLDER / "README.md", FOLDER / "make.py"}:
        family = path.name.replace("regular", "*").replace("bold", "*")
        assert path.name in readme or family in readme, path.name
