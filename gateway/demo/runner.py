"""Start the app and the gate, say where to look, stop both.

Each is a process of its own. Keys, store and the gate's log lie in a temporary folder that goes
away with the demo.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

CONFIG = Path(__file__).with_name("demo.yaml")
_START_WITHIN_S = 20.0
_STOP_WITHIN_S = 10.0

_TRY = """
  The app behind the gate:  {url}
  Its own counters:         {url}counters

  What to try
    Register    a registration with a file; the gate keeps it while you answer, and the app
                gets it once, byte for byte (it shows the sha256)
    Phone code  one text message for one solved challenge; reload or go back: still one
    Vote        one tap, one vote
    Guestbook   a proof of work in your browser, nothing to do
    Quotes      a script's fetch() is asked in an overlay and goes on by itself
    Live        server-sent events and a WebSocket pass through untouched
    A script    curl -i -d phone=1 {url}sms

  The gate's configuration: {config}
  The gate's log:           {log}
  Ctrl-C stops both.
"""


def serve(listen: str) -> int:
    """Run until Ctrl-C or until one of the two dies. Returns an exit code, 0 or 1."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # both end the same way
    with tempfile.TemporaryDirectory(prefix="gateway-demo-") as name:
        folder = Path(name)
        processes: list[subprocess.Popen[str]] = []
        try:
            app, port = _start_app()
            processes.append(app)
            log = folder / "gate.log"
            processes.append(_start_gate(listen, port, folder, log))
            url = f"http://{listen}/"
            if not _answers(url, processes):
                print(f"The gate did not start on {listen}:\n{_tail(log)}", file=sys.stderr)
                return 1
            print(_TRY.format(url=url, config=CONFIG, log=log), flush=True)
            return _watch(processes, log)
        except KeyboardInterrupt:
            return 0
        finally:
            _stop(processes)


def _start_app() -> tuple[subprocess.Popen[str], int]:
    """The app on a free port of loopback. Raises RuntimeError when it says none."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.demo.legacy", "0"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    words = process.stdout.readline().split()
    if not words:
        raise RuntimeError("the demo app did not start")
    return process, int(words[-1])


def _start_gate(listen: str, app_port: int, folder: Path, log: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "GATEWAY_DEMO_LISTEN": listen,
        "GATEWAY_DEMO_APP": f"http://127.0.0.1:{app_port}",
        "GATEWAY_DEMO_FOLDER": str(folder),
    }
    with log.open("w") as sink:
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "gateway", "run", str(CONFIG)],
            env=environment,
            stdout=sink,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop both in order
        )


def _answers(url: str, processes: Sequence[subprocess.Popen[str]]) -> bool:
    """Whether the gate answers within its time; false at once when a process has died."""
    give_up = time.monotonic() + _START_WITHIN_S
    while time.monotonic() < give_up and all(p.poll() is None for p in processes):
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own address
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.1)
    return False


def _watch(processes: Sequence[subprocess.Popen[str]], log: Path) -> int:
    while True:
        for process in processes:
            if process.poll() is not None:
                print(f"Stopped with code {process.returncode}.\n{_tail(log)}", file=sys.stderr)
                return 1
        time.sleep(0.3)


def _stop(processes: Sequence[subprocess.Popen[str]]) -> None:
    """The gate first, so that nobody meets a gate without its app."""
    for process in reversed(processes):
        process.terminate()
        try:
            process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])
