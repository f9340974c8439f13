"""`fusion` and `user`: what the app itself says of a request, and where it says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field

from gateway.config.faults import one_of
from gateway.config.fields import WholeSpan
from gateway.config.nodes import Loc, Text
from gateway.config.part import Part, written
from gateway.config.shape import Faults
from gateway.given.fusion import GEETEST
from gateway.model import FusionRule, Whence

LEAST_KEY = 16  # bytes
MOST_KEY_FILE = 4096  # bytes
_NAME = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}")
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,32}")


Place = Literal["header", "cookie", "query", "field"]
_PLACES: tuple[Place, ...] = get_args(Place)


class WhencePart(Part):
    """Where in a request something stands."""

    header: str | None = Field(default=None, description="In this header …")
    field: str | None = Field(default=None, description="… or this form field of the body …")

    def places(self) -> dict[Place, str]:
        """What is given, by place."""
        given = {place: getattr(self, place, None) for place in _PLACES}
        return {place: name for place, name in given.items() if name is not None}


class UserPart(WhencePart):
    """Whom the app says it knows the caller as. Hashed at once."""

    cookie: str | None = Field(default=None, description="… or this cookie.")


class FusionPart(WhencePart):
    """The parameter in which the app names the kind to be asked, signed."""

    query: str | None = Field(default=None, description="… or this parameter of the query.")
    key: str | None = Field(
        default=None, description="What it is signed with; better from the environment, `${NAME}` …"
    )
    key_file: str | None = Field(default=None, description="… or the first line of this file.")
    ttl: WholeSpan = Field(
        default=written("10m"), ge=10, le=86400, description="How long it is good, once."
    )
    kinds: dict[str, str] = Field(
        default={},
        description="The app's words for kinds of the ladder, beside GeeTest's (`ai`, `slide`, "
        "`match`, `winlinze`, `nine`, `word`, `phrase`, `icon`) and the kinds' own names.",
    )


def compile_user(part: UserPart | None, faults: Faults, loc: Loc) -> Whence | None:
    """Where the user is named; every fault in it is added."""
    return None if part is None else _whence(part, faults, (*loc, "user"))


def compile_fusion(
    part: FusionPart | None, ladder: Iterable[str], folder: Path, faults: Faults, loc: Loc
) -> FusionRule | None:
    """How the kind is named; every fault in it is added. `ladder`: the kinds that may be."""
    here = (*loc, "fusion")
    if part is None:
        what = "fusion needs to know how the app names the kind: say it under fusion"
        faults.add((*loc, "flow"), f"{what}, as {{key: ${{RISK_KEY}}, field: risk_type}}")
        return None
    whence, key = _whence(part, faults, here), _key(part, folder, faults, here)
    words = _words(part, list(ladder), faults, (*here, "kinds"))
    return FusionRule(whence, words, part.ttl, key) if whence else None


def _whence(part: WhencePart, faults: Faults, loc: Loc) -> Whence | None:
    places = part.places()
    if len(places) != 1:
        known = ", ".join(name for name in type(part).model_fields if name in _PLACES)
        said = "names several places" if places else "names no place"
        faults.add(loc, f"{said}: give one of {known}")
        return None
    [(place, name)] = places.items()
    if not (_HEADER if place == "header" else _NAME).fullmatch(name):
        faults.add((*loc, place), f"'{name}' is not the name of a {place}", alone=True)
    return Whence(place, name)


def _key(part: FusionPart, folder: Path, faults: Faults, loc: Loc) -> bytes:
    if (part.key is None) == (part.key_file is None):
        faults.add(loc, "needs a key: give one of key, key_file")
        return b""
    where = (*loc, "key_file") if part.key is None else (*loc, "key")
    key = _read(folder / part.key_file, faults, where) if part.key_file else str(part.key)
    if key is not None and len(key.encode()) < LEAST_KEY:
        faults.add(where, f"is shorter than {LEAST_KEY} bytes: it could be guessed", alone=True)
    node = faults.at((*loc, "key"))
    if part.key is not None and isinstance(node, Text) and not node.secret:
        faults.warn(where, "stands in the file for all who read it: use ${NAME} or key_file")
    return (key or "").encode()


def _read(path: Path, faults: Faults, loc: Loc) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(MOST_KEY_FILE).decode().partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        faults.add(loc, f"cannot be read ({type(error).__name__}): name a text file with the key")
        return None


def _words(part: FusionPart, ladder: list[str], faults: Faults, loc: Loc) -> Mapping[str, str]:
    """Every word for a kind of the ladder: GeeTest's, our own, then the app's."""
    words = {word: kind for word, kind in GEETEST.items() if kind in ladder}
    words |= {kind: kind for kind in ladder}
    for word, kind in part.kinds.items():
        if not _WORD.fullmatch(word):
            faults.add((*loc, word), f"'{word}' can't be signed: use letters, digits, - and _")
        elif kind not in ladder:
            faults.add((*loc, word), one_of(kind, ladder, "kind of the ladder"), alone=True)
        words[word] = kind
    return words
