"""The laboratory: generators, channels, views and figures. Fitting itself needs the recordings."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from gateway.hand.features import NAMES
from gateway.hand.kept import lines, pack, unpack
from gateway.hand.lab import attack, check, fit, knobs, nets, sets, timing, trees, views, visits
from gateway.hand.lab.borrow import BORROWERS
from gateway.hand.lab.channels import framed, play
from gateway.hand.lab.generators import FAMILIES
from gateway.hand.lab.pieces import Scene, scene
from gateway.hand.model import Net
from gateway.hand.trace import Drawn
from gateway.hand.weights import shipped
from tests.hand.drawn import drawn, ruled
from tests.samples import RING

TO = Scene(100, 200, 400, 260)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_generator_goes_where_it_is_sent(name: str) -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        t, x, y = FAMILIES[name](rng, TO)
        assert (np.diff(t) >= 0).all()
        assert np.isfinite(x).all() and np.isfinite(y).all()
        assert np.hypot(x[0] - TO.x0, y[0] - TO.y0) < 30
        assert np.hypot(x[-1] - TO.x1, y[-1] - TO.y1) < 90


@pytest.mark.parametrize("name", BORROWERS)
def test_a_borrower_makes_usable_paths(name: str) -> None:
    rng = np.random.default_rng(5)
    people = [drawn(seed) for seed in range(9)]
    made = [BORROWERS[name](rng, scene(rng), people) for _ in range(20)]
    assert all((np.diff(t) >= 0).all() for t, _, _ in made)
    assert sum(views.usable(path) for path in made) >= 15


def test_playing_keeps_the_order_of_time() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        t, x, y = play(rng, drawn(), [np.array([3.0, 20.0, 9.0])])
        assert t[0] == 0
        assert (np.diff(t) >= 0).all()
        assert len(t) == len(x) == len(y)


def test_frames_keep_one_event_each() -> None:
    rng = np.random.default_rng(5)
    t, x, _ = framed(rng, *drawn(1, 4.0))
    assert len(t) <= 900 * 60 / 1000 + 2
    assert x[-1] == drawn(1, 4.0)[1][-1]


def test_the_norm_view_is_even_and_whole() -> None:
    t, x, y = views.norm(drawn())
    assert np.diff(t) == pytest.approx(1000 / 30)
    assert (x == np.rint(x)).all() and (y == np.rint(y)).all()


@pytest.mark.parametrize(
    "path, expected",
    [
        (ruled(8, 30.0), True),
        (ruled(7, 40.0), False),
        (ruled(8, 28.0), False),  # 196 ms
        ((np.arange(9.0) * 50, np.arange(9.0) * 3, np.zeros(9)), False),  # 24 px
        ((np.arange(9.0) * 1260, np.arange(9.0) * 9, np.zeros(9)), False),
        ((np.zeros(0), np.zeros(0), np.zeros(0)), False),
    ],
)
def test_what_is_usable(path, expected) -> None:  # type: ignore[no-untyped-def]
    assert views.usable(path) is expected


def test_varied_views_stay_in_order() -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        t, _, _ = views.varied(rng, drawn(), [np.array([8.0, 16.0])])
        assert (np.diff(t) >= 0).all()


def test_figures_of_what_is_known() -> None:
    """Half of the scripts above all people, half among them."""
    people, scripts = np.arange(100.0), np.concatenate((np.full(50, 200.0), np.arange(50) * 2.0))
    found = check.figures(people, np.ones(100), scripts, np.ones(100))
    assert found.caught == pytest.approx(0.5, abs=0.02)
    assert found.area == pytest.approx(0.75, abs=0.01)
    assert found.equal_error == pytest.approx(1 / 3, abs=0.02)


def test_all_alike_is_chance() -> None:
    same = np.zeros(50)
    assert check.figures(same, np.ones(50), same, np.ones(50)).area == pytest.approx(0.5)


def test_every_source_weighs_the_same() -> None:
    weight = check.alike(np.array(["a", "b", "b", "b"]))
    assert weight.tolist() == [1, 1 / 3, 1 / 3, 1 / 3]


def rows_of(folder: Path) -> sets.Rows:
    rng = np.random.default_rng(2)
    for name in ("human_balabit", "human_howweswipe", "bot_pyclick"):
        source = name.partition("_")[2]
        with gzip.open(folder / f"{name}.jsonl.gz", "wt") as file:
            for number in range(24):
                t, x, y = (ruled if name.startswith("bot") else drawn)(30 + number)
                t = np.cumsum(rng.integers(5, 12, len(t)))
                row = {
                    "source": source, "user": str(number),
                    "pointer": "touch" if source in sets.TOUCH else "mouse",
                    "t": t.tolist(), "x": x.tolist(), "y": y.tolist(),
                    "label": name.partition("_")[0],
                }  # fmt: skip
                row["label"] = "bot" if name.startswith("bot") else "human"
                file.write(json.dumps(row) + "\n")
    return sets.build(sets.read(folder), seed=3, each=3)


def test_rows_and_folds_keep_people_apart(tmp_path: Path) -> None:
    rows = rows_of(tmp_path)
    assert set(rows.view) == {*check.JUDGED, "varied", sets.MORE, sets.MORE_NORM}
    assert {*FAMILIES, *BORROWERS} <= {name.removeprefix(sets.OWN) for name in rows.source}
    for fold in check.folds(rows):
        assert not (fold.train & (fold.people | fold.scripts)).any()
        assert not rows.script[fold.people].any()
        assert rows.script[fold.scripts].all()
        assert fold.source not in rows.person[fold.train]  # nor in anybody's replay
    again = rows_of(tmp_path)
    assert (again.features == rows.features).all()


def test_a_small_model_is_fitted_and_the_same_again(tmp_path: Path) -> None:
    rows = rows_of(tmp_path)
    everyone = np.ones(len(rows.script), bool)
    one, two = (fit.fit(rows, everyone, nets=1) for _ in range(2))
    for judge, again in ((one.mouse, two.mouse), (one.touch, two.touch)):
        raw = judge.raw(rows.features)
        assert (raw == again.raw(rows.features)).all()
        assert raw[rows.script].mean() > raw[~rows.script].mean() + 1


def test_trees_learn_of_recordings_alone(tmp_path: Path) -> None:
    assert len(trees.SIMPLE) == 25 and {*trees.SIMPLE} <= {*NAMES}
    rows = rows_of(tmp_path)
    everyone = np.ones(len(rows.script), bool)
    told = trees.taught(rows, everyone, 0)(rows.features, rows.pointer == "touch")
    recorded = (rows.view == "raw") & ~np.char.startswith(rows.source, sets.OWN)
    assert told[recorded & rows.script].min() > told[recorded & ~rows.script].max()
    again = trees.taught(rows, recorded, 0)(rows.features, rows.pointer == "touch")
    assert (told == again).all()


def test_what_a_net_does_not_see_has_no_weight(tmp_path: Path) -> None:
    """Of fingers' nets the first group sees everything, the second nothing strange."""
    rows = rows_of(tmp_path)
    judge = fit.fit(rows, np.ones(len(rows.script), bool), nets=1).touch
    units = fit.PLANS["touch"].groups[0].units
    strange = np.isin(NAMES, list(fit.STRANGE))
    first = judge.net.weights[0]
    assert (first[strange, :units] != 0).any() and (first[~strange, units:] != 0).any()
    assert (first[strange, units:] == 0).all()


