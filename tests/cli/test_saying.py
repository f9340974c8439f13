"""Words that agree with their numbers, and tables that are cut nowhere but on a terminal."""

from __future__ import annotations

import pytest

from gateway.cli.saying import counted
from tests.cli.conftest import Command


@pytest.mark.parametrize("number, said", [(0, "0 routes"), (1, "1 route"), (2, "2 routes")])
def test_counted(number: int, said: str) -> None:
    assert counted(number, "route") == said


def test_addresses_to_fetch_from_are_told_whole(gateway: Command) -> None:
    assert "https://www.cloudflare.com/ips-v4" in gateway("trusted", "list").out
