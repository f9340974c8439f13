"""YAML text to nodes: every fault it can find at once, and bounded whatever the text says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from gateway.config.faults import Fault, Place
from gateway.config.nodes import Entry, Items, Node, Table, Text, path_of
from gateway.config.syntax import syntax_fault

Steps: TypeAlias = tuple[str | int, ...]

MAX_FILE_BYTES = 4 * 2**20  # ten thousand routes fit, with all their settings
MAX_NODES = 250_000  # aliases counted where they are used: a "billion laughs" ends here
MAX_DEPTH = 40

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_VARIABLE = re.compile(r"\$(?:\$\{|\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}|\{)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class TooBigError(Exception):
    """The document would unfold beyond its bounds."""


def parse(text: str, file: str, env: Mapping[str, str]) -> tuple[Node | None, list[Fault]]:
    """The document's root, or None if there is none to speak of, and the faults met."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FILE_BYTES:
        return None, [Fault(Place(file), "", "the file is larger than 4 MiB")]
    try:
        root = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        return None, [syntax_fault(error, file)]
    except (YAMLError, ValueError) as error:
        return None, [Fault(Place(file), "", f"not YAML: {str(error).splitlines()[0]}")]
    except RecursionError:
        return None, [Fault(Place(file), "", "nested too deeply")]
    if root is None:
        return None, [Fault(Place(file, 1, 1), "", "the file is empty: `gateway init` prints one")]
    reader = _Reader(file, env)
    try:
        node = reader.node(root, ())
    except TooBigError as error:
        return None, [Fault(Place(file), "", str(error))]
    return node, [Fault(at, path_of(node, loc), what) for at, loc, what in reader.found]


class _Reader:
    """Copies ruamel's nodes into ours, counting, expanding and checking as it goes."""

    def __init__(self, file: str, env: Mapping[str, str]) -> None:
        self.file = file
        self.env = env
        self.found: list[tuple[Place, Steps, str]] = []
        self._count = 0
        self._open: set[int] = set()

    def node(self, node: YamlNode, loc: Steps) -> Node:
        """The node and all below it. Raises TooBigError."""
        self._count += 1
        if self._count > MAX_NODES:
            raise TooBigError(f"unfolds to more than {MAX_NODES} values: check its anchors (&, *)")
        if len(loc) > MAX_DEPTH:
            raise TooBigError(f"nested more than {MAX_DEPTH} deep: check its anchors (&, *)")
        self._check_tag(node, loc)
        if isinstance(node, ScalarNode):
            return self._text(node, loc)
        if id(node) in self._open:
            self._fault(self._place(node), loc, "an anchor (&) that holds itself (*)")
            return Text(self._place(node), None, broken=True)
        self._open.add(id(node))
        found = self._table(node, loc) if isinstance(node, MappingNode) else self._items(node, loc)
        self._open.discard(id(node))
        return found

    def _items(self, node: YamlNode, loc: Steps) -> Items:
        items = [self.node(item, (*loc, index)) for index, item in enumerate(node.value)]
        return Items(self._place(node), items)

    def _table(self, node: MappingNode, loc: Steps) -> Table:
        table = Table(self._place(node))
        merged: list[YamlNode] = []
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, ScalarNode):
                self._fault(place, loc, "a key must be plain text")
                continue
            if key_node.value == "<<" and key_node.style is None:
                many = isinstance(value_node, SequenceNode)
                merged += value_node.value if many else [value_node]
                continue
            key = str(key_node.value)
            if key in table.entries:
                first = table.entries[key].key_place
                self._fault(place, (*loc, key), f"duplicate key, first given on line {first.line}")
                continue
            table.entries[key] = Entry(place, self.node(value_node, (*loc, key)))
        for source in merged:
            self._merge(table, source, (*loc, "<<"))
        return table

    def _merge(self, table: Table, source: YamlNode, loc: Steps) -> None:
        """`<<`: keys given in the mapping itself win over those merged in."""
        other = self.node(source, loc)
        if not isinstance(other, Table):
            self._fault(self._place(source), loc, "only a mapping can be merged in")
            return
        for key, entry in other.entries.items():
            table.entries.setdefault(key, entry)

    def _text(self, node: ScalarNode, loc: Steps) -> Text:
        place, raw = self._place(node), str(node.value)
        if node.style is None and raw in _NULLS:
            return Text(place, None)
        if "${" not in raw:
            return Text(place, raw)
        before = len(self.found)
        value = self._expand(raw, place, loc, quoted=node.style in ("'", '"'))
        return Text(place, value, secret=True, broken=len(self.found) > before)

    def _expand(self, raw: str, place: Place, loc: Steps, *, quoted: bool) -> str:
        """Fill in `${NAME}` and `${NAME:-default}`; `$${` stands for a plain `${`."""

        def fill(found: re.Match[str]) -> str:
            if found[0] == "$${":
                return "${"
            here = Place(place.file, place.line, place.column + found.start() + quoted)
            name = found["name"]
            if name is None or not _NAME.fullmatch(name):
                self._fault(here, loc, "not a variable: write ${NAME} or ${NAME:-default}")
                return ""
            value = self.env.get(name)
            if value:
                return value
            if found["default"] is not None:
                return str(found["default"])
            if value is None:
                remedy = f"set it, or write ${{{name}:-default}}"
                self._fault(here, loc, f"the environment has no {name}: {remedy}")
            return ""

        return _VARIABLE.sub(fill, raw)

    def _check_tag(self, node: YamlNode, loc: Steps) -> None:
        tag = str(node.tag or "")
        if not tag.startswith("tag:yaml.org,2002:") or "python" in tag:
            self._fault(self._place(node), loc, f"tags such as {tag.split(':')[-1]} are not read")

    def _fault(self, place: Place, loc: Steps, what: str) -> None:
        self.found.append((place, loc, what))

    def _place(self, node: YamlNode) -> Place:
        mark = node.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)
