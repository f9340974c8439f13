"""A whole run: what is counted, what is over its budget, what is said."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from gateway.bench.kinds import Options, run
from gateway.bench.pool import Pool, open_pool
from gateway.bench.report import faults
from gateway.bench.shares import Share
from gateway.bench.table import markdown

pytestmark = pytest.mark.usefixtures("slider_suite")
COUNT = 40


def quiet(what, how_many):
    return lambda step: None


@pytest.fixture
def report():
    return run(Options(count=COUNT), quiet)


def by_name(report):
    return {attack.attack: attack for attack in report.kinds[0].attacks}


def test_what_is_solved_is_what_check_calls_right(report):
    attacks = by_name(report)
    assert attacks["reads the page"].solved == Share(COUNT, COUNT)
    assert attacks["half way"].solved == Share(0, COUNT)
    assert 5 < attacks["every second"].solved.hits < 35
    assert attacks["every second"].solved.hits == len(attacks["every second"].solved_indices)


def test_only_controls_run_on_the_twin(report):
    attacks = by_name(report)
    assert attacks["reads the page"].naive == Share(COUNT // 2, COUNT // 2)
    assert attacks["half way"].naive == Share(0, COUNT // 2)
    assert attacks["every second"].naive is None


def test_what_lacks_its_package_is_not_run(report):
    attack = by_name(report)["elsewhere"]
    assert (attack.solved.of, attack.missing) == (0, "no_such_package")


def test_what_raises_is_told(report):
    attacks = by_name(report)
    assert attacks["lost"].errors == ("ValueError('lost')",)
    assert "int64" in attacks["numpy"].errors[0]


def test_blind_answers_are_counted(report):
    kind = report.kinds[0]
    assert kind.blind.of == 25 * COUNT
    assert 0.005 < kind.blind.rate < 0.07


def test_faults_say_which_budget_is_broken(report):
    assert faults(report) == [
        "slider: half way solves 0 % (0–16) of the naive twin, less than 80%",
        f"slider: every second solves {by_name(report)['every second'].solved}, over 15%",
        "slider: lost raised ValueError('lost')",
        "slider: numpy raised TypeError('Object of type int64 is not JSON serializable')",
    ]


@pytest.mark.parametrize(
    "hits, of, plainly, surely",
    [(9, 60, False, False), (10, 60, True, False), (16, 60, True, True), (1, 1, True, True)],
)
def test_over_and_surely_over(report, hits, of, plainly, surely):
    kind = report.kinds[0]
    attack = replace(by_name(report)["half way"], solved=Share(hits, of), naive=None)
    one = replace(report, kinds=(replace(kind, attacks=(attack,)),))
    assert (bool(faults(one)), bool(faults(one, surely=True))) == (plainly, surely)


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"most_bytes": 40_000}, None),
        ({"most_bytes": 40_001}, "a view of 40001 bytes, over 40000"),
        ({"sizes": 2}, "pictures of 2 different sizes"),
        ({"median_ms": 60.0}, None),
        ({"median_ms": 60.1}, "60 ms of CPU a challenge"),
    ],
)
def test_budgets_of_making(report, changed, said):
    kind = report.kinds[0]
    kind = replace(kind, attacks=(), making=replace(kind.making, **changed))
    found = faults(replace(report, kinds=(kind,)))
    assert found == ([f"slider: {said}"] if said else [])


def test_only_one_kind_may_be_dear(report):
    kind = report.kinds[0]
    dear = replace(kind, attacks=(), making=replace(kind.making, median_ms=31.0))
    assert faults(replace(report, kinds=(dear,))) == []
    assert faults(replace(report, kinds=(dear, dear))) == ["slider: 31 ms of CPU a challenge"]


def test_a_busy_machine_explains_twice_the_time(report):
    kind = report.kinds[0]
    for median_ms, expected in ((120.0, 0), (120.1, 1)):
        dear = replace(kind, attacks=(), making=replace(kind.making, median_ms=median_ms))
        assert len(faults(replace(report, kinds=(dear,)), surely=True)) == expected


def test_the_same_seed_gives_the_same(report):
    again = by_name(run(Options(count=COUNT), quiet))
    other = by_name(run(Options(count=COUNT, seed=2), quiet))
    name = "every second"
    assert again[name].solved_indices == by_name(report)[name].solved_indices
    assert other[name].solved_indices != again[name].solved_indices


@pytest.mark.parametrize("slow, of", [(False, 0), (True, 1)])
def test_fast_leaves_out_what_is_slow_and_what_not_everybody_has(slow, of):
    attacks = by_name(run(Options(count=1, slow=slow), quiet))
    assert [attacks[name].solved.of for name in ("patient", "by a package")] == [of, of]
    assert attacks["numpy"].solved.of == 1


def test_slow_attacks_meet_every_fourth(report):
    assert by_name(report)["patient"].solved == Share(COUNT // 4, COUNT // 4)
    assert by_name(report)["patient"].solved_indices == tuple(range(0, COUNT, 4))


def test_it_is_bounded_in_time():
    report = run(Options(count=COUNT, most_s=0.0, train=50), quiet)
    assert report.kinds[0].count == 0
    assert report.kinds[0].white_box.salt_known == Share(0, 0)
    markdown(report)
    report.as_json()


def test_progress_comes_to_all_of_it():
    begun = {}

    def begin(what, how_many):
        begun[what] = [how_many, 0]

        def advance(step):
            begun[what][1] += step

        return advance

    run(Options(count=5, train=60), begin)
    assert begun == {
        "slider": [5, 5],
        "slider, naive twin": [3, 3],
        "slider, white box": [125, 125],
    }


def test_white_box_learns_what_can_be_learnt():
    box = run(Options(count=10, train=200), quiet).kinds[0].white_box
    assert (box.trained_on, box.rows) == (200, 400)
    assert box.salt_known == box.salt_unknown == Share(10, 10)


def twice(number: int) -> int:
    return 2 * number


def test_a_part_of_the_time_is_kept_for_what_comes_after():
    pool = Pool(1, time.monotonic() + 60)
    whole_s = pool.deadline_s
    with pool.share(0.0):
        assert pool.run(twice, range(9), lambda step: None) == []
    with pool.share(0.9):
        assert pool.deadline_s < whole_s
        assert pool.run(twice, range(3), lambda step: None) == [0, 2, 4]
    assert pool.deadline_s == whole_s


def test_several_processes_keep_the_order():
    with open_pool(2, time.monotonic() + 60) as pool:
        assert pool.run(twice, range(9), lambda step: None) == [2 * n for n in range(9)]


def test_the_json_has_everything(report):
    text = json.dumps(report.as_json(), allow_nan=False)
    found = json.loads(text)["kinds"][0]
    assert found["attacks"][0]["solved"] == {"hits": COUNT, "of": COUNT}
    assert set(found) >= {"making", "blind", "chance", "white_box"}


def test_markdown_names_the_best_of_each_sort(report):
    row = markdown(report).splitlines()[-1]
    assert row.startswith("| `slider` | ") and row.endswith(" |")
    assert "100 % (reads the page)" in row
    assert "(every second)" in row
    assert len(row.split(" | ")) == len(markdown(report).splitlines()[0].split(" | "))
