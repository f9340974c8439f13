"""The pictures of a view, found by walking it: no kind has to say where it keeps them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gateway.model import JSON

Path: TypeAlias = tuple[str | int, ...]

ROUNDS = "rounds"  # where a view of several rounds keeps them
_PREFIX = "data:image/"
_LONGEST_TEXT_CHARS = 80  # of what is not a picture


@dataclass(frozen=True, slots=True)
class Found:
    """One picture: where it was in the view, and its file's bytes."""

    path: Path
    data: bytes

    @property
    def name(self) -> str:
        return named(self.path)

    @property
    def family(self) -> Path:
        """The same for all pictures of one list."""
        last = max((at for at, key in enumerate(self.path) if isinstance(key, int)), default=None)
        return self.path if last is None else self.path[:last]


def named(path: Path) -> str:
    """A path as one writes it: `rounds[0].scene`."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return "".join(parts).removeprefix(".")


def pictures(view: JSON, path: Path = ()) -> Iterator[Found]:
    """Every picture of a view, in its order."""
    if isinstance(view, str):
        if (data := _decoded(view)) is not None:
            yield Found(path, data)
        return
    for key, inner in _items(view):
        yield from pictures(inner, (*path, key))


def words(view: JSON, path: Path = ()) -> Iterator[str]:
    """What a view says beside its pictures, as `name=value`."""
    if isinstance(view, dict | list) and view:
        for key, inner in _items(view):
            yield from words(inner, (*path, key))
    elif path and not (isinstance(view, str) and view.startswith(_PREFIX)):
        yield f"{named(path)}={str(view)[:_LONGEST_TEXT_CHARS]}"


def rounds(found: Sequence[Found]) -> list[list[Found]]:
    """Pictures that are looked at together. Those of no round come first."""
    groups: dict[Path, list[Found]] = {(): []}
    for one in found:
        in_round = len(one.path) > 2 and one.path[0] == ROUNDS
        groups.setdefault(one.path[:2] if in_round else (), []).append(one)
    return [group for group in groups.values() if group]


def _items(view: JSON) -> Sequence[tuple[str | int, JSON]]:
    if isinstance(view, dict):
        return list(view.items())
    return list(enumerate(view)) if isinstance(view, list | tuple) else []


def _decoded(text: str) -> bytes | None:
    if not text.startswith(_PREFIX):
        return None
    head, mark, body = text.partition(",")
    if not mark or not head.endswith(";base64"):
        return None
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return None
