"""Replies as organisers see them: who answered what, what is held for them, and what they decide or take back.

For pages, commands and home. Everything here only reads, but for ``decide_held`` and ``undo``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.extensions import db
from scheduler.models import (
    Bounce,
    Invitation,
    MessageState,
    OutboxMessage,
    Pair,
    PartStat,
    Person,
    Programme,
    ReceivedMessage,
    Reply,
    Session,
)

Wanted = TypeVar("Wanted")

_UNDECIDED = (ReceivedMessage.waits, ReceivedMessage.decided_at.is_(None), ReceivedMessage.undone_at.is_(None))


class ReplyState(StrEnum):
    """Where an invitation stands, in the words of the page."""

    ACCEPTED = "Accepted"
    TENTATIVE = "Tentative"
    DECLINED = "Declined"
    NO_REPLY = "No reply"
    BOUNCED = "Bounced"
    OLD_TIME = "Answered for the old time"


_STATE_OF = {
    PartStat.ACCEPTED: ReplyState.ACCEPTED,
    PartStat.TENTATIVE: ReplyState.TENTATIVE,
    PartStat.DECLINED: ReplyState.DECLINED,
}


@dataclass(frozen=True)
class InvitationReplies:
    """One invitation and what came back for it.

    ``history`` holds every reply that was not undone, by arrival; ``last`` is the one whose words and wishes are to be
    shown: the present answer, else the latest that came.
    """

    invitation: Invitation
    history: tuple[Reply, ...]
    bounced: bool

    @property
    def answer(self) -> PartStat:
        """The present answer."""
        return self._on_record.answer or PartStat.NEEDS_ACTION if self._on_record else PartStat.NEEDS_ACTION

    @property
    def for_old_time(self) -> bool:
        """Whether an answer was given, but to an earlier version alone."""
        return self._on_record is None and any(each.answer and each.for_old_time for each in self.history)

    @property
    def state(self) -> ReplyState:
        """The one word for it: a bounce first, as its person has heard of nothing."""
        if self.bounced:
            return ReplyState.BOUNCED
        return ReplyState.OLD_TIME if self.for_old_time else _STATE_OF.get(self.answer, ReplyState.NO_REPLY)

    @property
    def last(self) -> Reply | None:
        """The reply to show with it."""
        return self._on_record or (self.history[-1] if self.history else None)

    @property
    def proposal(self) -> tuple[datetime, datetime] | None:
        """Another time they ask for, in UTC; a later answer of theirs ends the wish."""
        wish = self._last_wish
        if wish is None or wish.proposed_start is None or wish.proposed_end is None:
            return None
        return wish.proposed_start, wish.proposed_end

    @property
    def delegated_to(self) -> str:
        """Whom they want to send instead, "" for nobody; a later answer of theirs ends the wish."""
        return self._last_wish.delegated_to if self._last_wish is not None else ""

    @property
    def comment(self) -> str:
        """Their latest words about the invitation as it is, else about an earlier version."""
        said = [each for each in self.history if each.comment]
        return max(said, key=lambda each: (each.sequence, each.stamp, each.id)).comment if said else ""

    @property
    def _last_wish(self) -> Reply | None:
        """The last of all they said to the invitation as it is, words alone left out."""
        said = [e for e in self.history if not e.for_old_time and (e.answer is not None or e.delegated_to)]
        return max(said, key=lambda each: (each.stamp, each.id), default=None)

    @property
    def _on_record(self) -> Reply | None:
        counts = [e for e in self.history if e.answer is not None and e.sequence == self.invitation.sequence]
        return max(counts, key=lambda each: (each.stamp, each.id), default=None)


@dataclass(frozen=True)
class PairReplies:
    """One pair, or one person alone, in one session."""

    pair: Pair | None
    people: tuple[InvitationReplies, ...]

    @property
    def declined(self) -> tuple[InvitationReplies, ...]:
        """Whose place asks for a decision: keep the seats, offer them, or plan again."""
        return tuple(each for each in self.people if each.state is ReplyState.DECLINED)


@dataclass(frozen=True)
class SessionReplies:
    """One session with the replies of everybody who is invited to it, by pair."""

    session: Session
    pairs: tuple[PairReplies, ...]

    @property
    def counts(self) -> Counter[ReplyState]:
        """How many people stand where."""
        return Counter(each.state for pair in self.pairs for each in pair.people)


def replies_in(
    programme: Programme | None = None, *, session: Session | None = None, cancelled: bool = False
) -> list[InvitationReplies]:
    """Every invitation with its replies, earliest session first, in a fixed number of queries.

    Of all programmes where none is given; ``cancelled`` adds the invitations that are over.
    """
    wanted = sa.select(Invitation).options(
        joinedload(Invitation.person), joinedload(Invitation.session).joinedload(Session.event)
    )
    if programme is not None:
        wanted = wanted.where(Invitation.programme_id == programme.id)
    if session is not None:
        wanted = wanted.where(Invitation.session_id == session.id)
    else:  # what a set settles for itself is its own affair
        wanted = wanted.where(Invitation.session.has(Session.is_own_meeting.is_(False)))
    if not cancelled:
        wanted = wanted.where(Invitation.cancelled_at.is_(None))
    return _with_replies(db.session.scalars(wanted.order_by(Invitation.starts_at, Invitation.id)).all())


def replies_to(invitation: Invitation) -> InvitationReplies:
    """One invitation with its replies."""
    return _with_replies([invitation])[0]


def by_session_and_pair(programme: Programme) -> list[SessionReplies]:
    """The replies of a programme as its page shows them: sessions by date, in each the pairs, then people alone."""
    pairs = db.session.scalars(
        sa.select(Pair).where(Pair.programme_id == programme.id).options(joinedload(Pair.trust)).order_by(Pair.id)
    ).all()
    pair_of = {person: pair for pair in pairs for person in (pair.director_id, pair.manager_id) if person is not None}
    sessions: dict[int, list[InvitationReplies]] = defaultdict(list)
    for each in replies_in(programme):
        sessions[each.invitation.session_id].append(each)
    return [SessionReplies(invited[0].invitation.session, _by_pair(invited, pair_of)) for invited in sessions.values()]


def counts_by_event(programme: Programme) -> dict[int, Counter[ReplyState]]:
    """How many invitations of each event, by its id, stand where: for Home's table."""
    counts: dict[int, Counter[ReplyState]] = defaultdict(Counter)
    for each in replies_in(programme):
        counts[each.invitation.session.event_id][each.state] += 1
    return dict(counts)