def test_what_is_strange_is_measured() -> None:
    """And what is not: names that are misspelt would be."""
    assert len(NAMES) - len(fit.STRANGE) == 28


def test_sources_and_classes_weigh_alike(tmp_path: Path) -> None:
    rows = rows_of(tmp_path)
    picked = fit.pick(rows, np.ones(len(rows.script), bool), "mouse", 0)
    weight = fit.weights(rows, picked, "mouse")
    script, source = rows.script[picked], rows.source[picked]
    assert weight[script].sum() == pytest.approx(weight[~script].sum())
    one, other = (weight[source == name].sum() for name in ("pyclick", "own_tween"))
    assert one == pytest.approx(other)
    few, full = (weight[source == name].sum() for name in ("own_replay", "own_blend"))
    assert few < 0.5 * full


def test_the_threshold_is_the_worst_sources() -> None:
    """The source left out of fold 0 has its one per cent at 98, that of fold 1 at 198."""
    names = np.repeat([check.FOLDS[0][0], check.FOLDS[1][0]], 100)
    plain = np.zeros(200)
    rows = sets.Rows(
        np.zeros((200, len(NAMES)), np.float32), plain.astype(bool), names,
        np.full(200, "mouse"), np.full(200, "raw"), plain.astype(int), names,
    )  # fmt: skip
    judged = check.Judged(np.arange(200.0), np.arange(200), np.repeat([0, 1], 100))
    assert check.threshold(rows, judged, "mouse", 0.01) == pytest.approx(198, abs=0.1)
    swapped = check.Judged(np.arange(200.0), np.arange(200), np.repeat([1, 0], 100))
    with pytest.raises(ValueError, match="empty"):
        check.threshold(rows, swapped, "mouse", 0.01)


def test_visits_by_the_figure() -> None:
    """People at 0.1, one in ten at 0.4; scripts at 0.7: a drag of them counts 0.63 by itself."""
    sources = np.array(["sapimouse"] * 100 + ["pyclick"] * 10)
    script = sources == "pyclick"
    count = len(sources)
    rows = sets.Rows(
        np.zeros((count, 1), np.float32), script, sources, np.full(count, "mouse"),
        np.full(count, "raw"), np.zeros(count, int), np.full(count, ""),
    )  # fmt: skip
    risks = np.where(script, 0.7, 0.1)
    risks[:100:10] = 0.4
    judged = check.Judged(risks, np.arange(count), np.zeros(count, int))
    here = np.ones(count, bool)
    for rule, expected in (("mean", (0, 0, 0, 1)), ("together", (0, 0, 1, 1))):
        assert visits.shares(rows, judged, risks, here, visits.RULES[rule]) == expected
    risks[:100:2] = 0.6  # of three paths one or two; the mean of the worse two is 0.35 or 0.6
    found = visits.shares(rows, judged, risks, here, visits.RULES["together"])
    assert found[:2] == (0, pytest.approx(0.5, abs=0.01))


