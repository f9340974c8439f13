"""The journals of a SQLite file: each a table of its own, made when first written to.

So an older release, which knows none, can still use the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from gateway.stores.base import Book, Entry

_TABLES: Mapping[Book, str] = {"decisions": "journal", "traces": "traces"}
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS {table} "
    "(id TEXT NOT NULL, text BLOB NOT NULL, ends_s REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS {table}_ids ON {table} (id)",
)
_KNOWN = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
_ADD = "INSERT INTO {table} VALUES (?, ?, ?)"
_AGED = "DELETE FROM {table} WHERE ends_s <= ?"
# The newest are the last written. Where some were struck fewer are left: counting would read all.
_BEYOND = "DELETE FROM {table} WHERE rowid <= (SELECT max(rowid) FROM {table}) - ?"
_READ = "SELECT id, text FROM {table} WHERE id >= ? AND id <= ? AND ends_s > ? ORDER BY id LIMIT ?"
_STRIKE = "DELETE FROM {table} WHERE id = ? AND text = ?"


def add(
    db: sqlite3.Connection,
    book: Book,
    entries: Sequence[Entry],
    most: int,
    ends_s: float,
    now_s: float,
) -> None:
    """Within a transaction. Raises sqlite3.Error, as the others do."""
    table = _TABLES[book]
    for statement in _SCHEMA:
        db.execute(statement.format(table=table))
    rows = [(entry.id, entry.text, ends_s) for entry in entries]
    db.executemany(_ADD.format(table=table), rows)
    db.execute(_AGED.format(table=table), (now_s,))
    db.execute(_BEYOND.format(table=table), (most,))


def read(
    db: sqlite3.Connection, book: Book, first: str, last: str, now_s: float, most: int
) -> list[Entry]:
    table = _TABLES[book]
    if db.execute(_KNOWN, (table,)).fetchone() is None:
        return []
    found = db.execute(_READ.format(table=table), (first, last, now_s, most)).fetchall()
    return [Entry(id, bytes(text)) for id, text in found]


def strike(db: sqlite3.Connection, book: Book, entries: Sequence[Entry]) -> None:
    table = _TABLES[book]
    if db.execute(_KNOWN, (table,)).fetchone() is not None:
        db.executemany(_STRIKE.format(table=table), entries)
