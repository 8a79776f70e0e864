"""The solver in a process of its own: it may eat all its memory, crash or hang, and costs a run, not the worker.

Every better plan lies in a file outside it from the moment it is found (abuse cases S1, S2, S4, D12).
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from scheduler.formatting import file_size
from scheduler.models import RunEnd
from solver.memory import OUT_OF_MEMORY
from solver.plan import Plan, Status
from solver.reading import read_plan

SOLVER: tuple[str, ...] = (sys.executable, "-m", "solver.child")
STOP_SECONDS = 1.2
"""A child asked to stop that has not ended by then is killed: with the time to notice, stopping takes under 2 s."""

OVERTIME_SECONDS = 15
"""A child that is so far past its time limit hangs, and is killed."""

log = logging.getLogger(__name__)


def memory_limit() -> int:
    """The most memory a run may take, in bytes: half of the machine's, as pages and database share the rest."""
    return int(psutil.virtual_memory().total // 2)


@dataclass(frozen=True, slots=True)
class Moment:
    """The best cost and the proven bound at a time; ``seconds`` from the start of the search."""

    seconds: float
    objective: int | None
    bound: int


@dataclass(frozen=True, slots=True)
class Help:
    """What one of several does for another's plan: share ``number`` of so many, from the best ``plan`` so far."""

    number: int
    of: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: with a plan, or one that says that there is none, or with nothing at all; and why, in words."""

    end: RunEnd
    plan: Plan | None
    note: str = ""


class SolverProcess:
    """One run of the solver; a context manager that never leaves the process behind.

    ``folder`` is made for the run and deleted after it, unless the solver crashed: then it holds what a report needs
    (the problem, which knows ids alone, and what the solver wrote). ``threads`` is one for each core where left out;
    with ``help`` it does a share of another's work, in one thread; else it may begin from a ``start``.
    """

    def __init__(
        self,
        problem: bytes,
        folder: Path,
        *,
        seconds: float,
        memory: int,
        command: Sequence[str] = SOLVER,
        threads: int | None = None,
        help: Help | None = None,
        start: Plan | None = None,
    ) -> None:
        self.folder = folder
        self.seconds = seconds
        self.memory = memory
        self.latest = Moment(0.0, None, 0)
        self._news: queue.SimpleQueue[Moment] = queue.SimpleQueue()
        self._killed_for: RunEnd | None = None
        self._stop_at: float | None = None
        folder.mkdir(parents=True, mode=0o700)
        (folder / "problem.json").write_bytes(problem)
        self._best = folder / "best.json"
        self._began = time.monotonic()
        options = ["--seconds", str(seconds), "--threads", str(_cores() if threads is None else threads)]
        if help is not None:
            self._write("start.json", help.plan)
            options += ["--share", str(help.number), str(help.of), "--start", str(folder / "start.json")]
        elif start is not None:
            self._write("start.json", start)
            options += ["--start", str(folder / "start.json")]
        with (folder / "solver.log").open("wb") as solver_log:
            self.process = subprocess.Popen(
                [*command, str(folder / "problem.json"), str(self._best), *options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=solver_log,
                env=_little_environment(),
                start_new_session=True,  # Ctrl-C in a terminal is for us, who then ask the solver for its best
            )
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self._kill(RunEnd.STOPPED)
        with contextlib.suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()
        if not self._crashed():
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def running(self) -> bool:
        """Whether it still searches; ends it where it uses too much memory or more time than it was given."""
        if self.process.poll() is not None:
            return False
        if self._used_memory() > self.memory:
            self._kill(RunEnd.OUT_OF_MEMORY)
        elif self._stop_at is not None and time.monotonic() > self._stop_at:
            self._kill(RunEnd.STOPPED)
        elif time.monotonic() > self._began + self.seconds + OVERTIME_SECONDS:
            self._kill(RunEnd.TIME_LIMIT)
        return self.process.poll() is None

    def wait(self, seconds: float) -> None:
        """Wait until it ends, at most so long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def news(self) -> list[Moment]:
        """What has improved since this was last asked."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._news.get_nowait())
        return found

    def ask_to_stop(self) -> None:
        """Ask for the best plan so far, now."""
        if self._stop_at is None:
            self._stop_at = time.monotonic() + STOP_SECONDS
            self._say("stop")

    def tell(self, number: int, found: Plan) -> None:
        """Let it go on from what another has found, who does share ``number``; takes effect within a second."""
        name = f"found-{number}.json"
        self._write(name, found)
        self._say(f"look {self.folder / name}")

    def best_plan(self) -> Plan | None:
        """The best plan so far, with what is proven of it by now."""
        try:
            best = read_plan(self._best.read_bytes())
        except FileNotFoundError:
            return None
        if self.process.returncode == 0 or best.objective is None:
            return best
        # Written while the search went on: what was proven since is known from what it told.
        bound = min(max(best.bound, self.latest.bound), best.objective)
        status: Status = "optimal" if bound == best.objective else "feasible"
        return replace(best, status=status, bound=bound, seconds=self.latest.seconds)

    def outcome(self) -> Outcome:
        """How it ended; ask once it runs no more."""
        self._reader.join()
        best = self.best_plan()
        if self._killed_for is RunEnd.OUT_OF_MEMORY:
            note = f"It ran out of memory at {file_size(self.memory)}."
            return Outcome(RunEnd.OUT_OF_MEMORY, best, note)
        if self.process.returncode == OUT_OF_MEMORY:
            return Outcome(RunEnd.OUT_OF_MEMORY, best, "It found no memory for more.")
        if self._killed_for is not None:
            return Outcome(self._killed_for if best else RunEnd.NOTHING_FOUND, best)
        if self._crashed() or best is None:
            log.error("The solver ended with %s: see %s", self.process.returncode, self.folder)
            return Outcome(RunEnd.CRASHED, best, f"The solver ended by itself: {_how(self.process.returncode)}.")
        return Outcome(self._end_of(best), best)

    def _end_of(self, plan: Plan) -> RunEnd:
        if plan.status == "optimal":
            return RunEnd.PROVEN
        if plan.status == "infeasible":
            return RunEnd.INFEASIBLE
        if plan.status == "unknown":
            return RunEnd.NOTHING_FOUND
        return RunEnd.TIME_LIMIT if self._stop_at is None else RunEnd.STOPPED

    def _write(self, name: str, plan: Plan) -> None:
        """Put a plan into the folder in one step: a file of that name may be read at this moment."""
        aside = self.folder / f"{name}.aside"
        aside.write_text(json.dumps(plan.as_json(), ensure_ascii=False), "utf-8")
        aside.replace(self.folder / name)

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.write(f"{line}\n".encode())
                self.process.stdin.flush()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                told = json.loads(line)
                self.latest = Moment(float(told["seconds"]), told["objective"], int(told["bound"]))
                self._news.put(self.latest)

    def _used_memory(self) -> int:
        try:
            return int(psutil.Process(self.process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def _kill(self, why: RunEnd) -> None:
        self._killed_for = why
        self.process.kill()
        self.process.wait()

    def _crashed(self) -> bool:
        return self._killed_for is None and self.process.returncode != 0


def _cores() -> int:
    """How many cores this process may use, which containers and affinity masks lower; 0 leaves it to the solver."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0


def _how(code: int) -> str:
    if code < 0:
        try:
            return f"signal {-code} ({signal.Signals(-code).name})"
        except ValueError:
            return f"signal {-code}"
    return f"code {code}"


def _little_environment() -> dict[str, str]:
    """What the child inherits: no setting and no key of ours."""
    kept = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ}
