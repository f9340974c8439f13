#!/usr/bin/env python3
"""Build what lies in this folder from pinned packages: the icon atlas and the subset fonts.

Not run by tests nor by the gateway: what it makes is kept here. To run it again:

    python -m venv /tmp/art && /tmp/art/bin/pip install \\
        resvg_py==0.5.0 fonttools==4.68.0 brotli==1.2.1 pillow==13.0.0 numpy==2.4.6
    /tmp/art/bin/python config/art/make.py icons fonts

Needs npm, which fetches the packages. `--sheet FILE` also writes a picture of every icon by name.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

HERE = Path(__file__).parent
PACKAGES = {
    "phosphor": "@phosphor-icons/core@2.1.1",
    "tabler": "@tabler/icons@3.51.0",
    "noto-sans-sc": "@fontsource/noto-sans-sc@5.3.0",
    "noto-sans": "@fontsource/noto-sans@5.3.0",
    "noto-serif-sc": "@fontsource/noto-serif-sc@5.3.0",
    "lxgw-wenkai": "@fontsource/lxgw-wenkai@5.3.0",
    "noto-serif": "@fontsource/noto-serif@5.3.0",
}
LISTED = ("phrases.txt", "characters.txt")
PLAIN = ("plain.txt",)  # whatever is never asked for in other styles would only weigh
ASCII: tuple[str, ...] = ()
FONTS = {  # our file: package, its file, the lists of what it holds
    "noto-sans-sc-regular.ttf": ("noto-sans-sc", "chinese-simplified-400", LISTED),
    "noto-sans-sc-bold.ttf": ("noto-sans-sc", "chinese-simplified-700", LISTED),
    "noto-serif-sc-black.ttf": ("noto-serif-sc", "chinese-simplified-900", PLAIN),
    "lxgw-wenkai-bold.ttf": ("lxgw-wenkai", "latin-700", PLAIN),  # its name for the whole font
    "noto-sans-regular.ttf": ("noto-sans", "latin-400", ASCII),
    "noto-sans-bold.ttf": ("noto-sans", "latin-700", ASCII),
    "noto-serif-black.ttf": ("noto-serif", "latin-900", ASCII),
}
HEADS = {  # of each licence file: what of ours it covers
    "phosphor": "Icons of icons.png whose source in icons.json begins with @phosphor-icons/core.",
    "tabler": "Icons of icons.png whose source in icons.json begins with @tabler/icons.",
    "noto-sans-sc": "The fonts noto-sans-sc-regular.ttf and noto-sans-sc-bold.ttf, subsets of it.",
    "noto-sans": "The fonts noto-sans-regular.ttf and noto-sans-bold.ttf, subsets of it.",
    "noto-serif-sc": "The font noto-serif-sc-black.ttf, a subset of it.",
    "lxgw-wenkai": "The font lxgw-wenkai-bold.ttf, a subset of it.",
    "noto-serif": "The font noto-serif-black.ttf, a subset of it.",
}
SIZE_PX = 96
MARGIN_PX = 4  # so that nothing touches its neighbour in the atlas
COLUMNS = 32
TURNS_DEG = (-30, -20, -10, 0, 10, 20, 30)
TOO_ALIKE = 0.9  # overlap of the filled pictures at the best of TURNS_DEG
ALIKE = 0.75  # never in one scene together
MOST_LIKE_IT = 3  # an icon of whose shape there are more is too plain to be asked for

Alpha = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Icon:
    group: str
    name: str
    package: str
    source: str  # its name there

    def files(self, root: Path) -> tuple[Path, Path]:
        """Outline and filled."""
        if self.package == "tabler":
            icons = root / "icons"
            return icons / "outline" / f"{self.source}.svg", icons / "filled" / f"{self.source}.svg"
        assets = root / "assets"
        filled = assets / "fill" / f"{self.source}-fill.svg"
        return assets / "regular" / f"{self.source}.svg", filled


def chosen() -> list[Icon]:
    return [
        icon
        for line in (HERE / "icons.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
        for icon in icons_of(line)
    ]


def icons_of(line: str) -> Iterator[Icon]:
    group, _, words = line.partition(":")
    for word in words.split():
        name, _, source = word.partition("=")
        package, colon, ours = (source or name).rpartition(":")
        yield Icon(group, name, package if colon else "phosphor", ours)


def families(file: str, names: set[str]) -> dict[str, set[str]]:
    """For each name those that people may take it for: of a file with a family a line."""
    kin: dict[str, set[str]] = {}
    for line in (HERE / file).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            family = set(line.split())
            if family - names:
                raise SystemExit(f"{file}: not listed: {family - names}")
            for name in family:
                kin.setdefault(name, set()).update(family)
    return kin


def fetch(name: str, source: str, into: Path) -> Path:
    """The package, unpacked. npm checks it against the registry's digest."""
    folder = into / name
    folder.mkdir()
    npm = shutil.which("npm") or "npm"
    subprocess.run([npm, "pack", source], cwd=folder, check=True, capture_output=True)  # noqa: S603
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / "package"


