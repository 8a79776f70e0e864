"""What the programme has asked of each Trust's pair over the year, and what that costs the next plan (``costs``).

A pair that has bent, travelled, been left out or been moved more than most is to be spared next time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median_low
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.extensions import db
from scheduler.models import (
    Answer,
    Availability,
    LearningSet,
    Pair,
    Placement,
    Plan,
    PlanStatus,
    Programme,
    Session,
    SetMeeting,
    SetMember,
    Trust,
    Unplaced,
)
from scheduler.plan.distances import miles_to
from scheduler.plan.encounters import present_trusts
from scheduler.plan.told import Sitting, plans_told, sittings_of, trust_of

MOST_POINTS = 5
"""However much a pair has given, one more thing asked of it stays far cheaper than leaving anybody out."""
MILES_A_POINT = 100
MILES_A_STEP = 50
IF_NEED_BE_STEPS = 3


class Possible(NamedTuple):
    """A session that a party could be placed in, and what it said to it."""

    party: str
    trust: Trust
    session: Session
    answer: Answer


@dataclass
class Burden:
    """What was asked of one pair: dates it said "if need be" to, miles there and back, events it was left out of,
    places that were changed after people had been told. ``_ahead``: by the published plan, still to come."""

    bent: int = 0
    bent_ahead: int = 0
    miles: int = 0
    miles_ahead: int = 0
    left_out: int = 0
    moved: int = 0

    @property
    def points(self) -> int:
        """All that lies behind as one number, to compare pairs by."""
        return 2 * self.bent + self.miles // MILES_A_POINT + 2 * self.left_out + self.moved


def burdens_of(programme: Programme, at: datetime) -> dict[str, Burden]:
    """The burden of every pair that takes part, by ODS code."""
    pairs = _pairs(programme)
    burdens = {code: Burden() for code in pairs}
    sittings = sittings_of(programme, at)
    present = present_trusts(programme, {s.session.id for s in sittings if s.has_ended(at)})
    bends = _who_bends(pairs, {sitting.session.id for sitting in sittings if sitting.seats})
    for sitting in sittings:
        ended = sitting.has_ended(at)
        for code in _who_came(sitting, present) & burdens.keys():
            burden = burdens[code]
            bent = (code, sitting.session.id) in bends
            miles = 2 * (miles_to(pairs[code].trust, sitting.session.venue) or 0)
            if ended:
                burden.bent, burden.miles = burden.bent + bent, burden.miles + miles
            else:
                burden.bent_ahead, burden.miles_ahead = burden.bent_ahead + bent, burden.miles_ahead + miles
    for party in _left_out(programme):
        if (burden_of := _of(party, burdens)) is not None:
            burden_of.left_out += 1
    for party in _moves(programme):
        if (burden_of := _of(party, burdens)) is not None:
            burden_of.moved += 1
    return burdens


def points_above_most(burdens: Mapping[str, Burden]) -> dict[str, int]:
    """How far each pair has given more than the middle one: 0 for half of them, at most MOST_POINTS."""
    if not burdens:
        return {}
    middle = median_low(burden.points for burden in burdens.values())
    return {code: min(MOST_POINTS, max(0, burden.points - middle)) for code, burden in burdens.items()}


def cost_of(points: int, answer: Answer, miles: int | None) -> int:
    """What it costs a plan to ask one more thing of a pair: its points for each step, of which an "if need be" is three
    and every 50 miles there one. A date that is near and that it said yes to costs nothing."""
    steps = (IF_NEED_BE_STEPS if answer is Answer.IF_NEED_BE else 0) + (miles or 0) // MILES_A_STEP
    return points * steps


def fair_costs(programme: Programme, places: Iterable[Possible], at: datetime) -> dict[str, dict[str, int]]:
    """``costs`` of a problem: for each party the sessions at which more would be asked of a pair that gave more than
    most. Source: problem format, `costs`."""
    points = points_above_most(burdens_of(programme, at))
    costs: dict[str, dict[str, int]] = {}
    for place in places:
        above = points.get(place.trust.ods_code, 0)
        cost = above and cost_of(above, place.answer, miles_to(place.trust, place.session.venue))
        if cost:
            costs.setdefault(place.party, {})[place.session.key] = cost
    return costs


def _pairs(programme: Programme) -> dict[str, Pair]:
    rows = db.session.scalars(
        sa.select(Pair).where(Pair.programme_id == programme.id, Pair.left_on.is_(None)).options(joinedload(Pair.trust))
    )
    return {pair.trust.ods_code: pair for pair in rows}


def _who_came(sitting: Sitting, present: Mapping[int, frozenset[str]]) -> frozenset[str]:
    """Who of those told to come came, where attendance says so; else all of them."""
    came = sitting.trusts & present.get(sitting.session.id, sitting.trusts)
    return came if came or sitting.number is None else sitting.trusts


def _who_bends(pairs: Mapping[str, Pair], sessions: Iterable[int]) -> set[tuple[str, int]]:
    """Which pairs said "if need be" to which sessions: one of the two did, and nobody said no."""
    code_of: dict[int, list[str]] = defaultdict(list)
    for code, pair in pairs.items():
        for person in {pair.director_id, pair.manager_id} - {None}:
            code_of[person].append(code)  # type: ignore[index]
    rows = db.session.execute(
        sa.select(Availability.person_id, Availability.session_id, Availability.answer).where(
            Availability.session_id.in_(list(sessions)), Availability.answer != Answer.YES
        )
    )
    said: dict[tuple[str, int], set[Answer]] = defaultdict(set)
    for person, session, answer in rows:
        for code in code_of.get(person, ()):
            said[code, session].add(answer)
    return {place for place, answers in said.items() if Answer.NO not in answers}


def _left_out(programme: Programme) -> list[str]:
    """A party for each event of the published plan that it has no place in."""
    rows = sa.select(Unplaced.party).join(Plan, Plan.id == Unplaced.plan_id)
    return list(db.session.scalars(rows.where(Plan.programme_id == programme.id, Plan.status == PlanStatus.PUBLISHED)))


def _moves(programme: Programme) -> Iterator[str]:
    """A party for each event in which a plan took a place away that people had been told of, and gave another."""
    plans = plans_told(programme)
    if len(plans) < 2:
        return
    places: dict[int, dict[tuple[str, int], set[int]]] = {plan: defaultdict(set) for plan in plans}
    placed = sa.select(Placement.plan_id, Placement.party, Placement.event_id, Placement.session_id)
    meets = (
        sa.select(LearningSet.plan_id, SetMember.party, LearningSet.event_id, SetMeeting.session_id)
        .join(SetMember, SetMember.set_id == LearningSet.id)
        .join(SetMeeting, SetMeeting.set_id == LearningSet.id)
    )
    for rows in (placed.where(Placement.plan_id.in_(plans)), meets.where(LearningSet.plan_id.in_(plans))):
        for plan, party, event, session in db.session.execute(rows):
            places[plan][party, event].add(session)
    for earlier, later in pairwise(plans):
        for key, before in places[earlier].items():
            now = places[later].get(key, set())
            if now and before - now:
                yield key[0]


def _of(party: str, burdens: Mapping[str, Burden]) -> Burden | None:
    """The burden of the Trust that a party stands for, where it takes part."""
    return burdens.get(party) or burdens.get(trust_of(party, None) or "")
