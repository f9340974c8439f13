"""One file for all gates of a machine: SQLite in WAL mode, the default store.

One thread of its own does all the work. It takes what has piled up, runs it in one transaction and
answers everybody after the commit ("group commit"), so a busy gate pays for few commits. If a batch
finds no room, it is undone and each operation runs alone, after what has expired was removed: one
that doesn't fit cannot fail the others.

Durability: `synchronous=NORMAL`, so a killed process loses nothing, and a power cut may lose the
last moments. A `swap` is the exception: batches with one are synced to the disk before they are
answered, because a forgotten "sent" would let a request go out twice.

Full: SQLITE_FULL (disk, or our own `max_bytes`) and the I/O errors of a quota are `StoreFull`.
Anything else is `StoreDown`; the file is then closed and opened anew for the next operation. The
file's lifetimes are in wall-clock seconds, since several processes and boots share it.
"""

from __future__ import annotations

import asyncio
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from gateway.stores import buckets
from gateway.stores.base import StoreDown, StoreError, StoreFull

T = TypeVar("T")

SCHEMA_VERSION = 1
PAGE_BYTES = 4096
BATCH = 256  # operations in one transaction, at most
PENDING = 10_000  # operations waiting, at most; more means the disk has stopped
SWEEP_S = 5.0
SWEPT_AT_ONCE = 500
BUSY_MS = 2500  # how long another process may hold the write lock

SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
  key TEXT PRIMARY KEY, value BLOB NOT NULL, ends_s REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_ends ON entries (ends_s);
