"""How soon there is an answer: why here, what would help most, what if, and a plan made anew with least change.

``python -m benchmarks.bench_explain --size 64`` first makes a plan (``--seconds``), then asks each question. ``--large
1000`` asks "why here" of a larger plan too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.bench_plans import problem_of
from benchmarks.instances.generator import Shape, make
from benchmarks.measuring import Limits, add_limits
from benchmarks.reporting import Table, save, shown
from solver import Plan, Problem, advise, check, explain, read_problem, recount, solve

COLUMNS = ("question", "asked for", "s", "answer")
CHANGES = ("a session closed", "one party says no", "a facilitator leaves", "5 parties join")
GOOD_ANSWER_SECONDS = 10.0
PARTIES_ASKED = 20
SECONDS_FOR_LARGE = 40.0


def changed(data: dict[str, Any], plan: Plan, change: str) -> dict[str, Any]:
    """The problem file after something happened to it, and to this plan of it."""
    made: dict[str, Any] = json.loads(json.dumps(data))
    placed = next(a for a in plan.assignments if a.event == "W1")
    if change == "a session closed":
        made["locks"] = [*made.get("locks", []), {"session": placed.session, "runs": False}]
    elif change == "one party says no":
        made["availability"][placed.party][placed.session] = "no"
    elif change == "a facilitator leaves":
        leader = next((s.facilitator for s in plan.sets), None)
        made["sets"][0]["facilitators"] = [f for f in made["sets"][0]["facilitators"] if f["id"] != leader]
    return made


def with_joiners(size: int, seed: int, more: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """An instance without its last parties, and the whole of it: the same but for those who join."""
    whole = make(Shape.of(size), seed)
    late = {party["id"] for party in whole["parties"][-more:]}
    before = json.loads(json.dumps(whole))
    before["parties"] = [p for p in before["parties"] if p["id"] not in late]
    for group in (*before["events"], *before["sets"]):
        group["audience"] = [p for p in group["audience"] if p not in late]
    for answers in ("availability", "costs"):
        before[answers] = {p: given for p, given in before[answers].items() if p not in late}
    return before, whole


def parsed(data: dict[str, Any]) -> Problem:
    """The problem that a file of these values states."""
    return read_problem(json.dumps(data).encode())


def after_change(data: dict[str, Any], plan: Plan, limits: Limits) -> dict[str, Any]:
    """Plan anew with ``previous`` from the plan: when the first answer came, and what it changes for whom."""
    previous = {"assignments": plan.as_json()["assignments"], "sets": plan.as_json()["sets"]}
    problem = parsed(data | {"previous": previous})
    points: list[tuple[float, int]] = []

    def progress(objective: int | None, bound: int, seconds: float) -> None:
        if objective is not None and (not points or objective != points[-1][1]):
            points.append((seconds, objective))

    new = solve(problem, seconds=GOOD_ANSWER_SECONDS, threads=limits.threads, start=plan, progress=progress)
    terms = dict(recount(problem, new))
    return {
        "first": points[0][0] if points else None,
        "first_objective": points[0][1] if points else None,
        "objective": new.objective,
        "bound": new.bound,
        "changes": terms["change"],
        "unplaced": terms["unplaced"],
        "broken": len(check(problem, new)),
    }


def asked_why(problem: Problem, plan: Plan) -> list[float]:
    """Seconds that "why here" takes for each of the first parties."""
    took = []
    for party in problem.parties[:PARTIES_ASKED]:
        began = time.perf_counter()
        explain(problem, plan, party.id)
        took.append(time.perf_counter() - began)
    return took


def asked_what_helps(problem: Problem, plan: Plan, threads: int, seconds: float = 30.0) -> dict[str, Any]:
    """``advise``: when the first piece of advice stood, how many came, and the most that one saves."""
    began = time.monotonic()
    heard: list[float] = []

    def tried(advice: Any) -> None:
        if (advice.repairs or advice.ask_first) and not heard:
            heard.append(time.monotonic() - began)

    advice = advise(problem, plan, seconds=seconds, threads=threads, tried=tried)
    saves = [repair.saves or 0 for repair in advice.repairs]
    return {
        "first": heard[0] if heard else None,
        "seconds": time.monotonic() - began,
        "repairs": len(advice.repairs),
        "ask_first": len(advice.ask_first),
        "saves_most": max(saves, default=0),
    }


def replanned(size: int, seed: int, data: dict[str, Any], plan: Plan, limits: Limits) -> Iterator[dict[str, Any]]:
    """Each change, planned anew."""
    for change in CHANGES[:-1]:
        yield {"change": change} | after_change(changed(data, plan, change), plan, limits)
    before, whole = with_joiners(size, seed, 5)
    early = solve(parsed(before), seconds=limits.seconds, threads=limits.threads)
    yield {"change": CHANGES[-1]} | after_change(whole, early, limits)


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--large", type=int, default=1000, help="0: none")
    parser.add_argument("--seed", type=int, default=1)
    add_limits(parser, seconds=15.0)
    asked = parser.parse_args()
    if asked.cpu:
        parser.error("these are questions of a person who waits: the wall clock alone counts")
    limits = Limits(asked.seconds, asked.threads)
    table = Table(COLUMNS, f"Answers, {asked.size} parties, wall clock, {asked.threads} threads")
    runs: list[dict[str, Any]] = []
    data = make(Shape.of(asked.size), asked.seed)
    problem = parsed(data)
    plan = solve(problem, seconds=limits.seconds, threads=limits.threads)
    _tell_why(table, runs, asked.size, problem, plan)
    if asked.large:
        large = problem_of(asked.large, asked.seed)
        made = solve(large, seconds=max(SECONDS_FOR_LARGE, limits.seconds), threads=limits.threads)
        _tell_why(table, runs, asked.large, large, made)
    advice = asked_what_helps(problem, plan, asked.threads)
    told = f"{advice['repairs']} repairs, {advice['ask_first']} to ask; the dearest saves {advice['saves_most']:,}"
    table.add("advise: first answer", "30 s", advice["first"], told)
    runs.append({"question": "advise"} | advice)
    for run in replanned(asked.size, asked.seed, data, plan, limits):
        told = f"{shown(run['first_objective'])} → {shown(run['objective'])} in 10 s; {run['changes']} changes"
        table.add(f"what if {run['change']}: first", "2 s", run["first"], told)
        if run["broken"]:
            print(f"WRONG: the plan breaks {run['broken']} rules", flush=True)
        runs.append({"question": "what if"} | run)
    save("explain", vars(asked), runs)


def _tell_why(table: Table, runs: list[dict[str, Any]], size: int, problem: Problem, plan: Plan) -> None:
    if plan.objective is None:
        table.add(f"why here, {size} parties", None, None, "no plan to ask about")
        return
    took = asked_why(problem, plan)
    told = f"median of {len(took)} parties; slowest {max(took):.2f} s"
    table.add(f"why here, {size} parties", "0.2 s" if size <= 64 else None, statistics.median(took), told)
    runs.append({"question": "explain", "parties": size, "seconds": took})


if __name__ == "__main__":
    main()
