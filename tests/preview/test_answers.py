"""Answers are read as people write them, and judged by the kind itself."""

from __future__ import annotations

import pytest

from gateway import kinds
from gateway.preview.answers import AnswerError, judged, parsed, report

SLIDER = kinds.load()["slider"]


@pytest.mark.parametrize(
    "line, answer",
    [
        ("3: 0.41,0.62 0.2,0.3", [[0.41, 0.62], [0.2, 0.3]]),
        ("3: 0.41,0.62", [[0.41, 0.62]]),
        ("3. 2 5 7", [2, 5, 7]),
        ("3: .25 1.0", [0.25, 1.0]),
        ("3: [[0, 1], [2, 2]]", [[0, 1], [2, 2]]),
        ('3: {"reached": 1}', {"reached": 1}),
        ("3: true  # pressed", True),
        ("3:", []),
    ],
)
def test_an_answer_is_read(line, answer):
    assert parsed(f"\n# mine\n{line}\n") == {3: answer}


@pytest.mark.parametrize(
    "text, said",
    [
        ("hello", "line 1"),
        ("1: true\n2: left", "line 2"),
        ("1: 0.4.1", "line 1"),
        ("1: 2\n1: 3", "line 2: 1 was answered before"),
    ],
)
def test_a_line_that_says_none_is_named(text, said):
    with pytest.raises(AnswerError, match=said):
        parsed(text)


def test_the_kind_judges_and_the_score_names_what_was_wrong():
    secrets = {n: {"tolerance": 0.03} for n in (1, 2, 3, 4)}
    given = {1: {"reached": 1}, 2: {"reached": 0.5}, 3: "?"}
    results = judged(SLIDER, secrets, given)
    assert [one.ok for one in results] == [True, False, False, False]
    said = report(results).splitlines()
    assert said[0] == "1 of 4"
    assert said[1].startswith("2: wrong, 16.7 times")
    assert said[2:] == ["3: malformed", "4: no answer"]
