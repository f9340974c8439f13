"""Boxes to be laid out: what a browser knows by being one, and a client without must compute.

Each question brings some small trees of styled boxes, drawn anew. The page builds them out of sight
and tells where one of each came to lie; the ticket holds where CSS says it must. Nothing of the
visitor's own is measured: no text, no fonts, no colours, so every browser gives the same numbers.
It stops clients that make a report up, not those that drive a browser, nor those who write a layout
engine for what is drawn here (or take this one): for them it is a cost, once.

A box is told as `[left, top, width, height]` in CSS pixels, from the tree's own corner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import cos, radians, sin
from random import Random
from types import MappingProxyType
from typing import Any, TypeAlias

from gateway.model import JSON

TREES = 4  # of a question
OFF_PX = 1.0  # browsers round to their own fractions of a pixel
LARGEST_PX = 1e6

Box: TypeAlias = tuple[float, float, float, float]
Tree: TypeAlias = dict[str, JSON]  # {"css", "in": [css of each child], "at": which is told}


def make(rng: Random) -> tuple[list[Tree], list[Box]]:
    """What the page is given, and what it must tell. Same `rng`, same trees."""
    drawn = [draw_named(name, rng) for name in rng.sample(sorted(DRAWS), TREES)]
    return [tree for tree, _ in drawn], [box for _, box in drawn]


def draw_named(name: str, rng: Random) -> tuple[Tree, Box]:
    """One tree of a sort, and where its box lies."""
    return DRAWS[name](rng)


def is_right(wanted: Sequence[Any], told: JSON) -> bool:
    """Whether all boxes lie where they must. Any JSON; never raises."""
    if not isinstance(told, list) or len(told) != len(wanted):
        return False
    return all(_lies(box, at) for box, at in zip(told, wanted, strict=True))


def _lies(box: JSON, wanted: Sequence[float]) -> bool:
    if not isinstance(box, list) or len(box) != len(wanted):
        return False
    return all(
        type(number) in (int, float) and abs(number) <= LARGEST_PX and abs(number - at) <= OFF_PX
        for number, at in zip(box, wanted, strict=True)
    )


def _tree(css: str, children: list[str], at: int) -> Tree:
    return {"css": css, "in": children, "at": at}


def grown(rng: Random) -> tuple[Tree, Box]:
    """Flexible boxes share what is left of a row (css-flexbox-1, 9.7)."""
    wide, high, count = rng.randrange(300, 480), rng.randrange(10, 60), rng.randrange(3, 6)
    bases = [rng.randrange(8, 40) for _ in range(count)]
    grow = [rng.randrange(1, 6) for _ in range(count)]
    left_over = wide - sum(bases)
    widths = [b + left_over * g / sum(grow) for b, g in zip(bases, grow, strict=True)]
    at = rng.randrange(count)
    children = [
        f"flex:{g} 0 {b}px;min-width:0;height:{high}px" for b, g in zip(bases, grow, strict=True)
    ]
    tree = _tree(f"display:flex;width:{wide}px", children, at)
    return tree, (sum(widths[:at]), 0, widths[at], high)


def shrunk(rng: Random) -> tuple[Tree, Box]:
    """Boxes too wide for their row give way by their width (css-flexbox-1, 9.7), last one first."""
    wide, high, count = rng.randrange(150, 240), rng.randrange(10, 60), rng.randrange(3, 5)
    bases = [rng.randrange(90, 180) for _ in range(count)]
    missing, whole = sum(bases) - wide, sum(bases)
    widths = [base - missing * base / whole for base in bases]
    at = rng.randrange(count)
    css = f"display:flex;flex-direction:row-reverse;width:{wide}px"
    children = [f"flex:0 1 {base}px;min-width:0;height:{high}px" for base in bases]
    return _tree(css, children, at), (sum(widths[at + 1 :]), 0, widths[at], high)


def wrapped(rng: Random) -> tuple[Tree, Box]:
    """A full row begins another; `order` says who comes when (css-flexbox-1, 5.4 and 9.3)."""
    wide, high, count = rng.randrange(180, 260), rng.randrange(8, 30), rng.randrange(5, 9)
    widths = [rng.randrange(30, 110) for _ in range(count)]
    order = rng.sample(range(count), count)
    places: dict[int, tuple[int, int]] = {}
    x = y = 0
    for child in sorted(range(count), key=order.__getitem__):
        if x + widths[child] > wide:
            x, y = 0, y + high
        places[child] = (x, y)
        x += widths[child]
    at = rng.randrange(count)
    css = f"display:flex;flex-wrap:wrap;align-content:flex-start;width:{wide}px;height:400px"
    children = [
        f"flex:none;order:{n};width:{w}px;height:{high}px"
        for n, w in zip(order, widths, strict=True)
    ]
    return _tree(css, children, at), (*places[at], widths[at], high)


def gridded(rng: Random) -> tuple[Tree, Box]:
    """Columns fixed and by share, with gaps (css-grid-1, 11.7)."""
    wide, row, gap = rng.randrange(260, 420), rng.randrange(12, 50), rng.randrange(2, 14)
    fixed, shares = rng.randrange(30, 90), [rng.randrange(1, 5), rng.randrange(1, 5)]
    one = (wide - fixed - 2 * gap) / sum(shares)
    widths = [fixed, shares[0] * one, shares[1] * one]
    count = rng.randrange(4, 10)
    at = rng.randrange(count)
    line, column = divmod(at, 3)
    css = (
        f"display:grid;width:{wide}px;grid-template-columns:{fixed}px {shares[0]}fr {shares[1]}fr;"
        f"grid-auto-rows:{row}px;gap:{gap}px"
    )
    left = sum(widths[:column]) + column * gap
    return _tree(css, ["min-width:0"] * count, at), (left, line * (row + gap), widths[column], row)


def turned(rng: Random) -> tuple[Tree, Box]:
    """The box around a box that was turned about its middle (css-transforms-1, 6)."""
    wide, high, angle = rng.randrange(30, 120), rng.randrange(30, 120), rng.randrange(5, 355)
    x, y = rng.randrange(100, 200), rng.randrange(100, 200)
    across, along = abs(sin(radians(angle))), abs(cos(radians(angle)))
    around, tall = wide * along + high * across, wide * across + high * along
    css = "position:relative;width:400px;height:400px"
    child = (
        f"position:absolute;left:{x}px;top:{y}px;width:{wide}px;height:{high}px;"
        f"transform:rotate({angle}deg)"
    )
    box = (x + (wide - around) / 2, y + (high - tall) / 2, around, tall)
    return _tree(css, [child], 0), box


def computed(rng: Random) -> tuple[Tree, Box]:
    """Shares of a box's width, padding above too (css-box-3, 4; css-values-3, 8.1)."""
    wide, share, less = rng.randrange(200, 400), rng.randrange(40, 80), rng.randrange(5, 40)
    margin, padding, above = rng.randrange(2, 20), rng.randrange(4, 30), rng.randrange(3, 50)
    css = f"display:flow-root;width:{wide}px"
    first = f"height:{above}px;width:10px"
    second = f"width:calc({share}% - {less}px);margin-left:{margin}%;padding-top:{padding}%"
    box = (wide * margin / 100, above, wide * share / 100 - less, wide * padding / 100)
    return _tree(css, [first, second], 1), box


def centred(rng: Random) -> tuple[Tree, Box]:
    """Margins that take what is left (css-flexbox-1, 8.1)."""
    wide, high = rng.randrange(150, 400), rng.randrange(100, 300)
    w, h, right = rng.randrange(20, 100), rng.randrange(20, 80), rng.randrange(0, 40)
    css = f"display:flex;width:{wide}px;height:{high}px"
    child = f"flex:none;width:{w}px;height:{h}px;margin:auto {right}px 0 auto"
    return _tree(css, [child], 0), (wide - w - right, high - h, w, h)


DRAWS: Mapping[str, Callable[[Random], tuple[Tree, Box]]] = MappingProxyType(
    {draw.__name__: draw for draw in (grown, shrunk, wrapped, gridded, turned, computed, centred)}
)
