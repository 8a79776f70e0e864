"""A search in a process of its own: ``python -m solver.child PROBLEM BEST``, for a program that must outlive it.

Whoever starts it reads one JSON object a line from its standard output, ``{"seconds", "objective", "bound"}``
whenever something improved. Each better plan is written to BEST at once, so that a crash costs no plan found; the
last one written, with what was proven, is the answer once the process ends with 0; with ``OUT_OF_MEMORY`` it found no
memory for more. A line on its standard input asks
it to stop with the best plan so far; the end of its standard input means that nobody waits for it any more. A line
``look PATH`` says where a plan or a bound lies that others found. With ``--share`` it does a part of another's work.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO, TypedDict

import click

from solver.clock import Progress
from solver.faults import PlanRefused
from solver.memory import OUT_OF_MEMORY
from solver.merging import Outside
from solver.plan import Plan
from solver.reading import read_plan, read_problem
from solver.search import solve
from solver.spreading import Share, help_with

LOW_PRIORITY = 10
"""Added to the niceness: pages that share the cores go first (nice(2): 0 to 19)."""


class Heard(TypedDict):
    """What both kinds of work are given."""

    seconds: float
    seed: int
    progress: Progress
    improved: Callable[[Plan], None]
    outside: Outside


class Asked:
    """What the starter asks for on standard input."""

    def __init__(self) -> None:
        self.to_stop = threading.Event()
        self._found: queue.SimpleQueue[Plan] = queue.SimpleQueue()

    def listen(self, source: TextIO) -> None:
        """Take a line at a time, then wait for the end; runs in a thread of its own."""
        for line in source:
            asked, _, path = line.strip().partition(" ")
            if asked == "look":
                # What cannot be read is no news: the search goes on from what it has.
                with contextlib.suppress(PlanRefused, OSError):
                    self._found.put(read_plan(Path(path).read_bytes()))
            else:
                self.to_stop.set()
        os._exit(1)  # nobody is left to read an answer

    def outside(self) -> Iterator[Plan]:
        """What others found since this was last asked."""
        with contextlib.suppress(queue.Empty):
            while True:
                yield self._found.get_nowait()


def tell(objective: int | None, bound: int, seconds: float) -> None:
    """One line of progress."""
    line = json.dumps({"seconds": round(seconds, 2), "objective": objective, "bound": bound})
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def write_plan(plan: Plan, path: Path) -> None:
    """Replace the file in one step, so that a reader never finds half a plan."""
    aside = path.with_suffix(".aside")
    aside.write_text(json.dumps(plan.as_json(), ensure_ascii=False), "utf-8")
    aside.replace(path)


def give_way() -> None:
    """Let every other process go first, and be the first to end where the machine runs out of memory."""
    os.nice(LOW_PRIORITY)
    likely = Path("/proc/self/oom_score_adj")  # Linux alone: proc(5)
    if likely.exists():
        likely.write_text("1000")


@click.command()
@click.argument("problem", type=click.Path(path_type=Path, exists=True))
@click.argument("best", type=click.Path(path_type=Path))
@click.option("--seconds", type=click.FloatRange(min=0), required=True)
@click.option("--threads", type=click.IntRange(min=0), default=0)
@click.option("--seed", type=int, default=0)
@click.option("--share", type=(int, int), help="help as number N, from 0, of so many")
@click.option("--start", type=click.Path(path_type=Path, exists=True), help="the plan to help with, or to begin from")
def main(
    problem: Path,
    best: Path,
    *,
    seconds: float,
    threads: int,
    seed: int,
    share: tuple[int, int] | None,
    start: Path | None,
) -> None:
    """Search for a plan of PROBLEM, or help with one, and keep the best in BEST."""
    give_way()
    asked = Asked()
    threading.Thread(target=asked.listen, args=(sys.stdin,), daemon=True).start()
    told: tuple[int | None, int] | None = None

    def progress(objective: int | None, bound: int, so_far: float) -> bool:
        nonlocal told
        if (objective, bound) != told:
            told = objective, bound
            tell(objective, bound, so_far)
        return asked.to_stop.is_set()

    question = read_problem(problem.read_bytes())
    heard = Heard(
        seconds=seconds,
        seed=seed,
        progress=progress,
        improved=lambda found: write_plan(found, best),
        outside=asked.outside,
    )
    begun = read_plan(start.read_bytes()) if start is not None else None
    try:
        if share is not None and begun is not None:
            plan = help_with(question, begun, Share(*share), **heard)
        else:
            plan = solve(question, threads=threads, start=begun, **heard)
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    write_plan(plan, best)
    tell(plan.objective, plan.bound, plan.seconds)


if __name__ == "__main__":
    main()
