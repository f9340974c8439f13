"""Writes down where nginx differs from the app it stands before, pair by pair.

Run: python -m tests.fidelity.note > tests/fidelity/nginx.md

Nothing fails by it: another version of nginx gives another note. Its fields of its own (Server,
Date, Connection) and the order of a reply's head are said once and then left out of account.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fidelity.pair import Pair
from tests.fidelity.tables import PAIRS
from tests.fidelity.ways import ScriptedApp, nginx_before, scripted, visit

PATIENCE_S = 3.0  # with a reply that does not end; a tenth of it in the tests
SHOWN = 60
_ADDED = re.compile(rb"(?:Server: nginx[^\r]*|Date: [^\r]*GMT|Connection: [a-z-]+)\r\n")


@dataclass(frozen=True)
class Differs:
    """What went missing and what came instead, line by line; nothing of either: as it was sent."""

    request: tuple[tuple[bytes, ...], tuple[bytes, ...]]
    reply: tuple[tuple[bytes, ...], tuple[bytes, ...]]

    @property
    def at_all(self) -> bool:
        return any((*self.request, *self.reply))


async def compare(app: ScriptedApp, port: int, pair: Pair, patience_s: float) -> Differs | str:
    """Through nginx; a word where there was nothing to compare."""
    try:
        seen = await visit(app, port, pair, patience_s)
    except TimeoutError:
        return "no end of the reply"
    if not seen.app:
        return f"refused: {seen.client[9:12].decode()}" if seen.client else "cut"
    if pair.refused:
        return f"passed on, answered {seen.client[9:12].decode()}" if seen.client else "cut"
    return Differs(
        _lines(pair.all_sent, b"".join(seen.app)),
        _lines(_ADDED.sub(b"", pair.replies), _ADDED.sub(b"", seen.client)),
    )


def _lines(meant: bytes, got: bytes) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Of `meant` and not in `got`, and the other way round, whatever their order."""
    one, two = Counter(meant.split(b"\r\n")), Counter(got.split(b"\r\n"))
    return tuple((one - two).elements()), tuple((two - one).elements())


async def compare_all(
    app: ScriptedApp, port: int, patience_s: float = PATIENCE_S
) -> list[tuple[Pair, Differs | str]]:
    return [(pair, await compare(app, port, pair, patience_s)) for pair in PAIRS]


async def _all() -> list[tuple[Pair, Differs | str]]:
    with TemporaryDirectory(prefix="note-") as folder:
        async with AsyncExitStack() as stack:
            app, url = await stack.enter_async_context(scripted())
            port = await stack.enter_async_context(nginx_before(Path(folder), url))
            return await compare_all(app, port)


def _said(found: Differs | str) -> str:
    if isinstance(found, str):
        return found
    parts = [
        f"{what} {sign}{_shown(line)}"
        for what, pair in (("request", found.request), ("reply", found.reply))
        for sign, lines in zip("−+", pair, strict=True)
        for line in lines[:3]
    ]
    return ", ".join(parts)


def _shown(line: bytes) -> str:
    text = ascii(line[:SHOWN])[2:-1].replace("|", "\\|")
    return f"`{text}{'…' if len(line) > SHOWN else ''}`" if text else "an empty line"


def _gate(pair: Pair) -> str:
    if pair.refused:
        return f"refused: {pair.refused}"
    return ", ".join(pair.why) or "as sent"


def main() -> None:
    print(note(asyncio.run(_all())))


def note(found: list[tuple[Pair, Differs | str]]) -> str:
    """As Markdown."""
    version = subprocess.run(["nginx", "-v"], capture_output=True, check=True).stderr.decode()
    differing = [(pair, each) for pair, each in found if isinstance(each, str) or each.at_all]
    head = f"""\
# Where {version.partition(": ")[2].strip()} differs

Made by `python -m tests.fidelity.note`; no test reads it. nginx runs with an ordinary, unbuffered
`proxy_pass` over HTTP/1.1 (see `ways.py`). To every reply it adds `Server`, `Date` and
`Connection`, and it moves `Content-Type` and `Content-Length` to the front. Apart from that
{len(found) - len(differing)} of {len(found)} pairs pass as they were sent; these do not
(− what went missing, + what came instead, three lines at most):

| pair | nginx | gate |
|---|---|---|
"""
    rows = (f"| {_name(pair)} | {_said(each)} | {_gate(pair)} |" for pair, each in differing)
    return head + "\n".join(rows)


def _name(pair: Pair) -> str:
    return _shown(pair.name.encode("latin-1"))


if __name__ == "__main__":
    main()
