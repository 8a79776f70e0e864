"""What needs an organiser now, in a fixed order: what stops mail, what harms people soon, what waits for a decision,
what could be better. Each need leads to the page where it is mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler import formatting, health
from scheduler.clock import now
from scheduler.collect import apologies
from scheduler.collect.audience import living_pairs
from scheduler.collect.progress import Cell, Collection, Stage
from scheduler.collect.verdicts import Standing, verdict_of
from scheduler.extensions import db
from scheduler.invite import declines, replies, watching
from scheduler.invite.places import placements_of, sets_of
from scheduler.models import (
    Event,
    Invitation,
    MessageState,
    OutboxMessage,
    Pair,
    Plan,
    PlanStatus,
    Programme,
    RunEnd,
    RunState,
    Session,
    ToldUnplaced,
    Unplaced,
    WishToLeave,
)
from scheduler.plan.published import published_plan

MOST_DATES = 3
SOON = 3  # days
MOST_APOLOGIES = 5


@dataclass(frozen=True)
class Need:
    """One line of the list: what, about whom or what, and the page that mends it (endpoint and its values).

    ``same`` stands for the line where its words change from day to day though nothing has happened.
    """

    text: str
    about: str
    action: str
    endpoint: str
    values: dict[str, Any] = field(default_factory=dict)
    same: str = ""

    @property
    def news(self) -> str:
        """What makes it news: a line with other words, unless nothing but a countdown has gone on."""
        return self.same or f"{self.text} | {self.about}"


def needs_of(programme: Programme, collections: Sequence[Collection], at: datetime | None = None) -> list[Need]:
    """The list for one programme; of a new one, its first steps."""
    moment = at or now()
    plan = published_plan(programme)
    return [
        *_mailbox_away(),
        *_mail_that_failed(programme),
        *_addresses_that_bounced(programme, moment),
        *_mail_that_is_late(programme),
        *_who_can_no_longer_come(programme),
        *_who_wants_to_leave(programme),
        *_places_declined(programme),
        *_places_now_no(plan, collections),
        *_without_place_untold(plan),
        *_replies_to_judge(programme),
        *_mail_held(programme),
        *_plans_to_decide(programme, plan),
        *_missing_answers(collections, moment),
        *_dates_that_cannot_run(collections, moment),
        *_first_steps(programme, plan),
        *_sponsors_to_confirm(programme),
    ]


def _mailbox_away() -> Iterator[Need]:
    """The mailbox that replies come to cannot be read: nothing is lost, but no answer is seen."""
    state = watching.mailbox_state()
    if state is not None and not state.well:
        yield Need("Replies are not being read", state.says, "See what came in", "replies.received")


def _who_wants_to_leave(programme: Programme) -> Iterator[Need]:
    """People who said on their own page that they want to leave, each until an organiser has settled it."""
    wishes = db.session.scalars(
        sa.select(WishToLeave)
        .where(WishToLeave.programme_id == programme.id, WishToLeave.settled_at.is_(None))
        .options(joinedload(WishToLeave.person))
        .order_by(WishToLeave.id)
        .limit(MOST_APOLOGIES)
    )
    for wish in wishes:
        yield Need(
            f"{wish.person.name} wants to leave",
            f"since {formatting.short_day(wish.told_at, programme.time_zone)}",
            "See what it changes",
            "joining.leave",
            {"person_id": wish.person_id},
        )


def _mail_that_failed(programme: Programme) -> Iterator[Need]:
    rows = db.session.scalars(
        sa.select(OutboxMessage.to_name)
        .where(OutboxMessage.programme_id == programme.id, OutboxMessage.state == MessageState.FAILED)
        .distinct()
    ).all()
    if rows:
        text = f"Mail to {formatting.count(len(rows), 'person', 'people')} was refused"
        yield Need(text, _some(rows), "See what failed", "messages.outbox", {"state": MessageState.FAILED.value})


def _addresses_that_bounced(programme: Programme, at: datetime) -> Iterator[Need]:
    """Addresses on record that mail came back from, and whether somebody's next place is at stake."""
    bounces = replies.bounced_in(programme)
    if not bounces:
        return
    people = {bounce.person_id for bounce in bounces}
    placed = _count(
        sa.select(Invitation.person_id)
        .where(Invitation.person_id.in_(people), Invitation.cancelled_at.is_(None), Invitation.ends_at > at)
        .distinct()
    )
    text = f"{formatting.count(len(bounces), 'address', 'addresses')} bounced"
    if placed:
        text += f", {formatting.count(placed, 'person has', 'people have')} a place that lies ahead"
    names = [bounce.person.name for bounce in bounces if bounce.person is not None]
    yield Need(text, _some(names), "Mend addresses", "replies.bounced")


