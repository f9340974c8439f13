"""The table of corpus.txt, and families of inputs too regular to be written out."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

TABLE = Path(__file__).with_name("corpus.txt")
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: site\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True)
class Row:
    """One input. `status`: of the refusal; 200 for what passes."""

    attacks: str
    text: str
    raw: bytes
    status: int
    body: bytes  # what must reach the app
    last: bool  # passes, but nothing after it on this connection

    @property
    def passes(self) -> bool:
        return self.status == 200

    @property
    def sent(self) -> bytes:
        """With the second request that nobody may see, or must see as the second."""
        return self.raw + (NEXT if self.passes and not self.last else SMUGGLED)


@dataclass
class _Section:
    attacks: str
    template: str = ""
    body: bytes = b""
    rows: list[Row] = field(default_factory=list)


def plain(text: str) -> bytes:
    """The bytes of an escaped text."""
    return codecs.decode(text, "unicode_escape").encode("latin-1")


def rows(table: str | None = None) -> list[Row]:
    """Every row of the table, in order."""
    lines = (table or TABLE.read_text("ascii")).split("\n")
    return [row for section in _sections(lines) for row in section.rows]


def _sections(lines: list[str]) -> Iterator[_Section]:
    section: _Section | None = None
    for line in lines:
        if line.startswith("== "):
            if section is not None:
                yield section
            section = _Section(line[3:])
        elif section is not None and line and not line.startswith("#"):
            _read(section, line)
    if section is not None:
        yield section


def _read(section: _Section, line: str) -> None:
    if line == "> body" or line.startswith("> body "):
        section.body = plain(line[7:])
    elif line.startswith("> "):
        section.template += line[2:]
    else:
        said, _, text = line.partition(" ")
        raw = plain(section.template.replace("{}", text))
        status = 200 if said in ("ok", "end") else int(said)
        body = section.body if status == 200 else b""
        section.rows.append(Row(section.attacks, text, raw, status, body, said == "end"))


# --- Families ------------------------------------------------------------------------------

# Where smuggler.py (defparam, MIT) puts a byte to hide a Transfer-Encoding from one of two parsers.
PLACES = (
    b"Transfer-Encoding:%bchunked",
    b"Transfer-Encoding%b: chunked",
    b"%bTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked%b",
    b"X: X%bTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked%bX: X",
    b"X: X\r%bTransfer-Encoding: chunked",
    b"X: X%b\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r%bX: X",
    b"Transfer-Encoding: chunked%b\nX: X",
)
# What it says twice, and how the name is then spelt.
TWICE = (b"chunked", b"identity", b"cow", b"", b"chunked, cow", b"cow, chunked", b"x")
SPELT = (b"Transfer-Encoding", b"transfer-encoding", b"Transfer-encoding", b"TRANSFER-ENCODING")
INSIDE = b"0\r\n\r\n" + SMUGGLED


def _framed_twice(field_lines: bytes) -> bytes:
    """A body that ends at once when read in chunks, and holds a request when read by length."""
    lines = b"POST /app HTTP/1.1\r\nHost: site\r\nConnection: close\r\nContent-Length: %d\r\n"
    return lines % len(INSIDE) + field_lines + b"\r\n\r\n" + INSIDE


def hidden_codings() -> list[bytes]:
    """smuggler.py's default and exhaustive sets: each byte at each place, beside a length."""
    return [_framed_twice(place % bytes([byte])) for place in PLACES for byte in range(256)]


def doubled_codings() -> list[bytes]:
    """Its set of doubles: two codings, of which one may be unknown."""
    return [
        _framed_twice(b"%b: %b\r\n%b: %b" % (name, one, other, two))
        for name in SPELT[:1]
        for other in SPELT
        for one in TWICE
        for two in TWICE
    ]


def bytes_everywhere() -> list[bytes]:
    """Each byte at each joint of a chunked request."""
    whole = (
        b"POST|/app|HTTP/1.1|\r\nHost:|si|te\r\nConnection: close\r\nTransfer-Encoding|:|"
        b" chunked\r\n|\r\n|3|\r\nabc|\r\n|0|\r\n|\r\n"
    ).split(b"|")
    whole[1:3] = [b" /app", b" HTTP/1.1"]
    return [
        b"".join((*whole[:joint], bytes([byte]), *whole[joint:]))
        for joint in range(len(whole))
        for byte in range(256)
    ]
