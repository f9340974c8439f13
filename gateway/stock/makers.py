"""The makers from the gate's side: start one, have it make, know when it is gone."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.kinds import Look, settable
from gateway.stock.child import LENGTH
from gateway.stock.shelves import Wanted

# `-P`: nothing is imported from the folder that the gate happens to run in.
COMMAND = (sys.executable, "-P", "-m", "gateway.stock.child")
MAKE_WITHIN_S = 15.0  # the first question brings the libraries along
END_WITHIN_S = 2.0
MOST_BYTES = 4 * 2**20  # of one question: what is longer is none
_PASSED = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR")  # no secret is told
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Gone(Exception):  # noqa: N818 - a state to act on
    """The maker's process has ended, or will not answer; `code` as the system tells it."""

    def __init__(self, code: int | None) -> None:
        super().__init__()
        self.code = code


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind could not make a question."""

    fault: str
    at: str


class Maker:
    """One process, at one question at a time."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def make(self, wanted: Wanted) -> bytes | Fault:
        """A question as JSON. Raises Gone."""
        names = settable(type(wanted.params))
        params = {name: getattr(wanted.params, name) for name in names}
        try:
            async with asyncio.timeout(MAKE_WITHIN_S):
                self._send(json.dumps({"kind": wanted.kind, "params": params}).encode())
                return _read(await self._receive())
        except (OSError, EOFError, ValueError, TimeoutError, RuntimeError) as fault:
            raise Gone(await self.end()) from fault

    def tell(self, look: Look) -> None:
        """What all its questions shall look like."""
        told = {"salt": look.salt.hex(), "pictures": len(look.pictures)}
        self._send(json.dumps(told).encode())
        for picture in look.pictures:
            self._send(picture)

    async def end(self) -> int | None:
        """Let it go; if it does not, kill it. Its exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(END_WITHIN_S):
                return await self._process.wait()
        with suppress(ProcessLookupError):
            self._process.kill()
        return await self._process.wait()

    def _send(self, message: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(LENGTH.pack(len(message)) + message)

    async def _receive(self) -> bytes:
        assert self._process.stdout is not None
        (size_bytes,) = LENGTH.unpack(await self._process.stdout.readexactly(LENGTH.size))
        if size_bytes > MOST_BYTES:
            raise ValueError("no question is so long")
        return await self._process.stdout.readexactly(size_bytes)


async def start_maker(look: Look, command: tuple[str, ...] = COMMAND) -> Maker:
    """A maker that knows the look. Raises OSError."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, env=_environment(), start_new_session=True
    )
    maker = Maker(process)
    maker.tell(look)
    return maker


def _environment() -> dict[str, str]:
    """What a maker is told: where the modules are, and no secret."""
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    modules = os.pathsep.join(str(Path(path).absolute()) for path in sys.path if path)
    return passed | _ONE_THREAD | {"PYTHONPATH": modules}


def _read(message: bytes) -> bytes | Fault:
    if not message.startswith(b'{"fault"'):
        return message
    told: Mapping[str, str] = json.loads(message)
    return Fault(told["fault"], told["at"])
