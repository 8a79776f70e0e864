"""How much sooner several processes reach the same objective and bound on one large problem.

``python -m benchmarks.bench_spreading --parties 250 --seeds 1-3 --seconds 120`` runs one process and then two, for
real, and says when each reached the objective and the bound that all of them reached. ``--simulated 1,2,4`` plays more
of them one after the other: in each round every process works from the same best plan for ``--round`` seconds, then the
best is merged, and the round counts once, as if they had worked side by side on machines of their own.

With ``--cpu`` seconds are those of processor time that the busiest process had, which is what the clock would have said
had each process a core of its own: for a machine that others use too. Two threads then count as if they shared a core.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psutil

from benchmarks.instances.generator import Shape, make
from benchmarks.measuring import Limits, clock_of, numbers
from benchmarks.reporting import Table, save
from scheduler.plan.solving import Help, SolverProcess
from solver import Problem, read_problem
from solver.clock import Run
from solver.keeping import Keeper
from solver.merging import take_in
from solver.search import solve
from solver.spreading import Share, help_with

EXCHANGE_SECONDS = 3.0
LOOK_SECONDS = 0.25
MEMORY = 4 * 1024**3
SLOWEST = 20
"""So many times as long as its processor time a run may take by the clock."""

REAL = {"1, one thread": (1, 0), "1, two threads": (2, 0), "2, one thread each": (1, 1)}
"""Threads of the maker, and helpers beside it."""


@dataclass
class Course:
    """What was known when: (seconds, objective, bound)."""

    moments: list[tuple[float, int | None, int]] = field(default_factory=list)

    def note(self, seconds: float, objective: int | None, bound: int) -> None:
        """Write down a moment, if it brought something new."""
        if not self.moments or self.moments[-1][1:] != (objective, bound):
            self.moments.append((round(seconds, 2), objective, bound))

    @property
    def end(self) -> tuple[int | None, int]:
        """Objective and bound in the end."""
        return self.moments[-1][1:]

    def cost(self, objective: int) -> float | None:
        """When a plan of an objective stood; None where none did."""
        return next((at for at, cost, _ in self.moments if cost is not None and cost <= objective), None)

    def proof(self, bound: int) -> float | None:
        """When a bound was proven; None where it was not, or is 0 and says nothing."""
        return next((at for at, _, proven in self.moments if proven >= bound > 0), None)


def work_of(process: SolverProcess) -> float:
    """The processor time that a process has had so far, in seconds."""
    try:
        times = psutil.Process(process.process.pid).cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system


def really(problem: bytes, seconds: float, *, threads: int, helpers: int, cpu: bool) -> Course:
    """Processes that exchange what they find as workers do, but for the database."""
    course, began, passed, exchanged = Course(), time.monotonic(), 0.0, 0.0
    longest = SLOWEST * seconds if cpu else seconds
    with tempfile.TemporaryDirectory() as folder:
        maker = SolverProcess(problem, Path(folder) / "maker", seconds=longest, memory=MEMORY, threads=threads)
        helping: list[SolverProcess] = []
        with maker:
            while maker.running and passed < seconds:
                maker.wait(LOOK_SECONDS)
                passed = max(map(work_of, [maker, *helping])) if cpu else time.monotonic() - began
                course.note(passed, maker.latest.objective, maker.latest.bound)
                if passed - exchanged > EXCHANGE_SECONDS and (best := maker.best_plan()) is not None:
                    exchanged = passed
                    for number in range(len(helping), helpers):
                        where = Path(folder) / f"helper-{number}"
                        help = Help(number, helpers, best)
                        helping.append(SolverProcess(problem, where, seconds=longest, memory=MEMORY, help=help))
                    exchange(maker, helping)
            for helper in helping:
                helper.__exit__(None, None, None)
    return course


def exchange(maker: SolverProcess, helping: list[SolverProcess]) -> None:
    """Tell each what is better elsewhere."""
    best = maker.best_plan()
    for number, helper in enumerate(helping):
        found = helper.best_plan()
        if found is not None and best is not None:
            if (found.objective or 0) < (best.objective or 0) or found.bound > best.bound:
                maker.tell(number, found)
            if (found.objective or 0) > (best.objective or 0) or found.bound < best.bound:
                helper.tell(number, best)


def simulated(problem: Problem, processes: int, *, rounds: int, seconds: float, seed: int = 0) -> Course:
    """Rounds in which each process works from the same best plan: one after the other, counted as side by side.

    The maker is one of them: it walks, as share 1 does. Where there is one process it walks and bounds by turns.
    """
    course = Course()
    first = solve(problem, seconds=600, threads=1, seed=seed, progress=lambda objective, *_: objective is not None)
    keeper = Keeper(problem, Run(1e9))
    take_in(keeper, first)
    course.note(first.seconds, keeper.run.objective, keeper.run.bound)
    for number in range(rounds):
        shares = [1, 0, *range(2, processes)][:processes] if processes > 1 else [(number + 1) % 2]
        best, found = keeper.best, []
        assert best is not None
        for share in shares:
            start = replace(best, bound=keeper.run.bound)
            mine = Share(share, max(processes, 2))
            found.append(help_with(problem, start, mine, seconds=seconds, seed=seed + 1_000_003 * number))
        for plan in found:
            take_in(keeper, plan)
        course.note(first.seconds + (number + 1) * seconds, keeper.run.objective, keeper.run.bound)
    return course


def courses_of(seed: int, asked: argparse.Namespace) -> Iterator[tuple[str, Course]]:
    """What the arguments ask for, of one instance."""
    file = json.dumps(make(Shape.of(asked.parties), seed)).encode()
    for processes in numbers(asked.simulated) if asked.simulated else ():
        course = simulated(read_problem(file), processes, rounds=asked.rounds, seconds=asked.round, seed=seed)
        yield f"{processes}, simulated", course
    for name, (threads, helpers) in REAL.items() if not asked.simulated else ():
        yield name, really(file, asked.seconds, threads=threads, helpers=helpers, cpu=asked.cpu)


def compared(table: Table, seed: int, courses: Mapping[str, Course]) -> dict[str, tuple[float | None, float | None]]:
    """A line for each course: when it reached what all did; returns how many times as soon as the first one did.

    A bound of 0 is none: a course that ends with it does not lower what the others are held to.
    """
    objective = max(cost for cost, _ in (course.end for course in courses.values()) if cost is not None)
    bound = min((proven for _, proven in (course.end for course in courses.values()) if proven > 0), default=0)
    reference = next(iter(courses.values()))
    sooner = {}
    for name, course in courses.items():
        planned, proven = course.cost(objective), course.proof(bound)
        table.add(seed, name, *course.end, objective, planned, bound, proven)
        sooner[name] = times(reference.cost(objective), planned), times(reference.proof(bound), proven)
    return sooner


def times(reference: float | None, seconds: float | None) -> float | None:
    """How many times as soon as the reference; None where the one or the other did not come so far."""
    return reference / max(seconds, LOOK_SECONDS) if reference is not None and seconds is not None else None


def middle(ratios: Sequence[float | None]) -> float | None:
    """The median of those that are known; None where none is."""
    known = [ratio for ratio in ratios if ratio is not None]
    return statistics.median(known) if known else None


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parties", type=int, default=250)
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--seconds", type=float, default=40.0, help="of each real run")
    parser.add_argument("--cpu", action="store_true", help="count the processor time of the busiest process")
    parser.add_argument("--simulated", default="", help="numbers of processes instead: 1,2,4")
    parser.add_argument("--round", type=float, default=10.0, help="seconds of a simulated round")
    parser.add_argument("--rounds", type=int, default=6)
    asked = parser.parse_args()
    if asked.simulated:
        clock_of(Limits(asked.round, threads=1, cpu=asked.cpu))
    seconds = "processor time of the busiest process" if asked.cpu else "wall clock"
    columns = ("seed", "processes", "objective", "bound", "a plan of", "after s", "a bound of", "after s")
    table = Table(columns, f"{asked.parties} parties, seconds by {seconds}")
    sooner: dict[str, list[tuple[float | None, float | None]]] = {}
    runs = []
    for seed in numbers(asked.seeds):
        courses = dict(courses_of(seed, asked))
        runs += [{"seed": seed, "processes": name} | asdict(course) for name, course in courses.items()]
        for name, both in compared(table, seed, courses).items():
            sooner.setdefault(name, []).append(both)
    ratios = Table(("processes", "plan, times as soon", "bound, times as soon"), "Beside the first line, medians")
    for name, pairs in sooner.items():
        plans, bounds = ([each[k] for each in pairs] for k in (0, 1))
        ratios.add(name, middle(plans), middle(bounds))
    save("spreading-simulated" if asked.simulated else "spreading", vars(asked), runs)


if __name__ == "__main__":
    main()