def held_in(programme: Programme | None = None) -> list[ReceivedMessage]:
    """What waits for an organiser, oldest first: of a programme and of none that is known, or all there is."""
    wanted = _of(sa.select(ReceivedMessage).where(*_UNDECIDED), programme)
    return list(db.session.scalars(wanted.order_by(ReceivedMessage.received_at, ReceivedMessage.id)))


def number_held(programme: Programme) -> int:
    """How many messages wait for an organiser's decision, for the number beside "Invite"."""
    return db.session.scalar(_of(sa.select(sa.func.count(ReceivedMessage.id)).where(*_UNDECIDED), programme)) or 0


def received_in(
    programme: Programme | None = None, *, most: int = 100, before: int | None = None
) -> list[ReceivedMessage]:
    """What came in, newest first, with what was done and why; ``before`` is the id of the last one seen."""
    wanted = _of(sa.select(ReceivedMessage), programme)
    if before is not None:
        wanted = wanted.where(ReceivedMessage.id < before)
    return list(db.session.scalars(wanted.order_by(ReceivedMessage.id.desc()).limit(most)))


def bounced_in(programme: Programme) -> list[Bounce]:
    """The addresses on record that do not work, latest bounce first: what has been mended since is left out."""
    found = db.session.scalars(
        sa.select(Bounce)
        .join(Person, Person.id == Bounce.person_id)
        .where(
            Bounce.programme_id == programme.id,
            Bounce.cleared_at.is_(None),
            sa.func.lower(Bounce.address) == sa.func.lower(Person.email),
            Person.left_on.is_(None),
        )
        .options(joinedload(Bounce.person), joinedload(Bounce.outbox_message))
        .order_by(Bounce.bounced_at.desc(), Bounce.id.desc())
    )
    latest: dict[str, Bounce] = {}
    for each in found:
        latest.setdefault(each.address, each)
    return list(latest.values())


def _of(wanted: sa.Select[Wanted], programme: Programme | None) -> sa.Select[Wanted]:
    """Of a programme, and of none: the mailbox is one for all, and somebody must see what names no programme."""
    if programme is None:
        return wanted
    theirs = ReceivedMessage.programme_id == programme.id
    return wanted.where(theirs | ReceivedMessage.programme_id.is_(None))


def _with_replies(invitations: Sequence[Invitation]) -> list[InvitationReplies]:
    ids = [invitation.id for invitation in invitations]
    histories: dict[int, list[Reply]] = defaultdict(list)
    last_state: dict[int, MessageState] = {}
    for chunk in _chunks(ids):
        replies = sa.select(Reply).where(Reply.invitation_id.in_(chunk), Reply.undone_at.is_(None)).order_by(Reply.id)
        for reply in db.session.scalars(replies):
            histories[reply.invitation_id].append(reply)
        states = sa.select(OutboxMessage.invitation_id, OutboxMessage.state).where(
            OutboxMessage.invitation_id.in_(chunk), OutboxMessage.state != MessageState.WITHDRAWN
        )
        for invitation_id, state in db.session.execute(states.order_by(OutboxMessage.id)):
            if invitation_id is not None:
                last_state[invitation_id] = state
    return [
        InvitationReplies(each, tuple(histories[each.id]), last_state.get(each.id) is MessageState.BOUNCED)
        for each in invitations
    ]


def _by_pair(invited: Iterable[InvitationReplies], pair_of: dict[int, Pair]) -> tuple[PairReplies, ...]:
    together: dict[int, list[InvitationReplies]] = defaultdict(list)
    alone: list[InvitationReplies] = []
    pairs: dict[int, Pair] = {}
    for each in invited:
        pair = pair_of.get(each.invitation.person_id)
        if pair is None:
            alone.append(each)
        else:
            pairs[pair.id] = pair
            together[pair.id].append(each)
    of_pairs = [PairReplies(pairs[pair_id], tuple(people)) for pair_id, people in together.items()]
    of_pairs.sort(key=lambda each: each.pair.trust.name if each.pair is not None else "")
    return (*of_pairs, *(PairReplies(None, (each,)) for each in alone))


def _chunks(ids: Sequence[int], size: int = 500) -> Iterable[Sequence[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
