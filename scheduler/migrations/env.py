"""How Alembic reaches the application's database; the engine's own tables are none of its business."""

from __future__ import annotations

from alembic import context
from flask import current_app

from scheduler.extensions import db


def ours(_object: object, name: str | None, kind: str, reflected: bool, _compare_to: object) -> bool:
    """Whether a table is one of Convene's: DBOS keeps its own beside them on SQLite."""
    return not (kind == "table" and reflected and name not in db.metadata.tables)


def migrate() -> None:
    """Run what is asked for on the database of the current application."""
    given = context.config.attributes.get("connection")
    arguments = current_app.extensions["migrate"].configure_args
    with db.engine.connect() if given is None else given.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            include_object=ours,
            transaction_per_migration=True,
            **arguments,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


migrate()
