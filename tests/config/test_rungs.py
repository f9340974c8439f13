"""Rungs of a ladder: what a route may set of a kind, and what it may not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated, Any, Literal

import pytest

from gateway import kinds
from gateway.config import Config, ConfigError, load
from gateway.kinds import Between, Kind, Look, settable
from gateway.model import JSON, Made, Verdict


@dataclass(frozen=True, slots=True)
class Params:
    """Of a kind that draws."""

    pieces: Annotated[int, Between(2, 9)] = 3
    hardness: Literal["easy", "hard"] = "easy"
    look: Look = Look()


class Drawn:
    params = Params
    drawn = True

    def make(self, rng: Random, params: Params) -> Made:
        return Made({}, {})

    def check(self, secret: Mapping[str, JSON], answer: JSON) -> Verdict:
        return Verdict(False, "wrong")


KINDS: Mapping[str, Kind] = {"drawn": Drawn()}


HEAD = "upstreams: {app: http://127.0.0.1:8000}\nsites: [{name: s, routes: [{name: form, ladder: "


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Config]:
    """Load a configuration with one rung of the kind above, with these parameters."""
    monkeypatch.setattr(kinds, "load", lambda: KINDS)

    def read(params: str) -> Config:
        path = tmp_path / "gateway.yaml"
        path.write_text(f"{HEAD}[{{kind: drawn, params: {params}}}]}}]}}]\n")
        return load(path, {})

    return read


@pytest.mark.parametrize(
    "ladder",
    [
        "[{kind: one_click, max_risk: 0.3}, {kind: icon, beside: [word, {kind: puzzle, params: P}]}]",  # noqa: E501
        "[{kind: one_click, max_risk: 0.3}, [icon, word, {kind: puzzle, params: P}]]",
    ],
)
def test_kinds_of_one_step_are_worth_the_same(tmp_path: Path, ladder: str) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text(f"{HEAD}{ladder.replace('P', '{tolerance_px: 8}')}}}]}}]\n")
    found = load(path, {}).sites[0].routes[0].ladder
    assert [(r.kind, r.max_risk, r.level, r.beside) for r in found] == [
        ("one_click", 0.3, 1, False),
        ("icon", 1.0, 2, False),
        ("word", 1.0, 2, True),
        ("puzzle", 1.0, 2, True),
    ]
    assert found[3].params.tolerance_px == 8


def test_what_stands_beside_a_kind_changes_the_policy(tmp_path: Path) -> None:
    """A pass of before it did goes stale."""
    policies = set()
    for ladder in (
        "[[icon, word]]",
        "[{kind: icon, max_risk: 0.9, level: 1}, {kind: word, level: 1}]",
    ):
        path = tmp_path / "gateway.yaml"
        path.write_text(f"{HEAD}{ladder}}}]}}]\n")
        policies.add(load(path, {}).sites[0].routes[0].policy)
    assert len(policies) == 2


@pytest.mark.parametrize(
    "written, expected",
    [
        ("{}", Params()),
        ("{pieces: 2}", Params(2)),
        ("{pieces: 9, hardness: hard}", Params(9, "hard")),
    ],
)
def test_what_a_route_may_set(read: Any, written: str, expected: Params) -> None:
    ((rung,),) = [route.ladder for route in read(written).sites[0].routes]
    assert rung.params == expected


@pytest.mark.parametrize(
    "written, what",
    [
        ("{pieces: 1}", "out of range: 2 to 9"),
        ("{pieces: 10}", "out of range: 2 to 9"),
        ("{hardness: hrd}", "hrd"),
        ("{look: salt}", "unknown parameter 'look'"),
    ],
)
def test_what_it_may_not(read: Any, written: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(written)
    (fault,) = caught.value.faults
    assert what in str(fault)


def test_the_look_is_nowhere_to_be_set() -> None:
    assert list(settable(Params)) == ["pieces", "hardness"]


def test_a_pass_goes_stale_with_what_a_route_sets(read: Any) -> None:
    """And never with the look, which the gate gives: digests are made before."""
    policies = [read(p).sites[0].routes[0].policy for p in ("{}", "{pieces: 3}", "{pieces: 4}")]
    assert policies[0] == policies[1] != policies[2]
