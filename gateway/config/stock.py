"""`stock` and `art`: questions made ahead, and the operator's own pictures to make them from."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import NamedTuple

from pydantic import Field

from gateway import kinds
from gateway.config.fields import Size, Whole
from gateway.config.part import Part, written
from gateway.config.settings import StockSettings
from gateway.config.shape import Faults
from gateway.model import Site
from gateway.stock.shelves import USUAL_BYTES, Wanted

SIDE_PX = 640  # the longest side of a picture as it is kept: scenes are drawn no larger
LEAST_PX = 200  # the shorter side of one that is worth a scene
MOST_PICTURES = 64
MOST_FILE_BYTES = 20 * 2**20
MOST_PIXELS = 50_000_000  # decoding takes three bytes for each
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP")
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


class StockPart(Part):
    """Questions of kinds that are drawn, made ahead."""

    items: Whole = Field(
        default=written("100"),
        ge=1,
        le=10_000,
        description="Questions of each kind, with the same `params`, that all workers keep ready.",
    )
    memory: Size = Field(
        default=written("64MiB"),
        ge=2**20,
        le=2**36,
        description="What they may take in memory, of all workers and kinds.",
    )
    makers: Whole = Field(
        default=written("1"),
        ge=1,
        le=64,
        description="Processes of each worker that make them, at low priority.",
    )


class NotUsable(Exception):  # noqa: N818 - a state to act on
    """A picture that scenes can't be made from; the message says why, and what to do."""


class Drawing(NamedTuple):
    """What a configuration draws: the sorts of its questions, from which pictures."""

    stock: StockSettings
    pictures: tuple[bytes, ...]


def compile_stock(
    part: StockPart, art: str, folder: Path, workers: int, sites: Iterable[Site], faults: Faults
) -> Drawing:
    """Each worker's part of the stock. Pictures are read only where something is drawn."""
    wanted = _wanted(sites)
    stock = StockSettings(
        wanted, ceil(part.items / workers), part.memory // workers, makers=part.makers
    )
    shelf_bytes = stock.memory_bytes // max(1, len(wanted))
    if wanted and shelf_bytes < 2 * USUAL_BYTES:
        each = f"leaves each worker {shelf_bytes // 1000} kB for a kind"
        faults.warn(("stock", "memory"), f"{each}, and a question takes up to 40 kB: give it more")
    if not art:
        return Drawing(stock, ())
    if not wanted:
        faults.warn(("art",), "no route asks a kind that is drawn, so no picture is used")
        return Drawing(stock, ())
    return Drawing(stock, _read_folder(folder / art, faults))


def _wanted(sites: Iterable[Site]) -> tuple[Wanted, ...]:
    """What the ladders ask for that has to be drawn."""
    known = kinds.load()
    rungs = [rung for site in sites for route in site.routes for rung in route.ladder]
    drawn = [Wanted(rung.kind, rung.params) for rung in rungs if known[rung.kind].drawn]
    return tuple(dict.fromkeys(drawn))


def _read_folder(folder: Path, faults: Faults) -> tuple[bytes, ...]:
    """The pictures of a folder, in order of their names."""
    if not folder.is_dir():
        faults.add(("art",), f"{folder} is no folder: make it, or leave art out")
        return ()
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    except OSError as error:
        faults.add(("art",), f"{folder} cannot be read: {error.strerror}")
        return ()
    if not paths:
        faults.add(("art",), f"{folder} holds no .jpg, .png or .webp: put pictures there")
    if len(paths) > MOST_PICTURES:
        many = f"{folder} holds {len(paths)} pictures, and at most {MOST_PICTURES} are used"
        faults.add(("art",), f"{many}: take the others out")
        return ()
    return tuple(filter(None, (_read(path, faults) for path in paths)))


def _read(path: Path, faults: Faults) -> bytes:
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise NotUsable("is larger than 20 MiB: make it smaller")
        return normalised(path.read_bytes())
    except OSError as error:
        faults.add(("art",), f"{path} cannot be read: {error.strerror}")
    except NotUsable as fault:
        faults.add(("art",), f"{path} {fault}")
    return b""


def normalised(encoded: bytes) -> bytes:
    """A picture as a plain JPEG of at most SIDE_PX, upright, with nothing of where it came from.

    Raises NotUsable.
    """
    from PIL import Image, ImageOps  # only here: who has no pictures carries no library

    try:
        with Image.open(BytesIO(encoded), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise NotUsable("has more than 50 million pixels: make it smaller")
            if min(opened.size) < LEAST_PX:
                raise NotUsable(f"is smaller than {LEAST_PX} px: take it out")
            opened.draft("RGB", (2 * SIDE_PX, 2 * SIDE_PX))  # JPEG: decode no more than is needed
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotUsable("is no picture that can be read: save it as JPEG, PNG or WebP") from error
    picture.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    plain = Image.frombytes("RGB", picture.size, picture.tobytes())  # without its metadata
    kept = BytesIO()
    plain.save(kept, "JPEG", quality=QUALITY)
    return kept.getvalue()
