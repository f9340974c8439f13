"""The journal of a SQLite file: a table of its own, made when first written to.

So an older release, which knows no journal, can still use the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from gateway.stores.base import Entry

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS journal "
    "(id TEXT NOT NULL, text BLOB NOT NULL, ends_s REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS journal_ids ON journal (id)",
)
_KNOWN = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'journal'"
_ADD = "INSERT INTO journal VALUES (?, ?, ?)"
_AGED = "DELETE FROM journal WHERE ends_s <= ?"
# The newest are the last written. Where some were struck fewer are left: counting would read all.
_BEYOND = "DELETE FROM journal WHERE rowid <= (SELECT max(rowid) FROM journal) - ?"
_READ = "SELECT id, text FROM journal WHERE id >= ? AND id <= ? AND ends_s > ? ORDER BY id LIMIT ?"
_STRIKE = "DELETE FROM journal WHERE id = ? AND text = ?"


def add(
    db: sqlite3.Connection, entries: Sequence[Entry], most: int, ends_s: float, now_s: float
) -> None:
    """Within a transaction. Raises sqlite3.Error, as the others do."""
    for statement in _SCHEMA:
        db.execute(statement)
    db.executemany(_ADD, [(entry.id, entry.text, ends_s) for entry in entries])
    db.execute(_AGED, (now_s,))
    db.execute(_BEYOND, (most,))


def read(db: sqlite3.Connection, first: str, last: str, now_s: float, most: int) -> list[Entry]:
    if db.execute(_KNOWN).fetchone() is None:
        return []
    found = db.execute(_READ, (first, last, now_s, most)).fetchall()
    return [Entry(id, bytes(text)) for id, text in found]


def strike(db: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    if db.execute(_KNOWN).fetchone() is not None:
        db.executemany(_STRIKE, entries)
