from __future__ import annotations

from collections.abc import Mapping

import pytest

from gateway.kinds.pow import KIND
from gateway.model import JSON, Verdict


def solve(secret: Mapping[str, JSON]) -> JSON:
    """Nothing is asked but what comes beside the answer."""
    return None


@pytest.mark.parametrize("answer", [True, False, 0, "", [], {}, {"number": 1}])
def test_only_no_answer_is_right(answer: JSON) -> None:
    assert KIND.check({}, answer) == Verdict(False, "malformed")
