"""One file for all gates of a machine: SQLite in WAL mode, the default store.

One thread of its own does all the work. It takes what has piled up (`batches`), runs it in one
transaction and answers everybody after the commit ("group commit"), so a busy gate pays for few
commits. If a batch finds no room, it is undone and each operation runs alone, after what has
expired was removed: one that doesn't fit cannot fail the others.

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
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from gateway.model import Slid, Slide
from gateway.stores import buckets, sqlite_journal
from gateway.stores.base import Book, Entry, StoreDown, StoreError, StoreFull, Sums
from gateway.stores.batches import Batches, Job

T = TypeVar("T")

SCHEMA_VERSION = 1
PAGE_BYTES = 4096
BATCH = 256  # operations in one transaction, at most
PENDING = 10_000  # operations waiting, at most; more means the disk has stopped
SWEEP_S = 5.0
SWEPT_AT_ONCE = 500
RETRY_OPEN_S = 0.005
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


class SqliteStore(Sums):
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
        self._clock = clock
        self._batches = Batches(BATCH, PENDING, deadline_s)
        self._db: sqlite3.Connection | None = None
        self._synced: bool | None = None  # what the connection was told last; None: nothing
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

    async def slide(self, asks: Sequence[Slide], *, all_or_none: bool = False) -> list[Slid]:
        def run(db: sqlite3.Connection, now_s: float) -> list[Slid]:
            before = {ask.key: buckets.parse(_read(db, ask.key, now_s)) for ask in asks}
            after, found = buckets.slide(before, asks, int(now_s * 1000), all_or_none=all_or_none)
            for key, cells in after.items():
                db.execute(WRITE, (key, buckets.dump(cells), buckets.end_s(cells)))
            return found

        return await self._do(run, writes=any(ask.amount for ask in asks))

    async def unslide(self, asks: Sequence[Slide]) -> None:
        def run(db: sqlite3.Connection, now_s: float) -> None:
            for ask in asks:
                before = buckets.parse(_read(db, ask.key, now_s))
                cells = buckets.take(before, ask, int(now_s * 1000))
                if cells:
                    db.execute(WRITE, (ask.key, buckets.dump(cells), buckets.end_s(cells)))
                else:
                    db.execute(DELETE, (ask.key,))

        await self._do(run)

    async def journal(
        self, entries: Sequence[Entry], most: int, ttl_s: float, book: Book = "decisions"
    ) -> None:
        def run(db: sqlite3.Connection, now_s: float) -> None:
            sqlite_journal.add(db, book, entries, most, now_s + ttl_s, now_s)

        await self._do(run)

    async def entries(
        self, first: str = "", last: str = "~", most: int = 1000, book: Book = "decisions"
    ) -> list[Entry]:
        def run(db: sqlite3.Connection, now_s: float) -> list[Entry]:
            return sqlite_journal.read(db, book, first, last, now_s, most)

        return await self._do(run, writes=False)

    async def strike(self, entries: Sequence[Entry], book: Book = "decisions") -> None:
        def run(db: sqlite3.Connection, now_s: float) -> None:
            sqlite_journal.strike(db, book, entries)

        await self._do(run)

    async def ping(self) -> None:
        await self.put("ping", b"1", 1.0)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._thread is not None:
            await self._batches.close()
            await asyncio.to_thread(self._thread.join)

    async def _do(
        self,
        run: Callable[[sqlite3.Connection, float], T],
        writes: bool = True,
        durable: bool = False,
    ) -> T:
        if self._closed:
            raise StoreDown("the store was closed")
        if self._thread is None:  # started late: it must live in the worker, not before a fork
            self._thread = threading.Thread(target=self._work, name="sqlite", daemon=True)
            self._thread.start()
        result: T = await self._batches.do(run, writes=writes, durable=durable)
        return result

    # --- the thread ---

    def _work(self) -> None:
        while (batch := self._batches.next(SWEEP_S)) is not None:
            if batch:
                self._batches.tell(batch, self._serve(batch))
            self._sweep_now_and_then()
        self._let_go()

    def _serve(self, jobs: list[Job]) -> list[Any]:
        """For each its result, or the exception for whoever asked."""
        try:
            return self._commit(jobs)
        except StoreFull:
            return [self._serve_alone(job) for job in jobs]
        except StoreDown as error:
            return [error] * len(jobs)

    def _serve_alone(self, job: Job) -> Any:
        """Again, after making room of what has expired."""
        try:
            self._sweep()
            return self._commit([job])[0]
        except StoreError as error:
            return error
        except sqlite3.Error as error:
            return self._failed(error)

    def _commit(self, jobs: list[Job]) -> list[Any]:
        try:
            db = self._opened()
            self._sync(db, any(job.durable for job in jobs))
            db.execute("BEGIN IMMEDIATE" if any(job.writes for job in jobs) else "BEGIN")
            now_s = self._clock()
            results = [job.run(db, now_s) for job in jobs]
            db.execute("COMMIT")
        except Exception as error:  # whatever it is, the thread must live
            raise self._failed(error) from None
        return results

    def _sync(self, db: sqlite3.Connection, durable: bool) -> None:
        """Whether the next commit waits for the disk."""
        if self._synced is not durable:
            db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._synced = durable

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
        db, self._db, self._synced = self._db, None, None
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
            if self._batches.someone_waits():
                return False
        return True


def _read(db: sqlite3.Connection, key: str, now_s: float) -> bytes | None:
    row = db.execute(READ, (key, now_s)).fetchone()
    return None if row is None else bytes(row[0])


def _open(path: Path, max_pages: int) -> sqlite3.Connection:
    """Raises OSError, ValueError (a newer release's file) or sqlite3.Error.

    Of processes that open a new file at once only one can switch it to WAL, and SQLite does not let
    the others wait for that: they try again.
    """
    ends_s = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            return _open_now(path, max_pages)
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= ends_s:
                raise
        time.sleep(RETRY_OPEN_S)


def _open_now(path: Path, max_pages: int) -> sqlite3.Connection:
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
