"""Debian's Chromium before apps that nobody here wrote, with real gates between."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.drivers.browsers import ARGS as OF_ALL
from tests.gatekeeper import GateProcess, config, free_port

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), "chromium")
DRIVEN = ["--headless=new", *OF_ALL]
# The same engine without a window's toolbars, where there is a package of it: a page opens in an
# eighth of the time. For tests that no score of the browser matters to.
SHELL = shutil.which("chromium-headless-shell") or CHROMIUM


def _like_a_persons() -> list[str]:
    """What hides the driver; see the signals `webdriver`, `agent_headless` and `hints_disagree`."""
    said = subprocess.run(
        [CHROMIUM, "--version"], capture_output=True, text=True, check=True
    ).stdout
    major = re.search(r"(\d+)\.", said)
    assert major, said
    return [
        "--disable-blink-features=AutomationControlled",
        "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{major[1]}.0.0.0 Safari/537.36",
    ]


ARGS = DRIVEN + _like_a_persons()
HTTPBIN = Path(__file__).parent.parent / ".work" / "httpbin"
PHP_APP = Path(__file__).parent / "apps" / "form.php"
module_fixture = pytest_asyncio.fixture(scope="module", loop_scope="module")


@module_fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        await browser.close()


async def until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait for a server to accept connections. Raises AssertionError when it died or is late."""
    for _ in range(400):
        assert process.poll() is None, "the app died"
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the app did not start")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that leads its group, and its workers: PHP's do not end with their parent."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass
class Httpbin:
    """PyPI's httpbin, unmodified, under gunicorn; its server's access log is the counter."""

    url: str
    access_log: Path

    def lines(self) -> list[str]:
        """Like `POST /post`, in order."""
        return self.access_log.read_text().splitlines()

    def count(self, request: str) -> int:
        return self.lines().count(request)

    def forget(self) -> None:
        os.truncate(self.access_log, 0)


@module_fixture
async def httpbin(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Httpbin]:
    folder = tmp_path_factory.mktemp("httpbin")
    port, log = free_port(), folder / "access.log"
    with (folder / "error.log").open("wb") as sink:
        process = subprocess.Popen(
            [
                *(str(HTTPBIN / "bin" / "gunicorn"), "httpbin:app", "--bind", f"127.0.0.1:{port}"),
                *("--threads", "8", "--access-logfile", str(log)),
                *("--access-logformat", "%(m)s %(U)s"),
            ],
            cwd=folder,
            start_new_session=True,
            stdout=sink,
            stderr=sink,
        )
    await until_open(port, process)
    log.touch()
    yield Httpbin(f"http://127.0.0.1:{port}", log)
    end(process)


@dataclass
class PhpForm:
    """A form page under `php -S`, which counts for itself."""

    url: str
    folder: Path

    def count(self, what: str) -> int:
        file = self.folder / f"{what}.count"
        return int(file.read_text()) if file.exists() else 0

    def forget(self) -> None:
        for file in self.folder.glob("*.count"):
            file.unlink()


@module_fixture
async def php(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PhpForm]:
    folder, port = tmp_path_factory.mktemp("php"), free_port()
    with (folder / "log").open("wb") as sink:
        process = subprocess.Popen(
            [
                *("php", "-S", f"127.0.0.1:{port}", "-t", str(PHP_APP.parent)),
                *("-d", "upload_max_filesize=20M", "-d", "post_max_size=20M"),
                *("-d", f"session.save_path={folder}", "-d", f"upload_tmp_dir={folder}"),
            ],
            env={**os.environ, "FORM_FOLDER": str(folder), "PHP_CLI_SERVER_WORKERS": "2"},
            start_new_session=True,
            stdout=sink,
            stderr=sink,
        )
    await until_open(port, process)
    yield PhpForm(f"http://127.0.0.1:{port}", folder)
    end(process)


@contextlib.asynccontextmanager
async def gate_before(
    url: str, folder: Path, routes: list[dict], name: str = "gate", **settings: object
) -> AsyncIterator[GateProcess]:
    gate = GateProcess(folder, config(url, routes, **settings), name)
    await gate.start()
    try:
        yield gate
    finally:
        await gate.stop()
