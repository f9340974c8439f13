"""`gateway trace` prints a risk for each recorded path, and names the lines that are none."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest

from gateway.hand.kept import pack
from gateway.hand.trace import Drawn
from gateway.kept.recent import Recent
from gateway.keys import load_keys
from gateway.stores import open_store
from tests.hand.drawn import drawn, ruled
from tests.samples import CALLER


def line(path, **fields):
    t, x, y = (values.tolist() for values in path)
    return json.dumps({"t": t, "x": x, "y": y, **fields}) + "\n"


LINES = line(ruled(), source="a", label="bot", family="f") + line(drawn(), user="u", kind="move")


@pytest.fixture
def file(tmp_path):
    def write(text, name="paths.jsonl"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
        return str(path)

    return write


@pytest.mark.parametrize("name", ["paths.jsonl", "paths.jsonl.gz"])
def test_a_risk_for_each_line(gateway, file, name):
    said = gateway("trace", file(LINES, name))
    assert (said.code, said.err) == (0, "")
    one, two = map(json.loads, said.out.splitlines())
    assert one.keys() == {"line", "source", "risk"}
    assert two.keys() == {"line", "user", "kind", "risk"}
    assert 0 <= two["risk"] < one["risk"] <= 1


def test_a_label_changes_nothing(gateway, file):
    as_bot = gateway("trace", file(line(drawn(), label="bot", source="x"), "one")).out
    as_human = gateway("trace", file(line(drawn(), label="human", source="x"), "two")).out
    assert as_bot == as_human


def test_bad_lines_are_named_and_the_others_judged(gateway, file):
    path = file("no\n\n" + LINES + '{"t": [1]}\n' + line(ruled()))
    said = gateway("trace", path)
    assert said.code == 1
    assert [json.loads(row)["line"] for row in said.out.splitlines()] == [3, 4, 6]
    assert said.err.splitlines() == [
        f"{path}:1: not JSON",
        f"{path}:5: x is not a list of numbers",
    ]


def test_too_little_to_judge_has_no_risk(gateway, file):
    still = json.dumps({"t": [0, 9, 20, 30], "x": [5] * 4, "y": [5] * 4})
    said = gateway("trace", file(still))
    assert said.code == 0
    assert json.loads(said.out) == {"line": 1, "risk": None}


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_from_standard_input(gateway, file, pack):
    piped = gateway("trace", "-", stdin=pack(LINES.encode()))
    assert piped.code == 0
    assert piped.out == gateway("trace", file(LINES)).out


def test_a_line_without_end_is_named(gateway, file, monkeypatch):
    monkeypatch.setattr("gateway.cli.trace.MAX_LINE_BYTES", 4000)
    path = file(" " * 9000 + "{}\n" + LINES)
    said = gateway("trace", path)
    assert said.code == 1
    assert said.err == f"{path}:1: longer than 4000 bytes\n"
    assert [json.loads(row)["line"] for row in said.out.splitlines()] == [2, 3]


def test_a_file_that_is_not_there(gateway, tmp_path):
    with pytest.raises(FileNotFoundError):  # `run_app` says it in one line
        gateway("trace", str(tmp_path / "none"))


def test_many_lines_keep_their_order(gateway, file):
    said = gateway("trace", file(LINES * 150))
    rows = [json.loads(row) for row in said.out.splitlines()]
    assert [row["line"] for row in rows] == [*range(1, 301)]
    assert len({round(row["risk"], 3) for row in rows}) == 2


def test_a_finger_is_judged_as_one(gateway, file):
    said = gateway(
        "trace", file("".join(line(drawn(), pointer=p) for p in ("touch", "mouse", "x")))
    )
    touch, mouse, unknown = (json.loads(row)["risk"] for row in said.out.splitlines())
    assert abs(touch - mouse) > 1e-3
    assert unknown == pytest.approx(min(touch, mouse), abs=1e-3)


REFERENCES = [f"0199c2f0-5f0e-7c3a-9d3b-5b1c2f4e8a7{n}" for n in range(3)]


async def keep(config_file):
    """What a gate keeps of three visits, of which the first told the same path twice."""
    ring = load_keys(config_file.parent / "keys")
    store = open_store(f"sqlite:{config_file.parent}/gateway.db")
    kept = Recent(store, ring, 10, 60.0, book="traces")
    for reference in [REFERENCES[0], *REFERENCES]:
        paths = pack(ring, [Drawn(ruled(), False, True)], b"n" * 12)
        kept.add(reference, json.dumps({"reference": reference, "paths": paths}), CALLER)
    await kept.flush()
    await store.close()


@pytest.fixture
def kept_file(gateway, tmp_path):
    path = tmp_path / "gateway.yaml"
    path.write_text(
        "upstreams: {app: http://127.0.0.1:1}\nsites: [{name: s, upstream: app, routes: []}]\n"
    )
    (tmp_path / "keys").mkdir(mode=0o700)
    gateway("keys", "create", path)
    return path


def test_what_was_kept_is_printed_as_it_is_read(gateway, kept_file, tmp_path):
    asyncio.run(keep(kept_file))
    said = gateway("trace", "--kept", kept_file)
    assert (said.code, said.err) == (0, "")
    rows = [json.loads(row) for row in said.out.splitlines()]
    assert [row["id"] for row in rows] == [f"{reference}/1" for reference in REFERENCES]
    (tmp_path / "paths.jsonl").write_text(said.out)
    judged = gateway("trace", tmp_path / "paths.jsonl")
    assert judged.code == 0
    assert [json.loads(row)["session"] for row in judged.out.splitlines()] == REFERENCES
    one = gateway("trace", "--kept", kept_file, "--id", REFERENCES[1])
    assert one.out.splitlines() == [said.out.splitlines()[1]]


def test_nothing_kept_prints_nothing(gateway, kept_file):
    assert gateway("trace", "--kept", kept_file).out == ""


@pytest.mark.parametrize("words", [(), ("x", "--kept", "y"), ("x", "--id", REFERENCES[0])])
def test_one_of_two_is_wanted(gateway, words):
    said = gateway("trace", *words)
    assert said.code == 2
    assert "one of FILE and --kept is wanted" in said.err
