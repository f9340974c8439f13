from __future__ import annotations

from collections.abc import Mapping

import pytest

from gateway.kinds.one_click import KIND
from gateway.model import JSON


def solve(secret: Mapping[str, JSON]) -> JSON:
    """The button was pressed."""
    return True


@pytest.mark.parametrize("answer", [None, False, 1, 1.0, "true", [True], {"pressed": True}])
def test_only_true_is_right(answer: JSON) -> None:
    assert KIND.check({}, answer).reason == "malformed"
