"""What attackers of `phrase` reach, in a file that can run beside the others."""

from __future__ import annotations

from tests.bench_kinds.budgets import assert_budgets_hold


def test_phrase_holds_its_budgets():
    assert_budgets_hold("phrase")
