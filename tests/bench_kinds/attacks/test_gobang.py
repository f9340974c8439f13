"""What attackers of `gobang` reach, in a file that can run beside the others."""

from __future__ import annotations

from tests.bench_kinds.budgets import assert_budgets_hold


def test_gobang_holds_its_budgets():
    assert_budgets_hold("gobang")
