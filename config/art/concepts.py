#!/usr/bin/env python3
"""Build what `icon` draws with: of each thing of concepts.txt several drawings, by several hands.

Not run by tests nor by the gateway: what it makes is kept here. To run it again, as make.py:

    /tmp/art/bin/python config/art/concepts.py [--sheet FILE]
"""

from __future__ import annotations

import argparse
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from make import Alpha, families, fetch, likeness
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

HERE = Path(__file__).parent
SHOWN = "noto"  # the set that prompts are of
SETS = {  # how a set is called in concepts.txt: its package
    SHOWN: "@iconify-json/noto@1.2.9",
    "fluent": "@iconify-json/fluent-emoji-high-contrast@1.2.6",
    "mdi": "@mdi/svg@7.4.47",
    "phosphor": "@phosphor-icons/core@2.1.1",
    "tabler": "@tabler/icons@3.51.0",
    "icon-park": "@iconify-json/icon-park-solid@1.2.4",
}
FILES = {  # of packages of files: the one that a name stands for
    "mdi": "svg/{}.svg",
    "phosphor": "assets/fill/{}-fill.svg",
    "tabler": "icons/filled/{}.svg",
}
SIZE_PX, MARGIN_PX = 80, 2  # of a drawing in one tone
THIN_PX, THIN = 11, 0.25  # strokes narrower than so much; the share of ink that is none at least
COLUMNS = 40
SHOWN_PX = 64  # of one in colours
SHOWN_COLUMNS = 20
QUALITY = 80  # of these
ALIKE = 0.85  # overlap of two drawings at the best turn: never in one picture

Shape = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Concept:
    name: str
    drawings: tuple[tuple[str, str], ...]  # (set, its name there)


def listed() -> list[Concept]:
    lines = (HERE / "concepts.txt").read_text("utf-8").splitlines()
    return [_concept(line) for line in lines if line and not line.startswith("#")]


def _concept(line: str) -> Concept:
    name, _, words = line.partition(":")
    pairs = [word.partition("=") for word in words.split()]
    return Concept(name, tuple((known, other or name) for known, _, other in pairs))


def reader(known: str, root: Path) -> Callable[[str], str]:
    """Gives the SVG of a name in the unpacked package."""
    if known in FILES:
        return lambda name: (root / FILES[known].format(name)).read_text("utf-8")
    icons = json.loads((root / "icons.json").read_text("utf-8"))
    return lambda name: _svg(icons, name)


def _svg(icons: Any, name: str) -> str:
    one = icons["icons"][name]
    box = [one.get(key, icons.get(key, 0)) for key in ("left", "top", "width", "height")]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="{" ".join(map(str, box))}">{one["body"]}</svg>'
    )


def drawn(svg: str, size_px: int, margin_px: int) -> Image.Image:
    """(size_px, size_px) of mode RGBA, its ink as large as fits within the margin."""
    import resvg_py

    text = svg.replace("currentColor", "black")
    data = bytes(resvg_py.svg_to_bytes(svg_string=text, width=4 * size_px, height=4 * size_px))
    large = Image.open(io.BytesIO(data)).convert("RGBA")
    cut = large.crop(large.getchannel("A").getbbox())
    ratio = (size_px - 2 * margin_px) / max(cut.size)
    size = max(1, round(cut.width * ratio)), max(1, round(cut.height * ratio))
    out = Image.new("RGBA", (size_px, size_px))
    at = (size_px - size[0]) // 2, (size_px - size[1]) // 2
    out.paste(cut.resize(size, Image.Resampling.BOX), at)
    return out


def bold(ink: Alpha) -> Alpha:
    """What is drawn in thin strokes, with thicker ones: it is to be seen where it is bent."""
    picture = Image.fromarray(ink)
    solid = picture.filter(ImageFilter.MinFilter(THIN_PX)).filter(ImageFilter.MaxFilter(THIN_PX))
    if np.asarray(solid, np.float32).sum() > THIN * np.asarray(ink, np.float32).sum():
        return ink
    wider = np.asarray(picture.filter(ImageFilter.MaxFilter(3)))
    return np.pad(wider[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX], MARGIN_PX)


