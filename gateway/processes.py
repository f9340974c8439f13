"""Which process this is, named so that another on the same machine can see whether it still lives.

A name holds the boot, the pid namespace, the pid and when it started (proc(5), field 22 of `stat`),
so a number used again is another process, and another container's are simply not known here.
"""

from __future__ import annotations

import os
from pathlib import Path

UNKNOWN_START = "0"


def my_name() -> str:
    """This process. Ask again after a fork."""
    pid = os.getpid()
    return f"{_here()}.{pid}.{_started(pid)}"


def is_gone(name: str) -> bool:
    """Whether the process of this name certainly runs no more. Not known is False."""
    here, _, rest = name.partition(".")
    pid, _, started = rest.partition(".")
    if here != _here() or not pid.isdigit() or started in ("", UNKNOWN_START):
        return False
    return _started(int(pid)) != started


def _here() -> str:
    """The boot and the pid namespace, without which a pid says nothing."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}-{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return "unknown"


def _started(pid: int) -> str:
    """In ticks since the boot; "0" if there is no such process, or it is dead and not reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return UNKNOWN_START
    state, *rest = stat.rpartition(")")[2].split()  # the name before may hold anything
    return UNKNOWN_START if state in "ZX" else rest[18]
