"""Runs one gate until it is told to stop.

SIGTERM and SIGINT drain; SIGUSR1, of a master whose new worker listens already, drains without
haste.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Callable
from functools import partial

import uvloop

from gateway.config import Config
from gateway.counting import Row
from gateway.gate import Gate
from gateway.ring import KeysError
from gateway.sockets import Sockets

COLLECT_AFTER = (20_000, 20, 50)  # objects made and not freed; then younger generations' rounds


def serve(config: Config, sockets: Sockets, ready: Callable[[], object], row: Row) -> int:
    """Serve until SIGTERM or SIGINT; `ready` is called once we listen, `row` counts connections.

    Returns the exit code; faults at start go to stderr.
    """
    try:
        return uvloop.run(_serve(config, sockets, ready, row))
    except (KeysError, OSError) as fault:
        print(f"gateway: cannot start: {fault}", file=sys.stderr)
        return 1


async def _serve(config: Config, sockets: Sockets, ready: Callable[[], object], row: Row) -> int:
    gate = Gate(config, sockets, row)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, gate.leave)
    loop.add_signal_handler(signal.SIGUSR1, partial(gate.leave, patient=True))
    async with gate.running():
        _spare_collections()
        ready()
        await gate.left.wait()
    return 0


def _spare_collections() -> None:
    """What stands now stands until the end: look for cycles in what came since, and less often.

    By default a collection follows every few requests, and takes a fifth of the time of an answer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
