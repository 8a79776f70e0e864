"""What a board sponsor sees of a pair: whether it attends, how its improvement gets on, what comes next.

Never what its people answered, and never who else is in its set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect import intentions, sponsors
from scheduler.collect.presence import people_at, present_at
from scheduler.extensions import db
from scheduler.models import (
    Event,
    IntentionWord,
    LearningSet,
    Pair,
    Person,
    Placement,
    Plan,
    PlanStatus,
    Session,
    SetMeeting,
    SetMember,
)

MOST_DATES = 5
NOBODY = "Nobody came"


@dataclass(frozen=True, slots=True)
class Sitting:
    """A date that a pair has a place on: the event's title, the session, and who came where that is known."""

    title: str
    session: Session
    came: str = ""


@dataclass(frozen=True, slots=True)
class SponsoredPair:
    """One pair as its sponsor sees it. ``ended``: why what they confirmed before no longer holds."""

    pair: Pair
    ended: str
    past: list[Sitting]
    coming: list[Sitting]
    words: list[IntentionWord]
    attendance: str


def sponsored_pairs(sponsor: Person) -> list[SponsoredPair]:
    """The pairs behind which a person stands, as they may see them."""
    pairs = sponsors.sponsored_by(sponsor)
    confirmed = sponsors.last_confirmations(pairs)
    return [_as_seen(pair, sponsors.what_ended(pair, confirmed.get(pair.id))) for pair in pairs]


def _as_seen(pair: Pair, ended: str) -> SponsoredPair:
    sittings = _sittings(pair)
    at = now()
    past = _with_who_came(pair, [sitting for sitting in sittings if sitting.session.ends_at <= at])
    coming = [sitting for sitting in sittings if sitting.session.ends_at > at]
    return SponsoredPair(
        pair, ended, past, coming[:MOST_DATES], intentions.words_of(pair), attendance_in_words(past, coming)
    )


def attendance_in_words(past: list[Sitting], coming: list[Sitting]) -> str:
    """ "Your pair has had a place on 3 dates so far, and has 2 to come." """
    if not past and not coming:
        return "No dates are planned yet."
    if not past:
        return f"Nothing has taken place yet. {formatting.count(len(coming), 'date lies', 'dates lie')} ahead."
    ahead = f" {formatting.count(len(coming), 'date lies', 'dates lie')} ahead." if coming else ""
    taken = [sitting for sitting in past if sitting.came]
    if not taken:
        return f"The pair has had a place on {formatting.count(len(past), 'date')} so far.{ahead}"
    came = sum(sitting.came != NOBODY for sitting in taken)
    dates = formatting.count(len(taken), "date", "dates")
    return f"Somebody of the Trust came to {came} of {dates} at which attendance was taken.{ahead}"


def _with_who_came(pair: Pair, sittings: list[Sitting]) -> list[Sitting]:
    """The same dates with who came, where attendance was taken."""
    ids = [sitting.session.id for sitting in sittings]
    trusts, people = present_at(ids), people_at(ids)
    return [
        replace(sitting, came=_who_came(pair, trusts[sitting.session.id], people.get(sitting.session.id, frozenset())))
        if sitting.session.id in trusts
        else sitting
        for sitting in sittings
    ]


def _who_came(pair: Pair, trusts: frozenset[int], people: frozenset[int]) -> str:
    """ "Amara Okafor and Tom Reid came"; whoever else came for the Trust is not named."""
    there = [person.name for person in pair.people if person.id in people]
    if there:
        return f"{formatting.listed(there)} came"
    return "Somebody else came for the Trust" if pair.trust_id in trusts else NOBODY


def _sittings(pair: Pair) -> list[Sitting]:
    """Every date of the pair in the published plan, in order."""
    published = (Plan.programme_id == pair.programme_id, Plan.status == PlanStatus.PUBLISHED)
    placed = (
        sa.select(Event.title, Session)
        .select_from(Placement)
        .join(Placement.plan)
        .join(Placement.session)
        .join(Event, Placement.event_id == Event.id)
        .where(Placement.pair_id == pair.id, *published)
    )
    meetings = (
        sa.select(Event.title, Session)
        .select_from(SetMember)
        .join(SetMember.learning_set)
        .join(LearningSet.plan)
        .join(Event, LearningSet.event_id == Event.id)
        .join(SetMeeting, SetMeeting.set_id == LearningSet.id)
        .join(SetMeeting.session)
        .where(SetMember.pair_id == pair.id, *published)
    )
    found = [Sitting(title, session) for query in (placed, meetings) for title, session in db.session.execute(query)]
    return sorted(found, key=lambda sitting: (sitting.session.starts_at, sitting.session.id))
