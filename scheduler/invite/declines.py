"""Published places that calendars have declined: each waits until an organiser keeps the seats, offers them or plans
again. A decline by itself changes no place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import (
    Invitation,
    Organiser,
    Pair,
    PartStat,
    Programme,
    Reply,
    SeatsKept,
    Session,
    record,
)
from scheduler.transaction import transaction


@dataclass(frozen=True)
class Decline:
    """A pair (or a person alone) of whom somebody has declined a place that lies ahead.

    ``others`` are those of the pair who have a place there too and have not declined; ``kept`` is whether an organiser
    has read all of it and keeps the seats.
    """

    session: Session
    pair: Pair | None
    declined: tuple[Invitation, ...]
    others: tuple[Invitation, ...]
    replies: tuple[int, ...]
    kept: bool

    @property
    def name(self) -> str:
        """What an organiser calls the pair, or the person."""
        return str(self.pair.trust.name) if self.pair is not None else str(self.declined[0].person.name)

    @property
    def has_seats(self) -> bool:
        """Whether its seats could be offered: places in sets have none."""
        return not self.session.event.has_sets


def declines_in(programme: Programme, *, waiting: bool = False) -> list[Decline]:
    """The declined places of a programme by date, in a fixed number of queries; ``waiting``: only undecided ones."""
    places: dict[tuple[int, int, int], list[tuple[Invitation, int | None, bool]]] = {}
    pairs = _pairs_by_person(programme)
    for invitation, reply, kept in _rows(programme, pairs):
        pair = pairs.get(invitation.person_id)
        key = (invitation.session_id, pair.id if pair else 0, 0 if pair else invitation.person_id)
        places.setdefault(key, []).append((invitation, reply, kept))
    found = []
    for rows in places.values():
        declined = [(each, reply, kept) for each, reply, kept in rows if each.partstat is PartStat.DECLINED]
        if not declined:
            continue
        first = declined[0][0]
        made = Decline(
            session=first.session,
            pair=pairs.get(first.person_id),
            declined=tuple(each for each, _, _ in declined),
            others=tuple(each for each, _, _ in rows if each.partstat is not PartStat.DECLINED),
            replies=tuple(reply for _, reply, _ in declined if reply is not None),
            kept=all(kept for _, _, kept in declined),
        )
        if not (waiting and made.kept):
            found.append(made)
    return sorted(found, key=lambda each: (each.session.starts_at, each.name, each.declined[0].id))


def keep_seats(programme: Programme, replies: Iterable[int], *, by: Organiser) -> int:
    """Note that the seats of who declined are kept; returns how many declines were not noted before."""
    with transaction() as tx:
        asked = (
            sa.select(Reply)
            .where(Reply.programme_id == programme.id, Reply.id.in_(list(replies)))
            .where(~sa.exists().where(SeatsKept.reply_id == Reply.id))
            .options(joinedload(Reply.invitation).joinedload(Invitation.person))
            .with_for_update()
        )
        new = tx.scalars(asked).all()
        for reply in new:
            tx.add(SeatsKept(programme_id=programme.id, reply_id=reply.id, kept_by_id=by.id))
            record("seats.kept", programme=programme, by=by, thing=reply.invitation.person.name)
    return len(new)


def session_counts(session: Session) -> Counter[PartStat]:
    """How many of the people invited to a session answered what, for its page."""
    rows = db.session.execute(
        sa.select(Invitation.partstat, sa.func.count())
        .where(Invitation.session_id == session.id, Invitation.cancelled_at.is_(None))
        .group_by(Invitation.partstat)
    )
    return Counter({partstat: number for partstat, number in rows})  # noqa: C416 - rows are no pairs to Counter()


def _rows(programme: Programme, pairs: dict[int, Pair]) -> list[tuple[Invitation, int | None, bool]]:
    """Who has a place in a session where somebody declined: the invitation, its latest decline, and whether it is kept.

    Of a session all invitations are read only where one of its people declined.
    """
    latest = (
        sa.select(sa.func.max(Reply.id))
        .where(Reply.invitation_id == Invitation.id, Reply.answer == PartStat.DECLINED)
        .where(Reply.undone_at.is_(None), Reply.sequence >= Invitation.sequence)
        .correlate(Invitation)
        .scalar_subquery()
    )
    alive = (
        Invitation.programme_id == programme.id,
        Invitation.cancelled_at.is_(None),
        Invitation.ends_at > now(),
        Invitation.session.has(Session.is_own_meeting.is_(False)),  # a set deals with its own
    )
    declined = db.session.execute(
        sa.select(Invitation.person_id, Invitation.session_id).where(*alive, Invitation.partstat == PartStat.DECLINED)
    ).all()
    people = {person for person, _ in declined}
    people |= {one.id for person in people if person in pairs for one in pairs[person].people}
    rows = db.session.execute(
        sa.select(Invitation, latest.label("reply"), SeatsKept.id)
        .outerjoin(SeatsKept, SeatsKept.reply_id == latest)
        .where(*alive, Invitation.session_id.in_({s for _, s in declined}), Invitation.person_id.in_(people))
        .options(
            joinedload(Invitation.person),
            joinedload(Invitation.session).options(joinedload(Session.event), joinedload(Session.venue)),
        )
        .order_by(Invitation.starts_at, Invitation.id)
    )
    return [(invitation, reply, kept is not None) for invitation, reply, kept in rows]


def _pairs_by_person(programme: Programme) -> dict[int, Pair]:
    pairs = db.session.scalars(
        sa.select(Pair)
        .where(Pair.programme_id == programme.id, Pair.left_on.is_(None))
        .options(joinedload(Pair.trust), joinedload(Pair.director), joinedload(Pair.manager))
        .order_by(Pair.id)
    )
    return {person.id: pair for pair in pairs for person in pair.people}
