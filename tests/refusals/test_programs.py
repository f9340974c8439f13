"""Whole programs read from what we send them exactly the one request that we read."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from tests.refusals import corpus, fuzzing
from tests.refusals.fuzzing import Message
from tests.refusals.programs import programs, read_by

NAMES = ("node", "nginx", "php")
ROWS = [Message(row.sent.lstrip(b"\r\n"), ()) for row in corpus.rows() if row.passes]


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    with programs(tmp_path_factory.mktemp("programs")) as found:
        yield found


@pytest.mark.parametrize("name", NAMES)
def test_programs(ports: dict[str, int], name: str) -> None:
    chance = Random(11)
    messages = ROWS + [fuzzing.request(chance) for _ in range(600)]
    verdicts = [read_by(name, ports[name], message) for message in messages]
    assert not [each for each in verdicts if each.startswith("DIVERGES")]
    assert verdicts.count("agrees") > 200
