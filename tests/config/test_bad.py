"""One file per fault, named after it; what is expected stands at its end as `# expect: …`."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.config import ConfigError, load

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))


def test_there_are_many():
    assert len(BAD) >= 40


@pytest.mark.parametrize("path", BAD, ids=[path.stem for path in BAD])
def test_bad(path):
    expected = [
        line.removeprefix("# expect: ")
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("# expect: ")
    ]
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    said = [str(fault).removeprefix(str(path)).lstrip(":").strip() for fault in caught.value.faults]
    assert said == expected


@pytest.mark.parametrize("path", BAD, ids=[path.stem for path in BAD])
def test_no_secret_is_told(path):
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value)