def test_each_group_of_nets_has_its_output() -> None:
    rng = np.random.default_rng(1)

    def net(units: int) -> Net:
        shapes = [(5, units), (units, 1)]
        weights = tuple(rng.normal(0, 1, shape).astype(np.float32) for shape in shapes)
        biases = tuple(rng.normal(0, 1, shape[1]).astype(np.float32) for shape in shapes)
        return Net(weights, biases)

    one, other = net(4), net(3)
    rows = rng.normal(0, 1, (7, 5)).astype(np.float32)
    both = fit.side_by_side((fit.Group(1, 4), fit.Group(1, 3, scale=0.5, more=2.0)), [one, other])
    expected = np.concatenate((one(rows), 2.0 + 0.5 * other(rows)), axis=1)
    assert both(rows) == pytest.approx(expected, abs=1e-5)


def test_nets_learn_what_is_asked() -> None:
    """Scripts are what lies outside of a ring; the mean of two nets tells them."""
    rng = np.random.default_rng(1)
    inputs = rng.normal(0, 1, (3000, 3)).astype(np.float32)
    script = np.hypot(inputs[:, 0], inputs[:, 1]) > 1.2
    strange = np.array([False, False, True])
    task = nets.Task(inputs, script, np.ones(3000), strange, 0.0, 0.1, 25)
    net = nets.train(task, ~strange, nets=2, units=16, seed=1)
    assert (net.weights[0][2] == 0).all()
    assert np.mean((net(inputs)[:, 0] > 0) == script) > 0.95


def test_what_is_swapped_is_learnt_less() -> None:
    """A strange feature says more than the other; of swapped rows it says nothing."""
    rng = np.random.default_rng(1)
    script = np.arange(3000) % 2 == 0
    plain, strange = rng.normal(0, 1, (2, 3000))
    inputs = np.stack((plain + 0.8 * script, strange + 3.0 * script), axis=1).astype(np.float32)

    def lean(swapped: float) -> float:
        """How much more a script it is by the strange feature alone."""
        task = nets.Task(inputs, script, np.ones(3000), np.array([False, True]), swapped, 0.1, 10)
        net = nets.train(task, np.ones(2, bool), nets=1, units=8, seed=1)
        low, high = net(np.array([[0.4, 0.0], [0.4, 3.0]], np.float32))[:, 0].tolist()
        return float(high - low)

    assert lean(0.9) < 0.7 * lean(0.0)


def test_the_attacker_finds_a_low_place() -> None:
    rng = np.random.default_rng(1)
    goal = np.linspace(-1, 1, 10)
    found = attack.descend(rng, lambda place: float(np.square(place - goal).sum()), 10, 1500)
    assert found == pytest.approx(goal, abs=0.05)


def test_the_attackers_paths_are_usable() -> None:
    rng = np.random.default_rng(1)
    for _ in range(40):
        found = knobs.knobs_of(rng.normal(0, 1, len(knobs.KNOBS)))
        t, x, y = knobs.draw(rng, attack.goal(rng), found)
        assert (np.diff(t) >= 0).all()
        assert np.isfinite(x + y).all()


def test_what_a_visit_costs_is_the_sum_of_its_parts() -> None:
    records = [sets.Record("a", False, "mouse", 0, drawn(seed)) for seed in range(4)]
    found = timing.cost(shipped(), records)
    assert found.visits == timing.VISITS
    assert found.events == pytest.approx(timing.PATHS * len(drawn()[0]), abs=3)
    assert 0 < found.nets_us < found.visit_us <= found.worst_visit_us
    assert found.quickest_us <= found.visit_us
    assert 0 < found.features_us < found.worst_visit_us * 2


def test_what_a_gate_has_kept_can_be_learnt_from(tmp_path: Path) -> None:
    """With a label; its visits are the people it knows, and what drew each must be said."""
    drawn_by = [
        Drawn(ruled(), False, True),
        Drawn(drawn(), True, False),
        Drawn(drawn(), None, True),
    ]
    told = unpack(RING, pack(RING, drawn_by, b"n" * 12))
    rows = [json.loads(line) | {"label": "human"} for line in lines("r1", told)]
    with gzip.open(tmp_path / "kept.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    one, two = sets.read(tmp_path)
    assert (one.source, one.script, one.pointer, two.pointer) == (
        "gateway",
        False,
        "mouse",
        "touch",
    )
    assert one.part == two.part >= 0
