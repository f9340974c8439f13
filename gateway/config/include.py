"""`include:`: several files read as one, every fault still naming the file it stands in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gateway.config.document import parse
from gateway.config.faults import Fault, Place
from gateway.config.nodes import Entry, Items, Node, Table, Text

MAX_FILES = 200


def read_tree(path: Path, env: Mapping[str, str]) -> tuple[Table | None, list[Fault]]:
    """The file and all it includes as one mapping, with the faults of reading them."""
    reader = _Reader(env)
    root = reader.file(path, str(path), ())
    return root, reader.faults


def read_text(path: Path, name: str) -> str | Fault:
    """The file's text, or why there is none."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Fault(
            Place(name),
            "",
            "there is no such file: make it (`gateway init` prints one), or look at the name",
        )
    except UnicodeDecodeError as error:
        return Fault(Place(name), "", f"not UTF-8 at byte {error.start}")
    except OSError as error:
        return Fault(Place(name), "", f"can't be read: {error.strerror}")


class _Reader:
    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.faults: list[Fault] = []
        self.count = 0

    def file(self, path: Path, name: str, above: tuple[Path, ...]) -> Table | None:
        text = read_text(path, name)
        if isinstance(text, Fault):
            self.faults.append(text)
            return None
        root, faults = parse(text, name, self.env)
        self.faults += faults
        if root is not None and not isinstance(root, Table):
            self.faults.append(Fault(root.place, "", "the file must be a mapping of settings"))
            return None
        if root is not None and "include" in root.entries:
            self._include(root, path, name, (*above, path.resolve()))
        return root

    def _include(self, root: Table, path: Path, name: str, above: tuple[Path, ...]) -> None:
        node = root.entries["include"].node
        wanted = node.items if isinstance(node, Items) else [node]
        for item in wanted:
            if not isinstance(item, Text) or not item.value:
                self._fault(item, "must be a file name or a list of them")
                continue
            for found in self._files(item, path.parent):
                self._one(root, item, found, str(Path(name).parent / found), above)

    def _files(self, item: Text, folder: Path) -> list[str]:
        """The names meant, as written: a pattern gives those found, sorted."""
        assert item.value
        if not any(char in item.value for char in "*?["):
            return [item.value]
        if Path(item.value).is_absolute():
            self._fault(item, "a pattern must be relative to this file")
            return []
        try:
            found = sorted(str(hit.relative_to(folder)) for hit in folder.glob(item.value))
        except ValueError:
            self._fault(item, f"'{item.value}' is no pattern: ** stands for whole folders")
            return []
        if not found:
            self._fault(item, f"no file matches '{item.value}'")
        return found

    def _one(self, root: Table, item: Text, found: str, name: str, above: tuple[Path, ...]) -> None:
        path = above[-1].parent / found
        self.count += 1
        if path.resolve() in above:
            self._fault(item, f"'{found}' includes itself")
        elif not path.is_file():
            self._fault(item, f"there is no file '{found}'")
        elif self.count > MAX_FILES:
            self._fault(item, f"more than {MAX_FILES} files are included")
        elif (other := self.file(path, name, above)) is not None:
            self._merge(root, other)

    def _merge(self, root: Table, other: Table) -> None:
        """Lists go on, mappings are joined; a setting given in two files is a fault."""
        for key, entry in other.entries.items():
            if key in ("include", "version"):
                continue
            if key not in root.entries:
                root.entries[key] = entry
            else:
                self._join(key, root.entries[key], entry)

    def _join(self, key: str, mine: Entry, theirs: Entry) -> None:
        match mine.node, theirs.node:
            case Items(), Items():
                mine.node = Items(mine.node.place, [*mine.node.items, *theirs.node.items])
            case Table(), Table():
                joined = Table(mine.node.place, dict(mine.node.entries))
                for name, entry in theirs.node.entries.items():
                    if name in joined.entries:
                        self._twice(f"{key}.{name}", joined.entries[name], entry)
                    joined.entries.setdefault(name, entry)
                mine.node = joined
            case _:
                self._twice(key, mine, theirs)

    def _twice(self, where: str, mine: Entry, theirs: Entry) -> None:
        what = f"already set at {mine.key_place}: keep one of them"
        self.faults.append(Fault(theirs.key_place, where, what))

    def _fault(self, node: Node, what: str) -> None:
        self.faults.append(Fault(node.place, "include", what))
