"""One challenge made, measured and attacked: what a worker process does over and over.

Everything follows from a `Plan` and an index, so a run can be repeated and each failure looked at
alone: `challenge(plan, index)` makes the same picture again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from random import Random
from typing import Any

from gateway import kinds
from gateway.bench.attack import Attack, Suite, View, suite
from gateway.bench.pictures import size_px, uris
from gateway.model import JSON, Made
from gateway.preview.asking import params_of

SLOW_EVERY = 4  # challenges, an attack that is dear
BLIND_TRIES = 25  # random answers per challenge: they cost nothing


@dataclass(frozen=True, slots=True)
class Plan:
    """What is run for one kind."""

    kind: str
    seed: int
    salts: tuple[str, ...]  # the installs: challenge i is of salt i, round about
    pictures: tuple[bytes, ...] = ()  # the operator's own, if any
    naive: bool = False  # the twin, and only the attacks that have a control
    slow: bool = True
    given: Any = None  # parameters of the kind; None: its defaults

    @property
    def said(self) -> str:
        """The kind, and how it is set."""
        if self.given is None:
            return self.kind
        usual = kinds.load()[self.kind].params()
        values = {one.name: getattr(self.given, one.name) for one in fields(self.given)}
        others = [f"{name}={v}" for name, v in values.items() if v != getattr(usual, name)]
        return " ".join((self.kind, *others))


@dataclass(frozen=True, slots=True)
class Tried:
    """One attack on one challenge."""

    attack: str
    solved: bool
    cpu_s: float
    error: str = ""  # it raised, or gave what is no JSON


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that is known of one challenge after its trial."""

    index: int
    make_s: float  # CPU
    size_bytes: int  # of the view, as JSON
    sizes_px: tuple[tuple[int, int], ...]  # width and height of each picture in it
    tried: tuple[Tried, ...]
    blind_hits: int


def attacks_of(plan: Plan, index: int) -> tuple[Attack, ...]:
    """Those to run on challenge `index`, in the suite's order: installed, for the twin those with
    a control, and the slow ones on every fourth. A fast run leaves out these, and what needs more
    than the extra `bench`, so that it is the same run everywhere."""
    known = suite(plan.kind)
    asked = {control.attack for control in known.controls}
    return tuple(
        attack
        for attack in known.attacks
        if (plan.slow or not (attack.slow or attack.needs))
        and (not attack.slow or index % SLOW_EVERY == 0)
        and (not plan.naive or attack.name in asked)
        and is_installed(attack)
    )


def is_installed(attack: Attack) -> bool:
    return not attack.needs or find_spec(attack.needs) is not None


def challenge(plan: Plan, index: int) -> Made:
    """Challenge number `index` of the plan."""
    rng = chance(plan, "naive" if plan.naive else "made", index)
    if plan.naive:
        return suite(plan.kind).naive(rng)
    kind = kinds.load()[plan.kind]
    salt = plan.salts[index % len(plan.salts)].encode()
    return kind.make(rng, params_of(kind, salt, plan.pictures, plan.given))


def trial(plan: Plan, index: int) -> Outcome:
    """Make one, and let every attack of the plan answer it."""
    made, make_s = cpu_timed(lambda: challenge(plan, index))
    sent = json.dumps(dict(made.view), separators=(",", ":"), allow_nan=False)
    view: View = json.loads(sent)
    return Outcome(
        index,
        make_s,
        len(sent),
        tuple(map(size_px, uris(view))),
        tuple(try_attack(plan, index, attack, made) for attack in attacks_of(plan, index)),
        0 if plan.naive else blind_hits(plan, index, suite(plan.kind), made, view),
    )


def try_attack(plan: Plan, index: int, attack: Attack, made: Made) -> Tried:
    """What it answers, judged as the gate would. An attack that raises has failed, and is told."""
    view = json.loads(json.dumps(dict(made.view)))
    rng = chance(plan, attack.name, index)
    began_s = time.process_time()
    try:
        answer: JSON = json.loads(json.dumps(attack.solve(view, rng)))
    except Exception as error:
        return Tried(attack.name, False, time.process_time() - began_s, repr(error))
    cpu_s = time.process_time() - began_s
    return Tried(attack.name, is_right(plan.kind, made, answer), cpu_s)


def is_right(kind: str, made: Made, answer: JSON) -> bool:
    return kinds.load()[kind].check(json.loads(json.dumps(dict(made.secret))), answer).ok


def blind_hits(plan: Plan, index: int, known: Suite, made: Made, view: View) -> int:
    rng = chance(plan, "blind", index)
    answers = (known.blind(view, rng) for _ in range(BLIND_TRIES))
    return sum(is_right(plan.kind, made, answer) for answer in answers)


def warm_up(plan: Plan) -> None:
    """Make one of each salt, so that what is loaded once is not counted as the first one's cost."""
    for index in range(len(plan.salts)):
        challenge(replace(plan, seed=plan.seed - 1), index)


def chance(plan: Plan, purpose: str, index: int) -> Random:
    """The same for the same plan, purpose and index, in whatever process."""
    return Random(f"{plan.seed}:{plan.kind}:{purpose}:{index}")  # noqa: S311 - to be repeatable


def cpu_timed(work: Callable[[], Made]) -> tuple[Made, float]:
    """What it gives, and the CPU seconds of this process that it took."""
    began_s = time.process_time()
    done = work()
    return done, time.process_time() - began_s
