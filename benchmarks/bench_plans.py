"""How good are the plans, and how much of that is proven: the solver and its peers side by side, same time, same cores.

``python -m benchmarks.bench_plans --sizes 64,104 --seeds 1-3 --seconds 60`` prints a line for each run and writes
``results/plans.json`` and a drawing of the curves for each instance. ``--full`` is the table of the whole step: ten
seeds of each size, at 60, 60, 120 and 600 seconds.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator
from dataclasses import asdict

from benchmarks.drawing import curves
from benchmarks.instances.generator import Shape, make
from benchmarks.measuring import OURS, PEERS, Limits, Measured, add_limits, measure, numbers
from benchmarks.reporting import RESULTS, Table, percent, save
from solver import Problem, read_problem

FULL = {64: 60.0, 104: 60.0, 250: 120.0, 1000: 600.0}
COLUMNS = ("parties", "seed", "by", "unplaced", "objective", "bound", "soft", "soft gap", "excess", "first", "s", "MB")


def problem_of(size: int, seed: int, *, joined: bool = False) -> Problem:
    """The generator's instance, read as any file is."""
    return read_problem(json.dumps(make(Shape.of(size, joined=joined), seed)).encode())


def compare(problem: Problem, names: list[str], limits: Limits, seed: int) -> Iterator[Measured]:
    """Each solver on one problem, one after the other: each has the cores to itself."""
    for name in names:
        yield measure(name, problem, limits, seed)


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="16,64,104")
    parser.add_argument("--seeds", default="1")
    parser.add_argument(
        "--joined", action="store_true", help="with shared days and a team, an order, locks (ours only)"
    )
    parser.add_argument("--by", default=",".join([OURS, *PEERS]), help="which solvers; without a peer: --by convene")
    parser.add_argument("--full", action="store_true", help="10 seeds of 64, 104, 250, 1000; 60, 60, 120, 600 s")
    add_limits(parser, seconds=15.0)
    asked = parser.parse_args()
    sizes, seeds = (list(FULL), list(range(1, 11))) if asked.full else (numbers(asked.sizes), numbers(asked.seeds))
    names = [OURS] if asked.joined else asked.by.split(",")
    runs = []
    gaps: dict[int, list[float]] = {}
    measured_by = Limits(asked.seconds, asked.threads, asked.cpu).measured_by
    table = Table(COLUMNS, f"Plans, {asked.threads} threads, seconds by {measured_by} (highs and scip: wall clock)")
    for size in sizes:
        for seed in seeds:
            limits = Limits(FULL[size] if asked.full else asked.seconds, asked.threads, asked.cpu)
            done: list[Measured] = []
            for run in compare(problem_of(size, seed, joined=asked.joined), names, limits, seed):
                done.append(run)
                best = max(r.bound for r in done)
                table.add(size, seed, *_cells(run, best))
                runs.append({"parties": size, "seed": seed, "joined": asked.joined} | asdict(run))
            _warn(done)
            gaps.setdefault(size, []).extend(r.soft_gap for r in done if r.by == OURS and r.soft_gap is not None)
            RESULTS.mkdir(exist_ok=True)
            title = f"{size} parties, seed {seed}"
            drawing = curves(title, done, limits.seconds)
            (RESULTS / f"plans-{size}-{seed}{'-joined' if asked.joined else ''}.svg").write_text(drawing, "utf-8")
    for size, found in gaps.items():
        if found:
            middle, worst = statistics.median(found), max(found)
            print(f"{size} parties, {len(found)} seeds: soft gap {percent(middle)} (median), {percent(worst)} (worst)")
    save("plans-joined" if asked.joined else "plans", vars(asked), runs)


def _cells(run: Measured, best_bound: int) -> tuple[object, ...]:
    if run.failed:
        return (run.by, run.failed, *[None] * 8)
    excess = None if run.objective is None else run.objective - best_bound
    unplaced, soft = (None, None) if run.objective is None else (run.unplaced, run.soft)
    gap = percent(run.soft_gap)
    figures = (unplaced, run.objective, run.bound, soft, gap, excess, run.first, run.seconds, run.megabytes)
    return (run.by, *figures)


def _warn(runs: list[Measured]) -> None:
    """Say loudly what must never be: a rule broken, or a bound above a plan."""
    best = min((r.objective for r in runs if r.objective is not None), default=None)
    for run in runs:
        if run.broken:
            print(f"WRONG: the plan by {run.by} breaks {run.broken} rules", flush=True)
        if best is not None and run.bound > best:
            print(f"WRONG: the bound by {run.by}, {run.bound}, is above a plan of {best}", flush=True)


if __name__ == "__main__":
    main()
