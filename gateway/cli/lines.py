"""Lines of a log: plain or gzipped, a file or standard input, none longer than can be read."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

_GZIP = b"\x1f\x8b"


@contextmanager
def opened(path: Path, most_bytes: int) -> Iterator[Iterator[bytes]]:
    """Its lines, each cut behind `most_bytes`; `-` is standard input. Raises OSError."""
    if str(path) == "-":
        yield _lines(_unpacked(sys.stdin.buffer), most_bytes)
        return
    with path.open("rb") as file:
        yield _lines(_unpacked(file), most_bytes)


def _unpacked(file: BinaryIO) -> BinaryIO:
    buffered = file if isinstance(file, io.BufferedReader) else io.BufferedReader(file)  # type: ignore[type-var]
    if buffered.peek(2)[:2] == _GZIP:
        return cast(BinaryIO, gzip.GzipFile(fileobj=buffered))
    return cast(BinaryIO, buffered)


def _lines(file: BinaryIO, most_bytes: int) -> Iterator[bytes]:
    """What is beyond the length is skipped; such a line is longer than `most_bytes`."""
    while raw := file.readline(most_bytes + 1):
        rest = raw
        while len(rest) > most_bytes and not rest.endswith(b"\n"):
            rest = file.readline(most_bytes + 1)
        yield raw
