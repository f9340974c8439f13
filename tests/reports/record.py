"""Record what browsers report: `python -m tests.reports.record TOOLS_FOLDER [NAME…]`.

TOOLS_FOLDER holds the drivers, which the tests themselves do not need:

    npm i puppeteer-core puppeteer-extra puppeteer-extra-plugin-stealth ghost-cursor \\
        rebrowser-puppeteer-core
    python -m venv venv && venv/bin/pip install playwright patchright selenium pydoll-python
    apt-get install chromium chromium-driver firefox-esr xvfb xdotool

The `clean` ones are the control: a headed browser under Xvfb that no protocol drives, with a hand
made of XTEST events. Everything else is a driver as its documentation shows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import ImageGrab

from tests.browser.conftest import ARGS, CHROMIUM
from tests.reports.stand import Stand, standing

HERE = Path(__file__).parent
RECORDED = HERE / "recorded"
LATE_S = 90.0
NODE = ("puppeteer", "puppeteer_stealth", "puppeteer_touch", "ghost_cursor", "rebrowser")
PYTHON = (
    *("playwright", "playwright_hidden", "playwright_mobile", "patchright", "patchright_headed"),
    *("selenium", "pydoll", "hand_made"),
)
AGENT = ARGS[-1].partition("=")[2]  # Chrome's, without "Headless"
CLEAN: dict[str, tuple[float, bool, tuple[str, ...]]] = {  # scale, whether by keys, arguments
    "clean": (1.0, False, ()),
    "clean_zoom_125": (1.25, False, ()),
    "clean_zoom_150": (1.5, False, ()),
    "clean_reduced_motion": (1.0, False, ("--force-prefers-reduced-motion",)),
    "clean_keys": (1.0, True, ()),
    "clean_firefox": (1.0, False, ()),
    "clean_firefox_hardened": (1.0, False, ()),
}
SCREEN = (1920, 1080)
WINDOW = (1100, 700)


async def run(*words: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    """Run to the end. Raises RuntimeError with what it said."""
    process = await asyncio.create_subprocess_exec(
        *words,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), LATE_S)
    if process.returncode:
        raise RuntimeError(said.decode()[-2000:])


async def by_driver(stand: Stand, name: str, tools: Path) -> None:
    """One visit by a tool, in a process of its own."""
    url, env = stand.expect(name), {"CHROMIUM": CHROMIUM, "AGENT": AGENT}
    if name in NODE:
        await run("node", str(HERE / "drivers.cjs"), name, url, env=env, cwd=tools)
        return
    python = str(tools / "venv" / "bin" / "python")
    async with screen() as display:
        env["DISPLAY"] = display
        await run(python, str(HERE / "drivers.py"), name, url, env=env)


# --- The control ---------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def screen() -> AsyncIterator[str]:
    """A display of its own: its name."""
    read, write = os.pipe()
    size = f"{SCREEN[0]}x{SCREEN[1]}x24"
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    number = await asyncio.to_thread(os.read, read, 16)
    try:
        yield f":{number.decode().strip()}"
    finally:
        process.terminate()
        process.wait()


async def by_hand(stand: Stand, name: str) -> None:
    """One visit in a browser that nothing drives, by XTEST events."""
    scale, keys, args = CLEAN[name]
    async with screen() as display:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            url = stand.expect(name)
            browser = subprocess.Popen(
                firefox(profile, url, name.endswith("hardened"))
                if "firefox" in name
                else chromium(profile, url, scale, args),
                env={**os.environ, "DISPLAY": display},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                await asyncio.sleep(10)  # nothing may ask the page when it is ready
                await (press_keys(display) if keys else drag(display, scale))
                await asyncio.wait_for(asyncio.shield(stand.came[name]), 20)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(browser.pid, signal.SIGTERM)
                browser.wait(10)


def chromium(profile: str, url: str, scale: float, args: tuple[str, ...]) -> list[str]:
    return [
        *(CHROMIUM, "--no-sandbox", "--no-first-run", f"--user-data-dir={profile}"),
        *("--disable-quic", "--disable-component-update", "--disable-sync"),
        *(f"--window-size={WINDOW[0]},{WINDOW[1]}", "--window-position=0,0"),
        *("--password-store=basic", "--use-gl=angle", "--use-angle=swiftshader"),
        *("--enable-unsafe-swiftshader", f"--force-device-scale-factor={scale}", *args, url),
    ]


def firefox(profile: str, url: str, hardened: bool) -> list[str]:
    """Its first pages kept away: they would cover the page that is asked for."""
    quiet = {
        "browser.aboutwelcome.enabled": False,
        "browser.shell.checkDefaultBrowser": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "browser.startup.homepage_override.mstone": "ignore",
        "privacy.resistFingerprinting": hardened,
    }
    lines = [f'user_pref("{key}", {json.dumps(value)});' for key, value in quiet.items()]
    (Path(profile) / "user.js").write_text("\n".join(lines))
    size = ["--width", str(WINDOW[0]), "--height", str(WINDOW[1])]
    return ["firefox-esr", "--no-remote", "--profile", profile, *size, url]


async def xdotool(display: str, script: list[str]) -> None:
    file = Path(tempfile.mkstemp()[1])
    file.write_text("\n".join(script))
    await run("xdotool", str(file), env={"DISPLAY": display})
    file.unlink()


async def press_keys(display: str) -> None:
    """To the handle by Tab alone, then to the end by the arrow key."""
    script = []
    for _ in range(6):
        script += ["key Tab", "sleep 0.15", *["key Right", "sleep 0.11"] * 7]
    await xdotool(display, script)


async def drag(display: str, scale: float) -> None:
    """Approach, press, pull with a bow and a pause, release; hundreds of events a second."""
    x, y = await asyncio.to_thread(handle, display)
    rng, script, reach = Random(7), [], 340 * scale
    for i in range(301):
        share = ease(i / 300)
        a, b = 300 + (x - 300) * share + bow(i), 200 + (y - 200) * share - bow(i)
        script.append(f"mousemove {round(a)} {round(b)}\nsleep 0.002")
    script += ["sleep 0.18", "mousedown 1", "sleep 0.09"]
    for i in range(301):
        a, b = x + reach * ease(i / 300), y + 5 * math.sin(i / 80) + rng.choice((0, 0, 0, 1))
        script.append(f"mousemove {round(a)} {round(b)}\nsleep 0.002")
    await xdotool(display, [*script, "sleep 0.12", "mouseup 1"])


def handle(display: str) -> tuple[float, float]:
    """The middle of the slider's handle, by its blue."""
    seen = np.asarray(ImageGrab.grab(xdisplay=display).convert("RGB")).astype(int)
    blue = (seen[..., 2] > 150) & (seen[..., 0] < 60) & (seen[..., 1] < 120)
    ys, xs = np.nonzero(blue)
    assert len(xs) > 500, "no slider on the screen"
    return float(np.median(xs)), float(np.median(ys))


def bow(i: int) -> float:
    return 6 * math.sin(i / 47) * math.sin(math.pi * i / 300)


def ease(share: float) -> float:
    return share**3 * (10 - 15 * share + 6 * share**2)


async def main(tools: Path, names: list[str]) -> None:
    async with standing() as stand:
        for name in names or [*CLEAN, *NODE, *PYTHON]:
            if name in CLEAN:
                await by_hand(stand, name)
            else:
                await by_driver(stand, name, tools)
            report: dict[str, Any] = await asyncio.wait_for(stand.came[name], 5)
            text = json.dumps(report, separators=(",", ":"))
            (RECORDED / f"{name}.json").write_text(text + "\n")
            print(name, len(text), "bytes", report["signals"])


if __name__ == "__main__":
    assert shutil.which("xdotool")
    asyncio.run(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
