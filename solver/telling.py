"""What ``convene explain`` and ``advise`` print: sentences for an organiser, or JSON as the problem format says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from solver.faults import printable
from solver.plan import Plan
from solver.problem import Problem
from solver.wording import listed

if TYPE_CHECKING:
    from solver.advising import Advice, Repair
    from solver.places import Place

NO_ADVICE = {True: ['{"repairs": [], "ask_first": []}'], False: ["No change was tried."]}
"""Lines that say that nothing is known yet, as JSON or not."""

ANSWERS = {"yes": "yes", "if-need-be": "if need be", "no": "no"}


def places_as_json(party: str, places: Iterable[Place]) -> Iterator[str]:
    """One JSON object; to have no place stands beside ``places``, as it is none."""
    known = list(places)
    made = {
        "party": party,
        "places": [place.as_json() for place in known if not place.is_none],
        "unplaced": [place.as_json() for place in known if place.is_none],
    }
    yield json.dumps(made, ensure_ascii=True, indent=2)


def places_in_words(problem: Problem, party: str, places: Iterable[Place]) -> Iterator[str]:
    """Each event with where the party is, then each other place on a line of its own."""
    known = list(places)
    if not known:
        yield f"{printable(party)} is asked to come to nothing."
    for event in dict.fromkeys(place.event for place in known):
        here = [place for place in known if place.event == event]
        for place in here:
            if place.now:
                yield f"{printable(event)}: {printable(party)} is {_at(problem, party, place)}"
        for place in here:
            if not place.now:
                yield f"  {_at(problem, party, place)}: {_price(place)}"


def _at(problem: Problem, party: str, place: Place) -> str:
    if place.session is not None:
        answer = ANSWERS[problem.answer(party, place.session)]
        return f"in {printable(place.session)} ({answer})"
    return "unplaced" if place.number is None else f"in set {place.number}"


def _price(place: Place) -> str:
    if place.broken:
        return "not possible: " + "; ".join(printable(sentence, most=None) for sentence in place.broken)
    if place.change == 0:
        return "would cost the same"
    return f"would cost {abs(place.change):,} {'more' if place.change > 0 else 'less'}"


def advice_as_json(problem: Problem, plan: Plan, advice: Advice) -> Iterator[str]:
    """One JSON object; ``unchanged`` stands beside the repairs where a better plan was found without any of them."""
    made: dict[str, Any] = {
        "repairs": [
            {
                "change": {"place": repair.change.place, "from": repair.change.was, "to": repair.change.to},
                "text": repair.change.text,
                "saves": repair.saves,
                "objective": repair.objective,
            }
            for repair in advice.repairs
        ],
        "ask_first": [
            {
                "party": repair.party,
                "people": list(problem.party_by_id[repair.party or ""].people),
                "session": repair.session,
                "answer": "yes",
                "saves": repair.saves,
                "objective": repair.objective,
            }
            for repair in advice.ask_first
        ],
    }
    if advice.unchanged is not None and plan.objective is not None:
        made["unchanged"] = {"saves": plan.objective - advice.unchanged, "objective": advice.unchanged}
    yield json.dumps(made, ensure_ascii=True, indent=2)


def advice_in_words(problem: Problem, plan: Plan, advice: Advice) -> Iterator[str]:
    """The repairs, then whom to ask first; each figure is that of a plan that was found and counted again."""
    if advice.unchanged is not None and plan.objective is not None:
        yield f"Planning again, with nothing changed, saves {plan.objective - advice.unchanged:,}."
    if not advice.repairs:
        yield "No change that was tried helps."
        return
    yield "These changes make a plan possible:" if plan.objective is None else "These changes help most:"
    for repair in advice.repairs:
        yield f"  {_gain(repair)}: {printable(repair.change.text, most=None)}"
    if advice.ask_first:
        yield "Ask these first:"
    for repair in advice.ask_first:
        people = listed(map(printable, problem.party_by_id[repair.party or ""].people))
        yield f"  {people}: a yes to {printable(repair.session or '')} {_gain(repair)}"


def _gain(repair: Repair) -> str:
    if repair.saves is None:
        return f"gives a plan that costs {repair.objective:,}"
    return f"saves {repair.saves:,}"
