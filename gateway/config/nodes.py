"""A YAML document as plain nodes that remember where each key and value stands.

Every scalar stays text: the field it lands in says what it means. So `no`, `on`, `1_000`, `0o755`
can't turn into something else on the way, and `007` in a form field is still `007`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.config.faults import Place

UNNAMED = "unnamed-"  # begins a stand-in for a name that is missing or no name

Loc: TypeAlias = Sequence[str | int]


@dataclass(slots=True)
class Text:
    """A scalar. `value` is None for an empty or null one."""

    place: Place
    value: str | None
    secret: bool = False  # it came from the environment
    broken: bool = False  # it should have: what it holds is not what was meant


@dataclass(slots=True)
class Items:
    """A sequence."""

    place: Place
    items: list[Node]


@dataclass(slots=True)
class Entry:
    """A key with its value; the key has a place of its own."""

    key_place: Place
    node: Node


@dataclass(slots=True)
class Table:
    """A mapping, in file order."""

    place: Place
    entries: dict[str, Entry] = field(default_factory=dict)


Node: TypeAlias = Text | Items | Table
Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"


def plain(node: Node) -> Plain:
    """The node without its places."""
    match node:
        case Text():
            return node.value
        case Items():
            return [plain(item) for item in node.items]
        case Table():
            return {key: plain(entry.node) for key, entry in node.entries.items()}


def place_of(root: Node, loc: Loc, *, key: bool = False) -> Place:
    """Where the setting at `loc` stands: its value, or its key if `key`.

    A step that leads nowhere (a missing key, or a shorthand that was written out) stops the walk
    at the deepest thing there is.
    """
    node, place = root, root.place
    for index, step in enumerate(loc):
        if isinstance(node, Table) and isinstance(step, str) and step in node.entries:
            entry = node.entries[step]
            node, last = entry.node, index == len(loc) - 1
            place = entry.key_place if (last and key) or not _stands(node) else node.place
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            place = node.place
        else:
            break
    return place


def _stands(node: Node) -> bool:
    """Whether the node has text of its own to point at (an empty value has none)."""
    return not (isinstance(node, Text) and node.value is None)


def path_of(root: Node, loc: Loc) -> str:
    """The setting's path in words: list items by their `name` where they have one.

    A shorthand (one thing for a list of one, a text for a mapping) is named as it was written.
    """
    node: Node | None = root
    words: list[str] = []
    for step in loc:
        if isinstance(node, Text) or (isinstance(node, Table) and isinstance(step, int)):
            continue
        node = child(node, step)
        name = child(node, "name") if isinstance(step, int) else None
        if isinstance(name, Text) and name.value and not name.value.startswith(UNNAMED):
            words.append(name.value)
        elif isinstance(step, int):
            words[-1:] = [f"{words[-1] if words else ''}[{step}]"]
        else:
            words.append(step)
    return ".".join(words)


def child(node: Node | None, step: str | int) -> Node | None:
    if isinstance(node, Table) and isinstance(step, str) and step in node.entries:
        return node.entries[step].node
    if isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None
