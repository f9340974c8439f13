"""Texts that are no YAML, as people leave them: each is told where to look and what to do."""

from __future__ import annotations

import pytest

from gateway.config import ConfigError, load

CASES = [
    (
        "sites:\n - name: a\n  title: b\n",
        "3:3: not YAML: does not line up: what belongs to the block of line 2",
    ),
    ("a:\n  b: 1\n c: 2\n", "3:2: not YAML: does not line up: what belongs to the block of line 1"),
    ("a: 1\n- b\n", "2:1: not YAML: does not line up"),
    ('a: "b\nc: 1\n', "1:4: not YAML: this quote is never closed"),
    ("a: 'it's'\n", "1:8: not YAML: text behind a closed quote"),
    ("hosts: *.shop.example\n", "1:8: not YAML: *.shop.example means an anchor (&.shop.example)"),
    ("a: @b\n", "1:4: not YAML: no value begins with @: quote it"),
    ("a: %b\n", "1:4: not YAML: no value begins with %: quote it"),
    ("a: 1\nsites\n - name: a\n", "2:1: not YAML: this key has no ':' behind it"),
    (
        "m: {path: /a\nladder: [b]\n",
        "2:7: not YAML: the bracket of line 1 is open here: close it by }",
    ),
    ("a: [1, 2\nb: 3\n", "2:2: not YAML: the bracket of line 1 is open here: close it by ]"),
    ("a: [1, 2\n", "1:4: not YAML: what begins here is never closed"),
    ("a: {{{\n", "2:1: not YAML: a bracket above is never closed"),
    ("a:\n\tb: 1\n", "2:1: a tab: YAML is indented by spaces"),
    ("a: b: c\n", "1:5: not YAML: a second ':' on one line"),
    ('a: "~^\\q"\n', "1:8: not YAML: \\ begins an escape"),
    ("%a\n", "2:1: not YAML: expected '<document start>'"),
]


@pytest.mark.parametrize("text, what", CASES)
def test_no_yaml(tmp_path, text, what):
    path = tmp_path / "gateway.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    (fault,) = caught.value.faults
    assert str(fault).removeprefix(f"{path}:").startswith(what)
