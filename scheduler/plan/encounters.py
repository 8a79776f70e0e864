"""Which Trusts were together, on which occasions: what the ledger shows and what a new problem counts from.

Where attendance was taken, it says who met; where it was not, the plan that was in force that day. Only what has ended
counts as met. Events without encounters (everyone in one room) bring nobody together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from scheduler.collect.presence import present_at
from scheduler.extensions import db
from scheduler.models import EarlierEncounter, LearningSet, Placement, Plan, Programme, SetMember, Trust
from scheduler.plan.published import Held
from scheduler.plan.told import Sitting, sittings_of, trust_of

Two = tuple[str, str]
Occasion = tuple[str, int, int]


class How(StrEnum):
    """What is known of an occasion."""

    MET = "met"  # attendance was taken
    PLANNED = "planned"  # it has ended, and attendance was not taken
    WILL_MEET = "will meet"


@dataclass(frozen=True)
class Gathering:
    """Trusts, by ODS code, that were or will be together once: at a session, or as a set in one round."""

    sitting: Sitting
    how: How
    trusts: frozenset[str]

    @property
    def key(self) -> Occasion:
        """What it counts as: one session, or one set in all its rounds."""
        return self.sitting.key


class Earlier(NamedTuple):
    """Two Trusts that met before this programme; ``held_on`` is as much of the date as is known."""

    one: str
    other: str
    held_on: str
    occasion: str


def gatherings_of(programme: Programme, at: datetime, ahead: Plan | None = None) -> list[Gathering]:
    """Every occasion on which Trusts met, were planned to meet or will meet (by ``ahead``, else as published), by
    time."""
    sittings = [sitting for sitting in sittings_of(programme, at, ahead) if sitting.session.event.encounters]
    present = present_trusts(programme, {s.session.id for s in sittings if s.has_ended(at)})
    found = (_gathering(sitting, present.get(sitting.session.id), at) for sitting in sittings)
    return [gathering for gathering in found if gathering.trusts]


def present_trusts(programme: Programme, sessions: Collection[int]) -> dict[int, frozenset[str]]:
    """ODS codes of the Trusts that somebody came for, by session; one where attendance was not taken is left out."""
    present = present_at(sessions) if sessions else {}
    if not present:
        return {}
    rows = db.session.execute(sa.select(Trust.id, Trust.ods_code).where(Trust.programme_id == programme.id))
    code_of = {trust_id: code for trust_id, code in rows}  # noqa: C416 - rows are no pairs to dict()
    return {session: frozenset(code_of[i] for i in ids if i in code_of) for session, ids in present.items()}


def earlier_encounters(programme: Programme) -> list[Earlier]:
    """What was brought from earlier years, oldest first."""
    one, other = aliased(Trust), aliased(Trust)
    rows = db.session.execute(
        sa.select(one.ods_code, other.ods_code, EarlierEncounter.held_on, EarlierEncounter.occasion)
        .join(one, one.id == EarlierEncounter.one_id)
        .join(other, other.id == EarlierEncounter.other_id)
        .where(EarlierEncounter.programme_id == programme.id)
        .order_by(EarlierEncounter.held_on, EarlierEncounter.id)
    )
    return [Earlier(*row) for row in rows]


def times_met(
    programme: Programme, keep: Held, asked_sets: Collection[int], at: datetime
) -> list[tuple[str, str, int]]:
    """How often two Trusts meet apart from what a problem asks about: ``previous_encounters`` of the file.

    That is what has ended, earlier years, and the published places that ``keep`` holds as they are. A place that is
    planned anew is none: it would count twice. ``asked_sets`` are ids of events whose sets are planned anew; members
    who are still in one set there meet in it once, however many of its rounds lie behind.
    """
    occasions: dict[Occasion, set[Two]] = defaultdict(set)
    still_together = _pairs_of_sets(m.learning_set for m in keep.meetings)
    for gathering in gatherings_of(programme, at):
        if gathering.how is How.WILL_MEET:
            continue
        event = gathering.sitting.session.event_id
        same_set = still_together if gathering.sitting.number is not None and event in asked_sets else set()
        occasions[gathering.key] |= pairs_among(gathering.trusts) - same_set
    for key, trusts in _held_ahead(keep, at):
        occasions[key] |= pairs_among(trusts)
    met = Counter(two for pairs in occasions.values() for two in pairs)
    met.update((earlier.one, earlier.other) for earlier in earlier_encounters(programme))
    return [(one, other, times) for (one, other), times in sorted(met.items())]


def pairs_among(trusts: Iterable[str]) -> set[Two]:
    """Every two of some Trusts, the lesser code first."""
    return set(combinations(sorted(trusts), 2))


def _gathering(sitting: Sitting, present: frozenset[str] | None, at: datetime) -> Gathering:
    if not sitting.has_ended(at):
        return Gathering(sitting, How.WILL_MEET, sitting.trusts)
    if present is not None and sitting.number is not None:
        present &= sitting.trusts  # several sets may share a slot; who walked in belongs to none of them
    return Gathering(sitting, How.MET, present) if present else Gathering(sitting, How.PLANNED, sitting.trusts)


def _held_ahead(keep: Held, at: datetime) -> Iterable[tuple[Occasion, frozenset[str]]]:
    """What is held and has not ended: sessions, and sets with a meeting ahead."""
    sessions: dict[int, set[str]] = defaultdict(set)
    for placement in keep.placements:
        if placement.event.encounters and placement.session.ends_at > at and (trust := _trust_of(placement)):
            sessions[placement.session_id].add(trust)
    for session_id, trusts in sessions.items():
        yield ("session", session_id, 0), frozenset(trusts)
    for learning_set in keep.sets:
        if learning_set.event.encounters and any(m.session.ends_at > at for m in learning_set.meetings):
            yield ("set", learning_set.event_id, learning_set.number), _members(learning_set)


def _pairs_of_sets(sets: Iterable[LearningSet]) -> set[Two]:
    return {two for learning_set in sets for two in pairs_among(_members(learning_set))}


def _members(learning_set: LearningSet) -> frozenset[str]:
    return frozenset(filter(None, map(_trust_of, learning_set.members)))


def _trust_of(place: Placement | SetMember) -> str | None:
    return trust_of(place.party, None if place.pair is None else place.pair.trust.ods_code)
