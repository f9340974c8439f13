"""CPU seconds of a process and all below it, dead children included, as Linux counts them."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def tree(root: int, without: Collection[int] = ()) -> list[int]:
    """The process and its descendants, but not those `without` nor what is below them."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (stat := _stat(int(folder.name))):
            children.setdefault(int(stat[1]), []).append(int(folder.name))
    found, ahead = [], [root]
    while ahead:
        pid = ahead.pop()
        if pid not in without:
            found.append(pid)
            ahead += children.get(pid, [])
    return found


def seconds(root: int, without: Collection[int] = ()) -> float:
    """User and system time spent by the tree since its processes began.

    The root's dead children count, so nothing of those `without` may end between two looks.
    """
    total = 0.0
    for pid in tree(root, without):
        if stat := _stat(pid):
            total += sum(map(int, stat[11:15]))  # its own and its dead children's
    return total / _TICKS_PER_S


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; empty when it is gone. Names may hold spaces."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
