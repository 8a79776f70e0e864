"""The database as this version of Convene needs it: its own tables by Alembic, the queue's by its engine."""

from __future__ import annotations

from pathlib import Path

import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app

from scheduler import background, locks
from scheduler.extensions import db

LONGEST_MIGRATION = 600.0  # seconds


def up_to_date() -> bool:
    """Whether every migration has run."""
    scripts = ScriptDirectory(current_app.extensions["migrate"].directory)
    with db.engine.connect() as connection:
        done = MigrationContext.configure(connection).get_current_heads()
    return set(done) == set(scripts.get_heads())


def upgrade() -> None:
    """Run the migrations that are missing, one process of this instance at a time.

    Raises locks.Locked if another is at it for longer than ten minutes.
    """
    with locks.held(Path(current_app.instance_path) / "upgrade.lock", wait_seconds=LONGEST_MIGRATION):
        if not up_to_date():
            flask_migrate.upgrade()
        background.prepare()
