"""`gateway run`, in a process of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys

from gateway.cli.app import MOST_WORKERS
from gateway.config.models import FilePart
from tests.gatekeeper import free_port

BODY = "store: memory\nupstreams: {{app: http://127.0.0.1:1}}\nsites: [{{name: s}}]\n"
GOOD = "listen: 127.0.0.1:{port}\nadmin:\nkeys: ./keys\n" + BODY


def serve(path):
    """Run until it says that it started, then stop it. Returns its exit code."""
    with subprocess.Popen(
        [sys.executable, "-m", "gateway", "run", str(path)], stdout=subprocess.PIPE, text=True
    ) as gate:
        assert gate.stdout is not None
        for line in gate.stdout:
            if json.loads(line)["event"] == "started":
                break
        gate.send_signal(signal.SIGTERM)
        return gate.wait(20)


def test_serves_until_told_to_stop(tmp_path):
    path = tmp_path / "gateway.yaml"
    path.write_text(GOOD.format(port=free_port()))
    assert serve(path) == 0
    assert (tmp_path / "keys").is_dir()


def test_runs_what_init_prints(process, tmp_path):
    listen = f"127.0.0.1:{free_port()}"
    said = process("init", "--upstream", "http://127.0.0.1:1", "--listen", listen)
    path = tmp_path / "gateway.yaml"
    path.write_text(said.out.replace("127.0.0.1:9090", f"127.0.0.1:{free_port()}"))
    assert serve(path) == 0


def test_a_fault_starts_nothing(process, tmp_path):
    path = tmp_path / "gateway.yaml"
    path.write_text(GOOD.format(port=free_port()) + "lisen: x\n")
    said = process("run", path)
    assert said.code == 3
    assert "unknown key 'lisen'" in said.err
    assert said.out == ""
    assert list(tmp_path.iterdir()) == [path]


def test_a_taken_port_is_one_line(process, tmp_path):
    path = tmp_path / "gateway.yaml"
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        port = taken.getsockname()[1]
        path.write_text(GOOD.format(port=port))
        said = process("run", path)
    assert said.code == 1
    assert f"127.0.0.1:{port}" in said.err
    assert "Traceback" not in said.err


def test_workers_share_no_memory_store(process, tmp_path):
    path = tmp_path / "gateway.yaml"
    path.write_text(GOOD.format(port=free_port()))
    said = process("run", path, "--workers", "2")
    assert said.code == 3
    assert "there are several workers" in said.err


def test_no_more_workers_than_the_configuration_may_have(process, tmp_path):
    assert (
        next(m.le for m in FilePart.model_fields["workers"].metadata if hasattr(m, "le"))
        == MOST_WORKERS
    )
    assert process("run", tmp_path, "--workers", MOST_WORKERS + 1).code == 2
    assert process("run", tmp_path, "--workers", 0).code == 2
