"""A search in a process of its own: ``python -m solver.child PROBLEM BEST``, for a program that must outlive it.

Whoever starts it reads one JSON object a line from its standard output, ``{"seconds", "objective", "bound"}``
whenever something improved. Each better plan is written to BEST at once, so that a crash costs no plan found; the
last one written, with what was proven, is the answer once the process ends with 0. A line on its standard input asks
it to stop with the best plan so far; the end of its standard input means that nobody waits for it any more.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import TextIO

import click

from solver.plan import Plan
from solver.reading import read_problem
from solver.search import solve

LOW_PRIORITY = 10
"""Added to the niceness: pages that share the cores go first (nice(2): 0 to 19)."""


class Asked:
    """What the starter asks for on standard input."""

    def __init__(self) -> None:
        self.to_stop = threading.Event()

    def listen(self, source: TextIO) -> None:
        """Wait for a line, then for the end; runs in a thread of its own."""
        for _ in source:
            self.to_stop.set()
        os._exit(1)  # nobody is left to read an answer


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
def main(problem: Path, best: Path, seconds: float, threads: int, seed: int) -> None:
    """Search for a plan of PROBLEM and keep the best in BEST."""
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

    plan = solve(
        read_problem(problem.read_bytes()),
        seconds=seconds,
        threads=threads,
        seed=seed,
        progress=progress,
        improved=lambda found: write_plan(found, best),
    )
    write_plan(plan, best)
    tell(plan.objective, plan.bound, plan.seconds)


if __name__ == "__main__":
    main()