def build(packages: Path) -> None:
    concepts = listed()
    read = {known: reader(known, fetch(known, SETS[known], packages)) for known in SETS}
    shown = [drawn(read[SHOWN](each.name), SHOWN_PX, 0) for each in concepts]
    inks = [
        [
            bold(np.asarray(drawn(read[known](name), SIZE_PX, MARGIN_PX).getchannel("A")))
            for known, name in each.drawings
        ]
        for each in concepts
    ]
    save_shown(shown)
    save_inks([ink for each in inks for ink in each])
    save_index(concepts, alike(inks))


def alike(inks: list[list[Alpha]]) -> Shape:
    """(n, n): overlap over union of the likest drawings of two things."""
    flat = likeness([ink for each in inks for ink in each])
    starts = np.cumsum([0, *map(len, inks)])[:-1]
    rows = np.maximum.reduceat(flat, starts, axis=0)
    return np.asarray(np.maximum.reduceat(rows, starts, axis=1), np.float32)


def save_shown(shown: list[Image.Image]) -> None:
    rows = -(-len(shown) // SHOWN_COLUMNS)
    atlas = Image.new("RGBA", (SHOWN_COLUMNS * SHOWN_PX, rows * SHOWN_PX))
    for number, picture in enumerate(shown):
        row, column = divmod(number, SHOWN_COLUMNS)
        atlas.paste(picture, (column * SHOWN_PX, row * SHOWN_PX))
    atlas.save(HERE / "concepts.webp", quality=QUALITY, method=6)


def save_inks(inks: list[Alpha]) -> None:
    rows = -(-len(inks) // COLUMNS)
    atlas = np.zeros((rows * SIZE_PX, COLUMNS * SIZE_PX), np.uint8)
    for number, ink in enumerate(inks):
        y, x = number // COLUMNS * SIZE_PX, number % COLUMNS * SIZE_PX
        atlas[y : y + SIZE_PX, x : x + SIZE_PX] = (ink.astype(int) + 17) // 36 * 36  # 8 shades
    Image.fromarray(atlas).save(HERE / "concepts.png", optimize=True)


def save_index(concepts: list[Concept], overlaps: Shape) -> None:
    """One line a thing: name, sources, and the things that must not stand beside it. Those that
    lie beside it are written by near.py, which needs the atlas."""
    names = [each.name for each in concepts]
    kin = families("concepts-kin.txt", set(names))
    lines = []
    for number, each in enumerate(concepts):
        of_its_shape = {names[at] for at in np.flatnonzero(overlaps[number] > ALIKE)}
        row = {
            "name": each.name,
            "shown": SETS[SHOWN],
            "drawings": [f"{SETS[known]}/{name}" for known, name in each.drawings],
            "alike": sorted((of_its_shape | kin.get(each.name, set())) - {each.name}),
            "near": [],
        }
        lines.append(json.dumps(row))
    (HERE / "concepts.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")


def save_sheet(path: Path, room_px: int = 56, beside: int = 4) -> None:
    """Every thing by name: what the prompt shows, then its drawings."""
    shown = Image.open(HERE / "concepts.webp")
    inks = Image.open(HERE / "concepts.png")
    rows, number = json.loads((HERE / "concepts.json").read_text("utf-8")), 0
    down = -(-len(rows) // beside)
    sheet = Image.new("RGB", (beside * 7 * room_px, down * (room_px + 12)), "white")
    draw = ImageDraw.Draw(sheet)
    for at, row in enumerate(rows):
        x, y = at // down * 7 * room_px, at % down * (room_px + 12)
        draw.text((x, y), row["name"], fill="red")
        top, left = (n * SHOWN_PX for n in divmod(at, SHOWN_COLUMNS))
        cut = shown.crop((left, top, left + SHOWN_PX, top + SHOWN_PX)).resize((room_px, room_px))
        sheet.paste(cut, (x, y + 11), cut)
        for place in range(len(row["drawings"])):
            top, left = (n * SIZE_PX for n in divmod(number, COLUMNS))
            cut = inks.crop((left, top, left + SIZE_PX, top + SIZE_PX)).resize((room_px, room_px))
            sheet.paste(0, (x + (place + 1) * room_px, y + 11), cut)
            number += 1
    sheet.save(path)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sheet", type=Path, help="write a picture of all things here")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
    if asked.sheet:
        save_sheet(asked.sheet)
    for path in sorted(HERE.glob("concepts*")):
        print(f"{path.stat().st_size:9,} B  {path.name}")


if __name__ == "__main__":
    main()
