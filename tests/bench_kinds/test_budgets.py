"""Every kind has attacks, controls, a twin and a learner, and a file that holds its budgets."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from gateway import kinds
from gateway.bench.attack import suite, suites
from gateway.bench.trial import Plan, challenge, is_right
from gateway.bench.whitebox import Trained, fit

every_suite = pytest.mark.parametrize("kind", suites())


def test_every_kind_has_a_file_that_holds_its_budgets():
    files = {file.stem for file in (Path(__file__).parent / "attacks").glob("test_*.py")}
    assert files == {f"test_{kind}" for kind in suites()}


@every_suite
def test_controls_are_of_attacks_that_there_are(kind):
    names = [attack.name for attack in suite(kind).attacks]
    assert len(names) == len(set(names))
    assert {control.attack for control in suite(kind).controls} <= set(names)


@every_suite
def test_off_the_shelf_and_made_for_us(kind):
    assert {attack.made_for_us for attack in suite(kind).attacks} == {True, False}


@every_suite
def test_guessing_reaches_little(kind):
    assert suite(kind).chance <= 0.05


@every_suite
def test_the_twin_is_asked_as_the_kind_is(kind):
    """The judge is the kind's own, and what is shown is in the same fields, so that one attack can
    meet both. Peers may show more: a picture to align with."""
    known, made = suite(kind), challenge(Plan(kind, 1, ("a",)), 0)
    naive = known.naive(Random(1))
    assert set(naive.view) & set(made.view)
    assert set(naive.secret) == set(made.secret)
    blind = known.blind(json.loads(json.dumps(dict(naive.view))), Random(1))
    assert kinds.load()[kind].check(naive.secret, blind).reason in {"right", "wrong"}


@every_suite
def test_learners_give_rows_to_learn_from_and_answer(kind):
    learner = suite(kind).learner
    rows, labels = learner.examples(challenge(Plan(kind, 1, ("a",)), 0))
    assert rows.ndim == 2 and len(rows) == len(labels) > 0
    assert len(set(labels.tolist())) > 1
    trained: Trained = fit("boosted trees", rows, labels, 1)
    made = challenge(Plan(kind, 1, ("a",)), 1)
    answer = learner.answer(json.loads(json.dumps(dict(made.view))), trained.predict)
    verdict = kinds.load()[kind].check(made.secret, json.loads(json.dumps(answer)))
    assert verdict.reason in {"right", "wrong"}
    assert is_right(kind, made, answer) is verdict.ok
