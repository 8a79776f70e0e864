"""Locks between processes that every system lets go when their holder dies, however it dies: SQLite's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


class Locked(Exception):
    """Another process holds the lock."""


@contextmanager
def held(lock: Path, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold a lock file while inside. Raises Locked if another process still has it after ``wait_seconds``."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(lock, isolation_level=None, timeout=wait_seconds)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise Locked(lock) from None
        yield
