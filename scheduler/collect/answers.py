"""Saving what people answer: taps, shortcuts and their undo, each one transaction and one row of history.

Whatever order the network delivers them in, the last tap wins: a tap carries the moment it was made, and one made
before the last change of its date changes nothing (abuse case L5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from scheduler.clock import now
from scheduler.collect.dates import Questions, asked_of, touches, week_of
from scheduler.extensions import db
from scheduler.models import Answer, AnswerChange, Availability, GivenIn, Organiser, Person, Session, record
from scheduler.text import clean_text
from scheduler.transaction import transaction

MOST_COMMENT = 2_000


class Deed(StrEnum):
    """What was done to answers in one go."""

    ANSWERS = "answers"
    CLEAR = "clear"
    WEEK = "no to a week"
    AWAY = "away"
    FILL_IN = "fill in from partner"
    REST = "no to the rest"
    UNDO = "undo"


UNDOABLE = frozenset({Deed.CLEAR, Deed.WEEK, Deed.AWAY, Deed.FILL_IN, Deed.REST})


class NothingToUndo(Exception):
    """The change is not the person's last one any more, or was undone already."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who enters answers, and how they know them; by default the person answers for themselves."""

    given_in: GivenIn = GivenIn.WEB
    by: Organiser | None = None
    heard_how: str = ""

    @classmethod
    def on_behalf(cls, organiser: Organiser, heard_how: str) -> Hand:
        """An organiser answers for somebody who told them."""
        return cls(GivenIn.ON_BEHALF, organiser, heard_how)


OWN_HAND = Hand()


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did. ``refused`` are dates that take no answer now: closed, or no longer offered."""

    changed: int
    change: AnswerChange | None = None
    refused: tuple[Session, ...] = ()
    late: frozenset[int] = frozenset()  # sessions that were changed after these taps were made


def save_answers(
    person: Person, taps: Mapping[int, Answer | None], *, tapped_at: datetime | None = None, hand: Hand = OWN_HAND
) -> Saved:
    """Store answers by session id; None clears one. Ids that are not this person's are passed over in silence.

    ``tapped_at`` is when the person chose, if that is not now; a later change of the same date stands.
    """
    deed = Deed.CLEAR if taps and all(answer is None for answer in taps.values()) else Deed.ANSWERS
    return _change(person, deed, lambda asked: taps, tapped_at=tapped_at, hand=hand)


def no_to_week(person: Person, monday: date, *, hand: Hand = OWN_HAND) -> Saved:
    """Set every date that starts in a week to No."""
    return _change(person, Deed.WEEK, lambda asked: _no_where(asked, lambda s: week_of(s) == monday), hand=hand)


def away(person: Person, first: date, last: date, *, hand: Hand = OWN_HAND) -> Saved:
    """Set every date that touches the days from ``first`` to ``last`` to No, by the clocks of their venues."""
    return _change(person, Deed.AWAY, lambda asked: _no_where(asked, lambda s: touches(s, first, last)), hand=hand)


def fill_in_from(person: Person, partner: Person, *, hand: Hand = OWN_HAND) -> Saved:
    """Answer what is not answered as the partner did; what they have not answered stays open."""
    return _change(person, Deed.FILL_IN, lambda asked: partner_answers_to_copy(asked, partner), hand=hand)


def no_to_the_rest(person: Person, *, hand: Hand = OWN_HAND) -> Saved:
    """Answer No to everything that is not answered."""
    return _change(person, Deed.REST, no_to_what_is_left, hand=hand)


def partner_answers_to_copy(asked: Questions, partner: Person) -> dict[int, Answer | None]:
    """What "Fill in from what Tom said" would store."""
    return {
        found.session.id: said.answer
        for found in asked.dates
        if found.answer is None
        for said in found.partners
        if said.partner.id == partner.id and said.answer is not None
    }


def no_to_what_is_left(asked: Questions) -> dict[int, Answer | None]:
    """What "No to the rest" would store."""
    return {found.session.id: Answer.NO for found in asked.dates if found.answer is None}


def last_undoable(person: Person) -> AnswerChange | None:
    """The person's last change, if "Undo" may be offered for it: it is kept until the next change."""
    last = _last_change(person)
    return last if last is not None and last.deed in UNDOABLE and last.undone_at is None else None


def undo(person: Person, change_id: int, *, hand: Hand = OWN_HAND) -> Saved:
    """Put back what stood before a shortcut. Raises NothingToUndo where another change came after it."""
    with transaction() as tx:
        _one_at_a_time(person)
        change = last_undoable(person)
        if change is None or change.id != change_id:
            raise NothingToUndo
        before = {int(session_id): _read(answer) for session_id, answer in change.before.items()}
        saved = _change(person, Deed.UNDO, lambda asked: before, hand=hand)
        change.undone_at = now()
        tx.flush()
    return saved


def save_comment(person: Person, comment: str) -> None:
    """Keep what a person wants the organisers to know about their dates."""
    # Past the version column: organisers who edit this person's details have not lost anything by it.
    with transaction() as tx:
        kept = clean_text(comment)[:MOST_COMMENT]
        tx.execute(_this_row(person).values(answer_comment=kept))
        tx.expire(person, ["answer_comment"])


def changes_made(person: Person) -> int:
    """How many changes of a person's answers there were: by how much it has grown says whether one was made."""
    count = sa.select(sa.func.count()).select_from(AnswerChange).where(AnswerChange.person_id == person.id)
    return db.session.scalar(count) or 0


