"""requests' own suite passes through an allow-all gate what it passes directly.

363 of its tests pass directly; `tests/test_lowlevel.py` and `test_testserver.py` bring servers of
their own and never touch httpbin, so only `tests/test_requests.py` runs here.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import aiohttp

from tests.gatekeeper import GateProcess, free_port

HERE = Path(__file__).parent
SUITE = HERE.parent / ".work" / "requests"
SOURCE = SUITE / "requests-2.34.2"

_BLACK_HOLE = "expects 10.255.255.1 to swallow packets; many networks refuse instead"
FAIL_DIRECTLY = {
    "tests/test_requests.py::TestTimeout::test_connect_timeout": _BLACK_HOLE,
    "tests/test_requests.py::TestTimeout::test_total_timeout_connect": _BLACK_HOLE,
}
LEAST_PASSED = 320  # of test_requests.py; fewer means the suite did not really run


async def test_requests_own_suite(start_gate):
    port = free_port()
    gate = await start_gate([], upstream=f"http://127.0.0.1:{port}")
    process = await asyncio.create_subprocess_exec(
        str(SUITE / "bin" / "python"),
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "through_gate"),
        *("--disable-warnings", "tests/test_requests.py"),
        *(f"--deselect={name}" for name in FAIL_DIRECTLY),
        cwd=SOURCE,
        env={
            **os.environ,
            "HTTPBIN_HTTP_PORT": str(port),
            "GATE_URL": gate.url,
            "PYTHONPATH": str(HERE),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await process.communicate())[0].decode("utf-8", "replace")
    assert process.returncode == 0, said[-6000:]
    assert await forwarded(gate) >= LEAST_PASSED / 2  # some of its tests send nothing
    passed = re.search(r"(\d+) passed", said)
    assert passed and int(passed.group(1)) >= LEAST_PASSED, said[-2000:]


async def forwarded(gate: GateProcess) -> float:
    """How many requests went through the gate, by its own metrics."""
    url = f"http://127.0.0.1:{gate.admin_port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as reply:
        text = await reply.text()
    found = re.findall(r'^gateway_replies_total\{by="app".*\} ([\d.]+)$', text, re.M)
    return sum(map(float, found))
