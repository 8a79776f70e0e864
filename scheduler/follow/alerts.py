"""Emails to organisers at once: a reply needs them, mail has stopped, a plan is finished, everybody has answered.

A worker looks every few seconds for what has come up and tells each organiser once, in one email however much it is
and at most one in ten minutes. Rows are the truth, so whatever dies in between is told at the next look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app

from scheduler import formatting, health, organisers
from scheduler.clock import now
from scheduler.collect.links import origin
from scheduler.collect.notes import subject
from scheduler.collect.post import queue_letter
from scheduler.collect.progress import collections_of
from scheduler.collect.wording import shortened
from scheduler.extensions import db
from scheduler.invite import replies, watching
from scheduler.models import (
    AlertKind,
    AlertOff,
    AlertTold,
    AlertWatch,
    Availability,
    LogIn,
    MessageState,
    Organiser,
    OutboxMessage,
    Plan,
    Programme,
    ReceivedMessage,
    Role,
    RunState,
)
from scheduler.transaction import transaction

APART = timedelta(minutes=10)
"""Between two such emails to one organiser lies as much at least."""
OLD_AFTER = timedelta(days=2)
"""What came up longer ago is on home, and no news."""
ANSWERS_ARE_QUIET_AFTER = timedelta(minutes=1)
MAILBOX_AWAY_FOR = timedelta(minutes=15)
MOST_TOLD = 20
KIND = "alert"
TOLD = frozenset({Role.OWNER, Role.PLANNER})


@dataclass(frozen=True)
class News:
    """One thing to tell: ``key`` names it for good; ``only`` is the organiser it concerns where not all are told."""

    kind: AlertKind
    key: str
    subject: str
    text: str
    link: str
    endpoint: str
    values: dict[str, Any] = field(default_factory=dict)
    only: int | None = None


def tell_organisers() -> int:
    """Write to every organiser who is to hear something now; returns how many emails were queued."""
    queued = 0
    for programme in db.session.scalars(sa.select(Programme).order_by(Programme.id)).all():
        news = list(news_of(programme))
        answers = _answers_to_look_at(programme)
        if answers is not None:
            news += _all_answered(programme)
        told = [_tell(organiser, programme, news) for organiser in people_told(programme)]
        if answers is not None and None not in told:
            _note_answers_seen(programme, answers)
        queued += sum(filter(None, told))
    return queued


def news_of(programme: Programme) -> Iterator[News]:
    """What has come up in a programme and is read from its rows, told or not; answers are looked at apart."""
    yield from _replies_held(programme)
    yield from _bounces(programme)
    yield from _refused(programme)
    yield from _mail_stopped()
    yield from _plans_finished(programme)


def people_told(programme: Programme) -> list[Organiser]:
    """Who gets emails about a programme: those who may change something in it."""
    return [held.organiser for held in organisers.roles_in(programme) if held.role in TOLD]


def turned_off(organiser: Organiser) -> frozenset[AlertKind]:
    """The kinds of email that an organiser does not want."""
    return frozenset(db.session.scalars(sa.select(AlertOff.kind).where(AlertOff.organiser_id == organiser.id)))


def turn_off(organiser: Organiser, kinds: Sequence[AlertKind]) -> None:
    """From now on send an organiser every kind of email but these."""
    with transaction() as tx:
        tx.execute(sa.delete(AlertOff).where(AlertOff.organiser_id == organiser.id))
        tx.add_all(AlertOff(organiser_id=organiser.id, kind=kind) for kind in kinds)


def page_address(programme: Programme, endpoint: str, values: dict[str, Any]) -> str:
    """The whole address of an organiser's page, also where no request is being answered."""
    rest = dict(values)
    anchor = rest.pop("_anchor", "")
    ours = urlsplit(origin())
    pages = current_app.url_map.bind(ours.netloc, script_name=ours.path or "/", url_scheme=ours.scheme)
    address = pages.build(endpoint, {"slug": programme.slug, **rest}, force_external=True)
    return f"{address}#{anchor}" if anchor else address


