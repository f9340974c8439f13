"""How commands say things: on a console that is as wide as it need be, in words that agree."""

from __future__ import annotations

from rich.console import Console

_WIDTH = 240  # where nobody says how wide it is


def wide_console() -> Console:
    """What is printed is text: nothing in it is markup, and in a file nothing is cut."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDTH
    return console


def counted(number: int, noun: str) -> str:
    """`1 route`, `2 routes`; the noun's plural ends in s."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
