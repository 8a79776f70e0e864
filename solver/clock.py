"""Time, stop and progress of one run: what every stage of the search asks before it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

Progress = Callable[[int | None, int, float], bool | None]

SECONDS_BETWEEN_REPORTS = 0.3


class Stopped(Exception):
    """The time is up or somebody asked to stop: unwind to where the best plan so far is."""


def silent(objective: int | None, bound: int, seconds: float) -> bool | None:
    """Progress that nobody wants to see."""
    return None


class Run:
    """The best objective and bound so far, and whether to go on.

    ``seconds`` is wall clock from the making of the run. ``progress`` is called in the thread that made it, whenever
    something improved and at least about twice a second while that thread calls ``tick`` or ``waiting``.
    """

    def __init__(self, seconds: float, progress: Progress = silent) -> None:
        self.started = time.monotonic()
        self.until = self.started + seconds
        self.objective: int | None = None
        self.bound = 0
        self.stopped = False
        self.helpers_stopped = False
        self.lacked_memory = False
        self._progress = progress
        self._reported = float("-inf")
        self._shown: tuple[int | None, int] | None = None
        self._thread = threading.get_ident()

    @property
    def seconds(self) -> float:
        """How long the run has taken so far."""
        return time.monotonic() - self.started

    @property
    def left(self) -> float:
        """How many seconds are left, 0 once the run is stopped."""
        return 0.0 if self.stopped else max(0.0, self.until - time.monotonic())

    @property
    def proven(self) -> bool:
        """Whether no plan can be better than the best so far."""
        return self.objective is not None and self.objective <= self.bound

    @property
    def over(self) -> bool:
        """Whether the time is up, or somebody asked to stop."""
        return self.left <= 0.0

    def end_for_want_of_memory(self) -> None:
        """Stop for everybody, as one thread found no memory for more."""
        self.lacked_memory = self.stopped = True

    def raise_bound(self, bound: int) -> None:
        """Take a proven bound, if it says more than what is known."""
        self.bound = max(self.bound, bound)

    def lower_objective(self, objective: int) -> None:
        """Take the objective of a plan at hand, if it is better than what is known."""
        self.objective = objective if self.objective is None else min(self.objective, objective)

    def report(self) -> None:
        """Tell what is known and learn whether to stop, if there is news or none was told for a while."""
        if threading.get_ident() != self._thread:
            return
        now = time.monotonic()
        news = (self.objective, self.bound) != self._shown
        if news or now - self._reported >= SECONDS_BETWEEN_REPORTS:
            self._reported, self._shown = now, (self.objective, self.bound)
            bound = self.bound if self.objective is None else min(self.bound, self.objective)
            if self._progress(self.objective, bound, self.seconds):
                self.stopped = True

    def tick(self) -> None:
        """Between two steps of work: report, and raise Stopped if the run is over."""
        self.report()
        if self.over:
            raise Stopped