def _tell(organiser: Organiser, programme: Programme, news: Sequence[News]) -> int | None:
    """Queue one email with what is new to an organiser: how many, or None where it has to wait for its turn."""
    if not _new_to(organiser, news):
        return 0
    with transaction() as tx:
        # Two workers that look at once must not both tell.
        mine = sa.update(Organiser).where(Organiser.id == organiser.id)
        tx.execute(mine.values(name=Organiser.name).execution_options(synchronize_session=False))
        new = _new_to(organiser, news)
        last = tx.scalar(sa.select(sa.func.max(AlertTold.told_at)).where(AlertTold.organiser_id == organiser.id))
        if not new:
            return 0
        if last is not None and last > now() - APART:
            return None
        for each in new:
            tx.add(AlertTold(programme_id=programme.id, organiser_id=organiser.id, kind=each.kind, key=each.key))
        several = subject(f"{formatting.count(len(new), 'thing needs', 'things need')} you", programme)
        queue_letter(
            KIND,
            to=organiser,
            subject=new[0].subject if len(new) == 1 else several,
            programme=programme,
            news=[(each, page_address(programme, each.endpoint, each.values)) for each in new[:MOST_TOLD]],
            more=max(0, len(new) - MOST_TOLD),
            home=page_address(programme, "home.home", {}),
            account=f"{origin()}/account",
        )
    return 1


def _new_to(organiser: Organiser, news: Sequence[News]) -> list[News]:
    if not news:
        return []
    off = turned_off(organiser)
    known = set(
        db.session.scalars(
            sa.select(AlertTold.key).where(
                AlertTold.organiser_id == organiser.id, AlertTold.key.in_([each.key for each in news])
            )
        )
    )
    return [
        each for each in news if each.key not in known and each.kind not in off and each.only in (None, organiser.id)
    ]


def _replies_held(programme: Programme) -> Iterator[News]:
    for row in replies.held_in(programme):
        if row.received_at < now() - OLD_AFTER:
            continue
        who = row.person.name if row.person else row.sender_name or row.sender or "somebody"
        event = row.invitation.session.event.title if row.invitation else ""
        yield News(
            AlertKind.REPLY,
            f"received-{row.id}",
            shortened(f"A reply needs you: {', '.join(filter(None, (who, event)))}"),
            f"{_from_whom(row)} {row.why}".strip(),
            f"Judge the reply of {who}",
            "replies.message",
            {"message_id": row.id},
        )


def _from_whom(row: ReceivedMessage) -> str:
    said = f"“{row.subject}”" if row.subject else "a message without a subject"
    return f"{row.sender_name or row.sender or 'Somebody'} wrote {said}."


def _bounces(programme: Programme) -> Iterator[News]:
    for bounce in replies.bounced_in(programme):
        if bounce.bounced_at < now() - OLD_AFTER or bounce.person is None:
            continue
        name = bounce.person.name
        why = (
            "The mailbox is full." if bounce.mailbox_full else f"The mail server said: {bounce.words or bounce.status}"
        )
        yield News(
            AlertKind.REPLY,
            f"bounce-{bounce.id}",
            shortened(f"An address bounced: {name}"),
            f"Mail to {name} at {bounce.address} came back. {why}",
            f"Mend the address of {name}",
            "replies.bounced",
        )


def _refused(programme: Programme) -> Iterator[News]:
    """Mail that a server has refused for good; of what we write to organisers nothing, or it would never end."""
    refused = sa.select(OutboxMessage).where(
        OutboxMessage.programme_id == programme.id,
        OutboxMessage.state == MessageState.FAILED,
        OutboxMessage.person_id.is_not(None),
        OutboxMessage.queued_at > now() - OLD_AFTER,
    )
    for row in db.session.scalars(refused.order_by(OutboxMessage.id)):
        yield News(
            AlertKind.REPLY,
            f"refused-{row.id}",
            shortened(f"Mail to {row.to_name or row.to_address} was refused"),
            f"“{row.subject}” to {row.to_name}, {row.to_address}, was refused: {row.error}",
            f"See the message to {row.to_name or row.to_address}",
            "messages.message",
            {"message_id": row.id},
        )


