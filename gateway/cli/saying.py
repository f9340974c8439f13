"""How commands say things: on a console that is as wide as it need be, in words that agree."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

_WIDTH = 240  # where nobody says how wide it is


def wide_console() -> Console:
    """What is printed is text: nothing in it is markup, and in a file nothing is cut."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH
    return console


def folding_table(*columns: str) -> Table:
    """What is wider than its column goes on in the next line: addresses are copied whole."""
    table = Table(*columns, box=SIMPLE_HEAD)
    for column in table.columns:
        column.overflow = "fold"
    return table


def counted(number: int, noun: str) -> str:
    """`1 route`, `2 routes`; the noun's plural ends in s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
