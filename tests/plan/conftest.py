"""What the tests of planning share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
import sqlalchemy as sa

from scheduler import Convene
from scheduler.extensions import db


@pytest.fixture
def counted_queries(app: Convene) -> Callable[[], AbstractContextManager[list[str]]]:
    """Lists the statements sent to the database while inside."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_connection, _cursor, statement, *_) -> None:
            sent.append(statement)

        sa.event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", note)

    return counting
