"""Scripts that import scripts, though each is served under a name with its digest.

In the sources an import is a plain relative path, as editors, type checkers and Node read it. What
is served names the digest instead, in one flat folder, so everything may be cached for ever and
needs no import map (which Safari before 16.4 and Chrome before 89 do not know). A script's digest
is taken after that, so it changes with everything it imports. Comments that have their lines to
themselves are left out: a quarter of what a first visit would load.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_HASH_CHARS = 16
_COMMENTS = re.compile(
    rb"^[ \t]*(?://[^\n]*|/\*\*(?:(?!\*/).)*\*/[ \t]*)\n", re.MULTILINE | re.DOTALL
)
_IMPORT = re.compile(rb'(?<=\bfrom ")\.{1,2}/[\w./-]+\.js(?=";)')


@dataclass(frozen=True, slots=True)
class Linked:
    """One file as it is served."""

    name: str  # with its digest
    body: bytes
    needs: tuple[str, ...]  # paths of all scripts it imports, and they in turn


def link(files: Mapping[str, bytes]) -> dict[str, Linked]:
    """The same files by path. Raises ValueError for an import of nothing, or in a circle."""
    linking = _Linking(files)
    return {path: linking.linked(path) for path in files}


@dataclass(slots=True)
class _Linking:
    files: Mapping[str, bytes]
    known: dict[str, Linked] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)  # being linked, outermost first

    def linked(self, path: str) -> Linked:
        if path not in self.known:
            if path not in self.files:
                raise ValueError(f"{self.open[-1]} imports {path}, which is not there")
            if path in self.open:
                raise ValueError(f"{path} imports itself, through {' and '.join(self.open)}")
            self.open.append(path)
            self.known[path] = self._link(path)
            self.open.pop()
        return self.known[path]

    def _link(self, path: str) -> Linked:
        needs: dict[str, None] = {}

        def served(found: re.Match[bytes]) -> bytes:
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), found[0].decode()))
            linked = self.linked(other)
            needs.update(dict.fromkeys((other, *linked.needs)))
            return f"./{linked.name}".encode()

        body = self.files[path]
        if path.endswith(".js"):
            body = _IMPORT.sub(served, _COMMENTS.sub(b"", body))
        digest = hashlib.sha256(body).hexdigest()[:_HASH_CHARS]
        return Linked(f"{digest}.{posixpath.basename(path)}", body, tuple(needs))
