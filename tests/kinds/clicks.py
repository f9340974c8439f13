"""What kinds that ask for clicks have in common, for their tests."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model import JSON


def right(secret: Mapping[str, JSON]) -> JSON:
    """Each place clicked in its middle."""
    return [list(middle) for middle in secret["middles"]]


def off_px(
    secret: Mapping[str, JSON], which: int, dx: float, dy: float, size: tuple[int, int]
) -> JSON:
    """The same, with one click off by so many pixels of a picture of `size`."""
    answer = right(secret)
    answer[which] = [answer[which][0] + dx / size[0], answer[which][1] + dy / size[1]]
    return answer
