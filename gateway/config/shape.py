"""Nodes to models: pydantic's errors as faults with their place and a remedy.

What pydantic refuses is cut out and the rest is read all the same, so that the checks that come
later still find their faults. What they would say only because of the cut is not said.
"""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.config.annotations import belongs, keys_at
from gateway.config.faults import Fault, Place, did_you_mean, hide_passwords
from gateway.config.nodes import (
    UNNAMED,
    Entry,
    Items,
    Loc,
    Node,
    Table,
    Text,
    child,
    path_of,
    place_of,
    plain,
)
from gateway.config.units import in_terms_of

M = TypeVar("M", bound=BaseModel)

MAX_WHAT = 400  # characters of one sentence; it may quote a value
CUT_ROUNDS = 8  # a cut can leave something incomplete, which is cut in turn
_SENTENCES = {
    "missing": "is missing",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
    "string_type": "must be a single text",
    "too_short": "must name at least one",
    "int_type": "must be a single value",
    "float_type": "must be a single value",
    "bool_type": "must be a single value",
}
_OLD_TRUTHS = {"no": "never", "yes": "always", "on": "enforce", "false": "never", "true": "always"}
_DEPENDS = {  # what a setting's checks also look at
    "store": {"workers"},
    "admin": {"listen", "admin_public"},
    "client_ip_header": {"trusted_proxies"},
    "hints": {"trusted_proxies"},
}


