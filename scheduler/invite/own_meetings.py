"""The meetings of a set that runs itself: settled, moved and cancelled by its members, and told by the same machinery.

What a set has settled is compared with what its people were told, as a publication compares a plan: so nobody hears
anything twice, and an entry keeps its UID for life. Plans and sets have no say in one another's dates (decision 0023).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.post import wake_the_post
from scheduler.extensions import db
from scheduler.invite import invitations
from scheduler.invite.changes import between
from scheduler.invite.company import OwnSetCompany
from scheduler.invite.places import held_in, places_of
from scheduler.invite.publishing import NotPublishable, one_publication_at_a_time, refuse_unwritable
from scheduler.invite.written import taken_from_session
from scheduler.models import DateChoice, OfferedDate, OwnMeeting, OwnSet, Person, Session, record
from scheduler.transaction import transaction


class NotPossible(Exception):
    """Something a set cannot do now; the text says why, in its members' words."""


class SettledBefore(Exception):
    """Somebody was quicker: who ended the choice, and the date they settled; "" where they settled none."""

    def __init__(self, choice: DateChoice) -> None:
        self.who = choice.ended_by.name if choice.ended_by is not None else "Somebody"
        settled = choice.session
        self.day = formatting.day(settled.starts_at, settled.time_zone) if settled is not None else ""
        super().__init__(f"{self.who}: {self.day}")


class MovedMeanwhile(Exception):
    """The meeting was moved or cancelled since the page was read."""


@dataclass(frozen=True)
class When:
    """A time and a place for a meeting: aware moments, and a place or a joining link in the set's words."""

    start: datetime
    end: datetime
    time_zone: str
    place: str = ""


def hold_still(own_set: OwnSet, by: Person | None = None) -> None:
    """Until the commit nothing else is settled, moved or told in this programme; what was read before is forgotten.

    Raises NotPossible where the set is closed, or ``by`` is not in it (any more).
    """
    one_publication_at_a_time(own_set.programme)
    if own_set.closed_at is not None:
        raise NotPossible(f"{own_set.name} is closed. Nothing was changed.")
    if by is not None and by not in own_set.members:
        raise NotPossible(f"You are not in {own_set.name.lower()} any more. Nothing was changed.")


def settle(offered: OfferedDate, *, by: Person) -> Session:
    """Make one of the offered dates the set's next meeting, and invite everybody.

    Of two who settle at once one wins: the other gets SettledBefore. Raises NotPossible.
    """
    with transaction() as tx:
        choice = offered.choice
        own_set = choice.own_set
        hold_still(own_set, by)
        if choice.ended_at is not None:
            raise SettledBefore(choice)
        if offered.starts_at <= now():
            raise NotPossible("This date has begun. Settle another one.")
        session = Session(
            programme_id=own_set.programme_id,
            event_id=own_set.event_id,
            key=f"own-{choice.id}",
            starts_at=offered.starts_at,
            ends_at=offered.ends_at,
            time_zone=choice.time_zone,
            is_own_meeting=True,
        )
        tx.add(session)
        tx.flush()
        tx.add(OwnMeeting(session_id=session.id, set_id=own_set.id, place=choice.place))
        choice.ended_at, choice.ended_by_id, choice.session_id = now(), by.id, session.id
        tell(own_set)
        _record("own-set.settled", own_set, session, by)
    return session


def move(session: Session, to: When, *, by: Person, version: int) -> bool:
    """Give a meeting another time or place; the others get an update. False where it is there already.

    ``version`` is that of the session as the page showed it. Raises MovedMeanwhile and NotPossible.
    """
    with transaction():
        own_set, meeting = _meeting(session, by, version)
        if to.start <= now():
            raise NotPossible("The new date must be in the future.")
        if (session.starts_at, session.ends_at, session.time_zone, meeting.place) == (
            to.start,
            to.end,
            to.time_zone,
            to.place,
        ):
            return False
        session.starts_at, session.ends_at, session.time_zone = to.start, to.end, to.time_zone
        meeting.place = to.place
        sa.orm.attributes.flag_modified(session, "starts_at")  # a new place alone must raise the version too
        tell(own_set)
        _record("own-set.moved", own_set, session, by)
    return True


def cancel(session: Session, *, by: Person, version: int) -> None:
    """Call a meeting off; everybody gets a cancellation. Raises MovedMeanwhile and NotPossible."""
    with transaction():
        own_set, _ = _meeting(session, by, version)
        session.withdrawn_at = now()
        tell(own_set, because=f"{by.name} cancelled it. On your set's page you can choose another date.")
        _record("own-set.cancelled", own_set, session, by)


def tell(own_set: OwnSet, *, because: str = "") -> int:
    """Tell everybody what has changed of their places in the set's meetings, in the caller's transaction, under
    ``hold_still``; returns how many messages leave. Raises NotPossible where somebody cannot be written to."""
    programme, at = own_set.programme, now()
    own_set.edition += 1
    db.session.flush()
    db.session.expire(own_set)
    held = held_in(programme, own_set)
    changes = between({key: each.standing for key, each in held.items()}, places_of(own_set), at)
    try:
        refuse_unwritable(changes)
    except NotPublishable as refused:
        raise NotPossible(str(refused)) from None
    overtaken = [held[key].invitation.id for key in changes.overtaken if key in held]
    with db.session.no_autoflush:
        company = OwnSetCompany(own_set)
        told = invitations.tell(changes, held, programme=programme, company=company, hold=True, at=at, because=because)
        written = taken_from_session(told, (each.invitation for each in held.values()), hold=False)
    if overtaken:
        invitations.take_back(overtaken)
    written.keep()
    if changes.messages:
        wake_the_post()
    return changes.messages


def meetings_ahead(own_set: OwnSet) -> list[Session]:
    """The set's meetings that stand and are not over, the next one first."""
    return _meetings(own_set, Session.ends_at > now(), order=Session.starts_at.asc())


def meetings_held(own_set: OwnSet) -> list[Session]:
    """The set's meetings that have been, the last one first."""
    return _meetings(own_set, Session.ends_at <= now(), order=Session.starts_at.desc())


def _meetings(own_set: OwnSet, when: sa.ColumnElement[bool], order: sa.UnaryExpression[datetime]) -> list[Session]:
    return list(
        db.session.scalars(
            sa.select(Session)
            .join(Session.own_meeting)
            .where(OwnMeeting.set_id == own_set.id, Session.withdrawn_at.is_(None), when)
            .options(sa.orm.contains_eager(Session.own_meeting))
            .order_by(order, Session.id)
        )
    )


def _meeting(session: Session, by: Person, version: int) -> tuple[OwnSet, OwnMeeting]:
    """A meeting that ``by`` may change, held still."""
    meeting = session.own_meeting
    assert meeting is not None  # noqa: S101 (asked of a set's own meetings alone)
    own_set = meeting.own_set
    hold_still(own_set, by)
    if session.withdrawn_at is not None or session.version != version:
        raise MovedMeanwhile
    if session.starts_at <= now():
        raise NotPossible("This meeting has begun, so it stays as it is.")
    return own_set, meeting


def _record(what: str, own_set: OwnSet, session: Session, by: Person) -> None:
    when = formatting.day(session.starts_at, session.time_zone)
    record(what, programme=own_set.programme, by=by, thing=own_set.name.lower(), when=when)