def _mail_stopped() -> Iterator[News]:
    since = health.mail_stopped_since()
    if since is not None:
        yield News(
            AlertKind.MAIL_STOPPED,
            f"stopped-{since:%Y%m%d%H%M}",
            "Mail has stopped",
            # It leaves once mail leaves again: then it tells what happened, and that nothing is lost.
            f"Since {_at(since)} no email has left Convene though it was tried. What waited is kept, and leaves by "
            "itself. If you read this, mail leaves again.",
            "See what waits",
            "messages.outbox",
            {"state": "waiting"},
        )
    mailbox = watching.mailbox_state()
    if mailbox is not None and mailbox.since is not None and mailbox.since < now() - MAILBOX_AWAY_FOR:
        yield News(
            AlertKind.MAIL_STOPPED,
            f"mailbox-{mailbox.since:%Y%m%d%H%M}",
            "Replies are not being read",
            f"Since {_at(mailbox.since)} the mailbox that replies come to cannot be read: {mailbox.trouble}. "
            "Nothing is lost: replies wait in the mailbox.",
            "See what came in",
            "replies.received",
        )


def _plans_finished(programme: Programme) -> Iterator[News]:
    """Plans whose organiser was not there when they came to their end."""
    last_seen = (
        sa.select(sa.func.max(LogIn.seen_at)).where(LogIn.organiser_id == Plan.made_by_id).correlate(Plan)
    ).scalar_subquery()
    ended = sa.select(Plan, last_seen).where(
        Plan.programme_id == programme.id,
        Plan.run_state.in_((RunState.FINISHED, RunState.FAILED)),
        Plan.ended_at > now() - OLD_AFTER,
        Plan.started_at.is_not(None),
        Plan.made_by_id.is_not(None),
    )
    for plan, seen in db.session.execute(ended.order_by(Plan.number)):
        # Who looks at its progress is seen anew every few minutes.
        if plan.ended_at is None or (seen is not None and seen > plan.ended_at - organisers.SEEN_AGAIN_AFTER):
            continue
        came_about = plan.objective is not None
        yield News(
            AlertKind.PLAN_FINISHED,
            f"plan-{plan.id}",
            subject(f"Plan {plan.number} {'is ready' if came_about else 'did not come about'}", programme),
            f"Plan {plan.number}, which you started, {'is ready' if came_about else 'did not come about'}.",
            f"Look at plan {plan.number}" if came_about else "See why",
            "plans.view" if came_about else "plans.progress",
            {"number": plan.number},
            only=plan.made_by_id,
        )


def _answers_to_look_at(programme: Programme) -> datetime | None:
    """The time of the latest answer where it was not looked at yet and no other came for a minute; else None."""
    latest = db.session.scalar(
        sa.select(sa.func.max(Availability.answered_at)).where(Availability.programme_id == programme.id)
    )
    watch = db.session.get(AlertWatch, programme.id)
    if latest is None or latest > now() - ANSWERS_ARE_QUIET_AFTER:
        return None
    return latest if watch is None or watch.answers_seen_until is None or latest > watch.answers_seen_until else None


def _all_answered(programme: Programme) -> Iterator[News]:
    for collection in collections_of(programme):
        event = collection.event
        if not event.is_open() or not collection.parties or collection.left:
            continue
        yield News(
            AlertKind.ALL_ANSWERED,
            f"answered-{event.id}-{event.opened_at:%Y%m%d%H%M}",
            shortened(f"Everybody has answered {event.title}"),
            f"Everybody who was asked has answered every date of {event.title}. You can close it now, and plan.",
            f"See the answers to {event.title}",
            "collect.table",
            {"event": event.id},
        )


def _note_answers_seen(programme: Programme, until: datetime) -> None:
    with transaction() as tx:
        watch = tx.get(AlertWatch, programme.id) or AlertWatch(programme_id=programme.id, digest_said=[])
        watch.answers_seen_until = until
        tx.add(watch)


def _at(moment: datetime) -> str:
    settings = current_app.settings  # type: ignore[attr-defined]
    return formatting.day_and_time(moment, settings.time_zone)
