"""Proofs that somebody must be left out, whatever the plan: counted from answers, seats and sizes alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from math import comb

from solver.plan import Plan
from solver.problem import Event, Problem, SetsEntry
from solver.variables import can_meet
from solver.wording import counted, listed

MOST_CHOICES = 1_000


class SeatsShort:
    """Sessions with fewer seats than there are people who can come to nothing else (Hall's condition, by seats)."""

    def __init__(self, problem: Problem, plan: Plan, event: Event) -> None:
        self._event = event
        self._can = {
            party: frozenset(s.id for s in event.sessions if problem.answer(party, s.id) != "no")
            for party in event.audience
        }
        self._most = {session.id: session.max_seats for session in event.sessions}
        self._parties_in: dict[str, list[str]] = {session.id: [] for session in event.sessions}
        for assigned in plan.assignments:
            if assigned.event == event.id and assigned.party in self._can:
                self._parties_in[assigned.session].append(assigned.party)
        # Who can come to the same sessions is counted together: a thousand parties have fewer kinds of answers.
        self._people: Counter[frozenset[str]] = Counter()
        for party, sessions in self._can.items():
            self._people[sessions] += problem.party_by_id[party].seats
        self._known: dict[frozenset[str], str | None] = {}

    def of(self, party: str) -> str | None:
        """The sessions that are short for one party, if its own are among such.

        Begins with what it can come to, and adds what those who sit there could come to instead.
        """
        can = self._can[party]
        if can not in self._known:
            self._known[can] = self._among(can)
        return self._known[can]

    def _among(self, among: frozenset[str]) -> str | None:
        while True:
            limits = [limit for session in among if (limit := self._most[session]) is not None]
            if len(limits) < len(among):
                return None
            people = sum(seats for sessions, seats in self._people.items() if sessions and sessions <= among)
            if people > sum(limits):
                return self._in_words(among, sum(limits), people)
            wider = among.union(*(self._can[p] for session in among for p in self._parties_in[session]))
            if wider == among:
                return None
            among = wider

    def _in_words(self, among: frozenset[str], seats: int, people: int) -> str:
        names = [session.id for session in self._event.sessions if session.id in among]
        have = "has" if len(names) == 1 else "have"
        they = counted(people, "person", "people")
        return f"{listed(names)} {have} seats for {seats:,}, and {they} can come to no other of {self._event.id}"


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
