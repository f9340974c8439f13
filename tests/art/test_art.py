"""The drawing room: the same seed draws the same, seeds and salts differ, nothing leaves bounds."""

from __future__ import annotations

from io import BytesIO
from random import Random

import numpy as np
import pytest
from PIL import Image

from gateway import art
from gateway.art.patterns import pattern
from gateway.art.style import PATTERNS
from gateway.art.warps import bent, fetched, padded


def chance(seed: int = 1) -> np.random.Generator:
    return art.generator(Random(seed))


def made(seed: int, salt: bytes = b"", pictures: tuple[bytes, ...] = ()) -> art.Pixels:
    return art.scene(chance(seed), 180, 120, art.Style.of(salt), pictures)


def operators_picture() -> bytes:
    """A picture with an edge in it, as an operator's folder has."""
    out = BytesIO()
    drawn = Image.linear_gradient("L").resize((320, 240)).convert("RGB")
    drawn.paste((200, 30, 30), (40, 60, 140, 160))
    drawn.save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("pictures", [(), (operators_picture(),)])
def test_the_same_seed_draws_the_same(pictures):
    assert np.array_equal(made(7, pictures=pictures), made(7, pictures=pictures))
    assert not np.array_equal(made(7, pictures=pictures), made(8, pictures=pictures))


@pytest.mark.parametrize("pictures", [(), (operators_picture(),)])
def test_a_scene_has_its_size_and_bounds(pictures):
    drawn = made(3, pictures=pictures)
    assert drawn.shape == (120, 180, 3)
    assert drawn.dtype == np.float32
    assert drawn.min() >= 0
    assert drawn.max() <= 255


def test_scenes_have_texture_at_every_scale():
    """Blurring away what is small, then what is middling, takes something each time."""
    for seed in range(12):
        light = art.luminance(made(seed))
        fine, coarse = art.blurred(light, 1.5), art.blurred(light, 8)
        assert np.std(light - fine) > 2
        assert np.std(fine - coarse) > 4
        assert np.std(coarse) > 6


def test_salts_draw_other_styles_and_one_salt_always_the_same():
    assert art.Style.of(b"one") == art.Style.of(b"one")
    assert len({art.Style.of(bytes([n])).palettes for n in range(20)}) == 20
    assert not np.array_equal(made(7, b"one"), made(7, b"two"))


def test_a_style_has_chance_of_its_own_for_each_purpose():
    first, again = (art.Style.of(b"one").own("fonts").random(4) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, art.Style.of(b"one").own("shapes").random(4))
    assert not np.array_equal(first, art.Style.of(b"two").own("fonts").random(4))


def test_pattern_weights_leave_none_out():
    for salt in range(30):
        weights = art.Style.of(bytes([salt])).pattern_weights
        assert sum(weights) == pytest.approx(1)
        assert len(weights) == len(PATTERNS)
        assert min(weights) > 0.02


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_stay_within_bounds_and_are_not_flat(name):
    for seed in range(5):
        field = pattern(chance(seed), name, 90, 120, 9.0)
        assert field.shape == (90, 120)
        assert field.min() >= -0.01
        assert field.max() <= 1.3
        assert np.std(field) > 0.05


def test_an_operators_picture_is_never_shown_twice_alike():
    shown = [made(seed, pictures=(operators_picture(),)) for seed in range(6)]
    for index, one in enumerate(shown):
        for other in shown[index + 1 :]:
            assert np.mean(np.abs(one - other)) > 8


@pytest.mark.parametrize("bad", [b"", b"no picture", operators_picture()[:200]])
def test_a_picture_that_cannot_be_read_says_so(bad):
    with pytest.raises(OSError):
        made(1, pictures=(bad,))


def test_a_warp_moves_things_no_further_than_told():
    dot = Image.new("L", (200, 160))
    dot.paste(255, (95, 75, 106, 86))
    for seed in range(20):
        moved = np.asarray(art.warp(chance(seed), dot, 6.0))
        down, across = np.nonzero(moved > 100)
        assert abs(across.mean() - 100) <= 7
        assert abs(down.mean() - 80) <= 7
    assert art.warp(chance(), dot, 0) is dot


