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
    """Commit what is done inside, or nothing of it where it raises. An inner one joins the outer one's commit."""
    if db.session.info.get("in_transaction"):
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


def rows_changed(statement: sa.Update | sa.Delete) -> int:
    """Run an UPDATE or DELETE and say how many rows it met: what settles who was first on every database."""
    return cast("sa.CursorResult[Any]", db.session.execute(statement)).rowcount