"""
READ = "SELECT value FROM entries WHERE key = ? AND ends_s > ?"
WRITE = (
    "INSERT INTO entries VALUES (?1, ?2, ?3) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value, ends_s = excluded.ends_s"
)
SPEND = f"{WRITE} WHERE entries.ends_s <= ?4"
SWAP = "UPDATE entries SET value = ?, ends_s = ? WHERE key = ? AND value = ? AND ends_s > ?"
BUMP = (
    "INSERT INTO entries VALUES (?1, CAST(?2 AS BLOB), ?3) ON CONFLICT (key) DO UPDATE SET "
    "value = CAST(IIF(entries.ends_s > ?4, CAST(entries.value AS INTEGER), 0) + ?2 AS BLOB), "
    "ends_s = IIF(entries.ends_s > ?4, entries.ends_s, excluded.ends_s) RETURNING value"
)
DELETE = "DELETE FROM entries WHERE key = ?"
SWEEP = "DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE ends_s <= ? LIMIT ?)"

FULL_CODES = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR_WRITE,  # a disk quota (EDQUOT)
        sqlite3.SQLITE_IOERR_SHMSIZE,  # no room to grow the -shm file
    }
)


@dataclass(slots=True)
class _Job(Generic[T]):
    run: Callable[[sqlite3.Connection, float], T]
    writes: bool
    durable: bool
    done: Future[T] = field(default_factory=Future)


class SqliteStore:
    """`deadline_s` bounds every verb; `max_bytes` bounds the file; `clock` is Unix seconds."""

    def __init__(
        self,
        path: str | Path,
        max_bytes: int = 2 * 2**30,
        deadline_s: float = 3.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = Path(path)
        self._max_pages = max(64, max_bytes // PAGE_BYTES)
        self._deadline_s = deadline_s
        self._clock = clock
        self._jobs: queue.Queue[_Job[Any] | None] = queue.Queue(PENDING)
        self._db: sqlite3.Connection | None = None
        self._swept_s = 0.0
        self._closed = False
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"SqliteStore({str(self._path)!r})"

    # --- the verbs: each hands one function to the thread ---

    async def get(self, key: str) -> bytes | None:
        def run(db: sqlite3.Connection, now_s: float) -> bytes | None:
            return _read(db, key, now_s)

        return await self._do(run, writes=False)

    async def put(self, key: str, value: bytes, ttl_s: float) -> None:
        def run(db: sqlite3.Connection, now_s: float) -> None:
            db.execute(WRITE, (key, value, now_s + ttl_s))

        await self._do(run)

    async def delete(self, *keys: str) -> None:
        def run(db: sqlite3.Connection, now_s: float) -> None:
            db.executemany(DELETE, [(key,) for key in keys])

        await self._do(run)

    async def spend(self, key: str, ttl_s: float) -> bool:
        def run(db: sqlite3.Connection, now_s: float) -> bool:
            return db.execute(SPEND, (key, b"1", now_s + ttl_s, now_s)).rowcount == 1

        return await self._do(run)

    async def swap(self, key: str, old: bytes, new: bytes, ttl_s: float) -> bool:
        def run(db: sqlite3.Connection, now_s: float) -> bool:
            return db.execute(SWAP, (new, now_s + ttl_s, key, old, now_s)).rowcount == 1

        return await self._do(run, durable=True)

    async def bump(self, key: str, ttl_s: float, amount: int = 1) -> int:
        def run(db: sqlite3.Connection, now_s: float) -> int:
            [(count,)] = db.execute(BUMP, (key, amount, now_s + ttl_s, now_s)).fetchall()
            return int(count)

        return await self._do(run)

    async def counts(self, keys: Sequence[str]) -> list[int]:
        def run(db: sqlite3.Connection, now_s: float) -> list[int]:
            return [int(_read(db, key, now_s) or 0) for key in keys]

        return await self._do(run, writes=False)

    async def reserve(self, key: str, amount: int, limit: int, ttl_s: float) -> bool:
        def run(db: sqlite3.Connection, now_s: float) -> bool:
            before = buckets.parse(_read(db, key, now_s))
            now_ms = int(now_s * 1000)
            after = buckets.add(before, amount, limit, int(ttl_s * 1000), now_ms)
            if after:
                db.execute(WRITE, (key, buckets.dump(after), max(after) / 1000))
            return bool(after)

        return await self._do(run)

    async def release(self, key: str, amount: int) -> None:
        def run(db: sqlite3.Connection, now_s: float) -> None:
            before = buckets.parse(_read(db, key, now_s))
            after = buckets.take(before, amount, int(now_s * 1000))
            if after:
                db.execute(WRITE, (key, buckets.dump(after), max(after) / 1000))
            else:
                db.execute(DELETE, (key,))

        await self._do(run)

    async def ping(self) -> None:
        await self.put("ping", b"1", 1.0)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._thread is not None:
            await asyncio.to_thread(self._jobs.put, None)
            await asyncio.to_thread(self._thread.join)

    async def _do(
        self,
        run: Callable[[sqlite3.Connection, float], T],
        writes: bool = True,
        durable: bool = False,
    ) -> T:
        job: _Job[T] = _Job(run, writes, durable)
        if self._closed:
            raise StoreDown("the store was closed")
        if self._thread is None:  # started late: it must live in the worker, not before a fork
            self._thread = threading.Thread(target=self._work, name="sqlite", daemon=True)
            self._thread.start()
        try:
            self._jobs.put_nowait(job)
            async with asyncio.timeout(self._deadline_s):
                return await asyncio.wrap_future(job.done)
        except queue.Full:
            raise StoreDown(f"{PENDING} operations are waiting") from None
        except TimeoutError:  # a job that has not begun is cancelled and will never run
            raise StoreDown(f"no answer in {self._deadline_s} s") from None

    # --- the thread ---

    def _work(self) -> None:
        while True:
            jobs, last = self._next_jobs()
            begun = [job for job in jobs if job.done.set_running_or_notify_cancel()]
            if begun:
                self._serve(begun)
            self._sweep_now_and_then()
            if last:
                break
        self._let_go()

    def _next_jobs(self) -> tuple[list[_Job[Any]], bool]:
        """What has piled up, and whether it is the end."""
        jobs: list[_Job[Any]] = []
        try:
            job = self._jobs.get(timeout=SWEEP_S)
            while job is not None:
                jobs.append(job)
                if len(jobs) == BATCH:
                    return jobs, False
                job = self._jobs.get_nowait()
        except queue.Empty:
            return jobs, False
        return jobs, True

    def _serve(self, jobs: list[_Job[Any]]) -> None:
        try:
            results = self._commit(jobs)
        except StoreFull:
            for job in jobs:
                self._serve_alone(job)
        except StoreDown as error:
            for job in jobs:
                job.done.set_exception(error)
        else:
            for job, result in zip(jobs, results, strict=True):
                job.done.set_result(result)

    def _serve_alone(self, job: _Job[Any]) -> None:
        """Again, after making room of what has expired."""
        try:
            self._sweep()
            [result] = self._commit([job])
        except (StoreError, sqlite3.Error) as error:
            full = error if isinstance(error, StoreError) else self._failed(error)
            job.done.set_exception(full)
        else:
            job.done.set_result(result)

    def _commit(self, jobs: list[_Job[Any]]) -> list[Any]:
        try:
            db = self._opened()
            durable = any(job.durable for job in jobs)
            db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            db.execute("BEGIN IMMEDIATE" if any(job.writes for job in jobs) else "BEGIN")
            now_s = self._clock()
            results = [job.run(db, now_s) for job in jobs]
            db.execute("COMMIT")
        except Exception as error:  # whatever it is, the thread must live
            raise self._failed(error) from None
        return results

    def _failed(self, error: Exception) -> StoreError:
        """Undo, and say which failure it is."""
        code = getattr(error, "sqlite_errorcode", None)
        full = code in FULL_CODES
        try:
            if self._db is not None and self._db.in_transaction:
                self._db.execute("ROLLBACK")
        except sqlite3.Error:
            full = False
        if full:
            return StoreFull(f"{self._path}: {error}")
        if code is None or code & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            self._let_go()
        return StoreDown(f"{self._path}: {error}")

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = _open(self._path, self._max_pages)
        return self._db

    def _let_go(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            try:
                db.close()
            except sqlite3.Error:
                return  # it was broken already; its descriptor goes with it

    def _sweep_now_and_then(self) -> None:
        now_s = self._clock()
        if self._db is None or 0 <= now_s - self._swept_s < SWEEP_S:
            return
        try:
            if self._sweep():  # else visitors came first; the rest when it is quiet
                self._swept_s = now_s
        except sqlite3.Error as error:
            self._failed(error)
            self._swept_s = now_s

    def _sweep(self) -> bool:
        """Remove what has expired, while nobody waits. True: all of it. Raises sqlite3.Error."""
        if self._db is None:
            return True
        now_s = self._clock()
        while self._db.execute(SWEEP, (now_s, SWEPT_AT_ONCE)).rowcount == SWEPT_AT_ONCE:
            if not self._jobs.empty():
                return False
        return True


def _read(db: sqlite3.Connection, key: str, now_s: float) -> bytes | None:
    row = db.execute(READ, (key, now_s)).fetchone()
    return None if row is None else bytes(row[0])


def _open(path: Path, max_pages: int) -> sqlite3.Connection:
    """Raises OSError, ValueError (a newer release's file) or sqlite3.Error."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)  # -wal and -shm get the same
    db = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)
    try:
        db.execute(f"PRAGMA page_size={PAGE_BYTES}")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA journal_size_limit=67108864")
        db.execute(f"PRAGMA max_page_count={max_pages}")
        [(version,)] = db.execute("PRAGMA user_version").fetchall()
        if version > SCHEMA_VERSION:
            raise ValueError(f"written by a newer release (format {version})")
        if version < SCHEMA_VERSION:
            db.executescript(
                f"BEGIN IMMEDIATE;{SCHEMA}PRAGMA user_version={SCHEMA_VERSION};COMMIT;"
            )
    except BaseException:
        db.close()
        raise
    return db