def history_of(person: Person) -> list[AnswerChange]:
    """Every change of a person's answers, the last one first."""
    return list(
        db.session.scalars(
            sa.select(AnswerChange).where(AnswerChange.person_id == person.id).order_by(AnswerChange.id.desc())
        )
    )


def _change(
    person: Person,
    deed: Deed,
    wanted: Callable[[Questions], Mapping[int, Answer | None]],
    *,
    tapped_at: datetime | None = None,
    hand: Hand,
) -> Saved:
    with transaction() as tx:
        _one_at_a_time(person)
        moment = now()
        made_at = min(tapped_at or moment, moment)
        asked = asked_of(person, at=moment, also_closed=hand.by is not None)
        answerable = asked.by_session
        taps = dict(wanted(asked))
        rows = _rows(person, taps)
        last_changes = _last_changes(person, rows)
        late = frozenset(s for s in taps if s in last_changes and made_at < last_changes[s])
        said = {s: answer for s, answer in taps.items() if s in answerable and s not in late}
        new = {s: answer for s, answer in said.items() if answer != (rows[s].answer if s in rows else None)}
        refused = _refused(asked, [s for s in taps if s not in answerable])
        if tapped_at is not None:
            # Said again what stood already: from now on it holds against earlier taps that are still on their way.
            for session_id in said.keys() & rows.keys() - new.keys():
                rows[session_id].answered_at = made_at
            new |= {s: None for s, answer in said.items() if answer is None and s not in rows}
        if not new:
            return Saved(0, None, refused, late)
        before = {s: rows[s].answer if s in rows else None for s in new}
        for session_id, answer in new.items():
            _store(person, session_id, rows.get(session_id), answer=answer, at=made_at, hand=hand)
        change = AnswerChange(
            programme_id=person.programme_id,
            person_id=person.id,
            made_at=made_at,
            deed=deed.value,
            before=_written(before),
            after=_written(new),
            given_in=hand.given_in,
            given_by_id=hand.by.id if hand.by else None,
            heard_how=hand.heard_how[:200],
        )
        tx.add(change)
        if hand.by is not None:
            record("answers.given_on_behalf", programme=person.programme, by=hand.by, thing=person.name, dates=len(new))
        tx.flush()
    return Saved(sum(before[s] != new[s] for s in new), change, refused, late)


def _one_at_a_time(person: Person) -> None:
    """Let nobody else change this person's answers until the transaction ends.

    A write that changes nothing locks the row on PostgreSQL and begins the write transaction on SQLite, which knows
    no SELECT ... FOR UPDATE; what is read after it is what the last one to save has left.
    """
    db.session.execute(_this_row(person).values(name=Person.name))


def _this_row(person: Person) -> sa.Update:
    """An UPDATE of the row alone, which leaves its version and what is loaded of it as they are."""
    return sa.update(Person).where(Person.id == person.id).execution_options(synchronize_session=False)


def _rows(person: Person, taps: Mapping[int, Any]) -> dict[int, Availability]:
    rows = db.session.scalars(
        sa.select(Availability)
        .where(Availability.person_id == person.id, Availability.session_id.in_(sorted(taps)))
        .execution_options(populate_existing=True)
    )
    return {row.session_id: row for row in rows}


def _last_changes(person: Person, rows: Mapping[int, Availability]) -> dict[int, datetime]:
    """When each date was last changed; a cleared one has no row but stands in the history."""
    last = {session_id: row.answered_at for session_id, row in rows.items()}
    changes = db.session.execute(
        sa.select(AnswerChange.made_at, AnswerChange.after).where(AnswerChange.person_id == person.id)
    )
    for made_at, after in changes:
        for session_id in map(int, after):
            last[session_id] = max(last.get(session_id, made_at), made_at)
    return last


def _refused(asked: Questions, session_ids: list[int]) -> tuple[Session, ...]:
    """Of the dates that take no answer, those this person was asked about: only these may be named to them."""
    theirs = {found.session.id for event in asked.open + asked.closed for found in event.dates}
    theirs |= {session.id for event in asked.open + asked.closed for session in event.withdrawn}
    known = sa.or_(Session.id.in_(theirs), Session.withdrawn_at.is_not(None))
    events = {event.event.id for event in asked.open + asked.closed}
    return tuple(
        db.session.scalars(
            sa.select(Session)
            .where(Session.id.in_(session_ids), Session.event_id.in_(events), known)
            .order_by(Session.starts_at)
        )
    )


def _store(
    person: Person, session_id: int, row: Availability | None, *, answer: Answer | None, at: datetime, hand: Hand
) -> None:
    if answer is None:
        if row is not None:
            db.session.delete(row)
        return
    if row is None:
        row = Availability(programme_id=person.programme_id, person_id=person.id, session_id=session_id)
        db.session.add(row)
    row.answer = answer
    row.answered_at = at
    row.given_in = hand.given_in
    row.given_by_id = hand.by.id if hand.by else None


def _last_change(person: Person) -> AnswerChange | None:
    return db.session.scalar(
        sa.select(AnswerChange)
        .where(AnswerChange.person_id == person.id)
        .order_by(AnswerChange.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def _no_where(asked: Questions, chosen: Callable[[Session], bool]) -> dict[int, Answer | None]:
    return {found.session.id: Answer.NO for found in asked.dates if chosen(found.session)}


def _written(answers: Mapping[int, Answer | None]) -> dict[str, Any]:
    return {str(session_id): answer.value if answer else None for session_id, answer in answers.items()}


def _read(answer: str | None) -> Answer | None:
    return None if answer is None else Answer(answer)
