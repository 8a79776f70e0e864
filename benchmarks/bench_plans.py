"""How good are the plans, and how much of that is proven: the solver beside the one model, same time, same threads.

``python -m benchmarks.bench_plans --sizes 64,104 --seeds 1,2,3 --seconds 60`` prints a line for each run.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.instances.generator import Shape, make
from benchmarks.peers import one_model
from solver import Plan, Problem, check, read_problem, recount
from solver.check import objective_of
from solver.search import solve


@dataclass
class Curve:
    """When the first plan came, and what was known over time."""

    first: float | None = None

    def __call__(self, objective: int | None, bound: int, seconds: float) -> None:
        if objective is not None and self.first is None:
            self.first = seconds


def ours(problem: Problem, seconds: float, threads: int, seed: int) -> dict[str, Any]:
    """One run of the solver."""
    curve = Curve()
    plan = solve(problem, seconds=seconds, threads=threads, seed=seed, progress=curve)
    return {"by": "convene"} | figures(problem, plan, plan.bound, curve.first)


def peer(problem: Problem, seconds: float, threads: int) -> dict[str, Any]:
    """One run of the one model; building it counts."""
    began = time.monotonic()
    found = one_model.solve(problem, seconds, threads)
    if found.plan is None:
        return {"by": "one model", "objective": None, "bound": max(0, int(found.bound)), "first": None}
    first = None if found.first is None else found.first + max(0.0, time.monotonic() - began - found.plan.seconds)
    return {"by": "one model"} | figures(problem, found.plan, max(0, int(found.bound)), first)


def figures(problem: Problem, plan: Plan, bound: int, first: float | None) -> dict[str, Any]:
    """What a plan is worth, as the recount finds it."""
    terms = dict(recount(problem, plan))
    objective = objective_of(problem, plan)
    soft = objective - problem.weights.unplaced * terms["unplaced"]
    counted = replace(plan, objective=objective, terms=terms, bound=min(bound, objective))
    broken = [v for v in check(problem, counted) if not v.place.startswith("problem.events") and v.place != "unplaced"]
    return {
        "objective": objective,
        "bound": bound,
        "unplaced": terms["unplaced"],
        "soft": soft,
        "soft_gap": round((objective - bound) / soft, 4) if soft else 0.0,
        "first": None if first is None else round(first, 1),
        "broken": len(broken) if plan.unplaced or not terms["unplaced"] else 0,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="64,104")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--joined", action="store_true")
    parser.add_argument("--peer", action="store_true", help="the one model too")
    asked = parser.parse_args()
    for size in map(int, asked.sizes.split(",")):
        for seed in map(int, asked.seeds.split(",")):
            problem = read_problem(json.dumps(make(Shape.of(size, joined=asked.joined), seed)).encode())
            runs = [ours(problem, asked.seconds, asked.threads, seed)]
            if asked.peer:
                runs.append(peer(problem, asked.seconds, asked.threads))
            for run in runs:
                print(json.dumps({"parties": size, "seed": seed, "joined": asked.joined} | run), flush=True)


if __name__ == "__main__":
    main()