class Faults:
    """Collects what is wrong with one document, by location in it."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.found: list[Fault] = []
        self.warnings: list[Fault] = []
        self._cut_keys: set[str | int] = set()
        self._cut_places: set[Place] = set()

    def add(self, loc: Loc, what: str, *, key: bool = False, alone: bool = False) -> None:
        """A fault, unless it may only come of what was cut out; never so if it stands `alone`."""
        if not self._is_broken(loc) and (alone or not self._is_doubtful(loc)):
            self.found.append(self._fault(loc, what, key))

    def warn(self, loc: Loc, what: str, *, key: bool = False) -> None:
        self.warnings.append(self._fault(loc, what, key))

    def cut(self, locs: list[Loc]) -> None:
        """Take what stands at these places out of the document."""
        for loc in locs:
            if loc[-1] == "name":
                continue
            unit = loc[:4] if loc[2:3] == ("routes",) else loc[:2] if loc[:1] == ("sites",) else ()
            self._cut_places |= {place_of(self.root, unit)} if len(unit) > 1 else set()
            self._cut_keys |= {loc[0]} if len(unit) < 2 else set()
        self.root = _without(self.root, {tuple(loc) for loc in locs})

    def _is_broken(self, loc: Loc) -> bool:
        node = self.at(loc)
        return isinstance(node, Text) and node.broken

    def at(self, loc: Loc) -> Node:
        """What stands there, or the deepest thing on the way."""
        node = self.root
        for step in loc:
            node = child(node, step) or node
        return node

    def _is_doubtful(self, loc: Loc) -> bool:
        if not loc:
            return False
        touched = {loc[0]} | _DEPENDS.get(str(loc[0]), set())
        touched |= {"upstreams"} if loc[-1] == "upstream" else set()
        touched |= {"limits"} if tuple(loc[-2:]) == ("hold", "max") else set()
        units = [loc[:size] for size in (2, 4) if loc[0] == "sites" and len(loc) >= size]
        around = {place_of(self.root, unit) for unit in units}
        return bool(touched & self._cut_keys or around & self._cut_places)

    def _fault(self, loc: Loc, what: str, key: bool) -> Fault:
        place = place_of(self.root, loc, key=key)
        said = hide_passwords(self._unsaid(loc, what))
        said = said if len(said) <= MAX_WHAT else f"{said[:MAX_WHAT]}…"
        return Fault(place, path_of(self.root, loc), said)

    def _unsaid(self, loc: Loc, what: str) -> str:
        """A value that came from the environment may be a secret: it is not repeated."""
        node = self.at(loc)
        if isinstance(node, Text) and node.secret and node.value:
            return what.replace(node.value, "***")
        return what


def _without(node: Node, locs: set[tuple[str | int, ...]]) -> Node:
    """A copy without what stands at `locs`. What is required gets a stand-in."""
    deeper: dict[str | int, set[tuple[str | int, ...]]] = {}
    for loc in locs:
        deeper.setdefault(loc[0], set()).add(loc[1:])
    match node:
        case Table():
            entries = {
                key: Entry(entry.key_place, _without(entry.node, deeper.get(key, set())))
                for key, entry in node.entries.items()
                if () not in deeper.get(key, set())
            }
            return Table(node.place, {**entries, **_stand_ins(node.place, deeper)})
        case Items():
            kept = [(i, n) for i, n in enumerate(node.items) if () not in deeper.get(i, set())]
            return Items(node.place, [_without(n, deeper.get(i, set())) for i, n in kept])
        case Text():
            return node


def _stand_ins(place: Place, cut: dict[str | int, set[tuple[str | int, ...]]]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    if () in cut.get("name", set()):
        name = f"{UNNAMED}{place.line}-{place.column}"
        found["name"] = Entry(place, Text(place, name))
    if () in cut.get("upstreams", set()):
        app = Table(place, {"app": Entry(place, Text(place, "http://127.0.0.1:1"))})
        found["upstreams"] = Entry(place, app)
    if () in cut.get("sites", set()):
        site = Table(place, {"name": Entry(place, Text(place, "site"))})
        found["sites"] = Entry(place, Items(place, [site]))
    return found


def read(model: type[M], faults: Faults) -> M | None:
    """The document as `model`, with every fault added; None if nothing readable is left."""
    for turn in range(CUT_ROUNDS):
        try:
            return model.model_validate(plain(faults.root))
        except ValidationError as errors:
            details = errors.errors(include_url=False)
            if turn == 0:
                for error in details:
                    _add(model, error, faults)
            locs = [_to_cut(faults.root, error) for error in details]
            if () in locs:
                return None
            faults.cut(locs)
    return None


def _to_cut(root: Node, error: ErrorDetails) -> Loc:
    """What to take out for an error: the value, or what lacks a required key."""
    loc = tuple(error["loc"])
    if loc[-1:] == ("name",):
        return loc
    if error["type"] == "missing" and len(loc) > 1:
        loc = loc[:-1]
    elif error["type"] == "missing":
        return loc if loc[0] in ("upstreams", "sites") else ()
    node: Node | None = root
    for index, step in enumerate(loc):
        node = child(node, step)
        if node is None:
            return loc[:index]
    return loc


def _add(model: type[BaseModel], error: ErrorDetails, faults: Faults) -> None:
    loc = tuple(error["loc"])
    if error["type"] != "extra_forbidden":
        faults.add(loc, _sentence(error, faults.at(loc)))
        return
    known = keys_at(model, loc[:-1])
    key = str(loc[-1])
    hint = did_you_mean(key, known, near=0.8) or belongs(model, key) or did_you_mean(key, known)
    hint = hint or f" (known: {', '.join(sorted(known))})"
    faults.add(loc, f"unknown key '{key}'{hint}", key=True)


def _sentence(error: ErrorDetails, node: Node) -> str:
    kind, context, value = error["type"], error.get("ctx", {}), error.get("input")
    if kind == "missing":
        return "is missing"
    if value is None:
        return "has no value: give it one, or remove the key"
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        words = str(context["expected"])
        return _choice(value, words) if isinstance(value, str) else "must be a single value"
    if kind == "string_pattern_mismatch":
        return f"'{value}' is not a name: 1 to 32 of a-z, 0-9, _ and -"
    if kind in ("greater_than_equal", "less_than_equal"):
        text = (node.value if isinstance(node, Text) else None) or str(value)
        word, name = ("at least", "ge") if kind == "greater_than_equal" else ("at most", "le")
        return f"'{text}' is out of range: {word} {in_terms_of(text, context[name])}"
    return _SENTENCES.get(kind, error["msg"])


def _choice(value: str, expected: str) -> str:
    words = [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]
    hint = did_you_mean(value, words)
    if not hint and _OLD_TRUTHS.get(value.lower()) in words:
        hint = f"; did you mean '{_OLD_TRUTHS[value.lower()]}'?"
    return f"'{value}' is not one of {', '.join(words)}{hint}"
