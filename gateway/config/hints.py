"""What a trusted proxy tells of its clients."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field

from gateway.config.faults import Fault, Place
from gateway.config.nodes import Loc
from gateway.config.part import Part, written
from gateway.config.shape import Faults
from gateway.headers import is_claim
from gateway.signals.of_hints import Hints

MAX_BYTES, MAX_LINES = 2**20, 20_000
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_FINGERPRINT = re.compile(r"[0-9a-f]{32}|[tqd][0-9a-z]{9}_[0-9a-f]{12}_[0-9a-f]{12}")


class HintsPart(Part):
    """What a trusted proxy tells of its clients' connections."""

    ja4: str = Field(default=written(""), description="The header it puts their JA4 in.")
    ja3: str = Field(default=written(""), description="The header it puts their JA3 (MD5) in.")
    file: str | None = Field(
        default=None, description="Fingerprints that count against a client, one a line."
    )
    order: Literal["changed", "kept"] = Field(
        default=written("changed"),
        description="Whether it hands on the fields of HTTP/1.1 in their order and spelling.",
    )


def compile_hints(part: HintsPart, trusted: bool, folder: Path, faults: Faults) -> Hints:
    """The hints; every fault in them is added."""
    for key in ("ja4", "ja3"):
        _check(getattr(part, key), trusted, faults, ("hints", key))
    if part.order == "kept" and not trusted:
        faults.add(("hints", "order"), "means nothing while nobody is trusted: set trusted_proxies")
    if part.file and not (part.ja4 or part.ja3):
        faults.add(("hints", "file"), "is compared with nothing: name the header under ja4 or ja3")
    return Hints(
        part.ja4.lower().encode(),
        part.ja3.lower().encode(),
        _fingerprints(part, folder, faults),
        part.order == "kept",
    )


def _check(name: str, trusted: bool, faults: Faults, loc: Loc) -> None:
    if not name:
        return
    if not _HEADER.fullmatch(name):
        faults.add(loc, f"'{name}' is not a header's name")
    elif not trusted:
        faults.add(loc, "is believed of trusted proxies only: set trusted_proxies")
    elif not is_claim(name.lower().encode()):
        what = f"'{name}' is passed on to the app, also when a client sends it past the proxy"
        faults.warn(loc, what)


def _fingerprints(part: HintsPart, folder: Path, faults: Faults) -> frozenset[str]:
    if not part.file:
        return frozenset()
    path = folder / part.file
    try:
        if path.stat().st_size > MAX_BYTES:
            faults.add(("hints", "file"), f"'{part.file}' is larger than 1 MiB: shorten it")
            return frozenset()
        lines = path.read_text("utf-8-sig").splitlines()[:MAX_LINES]
    except (OSError, UnicodeDecodeError):
        faults.add(("hints", "file"), f"'{part.file}' can't be read: make the file, or remove it")
        return frozenset()
    found = set()
    for number, line in enumerate(lines, 1):
        entry = line.partition("#")[0].strip().lower()
        if entry and not _FINGERPRINT.fullmatch(entry):
            what = f"'{entry[:60]}' is no JA3 (32 hexadecimal digits) or JA4: take it out"
            faults.found.append(Fault(Place(str(path), number, 1), "", what))
            break
        found.add(entry)
    return frozenset(found - {""})
