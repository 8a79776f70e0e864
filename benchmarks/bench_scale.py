"""How time and memory to the first complete plan grow, from 64 to 4,000 parties.

``python -m benchmarks.bench_scale --sizes 64,125,250,500,1000,2000,4000`` prints a line for each size and the exponent
of the power law through them. Complete: every party is placed or left out with a reason, every rule holds. A size that
has no plan within ``--seconds`` is where it stops.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from benchmarks.bench_plans import problem_of
from benchmarks.measuring import Limits, add_limits, apart, clock_of, judged, numbers, peak_megabytes
from benchmarks.peers.found import Found
from benchmarks.reporting import Table, save
from solver import Plan, Problem
from solver.search import solve

LARGEST_EXPONENT = 1.5
SECONDS_BESIDE = 120.0


@dataclass(frozen=True)
class First:
    """The first plan: when it stood, and what the process then held at most."""

    seconds: float | None
    megabytes: int
    unplaced: int = 0
    broken: int = 0


def first_plan(problem: Problem, limits: Limits, seed: int) -> First:
    """Solve until there is a plan, then stop; to be called in a process of its own."""
    clock_of(limits)
    plans: list[tuple[float, Plan]] = []

    def improved(plan: Plan) -> None:
        plans.append((plan.seconds, plan))

    def progress(objective: int | None, bound: int, seconds: float) -> bool:
        return bool(plans)

    solve(problem, seconds=limits.seconds, threads=limits.threads, seed=seed, progress=progress, improved=improved)
    memory = peak_megabytes()
    if not plans:
        return First(None, memory)
    seconds, plan = plans[0]
    judgement = judged("convene", problem, Found(plan))
    return First(round(seconds, 2), memory, judgement.unplaced, judgement.broken)


def exponent(points: Sequence[tuple[int, float]]) -> float:
    """The slope of the least-squares line through (log n, log seconds)."""
    logs = [(math.log(n), math.log(max(seconds, 0.01))) for n, seconds in points]
    return statistics.linear_regression([n for n, _ in logs], [t for _, t in logs]).slope


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="64,125,250,500,1000")
    parser.add_argument("--seeds", default="1")
    add_limits(parser, seconds=120.0)
    asked = parser.parse_args()
    limits = Limits(asked.seconds, asked.threads, asked.cpu)
    table = Table(
        ("parties", "seed", "first plan s", "unplaced", "MB"),
        f"First complete plan, seconds by {limits.measured_by}, {asked.threads} threads",
    )
    runs, points = [], []
    for size in numbers(asked.sizes):
        for seed in numbers(asked.seeds):
            answer = apart(
                first_plan, problem_of(size, seed), limits, seed, seconds=20 * limits.seconds + SECONDS_BESIDE
            )
            first = First(None, 0) if answer is None else answer[0]
            table.add(size, seed, first.seconds, first.unplaced, first.megabytes)
            if first.seconds is None:
                print(f"It stops here: no plan of {size} parties within {limits.seconds:g} s", flush=True)
            else:
                points.append((size, first.seconds))
            if first.broken:
                print(f"WRONG: the first plan breaks {first.broken} rules", flush=True)
            runs.append({"parties": size, "seed": seed} | asdict(first))
    if len({size for size, _ in points}) > 1:
        print(f"\nTime grows as n^{exponent(points):.2f}; at most n^{LARGEST_EXPONENT} is asked for")
    save("scale", vars(asked), runs)


if __name__ == "__main__":
    main()
