"""What is special about SQLite: files, processes, full and broken disks."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.stores import StoreDown, StoreFull, sqlite
from gateway.stores.sqlite import SqliteStore

Open = Callable[..., SqliteStore]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    stores: list[SqliteStore] = []

    def make(path: Path | None = None, **options: float) -> SqliteStore:
        store = SqliteStore(path or tmp_path / "gateway.db", **options)  # type: ignore[arg-type]
        stores.append(store)
        return store

    yield make
    for store in stores:
        await store.close()


def python(code: str, *words: str) -> subprocess.Popen[bytes]:
    head = "import asyncio, os, sys\nfrom gateway.stores.sqlite import SqliteStore\n"
    command = [sys.executable, "-c", head + code, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def printed(process: subprocess.Popen[bytes]) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err.decode()
    return out.decode()


@pytest.mark.parametrize("existing", [None, 0o644, 0o666, 0o600])
async def test_nobody_else_may_read_the_files(
    opened: Open, tmp_path: Path, existing: int | None
) -> None:
    path = tmp_path / "gateway.db"
    if existing is not None:
        path.touch()
        path.chmod(existing)
    await opened().put("key", b"x", 60)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("gateway.db", "gateway.db-wal", "gateway.db-shm"), 0o600)


SPEND = """
async def main():
    store = SqliteStore(sys.argv[1])
    for number in range(300):
        await store.bump("count", 600)
        if await store.spend(f"ticket:{number}", 600):
            print(number)
        if await store.reserve("room", 1, 400, 600):
            print("room")
    await store.close()
asyncio.run(main())
"""


async def test_processes_share_one_file(tmp_path: Path, opened: Open) -> None:
    path = str(tmp_path / "gateway.db")
    both = [python(SPEND, path) for _ in range(2)]
    outputs = [await asyncio.to_thread(printed, process) for process in both]
    lines = [line for output in outputs for line in output.split()]
    assert sorted(int(line) for line in lines if line != "room") == list(range(300))
    assert lines.count("room") == 400
    assert await opened().counts(["count"]) == [600]


KILLED = """
async def main():
    store = SqliteStore(sys.argv[1])
    await store.put("key", b"held", 600)
    assert await store.swap("key", b"held", b"sent", 600)
    print("swapped", flush=True)
    os.kill(os.getpid(), 9)
