"""Telling the service manager how the gate is: sd_notify(3), over the socket that it names.

Without such a manager nothing is sent, and nothing that goes wrong here ever stops the gate.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress
from math import inf

MOST_STATUS = 200  # characters: a line for `systemctl status`


class Notifier:
    """`address`: a path, `@…` for an abstract socket, or "". `watchdog_s`: inf for none."""

    def __init__(self, address: str, watchdog_s: float = inf) -> None:
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.alive_every_s = watchdog_s / 2  # as sd_watchdog_enabled(3) asks
        self._alive_again_s = 0.0

    def ready(self, status: str) -> None:
        """Started, or through with reloading."""
        self._send("READY=1", _status(status))

    def reloading(self, status: str) -> None:
        """Must be followed by `ready`. The time is what Type=notify-reload goes by."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", _status(status))

    def stopping(self, status: str) -> None:
        self._send("STOPPING=1", _status(status))

    def status(self, status: str) -> None:
        self._send(_status(status))

    def alive(self, now_s: float) -> None:
        """Call often; it speaks when it is time to."""
        if now_s >= self._alive_again_s and self.alive_every_s < inf:
            self._alive_again_s = now_s + self.alive_every_s
            self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
            ours.setblocking(False)
            ours.sendto("\n".join(lines).encode(), self._address)


def _status(text: str) -> str:
    return f"STATUS={' '.join(text.split())[:MOST_STATUS]}"


def notifier(env: MutableMapping[str, str]) -> Notifier:
    """What the environment says; taken from it, so that no program we start speaks in our name."""
    address = env.pop("NOTIFY_SOCKET", "")
    watchdog_us, whose = env.pop("WATCHDOG_USEC", ""), env.pop("WATCHDOG_PID", "")
    watched = watchdog_us.isdecimal() and int(watchdog_us) > 0 and whose in ("", str(os.getpid()))
    return Notifier(address, int(watchdog_us) / 1e6 if watched else inf)
