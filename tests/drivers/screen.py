"""A screen of its own: Xvfb, started and ended by its process id."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field

import numpy as np

from tests.drivers import tools

SIZE = (1366, 1000)


@dataclass
class Screen:
    """`start` returns when programs may open windows on it."""

    size: tuple[int, int] = SIZE
    display: str = field(default="", init=False)

    def start(self) -> None:
        tools.programs(Xvfb="xvfb")
        reads, writes = os.pipe()
        wide, high = self.size
        self._process = subprocess.Popen(
            [
                *("Xvfb", "-displayfd", str(writes), "-screen", "0", f"{wide}x{high}x24"),
                *("-nolisten", "tcp", "-noreset"),
            ],
            pass_fds=(writes,),
            stderr=subprocess.DEVNULL,
        )
        os.close(writes)
        with os.fdopen(reads) as told:
            number = told.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        self.display = f":{number}"

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def area_of(self, rgb: tuple[int, int, int]) -> tuple[int, int, int, int] | None:
        """The box of a colour: left, top, width, height; None while it is not shown."""
        from Xlib import X
        from Xlib.display import Display

        wide, high = self.size
        display = Display(self.display)
        shown = display.screen().root.get_image(0, 0, wide, high, X.ZPixmap, 0xFFFFFFFF)
        display.close()
        pixels = np.frombuffer(shown.data, np.uint8).reshape(high, wide, 4)
        rows, columns = np.nonzero((pixels[:, :, 2::-1] == rgb).all(axis=2))
        if not len(rows):
            return None
        left, top = int(columns.min()), int(rows.min())
        return left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top

    def environment(self) -> dict[str, str]:
        """Of programs that shall open windows here."""
        return {**os.environ, "DISPLAY": self.display}
