from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest

from gateway.kinds.wait import KIND, Params
from gateway.model import JSON, Verdict


def solve(secret: Mapping[str, JSON]) -> JSON:
    """Nothing is asked but what comes beside the answer."""
    return None


@pytest.mark.parametrize("answer", [True, False, 0, "", [], {}, {"number": 1}])
def test_only_no_answer_is_right(answer: JSON) -> None:
    assert KIND.check({}, answer) == Verdict(False, "malformed")


@pytest.mark.parametrize("wait_s", [5, 15, 300])
def test_the_page_is_told_how_long(wait_s: int) -> None:
    assert KIND.make(Random(1), Params(wait_s)).view == {"wait_s": wait_s}
