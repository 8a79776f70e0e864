"""Proofs that somebody must be left out, whatever the plan: counted from answers, seats and sizes alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import comb

from solver.plan import Plan
from solver.problem import Event, Problem, SetsEntry
from solver.variables import can_meet
from solver.wording import counted, listed

MOST_CHOICES = 1_000


def seats_short(problem: Problem, plan: Plan, event: Event, party: str) -> Iterator[str]:
    """Sessions with fewer seats than there are people who can come to nothing else (Hall's condition, by seats).

    Begins with what the party can come to, and adds what those who sit there could come to instead.
    """
    can = {p: [s.id for s in event.sessions if problem.answer(p, s.id) != "no"] for p in event.audience}
    most = {session.id: session.max_seats for session in event.sessions}
    sitting = {a.party: a.session for a in plan.assignments if a.event == event.id}
    among = set(can[party])
    while True:
        limits = [limit for session in among if (limit := most[session]) is not None]
        if len(limits) < len(among):
            return
        confined = [p for p, sessions in can.items() if sessions and among.issuperset(sessions)]
        people = sum(problem.party_by_id[p].seats for p in confined)
        if people > sum(limits):
            names = [session.id for session in event.sessions if session.id in among]
            have = "has" if len(names) == 1 else "have"
            they = counted(people, "person", "people")
            yield f"{listed(names)} {have} seats for {sum(limits):,}, and {they} can come to no other of {event.id}"
            return
        wider = among.union(*(can[p] for p, session in sitting.items() if session in among and p in can))
        if wider == among:
            return
        among = wider


def somebody_misses_out(problem: Problem, event: Event) -> Iterator[str]:
    """However the sessions that run are chosen, so many of the audience said no to all of them."""
    if event.open_max is None or comb(len(event.sessions), event.open_max) > MOST_CHOICES:
        return
    refused = {
        session.id: frozenset(p for p in event.audience if problem.answer(p, session.id) == "no")
        for session in event.sessions
    }
    everybody = frozenset(event.audience)
    chosen = combinations(refused, min(event.open_max, len(refused)))
    least = min(len(everybody.intersection(*(refused[s] for s in sessions))) for sessions in chosen)
    if least:
        yield f"Whichever run, at least {counted(least, 'party', 'parties')} of {event.id} cannot come"


def cannot_split(problem: Problem, entry: SetsEntry) -> Iterator[str]:
    """Those who can meet in every round cannot all be in sets of the size and number that are allowed."""
    n = sum(can_meet(problem, entry, party) for party in entry.audience)
    least = max(1, entry.size_min)
    largest = n if entry.size_max is None else entry.size_max
    limits = [(n, "")]
    if entry.count_max is not None:
        limits.append((entry.count_max, f", {entry.count_max} at most"))
    led = [leader.max_sets for leader in entry.facilitators if leader.max_sets is not None]
    if entry.facilitators and len(led) == len(entry.facilitators):
        limits.append((sum(led), f", of which facilitators lead {sum(led)} at most"))
    most_sets, limit = min(limits, key=lambda each: each[0])
    if n and not any(count * least <= n <= count * largest for count in range(max(1, entry.count_min), most_sets + 1)):
        size = f"{least}" if least == largest else f"{least} to {largest}" if largest >= least else f"at least {least}"
        yield f"{counted(n, 'party', 'parties')} cannot be split into sets of {size}{limit}"
