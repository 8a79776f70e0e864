"""Telling people that the published plan has no place for them: why, and what would help.

An organiser releases it, once for each person and version of the plan. The reasons are those of the people themselves:
what both can come to, and what is full. The solver's own name other Trusts, who are nobody else's business.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.links import page_url
from scheduler.collect.post import compose, queue_letter
from scheduler.collect.reminders import ITS_OWN_LINK, Draft
from scheduler.collect.wording import shortened
from scheduler.extensions import db
from scheduler.invite import outbox
from scheduler.models import Event, Organiser, Person, Plan, PlanStatus, Programme, Session, ToldUnplaced, record
from scheduler.plan.naming import session_name
from scheduler.plan.overview import CAN_COME, EventView, Overview, SessionView, UnplacedView
from scheduler.text import clean_text
from scheduler.transaction import transaction

KIND = "not-placed"
MOST_HELPING = 3
"""Of the dates that would help so many are named, the earliest: an answer to one of them is enough."""


class NotPublished(ValueError):
    """Only what the published plan says is told: a draft may still become another."""


@dataclass(frozen=True)
class Lost:
    """An event in which a person has no place: why, and the dates to which a Yes would help."""

    event: Event
    partner: str
    reason: str
    helps: tuple[Session, ...]

    @property
    def what_would_help(self) -> str:
        """The dates with room that they cannot come to so far, as a sentence; "" where there are none."""
        if not self.helps:
            return ""
        dates = formatting.listed([session_name(each) for each in self.helps], "or")
        who = "a Yes from you both" if self.partner else "a Yes"
        return f"There is room on {dates}: {who} would help."


@dataclass(frozen=True)
class Without:
    """One person without a place in one event or more; ``last_written`` is when they were last told so."""

    person: Person
    lost: tuple[Lost, ...]
    last_written: datetime | None
    told: bool  # of this version of the plan

    def left_alone(self, at: datetime | None = None) -> bool:
        """Whether they know it from an earlier version: their tick is not set."""
        return self.last_written is not None


def without_place(plan: Plan) -> list[Without]:
    """Everyone whom a plan gives no place in an event that lies ahead, by name, told or not."""
    seen = Overview(plan)
    lost: dict[int, list[Lost]] = {}
    people: dict[int, Person] = {}
    for row in seen.unplaced:
        view = seen.event(row.event.id)
        if view is None or not _lies_ahead(row.event):
            continue
        for person in row.party.people:
            people[person.id] = person
            lost.setdefault(person.id, []).append(_lost(seen, view, row, person))
    written = _written(plan)
    found = [
        Without(
            person,
            tuple(lost[person.id]),
            max((at for _, at in written.get(person.id, ())), default=None),
            told=any(number == plan.id for number, _ in written.get(person.id, ())),
        )
        for person in people.values()
    ]
    return sorted(found, key=lambda one: (one.person.name, one.person.id))


def tell(plan: Plan, people: Collection[int], *, by: Organiser, opening: str = "") -> int:
    """Write to the chosen people; says to how many. Who was told of this version is passed over.

    Raises NotPublished.
    """
    with transaction() as tx:
        outbox.hold_still(plan.programme)
        tx.refresh(plan)
        if plan.status is not PlanStatus.PUBLISHED:
            raise NotPublished(f"Plan {plan.number} is not the published plan any more.")
        chosen = [one for one in without_place(plan) if one.person.id in people and not one.told]
        for one in chosen:
            queue_letter(
                KIND,
                to=one.person,
                subject=_subject(one),
                programme=plan.programme,
                about=formatting.listed([lost.event.title for lost in one.lost]),
                lost=one.lost,
                opening=clean_text(opening),
                url=page_url(one.person),
            )
            tx.add(ToldUnplaced(plan_id=plan.id, person_id=one.person.id))
        if chosen:
            record(
                "plan.told-unplaced", programme=plan.programme, by=by, thing=f"plan {plan.number}", people=len(chosen)
            )
    return len(chosen)


def draft(one: Without, opening: str = "") -> Draft:
    """The letter as a person would get it, for a preview."""
    programme: Programme = one.person.programme
    words = compose(
        KIND,
        to=one.person,
        programme=programme,
        subject=_subject(one),
        lost=one.lost,
        opening=clean_text(opening),
        url=ITS_OWN_LINK,
    )
    return Draft(one.person, words.subject, words.text)


def _lost(seen: Overview, view: EventView, row: UnplacedView, person: Person) -> Lost:
    partner = formatting.listed([other.name for other in row.party.people if other.id != person.id])
    you = f"You and {partner} can both" if partner else "You can"
    if row.event.has_sets:
        return Lost(row.event, partner, f"No set meets at times that {you[0].lower()}{you[1:]} come to.", ())
    can = [each.session for each in view.sessions if seen.answer(row.party.key, each.session) in CAN_COME]
    room = tuple(
        each.session
        for each in sorted(view.sessions, key=lambda each: each.session.starts_at)
        if each.runs and each.session not in can and each.session.starts_at > now() and _has_room(each, row)
    )
    if not can:
        who = f"you and {partner} have both" if partner else "you have"
        none = f"There is no date that {who} said you can come to."
        return Lost(row.event, partner, none, room[:MOST_HELPING])
    dates = formatting.listed([session_name(session) for session in sorted(can, key=lambda each: each.starts_at)])
    reason = f"{you} come on {dates}, but there is no place left that fits, or too few can come for it to run."
    return Lost(row.event, partner, reason, room[:MOST_HELPING])


def _has_room(view: SessionView, row: UnplacedView) -> bool:
    most = view.session.max_seats
    return most is None or view.seats + len(row.party.people) <= most


def _lies_ahead(event: Event) -> bool:
    return any(session.starts_at > now() and session.withdrawn_at is None for session in event.sessions)


def _written(plan: Plan) -> dict[int, list[tuple[int, datetime]]]:
    """By person, of which plans of the programme they were told, and when."""
    rows = db.session.execute(
        sa.select(ToldUnplaced.person_id, ToldUnplaced.plan_id, ToldUnplaced.told_at)
        .join(Plan, Plan.id == ToldUnplaced.plan_id)
        .where(Plan.programme_id == plan.programme_id)
    )
    written: dict[int, list[tuple[int, datetime]]] = {}
    for person, number, at in rows:
        written.setdefault(person, []).append((number, at))
    return written


def _subject(one: Without) -> str:
    if len(one.lost) == 1:
        return shortened(f"No place at {one.lost[0].event.title} yet")
    return f"No place at {formatting.count(len(one.lost), 'event')} yet"
