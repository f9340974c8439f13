"""A maker's process: reads what is wanted on its standard input, writes questions, ends with it.

It gets the look once and then draws, with fresh chance from the system for each question. It has no
socket, no key and no store. It ends when its input does, so it outlives no gate, however that one
ended; signals to a whole group are the gate's to answer.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import struct
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import IO

from gateway import kinds
from gateway.kinds import Kind, Look
from gateway.model import JSON

NICE = 10
LENGTH = struct.Struct(">I")  # before each message
SEED_BYTES = 32
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)


def main(known: Mapping[str, Kind]) -> None:
    """Make what is wanted until nobody wants anything more."""
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # if a question should take for ever
    with suppress(OSError):  # a sandbox may forbid it
        os.nice(NICE)
    wanted, made = sys.stdin.buffer, _only_ours()
    look = _look(wanted)
    while (message := read(wanted)) is not None:
        question = _make(known, json.loads(message), look)
        made.write(LENGTH.pack(len(question)) + question)
        made.flush()


def _only_ours() -> IO[bytes]:
    """Standard output; what a library prints goes where errors go."""
    ours = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return ours


def _look(wanted: IO[bytes]) -> Look:
    told = json.loads(read(wanted) or b'{"salt": "", "pictures": 0}')
    pictures = tuple(read(wanted) or b"" for _ in range(told["pictures"]))
    return Look(bytes.fromhex(told["salt"]), pictures)


def read(stream: IO[bytes]) -> bytes | None:
    """A message; None at the end."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size_bytes,) = LENGTH.unpack(head)
    message = stream.read(size_bytes)
    return message if len(message) == size_bytes else None


def _make(known: Mapping[str, Kind], wanted: Mapping[str, JSON], look: Look) -> bytes:
    """A question, or what went wrong and where."""
    try:
        kind = known[wanted["kind"]]
        params = replace(kind.params(**wanted["params"]), look=look)
        rng = Random(os.urandom(SEED_BYTES))  # noqa: S311 - as good as its seed, used once
        made = kind.make(rng, params)
        told: dict[str, JSON] = {"view": dict(made.view), "secret": dict(made.secret)}
    except Exception as fault:  # whatever a kind does: the next question may be well
        last = traceback.extract_tb(fault.__traceback__)[-1]
        told = {"fault": type(fault).__name__, "at": f"{Path(last.filename).name}:{last.lineno}"}
    return json.dumps(told, separators=(",", ":")).encode()


if __name__ == "__main__":
    main(kinds.load())
