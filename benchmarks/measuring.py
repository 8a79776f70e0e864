"""One run in a process of its own: its plan recounted and checked, what was known when, and its own peak of memory."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import solver.clock
from benchmarks.peers import decomposed, linear, one_model
from benchmarks.peers.found import Clock, Found, Point
from solver import Plan, Problem, check, recount
from solver.check import objective_of
from solver.plan import Status, Unplaced
from solver.problem import Event, SetsEntry
from solver.search import solve

Peer = Callable[[Problem, float, int, Clock], Found]
PEERS: dict[str, Peer] = {
    "one model": one_model.solve,
    "highs": linear.highs,
    "scip": linear.scip,
    "decomposed": decomposed.solve,
}
OURS = "convene"
GRACE_SECONDS = 60.0
PARTLY_CPU = ("highs", "scip")


@dataclass(frozen=True)
class Limits:
    """What every run of a comparison gets; ``cpu`` counts processor time ÷ threads instead of the wall clock."""

    seconds: float
    threads: int = 2
    cpu: bool = False

    @property
    def measured_by(self) -> str:
        """For the heading of a table."""
        return f"processor time ÷ {self.threads}" if self.cpu else "wall clock"


@dataclass
class Measured:
    """What one run came to; ``unplaced`` and ``soft`` are of the plan, ``broken`` counts what ``check`` finds wrong."""

    by: str
    objective: int | None = None
    bound: int = 0
    status: str = "unknown"
    unplaced: int = 0
    soft: int = 0
    repeats: int = 0
    broken: int = 0
    first: float | None = None
    seconds: float = 0.0
    megabytes: int = 0
    curve: list[Point] = field(default_factory=list)
    failed: str = ""

    @property
    def soft_gap(self) -> float | None:
        """(objective - bound) ÷ soft; None without a plan."""
        if self.objective is None:
            return None
        return (self.objective - self.bound) / self.soft if self.soft else 0.0


def clock_of(limits: Limits) -> Clock:
    """The clock that a run's seconds are counted by, here and in the solver; to be called in the run's own process."""
    if not limits.cpu:
        return time.monotonic

    def processor_seconds() -> float:
        return time.process_time() / limits.threads

    # Run asks its module for the time, and nothing else there does: the search then ends by processor time.
    setattr(solver.clock, "time", types.SimpleNamespace(monotonic=processor_seconds))  # noqa: B010 - not its face
    return processor_seconds


def measure(by: str, problem: Problem, limits: Limits, seed: int = 0, start: Plan | None = None) -> Measured:
    """Run one solver by name in a process of its own; one that dies or does not end is told as ``failed``."""
    (result,) = apart(_run, by, problem, limits, seed, start) or (None,)
    return result or Measured(by, failed="the process died or did not end in time")


def apart(act: Callable[..., Any], *args: Any, seconds: float | None = None) -> tuple[Any] | None:
    """Call a function of a module in a fresh process; None where it died or took too long."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_answer, args=(there, act, args))
    child.start()
    there.close()
    try:
        return (here.recv(),) if here.poll(seconds) else None
    except EOFError:
        return None
    finally:
        child.join(2.0)
        if child.is_alive():
            child.kill()
            child.join()


def _answer(there: Any, act: Callable[..., Any], args: tuple[Any, ...]) -> None:
    there.send(act(*args))
    there.close()


def peak_megabytes() -> int:
    """This process's own peak of resident memory: where Linux tells it, without what its parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) // 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (1024 * 1024 if sys.platform == "darwin" else 1024)


def _run(by: str, problem: Problem, limits: Limits, seed: int, start: Plan | None) -> Measured:
    clock = clock_of(limits)
    began = clock()
    if by == OURS:
        points: list[Point] = []

        def progress(objective: int | None, bound: int, seconds: float) -> None:
            points.append((seconds, objective, bound))

        plan = solve(problem, seconds=limits.seconds, threads=limits.threads, seed=seed, start=start, progress=progress)
        found = Found(None if plan.objective is None else plan, plan.bound, points)
    else:
        found = PEERS[by](problem, limits.seconds, limits.threads, clock)
    seconds = clock() - began
    return replace(judged(by, problem, found), seconds=round(seconds, 2), megabytes=peak_megabytes())


def judged(by: str, problem: Problem, found: Found) -> Measured:
    """What a plan is worth, as the recount and the check find it; what the solver says of it is not read."""
    if found.plan is None:
        return Measured(by, bound=found.bound, curve=found.curve)
    plan = completed(problem, found.plan)
    terms = dict(recount(problem, plan))
    objective = objective_of(problem, plan)
    bound = min(found.bound, objective)
    status: Status = "optimal" if found.bound == objective else "feasible"
    counted = replace(plan, status=status, objective=objective, terms=terms, bound=bound)
    curve = [(at, objective if known is None and by == "decomposed" else known, b) for at, known, b in found.curve]
    return Measured(
        by,
        objective=objective,
        bound=found.bound,
        status=status,
        unplaced=terms["unplaced"],
        soft=objective - problem.weights.unplaced * terms["unplaced"],
        repeats=terms["repeat_encounter"],
        broken=len(check(problem, counted)),
        first=next((round(at, 2) for at, known, _ in curve if known is not None), None),
        curve=[(round(at, 2), known, b) for at, known, b in curve],
    )


def completed(problem: Problem, plan: Plan) -> Plan:
    """The plan with everybody who has no place listed, as the format asks."""
    placed = {(a.event, a.party) for a in plan.assignments} | {(s.set, p) for s in plan.sets for p in s.parties}
    groups: list[Event | SetsEntry] = [*problem.events, *problem.sets]
    asked = [(group.id, party) for group in groups for party in group.audience]
    return replace(plan, unplaced=tuple(Unplaced(*pair) for pair in asked if pair not in placed))


def add_limits(parser: argparse.ArgumentParser, *, seconds: float) -> None:
    """The options that every benchmark has."""
    parser.add_argument("--seconds", type=float, default=seconds, help="for each run")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--cpu", action="store_true", help="count processor time ÷ threads, for a machine that others use too"
    )


def numbers(text: str) -> list[int]:
    """ "1,2,5" or "1-10" as a list."""

    def each() -> Iterator[int]:
        for part in text.split(","):
            low, _, high = part.partition("-")
            yield from range(int(low), int(high or low) + 1)

    return list(each())


def machine() -> dict[str, Any]:
    """Where and when: goes into every file of results."""
    model = ""
    if (info := Path("/proc/cpuinfo")).exists():
        model = next((x.split(":")[1].strip() for x in info.read_text().splitlines() if x.startswith("model name")), "")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": model,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": sys.version.split()[0],
        "ortools": version("ortools"),
    }
