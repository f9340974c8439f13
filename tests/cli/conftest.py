"""The command line, in this process or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]

SETTINGS = """\
store: memory
upstreams: {app: http://127.0.0.1:8000}
sites:
  - name: shop
    hosts: [shop.example]
    presets: [well-known]
    routes:
      - {name: health, match: {path: /health}, action: allow}
      - {name: old, match: {path: /old/**}, action: deny}
      - {name: form, match: {method: POST, path: /register}, ladder: [slider]}
      - {name: sms, match: {method: POST, path: /sms}, ladder: [slider], pass: {uses: 1}}
      - {name: field, match: {path: /post.php, form: {do: register}}, mode: shadow}
      - {name: silent, match: {path: /silent}, mode: "off"}
"""


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command here: `gateway("check", path)`."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("GATEWAY_CONFIG", raising=False)

    def run(*words: object, stdin: bytes | None = None, env: dict[str, str] | None = None) -> Said:
        result = CliRunner().invoke(app, [str(word) for word in words], input=stdin, env=env)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def process() -> Command:
    """Run a command in a process of its own, as a shell would."""

    def run(*words: object, env: dict[str, str] | None = None) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *map(str, words)],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, **(env or {})},
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A good configuration."""
    path = tmp_path / "gateway.yaml"
    path.write_text(SETTINGS)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A configuration with two faults, one of them beside a password."""
    path = tmp_path / "bad.yaml"
    rest = SETTINGS.partition("\n")[2]
    path.write_text('store: "redis://:hunter2@127.0.0.1/x"\nlisen: x\n' + rest)
    return path
