"""Stopping a command: by Ctrl-C or SIGTERM, within two seconds at any stage."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

PATIENCE = 1.4
"""Seconds in which a step may take notice by itself that somebody asked to stop."""


class Stop:
    """Whether Ctrl-C or SIGTERM asked to stop; while it is entered neither of them ends the process.

    ``otherwise`` is what to do where nobody has taken notice after ``PATIENCE`` seconds, in a thread of its own: a
    step that does not ask whether to go on must not keep whoever asked waiting.
    """

    def __init__(self, otherwise: Callable[[], object] | None = None) -> None:
        self.asked = False
        self._otherwise = otherwise
        self._timer: threading.Timer | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Stop:
        # Only the main thread may set handlers; in another one whoever runs it decides when to stop.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._ask)
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if not self.asked and self._otherwise is not None:
            self._timer = threading.Timer(PATIENCE, self._otherwise)
            self._timer.daemon = True
            self._timer.start()
        self.asked = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for number, handler in self._before.items():
            signal.signal(number, handler)
