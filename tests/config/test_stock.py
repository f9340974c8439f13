"""`stock` and `art`: each worker's part, and pictures that are checked before they are needed."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gateway import kinds
from gateway.config import Config, ConfigError, load
from gateway.config.stock import (
    LEAST_PX,
    MOST_FILE_BYTES,
    MOST_PICTURES,
    SIDE_PX,
    NotUsable,
    normalised,
)
from gateway.stock.shelves import Wanted
from tests.makers import KINDS, Params

HEAD = "upstreams: {app: http://127.0.0.1:8000}\n"
DRAWS = (
    "sites: [{name: s, routes: [{name: form, ladder: [{kind: dots, params: {size_bytes: 7}}]}]}]\n"
)
PLAIN = "sites: [{name: s, routes: [{name: form, ladder: [slider]}]}]\n"


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    """Load settings before a site whose route draws."""
    monkeypatch.setattr(kinds, "load", lambda: KINDS)

    def read(settings: str = "", sites: str = DRAWS) -> Config:
        path = tmp_path / "gateway.yaml"
        path.write_text(HEAD + settings + sites)
        return load(path, {})

    return read


def picture(
    width: int = 800, height: int = 500, form: str = "JPEG", mode: str = "RGB", **options: Any
) -> bytes:
    out = BytesIO()
    Image.new(mode, (width, height), "green" if mode == "RGB" else None).save(out, form, **options)
    return out.getvalue()


@pytest.fixture
def art(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


# --- The stock ---------------------------------------------------------------------------------


def test_what_is_drawn_is_known_beforehand(read: Any) -> None:
    assert read().stock.wanted == (Wanted("dots", Params(size_bytes=7)),)
    assert read(sites=PLAIN).stock.wanted == ()


@pytest.mark.parametrize(
    "workers, items, memory_bytes", [(1, 100, 64 * 2**20), (4, 25, 16 * 2**20), (3, 34, 2**26 // 3)]
)
def test_each_worker_has_its_part(read: Any, workers: int, items: int, memory_bytes: int) -> None:
    stock = read(f"workers: {workers}\n").stock
    assert (stock.items, stock.memory_bytes, stock.makers) == (items, memory_bytes, 1)


def test_what_is_set(read: Any) -> None:
    stock = read("stock: {items: 7, memory: 2MiB, makers: 3}\n").stock
    assert (stock.items, stock.memory_bytes, stock.makers) == (7, 2 * 2**20, 3)


@pytest.mark.parametrize("wrong", ["items: 0", "memory: 1MB", "makers: 0", "makers: 65", "item: 3"])
def test_what_may_not_be_set(read: Any, wrong: str) -> None:
    with pytest.raises(ConfigError):
        read(f"stock: {{{wrong}}}\n")


@pytest.mark.parametrize("workers, warned", [(13, False), (14, True)])
def test_too_little_memory_for_a_question_is_warned_of(
    read: Any, workers: int, warned: bool
) -> None:
    found = read(f"stock: {{memory: 1MiB}}\nworkers: {workers}\n").warnings
    assert any("stock.memory" in str(warning) for warning in found) is warned
    assert not read(f"stock: {{memory: 1MiB}}\nworkers: {workers}\n", PLAIN).warnings


# --- Pictures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_folder_of_pictures(read: Any, art: Path, form: str) -> None:
    (art / f"one.{form.lower()}").write_bytes(picture(1600, 900, form))
    (art / "notes.txt").write_text("mine")
    (kept,) = read("art: pictures\n").pictures
    with Image.open(BytesIO(kept)) as opened:
        assert (opened.format, opened.mode, opened.size) == ("JPEG", "RGB", (SIDE_PX, 360))


def test_pictures_come_in_the_order_of_their_names(read: Any, art: Path) -> None:
    for name, width in (("b.jpg", 300), ("a.jpg", 400), ("c.JPG", 500)):
        (art / name).write_bytes(picture(width, 250))
    widths = [Image.open(BytesIO(kept)).width for kept in read("art: ./pictures\n").pictures]
    assert widths == [400, 300, 500]


def test_small_pictures_stay_as_large_as_they_are() -> None:
    assert Image.open(BytesIO(normalised(picture(300, 250)))).size == (300, 250)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "LA", "I;16"])
def test_any_mode_becomes_plain(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    assert Image.open(BytesIO(normalised(picture(300, 250, form, mode)))).mode == "RGB"


def test_it_is_upright_and_says_nothing_of_where_it_came_from() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "at home"
    kept = normalised(picture(400, 300, exif=exif, comment=b"at home"))
    assert Image.open(BytesIO(kept)).size == (300, 400)
    assert b"at home" not in kept


def test_the_look_of_pictures_is_kept() -> None:
    kept = Image.open(BytesIO(normalised(picture())))
    red, green, blue = kept.getpixel((300, 100))  # type: ignore[misc]
    assert abs(green - 128) < 6 and red < 6 and blue < 6


@pytest.mark.parametrize("side_px, usable", [(LEAST_PX, True), (LEAST_PX - 1, False)])
def test_how_small_one_may_be(side_px: int, usable: bool) -> None:
    encoded = picture(400, side_px)
    if usable:
        assert normalised(encoded)
    else:
        with pytest.raises(NotUsable, match="smaller than 200 px"):
            normalised(encoded)


@pytest.mark.parametrize(
    "encoded", [b"", b"no picture", picture()[:600], picture(form="GIF"), b"<svg/>"]
)
def test_what_is_no_picture_is_told(encoded: bytes) -> None:
    with pytest.raises(NotUsable, match="no picture that can be read"):
        normalised(encoded)


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(NotUsable, match="million pixels"):
        normalised(picture(8000, 7000, "PNG", "1"))
    with pytest.raises(NotUsable):
        normalised(picture(30_000, 20_000, "PNG", "1"))


def faults(read: Any, settings: str = "art: pictures\n") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(settings)
    return [str(fault) for fault in caught.value.faults]


def test_every_fault_has_its_place_and_remedy(read: Any, art: Path) -> None:
    (art / "good.jpg").write_bytes(picture())
    (art / "torn.jpg").write_bytes(picture()[:600])
    (art / "tiny.png").write_bytes(picture(20, 20, "PNG"))
    (art / "huge.png").write_bytes(bytes(MOST_FILE_BYTES + 1))
    found = faults(read)
    assert len(found) == 3
    assert all("gateway.yaml:2:6: art: " in fault and ": " in fault for fault in found), found
    for name, words in (
        ("torn.jpg", "save it as JPEG"),
        ("tiny.png", "take it out"),
        ("huge.png", "make it smaller"),
    ):
        assert any(name in fault and words in fault for fault in found)


def test_no_folder_no_pictures_too_many(read: Any, art: Path) -> None:
    assert "make it, or leave art out" in faults(read, "art: nowhere\n")[0]
    assert "put pictures there" in faults(read)[0]
    for n in range(MOST_PICTURES):
        (art / f"{n:02}.jpg").write_bytes(picture(200, 200))
    assert len(read("art: pictures\n").pictures) == MOST_PICTURES
    (art / "more.jpg").write_bytes(picture())
    assert "at most 64 are used" in faults(read)[0]


def test_pictures_that_nobody_draws_from_are_not_read(read: Any, art: Path) -> None:
    (art / "torn.jpg").write_bytes(b"torn")
    config = read("art: pictures\n", PLAIN)
    assert config.pictures == ()
    (warning,) = config.warnings
    assert "no picture is used" in str(warning)
