"""Which entries a path reading concerns, without asking each of them.

Exact paths sit in a dict, `*` and `**` patterns in a trie of segments, expressions under their
first segment if that is literal; only the others are tried on every path. (Not an `re2.Set`: one
that runs out of memory reports no match, which here would be a way around the gate.) All of it
ignores letter case and a final slash; a hit that needed that is not *sure*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from gateway.routing.patterns import (
    Exact,
    Pattern,
    Regex,
    Segments,
    compile_regex,
)

T = TypeVar("T")

_FIRST_SEGMENT = re.compile(r"/([A-Za-z0-9_-]+)/(?![*+?{])")


@dataclass(slots=True)
class _Node(Generic[T]):
    children: dict[bytes, _Node[T]] = field(default_factory=dict)
    star: _Node[T] | None = None
    ends: list[tuple[T, Segments]] = field(default_factory=list)
    below: list[tuple[T, Segments]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Expression(Generic[T]):
    item: T
    loose: Any
    exact: Any


class PathIndex(Generic[T]):
    """Filled with `add`, then asked with `find`."""

    def __init__(self) -> None:
        self._exact: dict[bytes, list[tuple[T, bytes | None]]] = {}
        self._root: _Node[T] = _Node()
        self._walks = False
        self._always: list[T] = []
        self._expressions: dict[bytes | None, list[_Expression[T]]] = {}
        self._sources: list[str] = []  # of those tried on every path
        self._any: Any = None  # what one of them fits, this fits; None: not known
        self._joined = 0  # how many of them it is made of

    def add(self, item: T, pattern: Pattern | None) -> None:
        """None: the item is about any path. Raises ValueError on a broken expression."""
        match pattern:
            case None:
                self._always.append(item)
            case Exact(path, aliases):
                self._exact.setdefault(_key(path), []).append((item, path))
                for alias in aliases:
                    self._exact.setdefault(_key(alias), []).append((item, None))
            case Segments():
                self._walks = True
                node = self._descend(pattern.parts)
                (node.below if pattern.below else node.ends).append((item, pattern))
            case Regex(source):
                loose, exact = (compile_regex(source, ignore_case=loose) for loose in (True, False))
                known, segment = _Expression(item, loose, exact), first_segment(source)
                self._expressions.setdefault(segment, []).append(known)
                if segment is None:
                    self._sources.append(source)

    def find(self, path: bytes) -> Iterator[tuple[T, bool]]:
        """Items whose pattern fits, each with whether it surely does; may repeat an item."""
        for item in self._always:
            yield item, True
        for item, spelled in self._exact.get(_key(path), ()):
            yield item, spelled == path
        if self._walks and path.startswith(b"/"):
            yield from self._walk(path)
        if self._expressions:
            yield from self._expressed(path)

    def _expressed(self, path: bytes) -> Iterator[tuple[T, bool]]:
        text = path if path.isascii() else path.decode("utf-8", "replace").encode()
        _, _, rest = path.partition(b"/")
        keys: tuple[bytes | None, ...] = (None, rest.partition(b"/")[0].lower())
        if self._joined != len(self._sources):
            self._any, self._joined = _any_of(self._sources), len(self._sources)
        if self._any is not None and self._any.fullmatch(text) is None:
            keys = keys[1:]
        for key in keys:
            for known in self._expressions.get(key, ()):
                if known.loose.fullmatch(text):
                    yield known.item, known.exact.fullmatch(text) is not None

    def _descend(self, parts: tuple[bytes | None, ...]) -> _Node[T]:
        node = self._root
        for part in parts:
            if part is None:
                node.star = node.star or _Node()
                node = node.star
            else:
                node = node.children.setdefault(part.lower(), _Node())
        return node

    def _walk(self, path: bytes) -> Iterator[tuple[T, bool]]:
        segments = path.split(b"/")[1:]
        if segments[-1] == b"":
            segments.pop()
        nodes = [self._root]
        for item, _ in self._root.below:
            yield item, True
        for depth, segment in enumerate(segments, 1):
            low = segment.lower()
            nodes = [
                child
                for node in nodes
                for child in (node.children.get(low), node.star)
                if child is not None
            ]
            if not nodes:
                return
            for node in nodes:
                ends = node.ends if depth == len(segments) else ()
                for item, pattern in (*node.below, *ends):
                    yield item, _spelled(pattern, segments)
        if not segments:
            for item, _ in self._root.ends:
                yield item, True


def _spelled(pattern: Segments, segments: list[bytes]) -> bool:
    return all(
        part is None or part == segment
        for part, segment in zip(pattern.parts, segments, strict=False)
    )


def _any_of(sources: list[str]) -> Any:
    """One expression for several, so that what fits none of them is tried once."""
    if any(r"\Q" in source for source in sources):
        return None  # a quotation without an end would go on into the next
    try:
        return compile_regex("|".join(f"(?:{source})" for source in sources), ignore_case=True)
    except ValueError:  # together they are too large, or name a group twice
        return None


def first_segment(source: str) -> bytes | None:
    r"""`user` of `/user/\d+`: what every match starts with; None where that is not plain to see."""
    found = _FIRST_SEGMENT.match(source)
    return None if found is None or "|" in source else found[1].lower().encode()


def _key(path: bytes) -> bytes:
    return path.lower().rstrip(b"/") or b"/"
