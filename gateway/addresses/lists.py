"""Lists of addresses as files: one address, CIDR or `AS64496` a line, `#` begins a comment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gateway.addresses.ranges import Ranges, Span, read_span

MAX_BYTES = 16 * 2**20
MAX_LINES = 500_000
_SHOWN = 60  # characters of a line that is quoted


class ListError(Exception):
    """A list that can't be used: at `line` (from 1; 0: as a whole), and what mends it."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}" if line else what)
        self.line = line
        self.what = what


@dataclass(frozen=True, slots=True)
class Listed:
    """What one list names."""

    ranges: Ranges = field(default_factory=Ranges)
    asns: frozenset[int] = frozenset()


def read_list(path: Path) -> Listed:
    """The list in a file. Raises ListError for the first line that can't be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ListError(0, f"is larger than {MAX_BYTES >> 20} MiB: split or shorten it")
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ListError(0, "is not there: make the file, or remove the list") from None
    except UnicodeDecodeError as error:
        raise ListError(0, f"not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise ListError(0, f"can't be read: {error.strerror}") from None
    return parse_list(text.splitlines())


def parse_list(lines: Iterable[str]) -> Listed:
    """The list in some lines. Raises ListError."""
    spans: list[Span] = []
    asns: set[int] = set()
    for number, line in enumerate(lines, 1):
        if number > MAX_LINES:
            raise ListError(number, f"more than {MAX_LINES} lines: split or shorten it")
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        if (asn := read_asn(entry)) is not None:
            asns.add(asn)
        else:
            spans.append(_span(entry, number))
    return Listed(Ranges(spans), frozenset(asns))


def read_asn(text: str) -> int | None:
    """`AS64496`, in any case; None for anything else."""
    digits = text[2:]
    if text[:2].upper() != "AS" or not (digits.isascii() and digits.isdigit()):
        return None
    number = int(digits) if len(digits) <= 10 else 0
    return number if 0 < number < 2**32 else None


def _span(entry: str, line: int) -> Span:
    try:
        span = read_span(entry)
    except ValueError:
        shown = entry if len(entry) <= _SHOWN else f"{entry[:_SHOWN]}…"
        what = f"'{shown}' is no address, CIDR or AS number: write one a line, like 192.0.2.0/24"
        raise ListError(line, what) from None
    if span[1] == 0 and span[2] >= 2**32 - 1 and entry.endswith("/0"):
        raise ListError(line, f"'{entry}' is everybody: take the line out")
    return span