def _mail_that_is_late(programme: Programme) -> Iterator[Need]:
    late = sa.select(OutboxMessage.to_name).where(OutboxMessage.programme_id == programme.id, health.late_mail())
    if names := db.session.scalars(late.distinct()).all():
        text = f"Mail to {formatting.count(len(names), 'person', 'people')} has been tried for over 4 hours"
        yield Need(text, _some(names), "See what waits", "messages.outbox", {"state": "waiting"})


def _who_can_no_longer_come(programme: Programme) -> Iterator[Need]:
    """What people say of their published places, until an organiser has dealt with it."""
    waiting = [apology for apology in apologies.apologies_in(programme) if apology.dealt_with_at is None]
    for apology in waiting[:MOST_APOLOGIES]:
        values = {"_anchor": f"apology-{apology.id}"}
        said = apologies.sentence(apology), apologies.who_comes_instead(apology)
        yield Need(*said, "See and deal with it", "apologies.every", values)
    more = waiting[MOST_APOLOGIES:]
    if more:
        text = f"{formatting.count(len(more), 'more person', 'more people')} said something about their dates"
        yield Need(text, _some([apology.person.name for apology in more]), "See them", "apologies.every")


def _places_declined(programme: Programme) -> Iterator[Need]:
    """Published places that calendars have declined, until an organiser keeps the seats, offers them or plans again."""
    waiting = declines.declines_in(programme, waiting=True)
    if waiting:
        text = f"{formatting.count(len(waiting), 'pair has', 'pairs have')} declined a published place"
        yield Need(text, _some([each.name for each in waiting]), "Keep, offer or plan again", "replies.declined")


def _replies_to_judge(programme: Programme) -> Iterator[Need]:
    held = replies.held_in(programme)
    if held:
        text = f"{formatting.count(len(held), 'reply needs', 'replies need')} you"
        people = list(dict.fromkeys(row.sender_name or row.sender or "nobody named" for row in held))
        yield Need(text, _some(people), "Judge it" if len(held) == 1 else "Judge them", "replies.held")


def _mail_held(programme: Programme) -> Iterator[Need]:
    held = db.session.scalar(
        sa.select(sa.func.count()).where(
            OutboxMessage.programme_id == programme.id, OutboxMessage.state == MessageState.HELD
        )
    )
    if held:
        waits = "waits" if held == 1 else "wait"
        text = f"{formatting.count(held, 'message')} {waits} until you release {'it' if held == 1 else 'them'}"
        yield Need(text, "", "See and release", "messages.outbox", {"state": "held"})


def _places_now_no(plan: Plan | None, collections: Sequence[Collection]) -> Iterator[Need]:
    """Published places of parties that have said no since."""
    if plan is None:
        return
    said_no = {
        (party.key, date.session.id)
        for collection in collections
        for date in collection.by_date
        for party, cell in date.cells
        if cell is Cell.NO
    }
    places = {(p.party, p.session_id) for p in placements_of(plan)}
    places |= {(m.party, meeting.session_id) for s in sets_of(plan) for meeting in s.meetings for m in s.members}
    lost = places & said_no
    if lost:
        is_now = "published place is" if len(lost) == 1 else "published places are"
        parties = {party for party, _ in lost}
        about = f"plan {plan.number}, {formatting.count(len(parties), 'pair')}"
        yield Need(f"{len(lost)} {is_now} now No", about, "Plan again", "plans.new")


def _without_place_untold(plan: Plan | None) -> Iterator[Need]:
    """Whom the published plan leaves without a place in an event that lies ahead, and nobody has written to."""
    if plan is None:
        return
    ahead = sa.exists().where(
        Session.event_id == Unplaced.event_id, Session.starts_at > now(), Session.withdrawn_at.is_(None)
    )
    told = sa.exists().where(ToldUnplaced.plan_id == plan.id)
    rows = db.session.execute(
        sa.select(Unplaced.party, Event.title)
        .join(Event, Event.id == Unplaced.event_id)
        .where(Unplaced.plan_id == plan.id, ahead, ~told)
        .order_by(Event.position, Unplaced.id)
    ).all()
    if rows:
        parties = {party for party, _ in rows}
        text = f"{formatting.count(len(parties), 'pair has', 'pairs have')} no place, and nobody has told them"
        titles = list(dict.fromkeys(title for _, title in rows))
        yield Need(text, _some(titles), "Tell them", "not_placed.tell", {"number": plan.number})


