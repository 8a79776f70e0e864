"""A process that sends what is due in children of its own, each begun in milliseconds and there to be killed.

Started as ``python -m tests.invite.forked_sender INSTANCE DATABASE-URL SMTP-URL``. For each line it reads it forks one
child, writes its number, waits for its end and writes how it ended: 0, or the signal that killed it. A child stands for
a worker started again under the same name: it takes back what the one before it had in hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scheduler import Convene, create_app
from scheduler.config import Settings
from scheduler.invite import outbox

HOUSE = Path(__file__).parents[2]


class Senders:
    """One child after the other, as the test that kills them sees them."""

    def __init__(self, app: Convene, smtp_url: str) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, str(app.settings.instance), app.settings.database, smtp_url],
            cwd=HOUSE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(HOUSE)},
        )

    def start(self) -> int:
        """Start the next child; returns its process number."""
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write("next\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())

    def ended_by(self) -> int:
        """Wait for the child's end: 0, or the signal that killed it."""
        assert self._parent.stdout is not None
        return int(self._parent.stdout.readline())

    def close(self) -> None:
        """No more children."""
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        assert self._parent.wait(60) == 0


def main(instance: str, database: str, smtp_url: str) -> None:
    """Fork a child for each line read."""
    app = create_app(Settings(instance=Path(instance), database_url=database, smtp_url=smtp_url))
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            with app.app_context():
                outbox.send_due()
            os._exit(0)
        say(child)
        _, status = os.waitpid(child, 0)
        say(os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


def say(number: int) -> None:
    """Tell the test a number."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
