"""Programs of others that drivers need: installed on demand, pinned, told before it is done.

They are no dependencies of the gate nor of its tests, and go into tests/.work/drivers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).parent
WORK = HERE.parent / ".work" / "drivers"
PYTHON, NODE = WORK / "python", WORK / "node"


def python_tools() -> None:
    """What tools.txt lists, importable from here on."""
    _install(
        PYTHON,
        HERE / "tools.txt",
        [
            *(sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"),
            *("--no-deps", "--upgrade", "--target", str(PYTHON), "-r", str(HERE / "tools.txt")),
        ],
    )
    if str(PYTHON) not in sys.path:
        sys.path.append(str(PYTHON))


def node_tools() -> Path:
    """The folder to run `node` in, with what package-lock.json pins."""
    NODE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, NODE / name)
    command = ["npm", "ci", "--prefix", str(NODE), "--no-audit", "--no-fund", "--loglevel=error"]
    _install(NODE, HERE / "package-lock.json", command)
    return NODE


def programs(**packages: str) -> None:
    """Programs by the Debian package they come in. Raises RuntimeError with the remedy."""
    missing = [package for program, package in packages.items() if not shutil.which(program)]
    if missing:
        raise RuntimeError(f"missing: apt-get install {' '.join(missing)}")


def _install(folder: Path, pins: Path, command: list[str]) -> None:
    stamp, pinned = folder / ".made-from", sha256(pins.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == pinned:
        return
    print(f"installing what {pins.name} pins, in {folder}:\n{pins_told(pins)}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(command, check=True, env={**os.environ, "PUPPETEER_SKIP_DOWNLOAD": "1"})
    stamp.write_text(pinned)


def pins_told(pins: Path) -> str:
    if pins.name == "package-lock.json":
        pins = pins.with_name("package.json")
    return pins.read_text()
