"""Advice in a process of its own: ``python -m solver.advice_child QUESTION ADVICE``, beside ``solver.child``.

QUESTION is one JSON object with a ``problem`` and a ``plan`` of it. ADVICE is replaced whenever a change has been
tried, so that whatever ends this process costs nothing that was found. A line on standard input asks it to stop; the
end of standard input means that nobody waits any more.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import click

from solver.advising import Advice, Repair, advise
from solver.child import Asked, give_way
from solver.drafting import left_out
from solver.plan import Plan
from solver.problem import Problem
from solver.reading import read_plan, read_problem

BEHIND_PLANS = 5
"""Added to the niceness once more: a plan that is being made meanwhile goes first."""


def as_json(problem: Problem, plan: Plan, advice: Advice) -> dict[str, Any]:
    """Advice as a program keeps it.

    Each repair also says whom it ``placed`` and what it saved ``by_term``, weighted, against the best plan without any
    change, and how many it leaves ``unplaced``; ``placed_unchanged`` are those whom that plan places and this one not.
    """
    lost, still = _lost(problem, plan), _lost(problem, advice.base)
    repairs = [_repair(repair, problem, advice.base, still) for repair in advice.repairs]
    known = {"tried": advice.tried, "unchanged": advice.unchanged, "placed_unchanged": _listed(lost - still)}
    return {**known, "repairs": repairs}


def _repair(repair: Repair, problem: Problem, base: Plan, lost: set[tuple[str, str]]) -> dict[str, Any]:
    still = {(row.event, row.party) for row in left_out(repair.change.problem, repair.made)}
    saved = {term: (base.terms[term] - repair.made.terms[term]) * getattr(problem.weights, term) for term in base.terms}
    return {
        "place": repair.change.place,
        "from": repair.change.was,
        "to": repair.change.to,
        "text": repair.change.text,
        "saves": repair.saves,
        "objective": repair.objective,
        "party": repair.party,
        "session": repair.session,
        "placed": _listed(lost - still),
        "unplaced": len(still),
        "by_term": {term: points for term, points in saved.items() if points},
    }


def _lost(problem: Problem, plan: Plan) -> set[tuple[str, str]]:
    """Who has no place in a plan, as (event, party); nobody where there is no plan."""
    return set() if plan.objective is None else {(row.event, row.party) for row in left_out(problem, plan)}


def _listed(places: set[tuple[str, str]]) -> list[list[str]]:
    return [list(place) for place in sorted(places)]


@click.command()
@click.argument("question", type=click.Path(path_type=Path, exists=True))
@click.argument("advice", type=click.Path(path_type=Path))
@click.option("--seconds", type=click.FloatRange(min=0), required=True)
@click.option("--threads", type=click.IntRange(min=0), default=0)
@click.option("--seed", type=int, default=0)
def main(question: Path, advice: Path, *, seconds: float, threads: int, seed: int) -> None:
    """Say what would help the plan of QUESTION most, and keep it in ADVICE."""
    give_way()
    os.nice(BEHIND_PLANS)
    asked = Asked()
    threading.Thread(target=asked.listen, args=(sys.stdin,), daemon=True).start()
    read = json.loads(question.read_bytes())
    problem = read_problem(json.dumps(read["problem"]).encode())
    plan = read_plan(json.dumps(read["plan"]).encode())

    def keep(found: Advice) -> None:
        _write(as_json(problem, plan, found), advice)

    keep(advise(problem, plan, seconds=seconds, threads=threads, seed=seed, stop=asked.to_stop.is_set, tried=keep))


def _write(known: dict[str, Any], path: Path) -> None:
    """Replace the file in one step, so that a reader never finds half of it."""
    aside = path.with_suffix(".aside")
    aside.write_text(json.dumps(known), "utf-8")
    aside.replace(path)


if __name__ == "__main__":
    main()
