"""Plans side by side: the figures by which one is chosen, counted from their frozen questions and answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from scheduler.extensions import db
from scheduler.models import Event, LearningSet, Pair, Placement, Plan, Session, SetMember, Trust, Venue
from scheduler.plan.distances import miles_to

Json = dict[str, Any]


@dataclass(frozen=True)
class Figures:
    """What a plan comes to. ``most_bends``: the most attendances on an if need be of any one pair; ``new_meetings``:
    pairs of Trusts that meet for the first time; ``miles`` there and back, None where no position is known."""

    cost: int
    unplaced: int
    if_need_be: int
    most_bends: int
    repeats: int
    new_meetings: int
    mix: int
    running: int
    free_seats: int
    miles: int | None


@dataclass(frozen=True)
class Differing:
    """A party whose places in an event are not the same in all plans: for each plan a session, a set, or None."""

    party: str
    event: Event
    places: tuple[Session | int | None, ...]


def figures_of(plans: Sequence[Plan]) -> list[Figures]:
    """The figures of each plan that has places, in their order."""
    towns = _towns(plans)
    return [_figures(plan, towns) for plan in plans]


def differing(plans: Sequence[Plan]) -> list[Differing]:
    """Who is not at the same place in every one of these plans, by event and party."""
    at = {plan.id: place for place, plan in enumerate(plans)}
    found: dict[tuple[int, str], list[int | tuple[int] | None]] = defaultdict(lambda: [None] * len(plans))
    placed = select(Placement.plan_id, Placement.event_id, Placement.party, Placement.session_id)
    for plan, event, party, session in db.session.execute(placed.where(Placement.plan_id.in_(at))):
        found[event, party][at[plan]] = session
    members = (
        select(LearningSet.plan_id, LearningSet.event_id, SetMember.party, LearningSet.number)
        .join(LearningSet, LearningSet.id == SetMember.set_id)
        .where(LearningSet.plan_id.in_(at))
    )
    for plan, event, party, number in db.session.execute(members):
        found[event, party][at[plan]] = (number,)
    differ = {key: places for key, places in found.items() if len(set(places)) > 1}
    events = {e.id: e for e in db.session.scalars(select(Event).where(Event.id.in_({event for event, _ in differ})))}
    ids = {place for places in differ.values() for place in places if isinstance(place, int)}
    sessions = {s.id: s for s in _with_venues(ids)}
    rows = [
        Differing(
            party,
            events[event],
            tuple(sessions[p] if isinstance(p, int) else p[0] if p is not None else None for p in places),
        )
        for (event, party), places in differ.items()
    ]
    return sorted(rows, key=lambda row: (row.event.position, row.event.id, row.party))


def _figures(plan: Plan, towns: _Towns) -> Figures:
    problem: Json = plan.problem
    result: Json = plan.result or {"assignments": [], "sets": []}
    said: Mapping[str, Mapping[str, str]] = problem["availability"]
    seats = {party["id"]: len(party["people"]) for party in problem["parties"]}
    taken: Counter[str] = Counter()
    bends: Counter[str] = Counter()
    miles: int | None = None
    for assigned in result["assignments"]:
        party, session = assigned["party"], assigned["session"]
        taken[session] += seats.get(party, 0)
        bends[party] += said.get(party, {}).get(session) == "if-need-be"
        if (apart := towns.miles(party, session)) is not None:
            miles = (miles or 0) + 2 * apart
    for formed in result["sets"]:
        for party in formed["parties"]:
            bends[party] += sum(said.get(party, {}).get(m["slot"]) == "if-need-be" for m in formed["meetings"])
    most = {s["id"]: s.get("max_seats") for event in problem["events"] for s in event["sessions"]}
    terms = plan.terms
    return Figures(
        cost=plan.objective or 0,
        unplaced=terms.get("unplaced", 0),
        if_need_be=terms.get("if_need_be", 0),
        most_bends=max(bends.values(), default=0),
        repeats=terms.get("repeat_encounter", 0),
        new_meetings=_new_meetings(problem, result),
        mix=terms.get("mix_imbalance", 0),
        running=len(taken),
        free_seats=sum(most[s] - n for s, n in taken.items() if most.get(s) is not None),
        miles=miles,
    )


def _new_meetings(problem: Json, result: Json) -> int:
    """Pairs of Trusts that are together and were not before: each Trust is a bit, whom it meets a number of bits."""
    trust_of = {party["id"]: party.get("trust", party["id"]) for party in problem["parties"]}
    bit = {trust: 1 << at for at, trust in enumerate(dict.fromkeys(trust_of.values()))}
    meets: dict[str, int] = dict.fromkeys(bit, 0)
    for group in _together(problem, result):
        trusts = {trust_of[party] for party in group if party in trust_of}
        everyone = sum(bit[trust] for trust in trusts)
        for trust in trusts:
            meets[trust] |= everyone & ~bit[trust]
    for one, other, times in problem.get("previous_encounters", ()):
        if times and one in bit and other in bit:
            meets[one] &= ~bit[other]
            meets[other] &= ~bit[one]
    return sum(others.bit_count() for others in meets.values()) // 2


def _together(problem: Json, result: Json) -> Iterator[Sequence[str]]:
    """The parties of each session and set that counts as an encounter."""
    counts = {entry["id"] for entry in (*problem["events"], *problem["sets"]) if entry.get("encounters")}
    sessions: dict[str, list[str]] = defaultdict(list)
    for assigned in result["assignments"]:
        if assigned["event"] in counts:
            sessions[assigned["session"]].append(assigned["party"])
    yield from sessions.values()
    yield from (formed["parties"] for formed in result["sets"] if formed["set"] in counts)


class _Towns:
    """How far each pair's Trust is from each session."""

    def __init__(self, trusts: Mapping[str, Trust], venues: Mapping[str, Venue | None]) -> None:
        self._trusts, self._venues = trusts, venues
        self._apart: dict[tuple[str, int], int | None] = {}

    def miles(self, party: str, session: str) -> int | None:
        """Miles from a party's Trust to a session, one way; None where either's position is not known."""
        trust, venue = self._trusts.get(party), self._venues.get(session)
        if trust is None or venue is None:
            return None
        key = party, venue.id
        if key not in self._apart:
            self._apart[key] = miles_to(trust, venue)
        return self._apart[key]


def _towns(plans: Sequence[Plan]) -> _Towns:
    programme = plans[0].programme_id if plans else 0
    trusts = db.session.scalars(
        select(Trust).join(Pair, Pair.trust_id == Trust.id).where(Pair.programme_id == programme)
    )
    sessions = select(Session.key, Venue).join(Venue, Venue.id == Session.venue_id)
    at = db.session.execute(sessions.where(Session.programme_id == programme))
    return _Towns({trust.ods_code: trust for trust in trusts}, {key: venue for key, venue in at})  # noqa: C416


def _with_venues(ids: set[int]) -> list[Session]:
    return list(db.session.scalars(select(Session).where(Session.id.in_(ids)).options(joinedload(Session.venue))))
