from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.keys import create_keys, load_keys, prune, rotate
from gateway.ring import Key, KeyRing, KeysError
from tests.samples import NEW, OLD

GOOD = {"version": 1, "created_s": 5.0, "secret": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.mkdir(mode=0o700)
    return path


def put(folder: Path, name: str, text: str, mode: int = 0o600) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


def test_first_run_makes_one_key_that_only_the_owner_reads(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "keys"
    ring = create_keys(folder, 1000.0)
    (path,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
    assert ring.newest.kid == path.stem
    assert len(ring.newest.secret) == 32
    assert create_keys(folder, 2000.0) == ring == load_keys(folder, 2000.0)


def test_processes_that_start_at_once_agree_on_the_first_key(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from gateway.keys import create_keys;"
        "print(create_keys(Path(sys.argv[1]), 1000.0).newest.kid)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "keys")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    kids = {process.communicate(timeout=30)[0] for process in running}
    assert len(kids) == 1
    assert len(list((tmp_path / "keys").iterdir())) == 1


@pytest.mark.parametrize(
    "mode, loose", [(0o700, False), (0o750, True), (0o704, True), (0o701, True), (0o500, False)]
)
def test_a_folder_that_others_may_enter_is_refused(folder: Path, mode: int, loose: bool) -> None:
    put(folder, "a.key", json.dumps(GOOD))
    folder.chmod(mode)
    if not loose:
        assert load_keys(folder, 10.0).newest.kid == "a"
        return
    for read in (load_keys, create_keys):
        with pytest.raises(KeysError, match="others may read it"):
            read(folder, 10.0)


@pytest.mark.parametrize(
    "mode, loose", [(0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o620, True)]
)
def test_a_key_that_others_may_read_is_refused(folder: Path, mode: int, loose: bool) -> None:
    put(folder, "a.key", json.dumps(GOOD), mode)
    if not loose:
        assert load_keys(folder, 10.0).newest.kid == "a"
        return
    with pytest.raises(KeysError, match=r"a\.key: others may read it"):
        load_keys(folder, 10.0)


@pytest.mark.parametrize(
    "name, stored, said",
    [
        ("a.key", "", "is not a key file"),
        ("a.key", "[]", "is not a key file"),
        ("a.key", "null", "is not a key file"),
        ("a.key", "\udcff", "is not a key file"),
        ("a.key", json.dumps({"version": 1}), "is not a key file"),
        ("a.key", json.dumps(GOOD | {"secret": "!!!!"}), "is not a key file"),
        ("a.key", json.dumps(GOOD | {"created_s": "soon"}), "is not a key file"),
        ("a.key", json.dumps(GOOD | {"secret": "AAECAw=="}), "a secret is 32 bytes, this one 4"),
        ("a.key", json.dumps(GOOD | {"version": 2}), "written by another release"),
        ("a b.key", json.dumps(GOOD), "a key's name is"),
        ("a.ed.key", json.dumps(GOOD), "a key's name is"),
        ("seventeen_letters.key", json.dumps(GOOD), "a key's name is"),
        ("a.txt", json.dumps(GOOD), "holds no"),
    ],
)
def test_a_folder_we_cannot_use_is_named(folder: Path, name: str, stored: str, said: str) -> None:
    path = put(folder, name, "")
    path.write_bytes(stored.encode("utf-8", "surrogateescape"))
    with pytest.raises(KeysError, match=said):
        load_keys(folder, 10.0)


def test_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="no such key folder"):
        load_keys(tmp_path / "none", 10.0)
    put(tmp_path, "file", "")
    with pytest.raises(KeysError, match="cannot be made"):
        create_keys(tmp_path / "file" / "keys", 10.0)


@pytest.mark.parametrize("now_s, signs", [(1299.9, "first"), (1300.0, "second")])
def test_a_new_key_verifies_before_it_signs(folder: Path, now_s: float, signs: str) -> None:
    first = create_keys(folder, 1000.0).newest
    second, removed = rotate(folder, 1000.0, keep_s=3600.0, sign_after_s=300.0)
    ring = load_keys(folder, now_s)
    assert removed == []
    assert {key.kid for key in ring.keys} == {first.kid, second.kid}
    assert ring.newest == {"first": first, "second": second}[signs]


@pytest.mark.parametrize("now_s, left", [(2000.0 + 3600.0, 2), (2000.0 + 3600.1, 1)])
def test_a_key_is_kept_for_as_long_as_its_passes_live(
    folder: Path, now_s: float, left: int
) -> None:
    first = create_keys(folder, 1000.0).newest
    rotate(folder, 1000.0, keep_s=3600.0, sign_after_s=1000.0)
    assert prune(folder, now_s, keep_s=3600.0) == ([] if left == 2 else [first.kid])
    assert len(load_keys(folder, now_s).keys) == left


def test_the_last_key_is_never_removed(folder: Path) -> None:
    create_keys(folder, 0.0)
    assert prune(folder, 1e12, keep_s=0.0) == []
    load_keys(folder, 1e12)


def test_rotating_removes_what_is_past(folder: Path) -> None:
    kids = [create_keys(folder, 0.0).newest.kid]
    for now_s in (10_000.0, 20_000.0, 30_000.0):
        key, removed = rotate(folder, now_s, keep_s=5_000.0)
        kids.append(key.kid)
    assert removed == [kids[1]]
    assert [key.kid for key in load_keys(folder, 31_000.0).keys] == kids[2:]


def test_a_clock_that_jumped_back_still_signs_with_the_oldest_key(folder: Path) -> None:
    first = create_keys(folder, 1000.0).newest
    rotate(folder, 1000.0, keep_s=10.0)
    assert load_keys(folder, 5.0).newest == first


def test_a_half_written_key_is_not_read(folder: Path) -> None:
    put(folder, ".abc.new", "{")
    create_keys(folder, 10.0)
    assert len(load_keys(folder, 10.0).keys) == 1


def test_what_is_derived_differs_by_purpose_and_key() -> None:
    derived = {key.derive(purpose) for key in (OLD, NEW) for purpose in ("a", "b", "a/b")}
    assert len(derived) == 6
    assert OLD.derive("a") == OLD.derive("a")
    assert OLD.secret not in derived


def test_a_ring_shows_no_secret() -> None:
    key = Key("k", 1.0, b"topsecret-topsecret-topsecret-00")
    assert "topsecret" not in repr(KeyRing((key,)))


@pytest.mark.parametrize("keys", [(), (OLD, OLD)])
def test_a_ring_has_keys_and_each_once(keys: tuple[Key, ...]) -> None:
    with pytest.raises(KeysError):
        KeyRing(keys)


def test_rotation_changes_no_browser() -> None:
    assert KeyRing((OLD,)).browser_key == KeyRing((OLD, NEW)).browser_key


@pytest.mark.parametrize(
    "created_s, oldest_two",
    [([5.0], "a"), ([5.0, 6.0], "ab"), ([6.0, 5.0, 7.0], "ba"), ([7.0, 6.0, 5.0], "cb")],
)
def test_the_oldest_keys_are_those_made_first_whichever_signs(
    created_s: list[float], oldest_two: str
) -> None:
    made = zip("abc", created_s, strict=False)
    ring = KeyRing(tuple(Key(kid, created, b"secret") for kid, created in made))
    assert "".join(key.kid for key in ring.oldest_two) == oldest_two
    assert ring.oldest.kid == oldest_two[0]
