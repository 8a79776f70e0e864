"""A worker process with Convene's own tasks on a test's database, to be killed.

Started as ``python -m tests.invite.sender INSTANCE DATABASE-URL SMTP-URL NAME``; an SMTP URL "-" means the mail folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from scheduler import Convene, create_app, worker
from scheduler.config import Settings

HOUSE = Path(__file__).parents[2]
PATIENCE = 120


def start_sender(app: Convene, smtp_url: str = "-", name: str = "worker-1") -> subprocess.Popen[str]:
    """Start a worker on the application's database that ends once nothing is left to do."""
    return subprocess.Popen(
        [sys.executable, "-m", __spec__.name, str(app.settings.instance), app.settings.database, smtp_url, name],
        cwd=HOUSE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
    )


def ended(process: subprocess.Popen[str]) -> bool:
    """Wait for a worker: True where it ended by itself, False where it was killed."""
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, -signal.SIGKILL), output
    return process.returncode == 0


def main(instance: str, database: str, smtp_url: str, name: str) -> None:
    """Be a worker until nothing is left to do."""
    given = {} if smtp_url == "-" else {"smtp_url": smtp_url}
    app = create_app(Settings(instance=Path(instance), database_url=database, **given))
    worker.run(app, name=name, until_idle=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