asyncio.run(main())
"""


async def test_a_killed_process_loses_nothing(tmp_path: Path, opened: Open) -> None:
    process = python(KILLED, str(tmp_path / "gateway.db"))
    out, _ = await asyncio.to_thread(process.communicate, timeout=60)
    assert (out, process.returncode) == (b"swapped\n", -9)
    assert await opened().get("key") == b"sent"


async def test_what_was_kept_is_there_after_a_restart(opened: Open) -> None:
    first = opened()
    await first.put("key", b"x", 60)
    await first.bump("count", 60, 7)
    await first.close()
    second = opened()
    assert await second.get("key") == b"x"
    assert await second.counts(["count"]) == [7]


# --- full ----------------------------------------------------------------------------------


async def fill(store: SqliteStore, ttl_s: float = 600) -> int:
    for number in range(1000):
        try:
            await store.put(f"fill:{number}", bytes(20_000), ttl_s)
        except StoreFull:
            return number
    raise AssertionError("never full")


async def test_full_is_not_down(opened: Open) -> None:
    store = opened(max_bytes=1_000_000)
    count = await fill(store)
    assert 20 < count < 60
    assert await store.get("fill:0") == bytes(20_000)
    with pytest.raises(StoreFull):
        await store.put("more", bytes(20_000), 60)
    assert await store.get("more") is None
    await store.delete("fill:0", "fill:1")
    await store.put("more", bytes(20_000), 60)
    assert await store.get("more") == bytes(20_000)


async def test_the_expired_make_room(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "SWEEP_S", 1e9)  # not by the way, but because it is full
    now_s = 1000.0
    store = opened(max_bytes=1_000_000, clock=lambda: now_s)
    count = await fill(store, ttl_s=10)
    now_s += 3  # not yet
    with pytest.raises(StoreFull):
        await store.put("more", bytes(20_000), 60)
    now_s += 7
    for number in range(count):
        await store.put(f"again:{number}", bytes(20_000), 60)


async def test_one_that_has_no_room_does_not_fail_its_batch(opened: Open) -> None:
    store = opened(max_bytes=1_000_000)
    await store.ping()
    sizes = [10, 2_000_000, 10, 10]
    found = await asyncio.gather(
        *[store.put(f"key:{i}", bytes(size), 60) for i, size in enumerate(sizes)],
        return_exceptions=True,
    )
    assert [type(one) for one in found] == [type(None), StoreFull, type(None), type(None)]
    assert [await store.get(f"key:{i}") is not None for i in range(4)] == [True, False, True, True]


NO_ROOM = """
import resource, signal
from gateway.stores import StoreFull
async def main():
    store = SqliteStore(sys.argv[1])
    await store.put("key", b"x", 600)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
    try:
        for number in range(100):
            await store.put(f"fill:{number}", bytes(20_000), 600)
    except StoreFull as error:
        print("full", await store.get("key"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.put("more", b"y", 600)
    print(await store.get("more"))
    await store.close()
asyncio.run(main())
"""


async def test_a_write_that_the_system_refuses_is_full(tmp_path: Path) -> None:
    """A limit of the system, which fails writes as a disk quota does."""
    process = python(NO_ROOM, str(tmp_path / "gateway.db"))
    assert await asyncio.to_thread(printed, process) == "full b'x'\nb'y'\n"


# --- broken --------------------------------------------------------------------------------


async def test_a_missing_folder_is_down_until_it_is_there(opened: Open, tmp_path: Path) -> None:
    store = opened(tmp_path / "later" / "gateway.db")
    with pytest.raises(StoreDown, match="No such file"):
        await store.ping()
    (tmp_path / "later").mkdir()
    await store.ping()


async def test_a_file_that_is_no_database_is_down(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "gateway.db").write_bytes(b"not a database " * 1000)
    with pytest.raises(StoreDown, match="not a database"):
        await opened().get("key")


async def test_a_later_releases_file_is_left_alone(opened: Open, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "gateway.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreDown, match="newer release"):
        await opened().ping()


async def test_a_locked_file_is_down_and_recovers(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MS", 50)
    store = opened()
    await store.put("key", b"x", 60)
    other = sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreDown, match="locked"):
        await store.put("key", b"y", 60)
    assert await store.get("key") == b"x"  # readers don't wait for writers
    other.execute("COMMIT")
    other.close()
    await store.put("key", b"y", 60)


async def test_the_deadline_holds_and_what_waited_is_not_done(opened: Open, tmp_path: Path) -> None:
    store = opened(deadline_s=0.2)
    await store.ping()
    other = sqlite3.connect(tmp_path / "gateway.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began_s = time.monotonic()
    first = asyncio.create_task(store.put("first", b"x", 60))
    await asyncio.sleep(0.05)  # it has begun, and waits for the lock
    second = asyncio.create_task(store.put("second", b"x", 60))
    third = asyncio.create_task(store.put("third", b"x", 60))
    await asyncio.sleep(0.02)
    third.cancel()
    found = await asyncio.gather(first, second, third, return_exceptions=True)
    assert [type(one) for one in found] == [StoreDown, StoreDown, asyncio.CancelledError]
    assert time.monotonic() - began_s < 0.9
    other.execute("COMMIT")
    other.close()
    reader = opened()
    assert await reader.get("second") is None
    assert await reader.get("third") is None


async def test_an_impossible_operation_harms_no_other(opened: Open) -> None:
    store = opened()
    await store.put("key", b"x", 60)
    with pytest.raises(StoreDown):
        await store.bump("count", 60, 2**70)  # more than SQLite's numbers hold
    assert await store.get("key") == b"x"


async def test_an_idle_store_forgets_the_expired(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "SWEEP_S", 0.05)
    store = opened()
    for number in range(10):
        await store.put(f"key:{number}", b"x", 0.01 if number else 60)
    other = sqlite3.connect(tmp_path / "gateway.db")
    ends_s = time.monotonic() + 10
    count = 10
    while count > 1 and time.monotonic() < ends_s:
        await asyncio.sleep(0.02)
        [(count,)] = other.execute("SELECT count(*) FROM entries").fetchall()
    other.close()
    assert count == 1


async def test_a_swap_is_synced_to_the_disk(opened: Open) -> None:
    """A forgotten `sent` would let a request go out twice after a power cut."""
    store = opened()
    await store.put("key", b"a", 60)
    for verb, level in ((store.swap("key", b"a", b"b", 60), 2), (store.put("key", b"a", 60), 1)):
        _, seen = await asyncio.gather(verb, store._do(_synchronous))  # in one batch
        assert seen == level
    assert await store._do(_synchronous, durable=True) == 2
    assert await store._do(_synchronous) == 1
    with pytest.raises(StoreDown):
        await store.bump("count", 60, 2**70)  # the file is opened anew
    assert await store._do(_synchronous) == 1
    assert await store._do(_synchronous, durable=True) == 2


def _synchronous(db: sqlite3.Connection, _: float) -> int:
    [(level,)] = db.execute("PRAGMA synchronous").fetchall()
    return int(level)


async def test_a_new_file_opened_by_two_at_once_serves_both(tmp_path: Path) -> None:
    """SQLite lets nobody wait for the switch to WAL; some one in six of such starts met that."""
    for number in range(40):
        stores = [SqliteStore(tmp_path / f"{number}.db") for _ in range(2)]
        assert sorted(await asyncio.gather(*[each.bump("key", 60.0) for each in stores])) == [1, 2]
        for each in stores:
            await each.close()