def licensed(name: str, into: Path) -> Path:
    """A package of PACKAGES, unpacked, its licence kept here."""
    package = fetch(name, PACKAGES[name], into)
    notice = f"{HEADS[name]}\nSource: npm package {PACKAGES[name]}. Its licence:\n\n"
    licence = (package / "LICENSE").read_text("utf-8")
    (HERE / f"LICENSE-{name}.txt").write_text(notice + licence, "utf-8")
    return package


# --- Icons -----------------------------------------------------------------------------------


def drawn(svg: Path) -> Alpha:
    """(96, 96): how much ink."""
    import resvg_py

    text = svg.read_text("utf-8").replace("currentColor", "black")
    inner_px = SIZE_PX - 2 * MARGIN_PX
    data = bytes(resvg_py.svg_to_bytes(svg_string=text, width=inner_px * 2, height=inner_px * 2))
    large = Image.open(io.BytesIO(data)).getchannel("A")
    small = np.asarray(large.resize((inner_px, inner_px), Image.Resampling.BOX))
    return np.pad(small, MARGIN_PX)


def normal(ink: Alpha) -> Image.Image:
    """Its bounding box, scaled to fill 48 px, in the middle of 64."""
    picture = Image.fromarray(ink)
    cut = picture.crop(picture.getbbox())
    ratio = 48 / max(cut.size)
    fitted = cut.resize((max(1, round(cut.width * ratio)), max(1, round(cut.height * ratio))))
    out = Image.new("L", (64, 64))
    out.paste(fitted, ((64 - fitted.width) // 2, (64 - fitted.height) // 2))
    return out


def likeness(inks: list[Alpha]) -> NDArray[np.float32]:
    """(n, n): overlap over union of the filled pictures, at the best turn of one of them."""
    upright = [normal(ink) for ink in inks]
    flat = np.array([np.asarray(p, np.float32).ravel() / 255 for p in upright])
    best = np.zeros((len(inks), len(inks)), np.float32)
    for turn_deg in TURNS_DEG:
        turned = [p.rotate(turn_deg, Image.Resampling.BILINEAR) for p in upright]
        other = np.array([np.asarray(p, np.float32).ravel() / 255 for p in turned])
        both = flat @ other.T
        sums = (flat**2).sum(1)[:, None] + (other**2).sum(1)[None, :]
        best = np.maximum(best, both / (sums - both))
    return np.maximum(best, best.T)


def build_icons(packages: Path) -> None:
    icons = chosen()
    roots = {name: licensed(name, packages) for name in ("phosphor", "tabler")}
    pairs = [tuple(map(drawn, icon.files(roots[icon.package]))) for icon in icons]
    alike = likeness([filled for _, filled in pairs])
    clashes = [
        f"{icons[a].name} and {icons[b].name}: {alike[a, b]:.2f}"
        for a, b in combinations(range(len(icons)), 2)
        if alike[a, b] > TOO_ALIKE
    ]
    if clashes:
        raise SystemExit("Too alike:\n" + "\n".join(clashes))
    save_atlas(pairs)
    save_index(icons, alike)


def save_atlas(pairs: list[tuple[Alpha, ...]]) -> None:
    """Rows of 16 pairs, outline left of filled."""
    cells = [ink for pair in pairs for ink in pair]
    rows = -(-len(cells) // COLUMNS)
    atlas = np.zeros((rows * SIZE_PX, COLUMNS * SIZE_PX), np.uint8)
    for number, ink in enumerate(cells):
        y, x = number // COLUMNS * SIZE_PX, number % COLUMNS * SIZE_PX
        atlas[y : y + SIZE_PX, x : x + SIZE_PX] = ink // 17 * 17  # 16 shades: half the bytes
    Image.fromarray(atlas).save(HERE / "icons.png", optimize=True)


def save_index(icons: list[Icon], alike: NDArray[np.float32]) -> None:
    """One line an icon: name, group, source, and the icons that must not stand beside it."""
    lines = []
    kin = families("kin.txt", {icon.name for icon in icons})
    for number, icon in enumerate(icons):
        order = [int(at) for at in np.argsort(-alike[number]) if int(at) != number]
        of_its_shape = [icons[at].name for at in order if alike[number, at] > ALIKE]
        of_its_meaning = sorted(kin.get(icon.name, set()) - {icon.name, *of_its_shape})
        row = {
            "name": icon.name,
            "group": icon.group,
            "source": f"{PACKAGES[icon.package]}/{icon.source}",
            "alike": of_its_shape + of_its_meaning,
            "plain": len(of_its_shape) > MOST_LIKE_IT,
        }
        lines.append(json.dumps(row))
    (HERE / "icons.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", "utf-8")


def save_sheet(path: Path) -> None:
    atlas = Image.open(HERE / "icons.png")
    names = [row["name"] for row in json.loads((HERE / "icons.json").read_text("utf-8"))]
    pairs = COLUMNS // 2
    sheet = Image.new("L", (atlas.width, atlas.height // SIZE_PX * (SIZE_PX + 16)), 255)
    draw = ImageDraw.Draw(sheet)
    for number, name in enumerate(names):
        row, column = divmod(number, pairs)
        x, y = column * 2 * SIZE_PX, row * SIZE_PX
        cut = atlas.crop((x, y, x + 2 * SIZE_PX, y + SIZE_PX))
        sheet.paste(0, (x, row * (SIZE_PX + 16)), cut)
        draw.text((x + 8, row * (SIZE_PX + 16) + SIZE_PX), name, fill=0)
    sheet.save(path)


# --- Fonts -----------------------------------------------------------------------------------


def wanted_characters(lists: tuple[str, ...]) -> str:
    """Every character of the lists; without any, ASCII."""
    lines = [
        line
        for name in lists
        for line in (HERE / name).read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    return "".join(sorted(set("".join(lines)) - set(" \t"))) or "".join(map(chr, range(0x20, 0x7F)))


def build_fonts(packages: Path) -> None:
    roots = {name: licensed(name, packages) for name, _, _ in FONTS.values()}
    for ours, (package, part, lists) in FONTS.items():
        source = roots[package] / "files" / f"{package}-{part}-normal.woff2"
        save_subset(source, HERE / ours, wanted_characters(lists))


def save_subset(source: Path, target: Path, characters: str) -> None:
    from fontTools import subset

    options: Any = subset.Options()
    options.flavor = None  # plain TrueType: every FreeType reads it, and opens it 10 times sooner
    options.layout_features = []  # single characters: no ligatures, no kerning
    options.hinting = False
    options.drop_tables += ["FFTM", "feat", "morx"]
    options.name_IDs = [0, 1, 2, 5, 13, 14]  # copyright, family, style, version, licence
    font = subset.load_font(source, options)
    missing = set(characters) - {chr(code) for code in font.getBestCmap()}
    if missing:
        raise SystemExit(f"{source.name} lacks: {''.join(sorted(missing))}")
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=characters)
    subsetter.subset(font)
    subset.save_font(font, target, options)


# --- Run -------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=["icons", "fonts"], help="what to build")
    parser.add_argument("--sheet", type=Path, help="write a picture of all icons here")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if "icons" in asked.parts:
            build_icons(Path(folder))
        if "fonts" in asked.parts:
            build_fonts(Path(folder))
    if asked.sheet:
        save_sheet(asked.sheet)
    for path in sorted(HERE.iterdir()):
        print(f"{path.stat().st_size:9,} B  {path.name}")


if __name__ == "__main__":
    main()
