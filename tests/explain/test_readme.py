"""The README's example is what is printed: `python -m tests.explain.test_readme` shows it."""

from __future__ import annotations

import json
import re
import shlex
import tempfile
from pathlib import Path

from typer.testing import CliRunner

from gateway.cli.app import app

README = Path(__file__).parents[2] / "README.md"
CONFIG = {
    "upstreams": {"app": "http://127.0.0.1:8000"},
    "sites": [
        {
            "name": "shop",
            "hosts": ["shop.example"],
            "routes": [
                {"name": "register", "match": {"method": "POST", "path": "/register"}},
                {"name": "reset", "match": {"path": "/registered", "query": {"do": "reset"}}},
            ],
        }
    ],
}
_EXAMPLE = re.compile(r"```console\n\$ (gateway explain gateway\.yaml --curl .*?)\n(.*?)```", re.S)


def printed(command: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "gateway.yaml"
        file.write_text(json.dumps(CONFIG))
        words = shlex.split(command.replace("gateway.yaml", str(file)))
        result = CliRunner().invoke(app, words[1:])
    assert result.exit_code == 0, result.output
    return "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())


def test_the_readme_shows_what_is_printed() -> None:
    found = _EXAMPLE.search(README.read_text())
    assert found is not None
    assert printed(found[1]) == found[2]


if __name__ == "__main__":
    example = _EXAMPLE.search(README.read_text())
    assert example is not None
    print(printed(example[1]))
