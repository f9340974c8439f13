"""The Chromium that is installed here."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), "chromium")


@cache
def chrome_major() -> int:
    """Its major version. Raises RuntimeError when it does not say one."""
    said = subprocess.run([CHROMIUM, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"(\d+)\.", said.stdout)
    if not found:
        raise RuntimeError(f"no version: {said.stdout}")
    return int(found[1])


def person_like() -> list[str]:
    """Arguments that hide the most of a driven headless browser."""
    return ["--disable-blink-features=AutomationControlled", f"--user-agent={agent()}"]


def agent() -> str:
    """What a headed one calls itself."""
    return (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{chrome_major()}.0.0.0 Safari/537.36"
    )
