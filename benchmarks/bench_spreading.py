"""How much sooner several processes reach the same objective and bound on one large problem.

``python -m benchmarks.bench_spreading --parties 250 --seconds 300`` runs one process and then two, for real, and says
when each reached the objective and the bound that all of them reached. ``--simulated 1,2,4`` plays more of them one
after the other: in each round every process works from the same best plan for ``--round`` seconds, then the best is
merged, and the round counts once, as if they had worked side by side on machines of their own.

Clock times are as true as the machine is quiet. Beside them stands the processor time of the busiest process, which is
what the clock would have said had each process a core of its own.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from benchmarks.instances.generator import Shape, make
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


@dataclass
class Course:
    """What was known when: (clock, processor time of the busiest process, objective, bound), seconds from the start."""

    moments: list[tuple[float, float, int | None, int]] = field(default_factory=list)

    def note(self, clock: float, work: float, objective: int | None, bound: int) -> None:
        """Write down a moment, if it brought something new."""
        if not self.moments or self.moments[-1][2:] != (objective, bound):
            self.moments.append((clock, work, objective, bound))

    def reached(self, *, objective: int | None = None, bound: int | None = None) -> tuple[float, float] | None:
        """Clock and processor time at which an objective or a bound was reached; None where it was not."""
        for clock, work, cost, proven in self.moments:
            if objective is not None and cost is not None and cost <= objective:
                return clock, work
            if bound is not None and proven >= bound:
                return clock, work
        return None


def work_of(process: SolverProcess) -> float:
    """The processor time that a process has had so far, in seconds."""
    try:
        times = psutil.Process(process.process.pid).cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system


def really(problem: bytes, seconds: float, *, threads: int, helpers: int) -> Course:
    """Processes that exchange what they find as workers do, but for the database."""
    course, began = Course(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        maker = SolverProcess(problem, Path(folder) / "maker", seconds=seconds, memory=MEMORY, threads=threads)
        helping: list[SolverProcess] = []
        exchanged = began
        with maker:
            while maker.running:
                maker.wait(LOOK_SECONDS)
                work = max([work_of(maker), *(work_of(helper) for helper in helping)])
                course.note(time.monotonic() - began, work, maker.latest.objective, maker.latest.bound)
                if time.monotonic() - exchanged > EXCHANGE_SECONDS and (best := maker.best_plan()) is not None:
                    exchanged = time.monotonic()
                    for number in range(len(helping), helpers):
                        left = seconds - (time.monotonic() - began)
                        where = Path(folder) / f"helper-{number}"
                        help = Help(number, helpers, best)
                        helping.append(SolverProcess(problem, where, seconds=left, memory=MEMORY, help=help))
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
    course, began = Course(), time.process_time()
    first = solve(problem, seconds=600, threads=1, seed=seed, progress=lambda objective, *_: objective is not None)
    keeper = Keeper(problem, Run(1e9))
    take_in(keeper, first)
    clock, work = first.seconds, time.process_time() - began
    course.note(clock, work, keeper.run.objective, keeper.run.bound)
    for number in range(rounds):
        shares = [1, 0, *range(2, processes)][:processes] if processes > 1 else [(number + 1) % 2]
        best, found, slowest = keeper.best, [], 0.0
        assert best is not None
        for share in shares:
            began = time.process_time()
            start = replace(best, bound=keeper.run.bound)
            mine = Share(share, max(processes, 2))
            found.append(help_with(problem, start, mine, seconds=seconds, seed=seed + 1_000_003 * number))
            slowest = max(slowest, time.process_time() - began)
        for plan in found:
            take_in(keeper, plan)
        clock, work = clock + seconds, work + slowest
        course.note(clock, work, keeper.run.objective, keeper.run.bound)
    return course


def table(courses: dict[str, Course]) -> str:
    """When each reached what all of them reached."""
    ends = [course.moments[-1] for course in courses.values()]
    objective = max(cost for _, _, cost, _ in ends if cost is not None)
    bound = min(proven for *_, proven in ends)
    lines = [
        f"| processes | objective | bound | {objective} reached after | {bound} proven after |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, course in courses.items():
        _, _, best, proven = course.moments[-1]
        cells = [name, str(best), str(proven)]
        for at in (course.reached(objective=objective), course.reached(bound=bound)):
            cells.append("not reached" if at is None else f"{at[0]:.0f} s ({at[1]:.0f} s)")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parties", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=300.0, help="of each real run")
    parser.add_argument("--simulated", default="", help="numbers of processes instead: 1,2,4")
    parser.add_argument("--round", type=float, default=20.0, help="seconds of a simulated round")
    parser.add_argument("--rounds", type=int, default=6)
    asked = parser.parse_args()
    file = json.dumps(make(Shape.of(asked.parties), asked.seed)).encode()

    print(f"{asked.parties} parties, seed {asked.seed}; in brackets the processor time of the busiest process\n")
    courses = {}
    if asked.simulated:
        problem = read_problem(file)
        for processes in map(int, asked.simulated.split(",")):
            course = simulated(problem, processes, rounds=asked.rounds, seconds=asked.round, seed=asked.seed)
            courses[f"{processes}, simulated"] = course
    else:
        for name, threads, helpers in (("1, one thread", 1, 0), ("1, two threads", 2, 0), ("2, one thread each", 1, 1)):
            courses[name] = really(file, asked.seconds, threads=threads, helpers=helpers)
    print(table(courses))


if __name__ == "__main__":
    main()