@pytest.mark.parametrize("turn_deg, where", [(0, (150, 80)), (90, (100, 30)), (180, (50, 80))])
def test_affine_turns_counter_clockwise_about_the_middle(turn_deg, where):
    mark = Image.new("L", (200, 160))
    mark.paste(255, (147, 77, 154, 84))
    down, across = np.nonzero(np.asarray(art.affine(mark, turn_deg)) > 100)
    assert (across.mean(), down.mean()) == pytest.approx(where, abs=1.5)


def test_affine_scales_and_fits_another_size():
    mark = Image.new("L", (100, 100))
    mark.paste(255, (40, 40, 60, 60))
    grown = np.asarray(art.affine(mark, 0, scale=2.0, size=(120, 140)))
    assert grown.shape == (140, 120)
    down, across = np.nonzero(grown > 100)
    assert (across.mean(), down.mean()) == pytest.approx((60, 70), abs=1.5)
    assert np.ptp(across) == pytest.approx(40, abs=3)


def test_shading_keeps_to_its_depth():
    for seed in range(10):
        light = art.shading(chance(seed), 60, 90, 0.2)
        assert light.min() >= 0.8 - 1e-6
        assert light.max() <= 1.2 + 1e-6


@pytest.mark.parametrize("encode, form", [(art.webp, "webp"), (art.jpeg, "jpeg")])
def test_pictures_travel_as_data_without_metadata(encode, form):
    from base64 import b64decode

    text = encode(art.image(made(1)))
    assert text.startswith(f"data:image/{form};base64,")
    with Image.open(BytesIO(b64decode(text.partition(",")[2]))) as read:
        assert read.size == (180, 120)
        assert not read.getexif()


def test_a_piece_keeps_its_alpha():
    from base64 import b64decode

    piece = Image.new("RGBA", (9, 9), (200, 20, 20, 128))
    text = art.webp_lossless(piece)
    with Image.open(BytesIO(b64decode(text.partition(",")[2]))) as read:
        assert read.convert("RGBA").getpixel((4, 4)) == (200, 20, 20, 128)


def test_a_picture_is_sent_as_well_as_it_fits() -> None:
    noisy = art.image(chance().integers(0, 256, (200, 200, 3)).astype(np.float32))
    sizes = [len(art.jpeg(noisy, quality)) for quality in (60, 40, 20)]
    assert len(art.within(noisy, sizes[0], (60, 40, 20))) == sizes[0]
    assert len(art.within(noisy, sizes[0] - 1, (60, 40, 20))) == sizes[1]
    assert len(art.within(noisy, 10, (60, 40, 20))) == sizes[2], "rather too large than none"


@pytest.mark.parametrize("layers", [(), (3,)])
def test_what_is_fetched_lies_where_the_corners_say(layers: tuple[int, ...]) -> None:
    """Straight on, a pixel to the right, twice as large, and beyond the rim."""
    source = chance().integers(0, 256, (20, 30, *layers), dtype=np.uint8)
    x, y = np.meshgrid(np.linspace(0, 30, 4), np.linspace(0, 20, 3))
    assert np.allclose(fetched(source, (30, 20), x, y), source, atol=0.3)
    assert np.allclose(fetched(source, (30, 20), x + 1, y)[:, :-1], source[:, 1:], atol=0.3)
    assert np.allclose(fetched(source, (30, 20), x, y + 1)[:-1], source[1:], atol=0.3)
    grown = fetched(source, (60, 40), x, y)
    assert grown.shape == (40, 60, *layers)
    assert np.allclose(grown.mean((0, 1)), source.mean((0, 1)), atol=6)
    assert np.allclose(fetched(padded(source), (30, 20), x - 900, y), 0, atol=0.3)


def test_a_bend_moves_a_mask_no_farther_than_it_may() -> None:
    dot = np.zeros((120, 120), np.uint8)
    dot[58:62, 58:62] = 255
    as_it_is = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    moved = bent(chance(4), dot, as_it_is, (120, 120), 9.0, 30.0)
    rows, columns = np.nonzero(moved > 60)
    assert moved.shape == dot.shape and len(rows)
    assert 48 < rows.mean() < 72 and 48 < columns.mean() < 72
    still = bent(chance(4), dot, as_it_is, (120, 120), 0.0, 30.0)
    assert np.abs(still - dot).max() < 0.3
