"""Commands, exit codes, help: what scripts rely on."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from gateway import __version__
from gateway.cli.app import app


def commands(group: TyperGroup, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group of commands, by its words."""
    for name, each in group.commands.items():
        yield (*above, name)
        if isinstance(each, TyperGroup):
            yield from commands(each, (*above, name))


TOP = get_command(app)
assert isinstance(TOP, TyperGroup)
COMMANDS = [*commands(TOP)]
FILE_COMMANDS = [c for c in COMMANDS if c[0] in ("run", "check", "routes") or "keys" in c[:-1]]


def test_version(gateway):
    assert gateway("--version").out == f"gateway {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_examples(gateway, command):
    said = gateway(*command, "--help")
    assert said.code == 0
    assert f"gateway {' '.join(command)}" in said.out.partition("Examples:")[2]


def test_help_says_the_exit_codes(gateway):
    assert "0 ok, 1 failed, 2 usage, 3 configuration" in gateway("--help").out


def test_help_is_quick():
    """Processor time, since the clock also counts what else this machine does."""
    best_s = 1.0
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "gateway", "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best_s = min(best_s, spent_s)
    assert best_s < 0.2


def test_help_imports_nothing_heavy():
    code = "import sys; from gateway.cli.app import app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"pydantic", "ruamel.yaml", "aiohttp", "redis", "numpy", "rich.console"}


@pytest.mark.parametrize("command", FILE_COMMANDS, ids=" ".join)
def test_the_file_must_be_named(gateway, command):
    said = gateway(*command)
    assert said.code == 2
    assert "FILE, --config FILE or GATEWAY_CONFIG" in said.err


@pytest.mark.parametrize("words", [["check", "--nope"], ["nope"], ["init"], ["keys"], []])
def test_usage_faults(gateway, words):
    assert gateway(*words).code == 2


@pytest.mark.parametrize("command", FILE_COMMANDS, ids=" ".join)
def test_config_faults(gateway, command, bad):
    said = gateway(*command, bad)
    assert said.code == 3
    assert said.out == ""
    assert f"{bad}:2:1: lisen: unknown key 'lisen'; did you mean 'listen'?" in said.err
    assert f"{bad}:1:8: store: the database is a number" in said.err
    assert "2 faults in the configuration" in said.err
    assert ("nothing was started" in said.err) is (command[0] == "run")
    assert "hunter2" not in said.err


def test_three_ways_to_name_the_file(gateway, file):
    ways = [
        gateway("check", file),
        gateway("check", "-c", file),
        gateway("check", "--config", file),
    ]
    ways.append(gateway("check", env={"GATEWAY_CONFIG": str(file)}))
    assert [said.code for said in ways] == [0, 0, 0, 0]
    assert len({said.out for said in ways}) == 1


def test_the_argument_wins_over_the_environment(gateway, file, bad):
    assert gateway("check", file, env={"GATEWAY_CONFIG": str(bad)}).code == 0


def test_a_reader_that_leaves_early_is_no_failure():
    """`gateway schema | head -1`."""
    command = f"{sys.executable} -m gateway schema | head -c 10"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_schema_is_json(gateway):
    import json

    said = gateway("schema")
    assert json.loads(said.out)["properties"]["listen"]


def test_demo_gets_its_address(gateway, monkeypatch):
    import gateway.demo

    heard = []
    monkeypatch.setattr(gateway.demo, "run", lambda listen: heard.append(listen) or 7)
    assert gateway_code("demo", "--listen", "127.0.0.1:9") == 7
    assert heard == ["127.0.0.1:9"]


def gateway_code(*words):
    from typer.testing import CliRunner

    from gateway.cli.app import app

    return CliRunner().invoke(app, list(words)).exit_code


def test_no_colour_when_told(process, bad):
    said = process("check", bad, env={"NO_COLOR": "1", "FORCE_COLOR": ""})
    assert "\x1b" not in said.err + said.out


def test_a_terminal_gets_the_line_and_a_caret(bad):
    """On a terminal each fault comes with its line, without the password in it."""
    text = on_a_terminal([sys.executable, "-m", "gateway", "check", str(bad)])
    lines = text.replace("\r", "").splitlines()
    at = next(i for i, line in enumerate(lines) if line.endswith("lisen: x"))
    assert lines[at].startswith("     2 │ lisen: x")
    assert lines[at + 1] == "       │ ^"
    assert any('1 │ store: "redis://***@127.0.0.1/x"' in line for line in lines)
    assert "hunter2" not in text


def on_a_terminal(command: list[str]) -> str:
    """What a command writes to a plain terminal."""
    ours, theirs = os.openpty()
    env = {**os.environ, "TERM": "dumb", "COLUMNS": "200"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as child:
        os.close(theirs)
        data = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # EIO: the other side was closed
                break
            if not piece:
                break
            data += piece
        child.wait(20)
    os.close(ours)
    return data.decode()
