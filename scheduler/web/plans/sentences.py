"""What is said about a plan: how good it is, what its cost is made of, how it came about, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scheduler import formatting
from scheduler.formatting import count
from scheduler.models import Plan, PlanStatus, RunEnd, RunState
from scheduler.plan.comparing import Difference

# A tag beside a plan's number: what it is to its people, or how far it has come.
STATUS_TAGS: Mapping[PlanStatus, str] = {
    PlanStatus.DRAFT: "Draft",
    PlanStatus.PUBLISHED: "Published",
    PlanStatus.SUPERSEDED: "Superseded",
    PlanStatus.DISCARDED: "Discarded",
}


@dataclass(frozen=True)
class Part:
    """One part of a cost: what it counts, in words, and its points."""

    words: str
    points: int


def tag_of(plan: Plan) -> str:
    """The adjective beside a plan's number."""
    if plan.status is not PlanStatus.DRAFT:
        return STATUS_TAGS[plan.status]
    if plan.run_state is RunState.QUEUED:
        return "Waiting"
    if plan.run_state is RunState.RUNNING:
        return "Planning"
    if plan.run_end is RunEnd.INFEASIBLE:
        return "Cannot hold"
    return "Failed" if plan.objective is None else "Draft"


def percent_above(cost: int, bound: int) -> int | None:
    """By how many percent at most a cost lies above the best possible, rounded up; None while the bound is 0."""
    return None if bound <= 0 else -((bound - cost) * 100 // bound)


def how_good(cost: int | None, bound: int | None) -> str:
    """How near to the best possible a plan is: proven, at most so many percent above it, or not known."""
    if cost is None or bound is None:
        return ""
    if cost <= bound:
        return "No plan can do better: this is proven."
    above = percent_above(cost, bound)
    if above is None:
        return "How much better a plan could be is not known."
    return f"No plan can cost less than {formatting.number(bound)}, so it is at most {above}% above the best possible."


def who_is_placed(parties: int, unplaced: Iterable[str], noun: str = "pair") -> str:
    """Whether everyone of the audiences has a place; ``unplaced`` are the parties that lack one somewhere."""
    without = len(set(unplaced))
    if not without:
        return f"All {count(parties, noun)} are placed." if parties != 1 else f"The {noun} is placed."
    rest = formatting.of(parties - without, parties)
    lack = "has" if without == 1 else "have"
    return f"{rest} {noun}s are placed everywhere: {formatting.number(without)} {lack} no place in at least one event."


def while_planning(cost: int | None, bound: int | None, unplaced_weight: int) -> str:
    """What a run has found so far."""
    if cost is None:
        return "No plan has been found yet."
    # Only a cost below that of one unplaced party says for sure that nobody is.
    everyone = "Everyone is placed. " if cost < unplaced_weight else ""
    return f"{everyone}This plan costs {formatting.number(cost)}. {how_good(cost, bound)}"


def how_it_ended(plan: Plan) -> str:
    """How a run ended, in a sentence."""
    above = None if plan.objective is None else percent_above(plan.objective, plan.bound or 0)
    at_most = "" if above is None or above == 0 else f": at most {above}% above the best possible"
    sentences = {
        RunEnd.PROVEN: "Proven best.",
        RunEnd.TIME_LIMIT: f"Time limit{at_most}.",
        RunEnd.STOPPED: f"Stopped by you{at_most}." if plan.objective is not None else "Stopped before it began.",
        RunEnd.INFEASIBLE: "No plan can hold: the rules and locks contradict each other.",
        RunEnd.NOTHING_FOUND: "Time ran out before a plan was found.",
        RunEnd.OUT_OF_MEMORY: f"Out of memory{at_most}." if plan.objective is not None else "Out of memory.",
        RunEnd.CRASHED: "The planning failed.",
        RunEnd.EDITED: "Changed by hand.",
    }
    said = sentences.get(plan.run_end, "") if plan.run_end is not None else ""
    kept = " This was the best plan so far." if plan.run_note and plan.objective is not None else ""
    return " ".join(filter(None, (said, plan.run_note))) + kept


def cost_parts(plan: Plan, running: int, against: int | None = None) -> list[Part]:
    """What the cost of a plan is made of: each term that costs something, in the order of the problem format.

    ``running`` is how many sessions run; ``against`` the number of the plan that ``change`` counts against.
    """
    weights = weights_of(plan)
    terms = plan.terms
    earlier = f"plan {against}" if against is not None else "the published plan"
    phrases = {
        "unplaced": count(terms.get("unplaced", 0), "place") + " not found",
        "open_cost": f"{count(running, 'session')} {'runs' if running == 1 else 'run'}",
        "costs": "travel and preferences",
        "if_need_be": count(terms.get("if_need_be", 0), "attendance") + " on if need be",
        "burden": count(terms.get("burden", 0), "if need be", "if need be") + " for a pair that bends already",
        "repeat_encounter": count(terms.get("repeat_encounter", 0), "repeat meeting"),
        "mix_imbalance": f"{formatting.number(terms.get('mix_imbalance', 0))} over an even mix",
        "change": f"{count(terms.get('change', 0), 'move')} from {earlier}",
    }
    points = {term: weights[term] * number for term, number in terms.items()}
    return [Part(words, points[term]) for term, words in phrases.items() if points.get(term)]


def weights_of(plan: Plan) -> dict[str, int]:
    """The weights of a plan's question, with those its file leaves out."""
    from dataclasses import asdict

    from solver.problem import Weights

    return asdict(Weights()) | plan.problem["weights"]


def against(difference: Difference, noun: str = "pair") -> str:
    """What a plan changes: "2 pairs move, 1 is new, 61 stay"."""
    parts = [
        (len(difference.moves), "moves", "move"),
        (len(difference.new), "is new", "are new"),
        (len(difference.no_longer), "is no longer placed", "are no longer placed"),
        (len(difference.stay), "stays", "stay"),
    ]
    said = [(n, one if n == 1 else many) for n, one, many in parts if n]
    if not said:
        return "Nobody is placed in either."
    first, *rest = said
    return ", ".join([f"{count(first[0], noun)} {first[1]}", *(f"{formatting.number(n)} {verb}" for n, verb in rest)])
