"""One commit for one deed: ``with transaction() as tx``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import sqlalchemy as sa
from flask_sqlalchemy.session import Session as DatabaseSession
from sqlalchemy.orm import scoped_session

from scheduler.extensions import db


@contextmanager
def transaction() -> Iterator[scoped_session[DatabaseSession]]:
    """Commit what is done inside, or nothing of it where it raises.

    An inner one joins the outer one's commit; where it raises and the outer one goes on all the same, what the inner
    one did is taken back and the rest is kept.
    """
    if db.session.info.get("in_transaction"):
        _begin_to_write()
        with db.session.begin_nested():
            yield db.session
        return
    db.session.info["in_transaction"] = True
    try:
        yield db.session
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        db.session.info.pop("in_transaction", None)


def _begin_to_write() -> None:
    """Begin the write transaction that a savepoint belongs to.

    Python's sqlite3 begins one at the first INSERT, UPDATE or DELETE alone, and SQLite takes a savepoint outside one
    for a transaction of its own: its release would commit before the outer deed is done.
    """
    connection = db.session.connection()
    if connection.dialect.name == "sqlite" and not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def rows_changed(statement: sa.Update | sa.Delete) -> int:
    """Run an UPDATE or DELETE and say how many rows it met: what settles who was first on every database."""
    return cast("sa.CursorResult[Any]", db.session.execute(statement)).rowcount
