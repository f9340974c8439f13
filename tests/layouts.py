"""A client's own layout engine, for just the boxes that gateway/layout.py draws.

What whoever writes a client without a browser has to write: these lines, once for every release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import cos, radians, sin
from typing import Any

Box = list[float]


def lay_out(trees: Sequence[Mapping[str, Any]] | None) -> list[Box] | None:
    """Where one box of each tree lies: left, top, width, height."""
    if trees is None:
        return None
    return [
        _lay(_read(tree["css"]), [_read(css) for css in tree["in"]], tree["at"]) for tree in trees
    ]


class _Style(dict[str, str]):
    def px(self, name: str) -> float:
        return _numbers(self[name])[0]


def _read(css: str) -> _Style:
    return _Style(part.split(":", 1) for part in css.split(";"))


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]


def _lay(root: _Style, children: list[_Style], at: int) -> Box:
    child = children[at]
    if "transform" in child:
        return _turned(child)
    match root["display"]:
        case "grid":
            return _grid(root, at)
        case "flow-root":
            return _computed(root, children)
    if "margin" in child:
        right = _numbers(child["margin"])[0]
        w, h = child.px("width"), child.px("height")
        return [root.px("width") - w - right, root.px("height") - h, w, h]
    return _wrap(root, children, at) if "flex-wrap" in root else _row(root, children, at)


def _row(root: _Style, children: list[_Style], at: int) -> Box:
    flex = [_numbers(child["flex"]) for child in children]
    left_over = root.px("width") - sum(basis for _, _, basis in flex)
    shares = [f[0] if left_over >= 0 else f[2] for f in flex]
    widths = [f[2] + left_over * share / sum(shares) for f, share in zip(flex, shares, strict=True)]
    before = widths[at + 1 :] if root.get("flex-direction") == "row-reverse" else widths[:at]
    return [sum(before), 0, widths[at], children[at].px("height")]


def _wrap(root: _Style, children: list[_Style], at: int) -> Box:
    x = y = 0.0
    for index in sorted(range(len(children)), key=lambda index: children[index].px("order")):
        wide, high = children[index].px("width"), children[index].px("height")
        if x + wide > root.px("width"):
            x, y = 0.0, y + high
        if index == at:
            return [x, y, wide, high]
        x += wide
    raise AssertionError("not there")


def _grid(root: _Style, at: int) -> Box:
    (fixed, *shares), gap = _numbers(root["grid-template-columns"]), root.px("gap")
    one = (root.px("width") - fixed - 2 * gap) / sum(shares)
    widths, row = [fixed, *(share * one for share in shares)], root.px("grid-auto-rows")
    line, column = divmod(at, 3)
    return [sum(widths[:column]) + column * gap, line * (row + gap), widths[column], row]


def _turned(child: _Style) -> Box:
    w, h, angle = child.px("width"), child.px("height"), radians(child.px("transform"))
    wide = w * abs(cos(angle)) + h * abs(sin(angle))
    high = w * abs(sin(angle)) + h * abs(cos(angle))
    return [child.px("left") + (w - wide) / 2, child.px("top") + (h - high) / 2, wide, high]


def _computed(root: _Style, children: list[_Style]) -> Box:
    whole, (above, child) = root.px("width"), children
    share, less = _numbers(child["width"].replace("- ", ""))
    left, padding = child.px("margin-left"), child.px("padding-top")
    return [
        whole * left / 100,
        above.px("height"),
        whole * share / 100 - less,
        whole * padding / 100,
    ]