def _plans_to_decide(programme: Programme, published: Plan | None) -> Iterator[Need]:
    newest = db.session.scalar(
        sa.select(Plan)
        .where(Plan.programme_id == programme.id, Plan.status != PlanStatus.DISCARDED)
        .order_by(Plan.number.desc())
        .limit(1)
    )
    if newest is None or newest.status is not PlanStatus.DRAFT:
        return
    number = {"number": newest.number}
    if newest.run_state in (RunState.QUEUED, RunState.RUNNING):
        yield Need(f"Plan {newest.number} is being made", "", "See its progress", "plans.progress", number)
    elif newest.run_state is RunState.FAILED or newest.objective is None:
        why = "its rules cannot hold together" if newest.run_end is RunEnd.INFEASIBLE else "no plan was found"
        yield Need(f"Plan {newest.number} did not come about", why, "See why", "plans.progress", number)
    else:
        about = "nothing is published yet" if published is None else f"plan {published.number} is published"
        yield Need(f"Plan {newest.number} is ready", about, "Look at it", "plans.view", number)


def _missing_answers(collections: Sequence[Collection], at: datetime) -> Iterator[Need]:
    asked = [collection for collection in collections if collection.event.is_open(at)]
    parties, people = set(), set()
    for collection in asked:
        people |= set(collection.left)
        parties |= {found.party.key for found in collection.by_party if found.stage is not Stage.COMPLETE}
    if not people:
        return
    closes = min((c.event.closes_at for c in asked if c.event.closes_at and c.left), default=None)
    days = f", closes in {formatting.count((closes - at).days, 'day')}" if closes else ""
    verb = "has" if len(parties) == 1 else "have"
    text = f"{formatting.count(len(parties), 'pair')} {verb} not answered fully{days}"
    soon = closes is not None and (closes - at).days <= SOON
    yield Need(
        text,
        formatting.count(len(people), "person", "people"),
        "See and remind",
        "collect.missing_people",
        same=f"answers are missing, closes {closes}{', soon' if soon else ''}",
    )


def _dates_that_cannot_run(collections: Sequence[Collection], at: datetime) -> Iterator[Need]:
    """Dates that lack one or two parties: where asking still changes something."""
    found = 0
    for collection in collections:
        if not collection.event.is_open(at):
            continue
        for date in collection.by_date:
            verdict = verdict_of(collection, date)
            if verdict.standing is Standing.LACKS and 0 < verdict.needs <= 2 and found < MOST_DATES:
                found += 1
                day = formatting.day(date.session.starts_at, date.session.time_zone, year=False)
                text = f"{day} cannot run yet: {verdict.words[0].lower()}{verdict.words[1:]}"
                values = {"session_id": date.session.id}
                yield Need(text, collection.event.title, "See who could", "collect.session", values)


def _first_steps(programme: Programme, published: Plan | None) -> Iterator[Need]:
    """What a new programme does next; nothing once a plan is published."""
    if published is not None:
        return
    events = db.session.scalars(sa.select(Event).where(Event.programme_id == programme.id)).all()
    if not _count(sa.select(Pair.id).where(Pair.programme_id == programme.id)):
        yield Need("Nobody is in the programme yet", "", "Import people", "importing.choose")
    if not events:
        yield Need("There are no events yet", "", "Add an event", "events.new")
    elif any(event.opened_at is None for event in events):
        unasked = [event.title for event in events if event.opened_at is None]
        yield Need(
            f"{formatting.count(len(unasked), 'event')} not asked about yet", _some(unasked), "Ask", "collect.ask"
        )
    elif not _count(sa.select(Plan.id).where(Plan.programme_id == programme.id)):
        yield Need("Nothing is planned yet", "", "Make a plan", "plans.new")


def _sponsors_to_confirm(programme: Programme) -> Iterator[Need]:
    missing = [pair for pair in living_pairs(programme) if pair.sponsor_confirmed_on is None]
    if missing:
        verb = "has" if len(missing) == 1 else "have"
        text = f"{formatting.count(len(missing), 'pair')} {verb} no board sponsor confirmed"
        yield Need(text, _some([pair.trust.name for pair in missing]), "See pairs", "sponsors.every")


def _count(rows: sa.Select[Any]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(rows.subquery())) or 0


def _some(names: Sequence[str], most: int = 2) -> str:
    if len(names) <= most:
        return formatting.listed(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
