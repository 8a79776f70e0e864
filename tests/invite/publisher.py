"""A process that publishes a plan and dies by -9 at a moment of its transaction.

Started as ``python -m tests.invite.publisher INSTANCE DATABASE-URL PLAN-ID MOMENT``, a moment being one of SQLAlchemy's
session events.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from scheduler import Convene, create_app
from scheduler.config import Settings
from scheduler.extensions import db
from scheduler.invite import publishing
from scheduler.models import Plan

HOUSE = Path(__file__).parents[2]


def publish_and_die(app: Convene, plan: Plan, moment: str) -> None:
    """Publish in a process of its own that is dead at a moment."""
    arguments = str(app.settings.instance), app.settings.database, str(plan.id), moment
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, *arguments],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def main(instance: str, database: str, plan_id: str, moment: str) -> None:
    """Publish, and die."""
    with create_app(Settings(instance=Path(instance), database_url=database)).app_context():
        plan = db.session.get_one(Plan, int(plan_id))
        sa.event.listen(db.session, moment, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        publishing.publish(plan, by=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
