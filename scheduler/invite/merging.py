"""Two rows of one human made one: everything goes over to the row that is kept, and can be taken back.

Nothing is deleted. What may stand only once for a person, such as an answer to a date, stays with the row that is gone;
of two answers the later one is made the kept row's. Places go over through the published plan, so that invitations
of the old address are cancelled and those that lack are sent by the machinery of every publication.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from scheduler import formatting
from scheduler.clock import now, today
from scheduler.extensions import db
from scheduler.invite import offering, publishing
from scheduler.invite.places import wanted_by
from scheduler.models import (
    AddressChange,
    Assistant,
    Availability,
    Erasure,
    Facilitator,
    Invitation,
    LearnedAddress,
    Merging,
    Organiser,
    OutboxMessage,
    Person,
    Programme,
    Session,
    record,
)
from scheduler.plan.published import published_plan
from scheduler.transaction import transaction

# What belongs to the row itself, or is about the merging.
_STAYS = {Merging.__tablename__, Erasure.__tablename__, AddressChange.__tablename__, Assistant.__tablename__}
_AFTER_PUBLISHING = (Invitation.__tablename__, OutboxMessage.__tablename__)
_OF_AN_ANSWER = ("answer", "answered_at", "given_in", "given_by_id")
_SWAPPED = "answers swapped"


class CannotMerge(Exception):
    """These rows cannot be made one; the text says why, in the organiser's words."""


class SomethingElse(Exception):
    """Since the organiser looked, something else would be sent: ``outcome`` as it is now."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.messages)
        self.outcome = outcome


@dataclass(frozen=True)
class Clash:
    """Two places at the same time, that one person would have."""

    of_kept: Session
    of_gone: Session

    @property
    def sentence(self) -> str:
        """ "Workshop 1 on 12 January and National event on 12 January are at the same time"."""
        return f"{_which(self.of_kept)} and {_which(self.of_gone)} are at the same time"


@dataclass(frozen=True)
class Outcome:
    """What a merging does, or did: messages by address, and how many rows went over."""

    told: tuple[tuple[str, int], ...]
    rows: int

    @property
    def messages(self) -> int:
        """How many messages leave."""
        return sum(count for _, count in self.told)


class _TakenBack(Exception):
    """What was done to be counted is undone."""


def likely_same(programme: Programme) -> list[tuple[Person, Person]]:
    """Pairs of people who take part under the same name, or whose addresses differ in the domain alone."""
    people = db.session.scalars(
        sa.select(Person).where(Person.programme_id == programme.id, Person.left_on.is_(None)).order_by(Person.id)
    )
    seen: dict[str, Person] = {}
    found: list[tuple[Person, Person]] = []
    for person in people:
        for trait in (f"name {person.name.casefold()}", f"local {person.email.partition('@')[0]}"):
            earlier = seen.setdefault(trait, person)
            if earlier is not person and (earlier, person) not in found:
                found.append((earlier, person))
    return found


def clashes_of(kept: Person, gone: Person) -> list[Clash]:
    """The places to come of the one that overlap with places of the other."""
    plan = published_plan(kept.programme)
    if plan is None:
        return []
    places = [place for place in wanted_by(plan).values() if place.end > now()]
    mine = [place for place in places if place.person == kept.id]
    theirs = [place for place in places if place.person == gone.id]
    return [
        Clash(db.session.get_one(Session, one.session), db.session.get_one(Session, other.session))
        for one in mine
        for other in theirs
        if one.session != other.session and one.start < other.end and other.start < one.end
    ]


def preview(kept: Person, gone: Person, *, give_up: int | None = None, by: Organiser) -> Outcome:
    """What a merging would do: done as it would be, counted, and taken back. Raises CannotMerge."""
    return _only_counted(lambda: _merge(kept, gone, give_up, by))


def merge(kept: Person, gone: Person, *, messages: int, give_up: int | None = None, by: Organiser) -> Outcome:
    """Make two rows one. ``give_up`` is the session whose place is given up where two clash (None: both are kept).

    Raises CannotMerge, and SomethingElse where another number of messages would leave than was said.
    """
    with transaction():
        outcome = _merge(kept, gone, give_up, by)
        if outcome.messages != messages:
            raise SomethingElse(outcome)
    return outcome


def merging_of(person: Person) -> list[Merging]:
    """The mergings of a person that stand, the latest first."""
    stands = sa.select(Merging).where(
        sa.or_(Merging.kept_id == person.id, Merging.gone_id == person.id), Merging.undone_at.is_(None)
    )
    return list(db.session.scalars(stands.order_by(Merging.id.desc())))


def preview_undo(merging: Merging, *, by: Organiser) -> Outcome:
    """What taking a merging back would send. Raises CannotMerge."""
    return _only_counted(lambda: _undo(merging, by))


def undo(merging: Merging, *, messages: int, by: Organiser) -> Outcome:
    """Take a merging back: each row has again what was its own. Raises CannotMerge and SomethingElse."""
    with transaction():
        outcome = _undo(merging, by)
        if outcome.messages != messages:
            raise SomethingElse(outcome)
    return outcome


def _only_counted(deed: Callable[[], Outcome]) -> Outcome:
    try:
        with transaction():
            outcome = deed()
            raise _TakenBack
    except _TakenBack:
        return outcome


def _merge(kept: Person, gone: Person, give_up: int | None, by: Organiser) -> Outcome:
    _check(kept, gone)
    before = _last_message(kept.programme)
    if give_up is not None:
        _give_up(give_up, kept, gone, by)
    moved: list[tuple[Any, ...]] = [*_swap_later_answers(kept, gone)]
    for table, column in _references():
        if table.name not in _AFTER_PUBLISHING:
            moved += _move(table, column, gone.id, kept.id)
    _take_over_details(kept, gone)
    gone.left_on = today(gone.programme.time_zone)
    db.session.flush()
    db.session.expire_all()
    _publish(kept, by)
    for table, column in _references():
        if table.name in _AFTER_PUBLISHING:
            moved += _move(table, column, gone.id, kept.id)
    db.session.add(
        Merging(programme=kept.programme, kept=kept, gone=gone, merged_by_id=by.id, moved=[list(m) for m in moved])
    )
    record("person.merged", programme=kept.programme, by=by, thing=kept.name, id=kept.id, rows=len(moved))
    db.session.flush()
    db.session.expire_all()
    return Outcome(_told_since(kept.programme, before), len(moved))


def _undo(merging: Merging, by: Organiser) -> Outcome:
    kept, gone = merging.kept, merging.gone
    erased = sa.select(Erasure.id).where(Erasure.person_id.in_([kept.id, gone.id]))
    if merging.undone_at is not None or db.session.scalar(erased.limit(1)) is not None:
        raise CannotMerge("This merging cannot be taken back any more.")
    before = _last_message(kept.programme)
    tables = db.metadata.tables
    for name, column, row_id, *other in merging.moved:
        if name == _SWAPPED:
            _swap(row_id, other[0])
            continue
        table = tables.get(name)
        if table is not None:
            still = table.c.id == row_id, table.c[column] == kept.id
            db.session.execute(sa.update(table).where(*still).values({column: gone.id}))
    gone.left_on = None
    merging.undone_at = now()
    learned = LearnedAddress.person_id == kept.id, LearnedAddress.address == gone.email
    db.session.execute(sa.delete(LearnedAddress).where(*learned))
    db.session.flush()
    db.session.expire_all()
    _publish(kept, by)
    record("person.unmerged", programme=kept.programme, by=by, thing=kept.name, id=kept.id)
    db.session.flush()
    db.session.expire_all()
    return Outcome(_told_since(kept.programme, before), len(merging.moved))


def _check(kept: Person, gone: Person) -> None:
    if kept.id == gone.id:
        raise CannotMerge("Select two different people.")
    if kept.left_on is not None or gone.left_on is not None:
        raise CannotMerge("One of them has left the programme. Let them take part again first.")
    leads = sa.select(sa.func.count()).select_from(Facilitator).where(Facilitator.person_id.in_([kept.id, gone.id]))
    if db.session.scalar(leads) == 2:
        raise CannotMerge("Both can lead sets. Take one of them away from the facilitators first.")


def _give_up(session_id: int, kept: Person, gone: Person, by: Organiser) -> None:
    session = next(
        (each for clash in clashes_of(kept, gone) for each in (clash.of_kept, clash.of_gone) if each.id == session_id),
        None,
    )
    if session is None:
        raise CannotMerge("These two places no longer clash. Look again.")
    plan = published_plan(kept.programme)
    at_kept = plan is not None and (kept.id, session_id) in wanted_by(plan)
    try:
        offering.give_up(session, kept if at_kept else gone, by=by)
    except offering.CannotOffer as why:
        raise CannotMerge(f"The place at {_which(session)} cannot be given up here. {why}") from None


def _publish(kept: Person, by: Organiser) -> None:
    plan = published_plan(kept.programme)
    if plan is None:
        return
    try:
        publishing.publish(plan, by=by, replaces=plan.number, expected=True)
    except publishing.NotPublishable as why:
        raise CannotMerge(str(why)) from None
    except publishing.SomeoneWasFirst:
        raise CannotMerge("Somebody published a plan at the same moment. Look again.") from None


def _references() -> Iterator[tuple[sa.Table, str]]:
    """Every column of every table that says which person a row is about."""
    for table in db.metadata.sorted_tables:
        if table.name in _STAYS or "id" not in table.columns:
            continue
        for key in sorted(table.foreign_keys, key=lambda each: str(each.parent.name)):
            if key.column.table.name == "person":
                yield table, str(key.parent.name)


def _move(table: sa.Table, column: str, gone: int, kept: int) -> list[tuple[str, str, int]]:
    """Let the rows of the one be about the other, but for those of which the kept row has its own."""
    moved = []
    alike = [sorted(c.name for c in unique.columns if c.name != column) for unique in _uniques(table, column)]
    for row in db.session.execute(sa.select(table).where(table.c[column] == gone).order_by(table.c.id)).mappings():
        if any(_stands_already(table, column, kept, row, others) for others in alike):
            continue
        db.session.execute(sa.update(table).where(table.c.id == row["id"]).values({column: kept}))
        moved.append((table.name, column, row["id"]))
    return moved


def _uniques(table: sa.Table, column: str) -> Iterator[sa.UniqueConstraint | sa.Index]:
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint) and column in constraint.columns:
            yield constraint
    for index in table.indexes:
        if index.unique and column in index.columns:
            yield index


def _stands_already(table: sa.Table, column: str, kept: int, row: Any, others: list[str]) -> bool:
    if table.name == Invitation.__tablename__ and row["cancelled_at"] is not None:
        return False  # one living invitation to a session; of those that ended there may be many
    same = [table.c[name] == row[name] for name in others]
    if table.name == Invitation.__tablename__:
        same.append(table.c.cancelled_at.is_(None))
    return db.session.scalar(sa.select(table.c.id).where(table.c[column] == kept, *same).limit(1)) is not None


def _swap_later_answers(kept: Person, gone: Person) -> Iterator[tuple[str, str, int, int]]:
    """Of two answers to one date the later one counts: it changes places with the kept row's."""
    db.session.flush()
    mine = {row.session_id: row for row in _answers_of(kept)}
    for row in _answers_of(gone):
        own = mine.get(row.session_id)
        if own is not None and row.answered_at > own.answered_at:
            _swap(own.id, row.id)
            yield _SWAPPED, "", own.id, row.id


def _answers_of(person: Person) -> list[Availability]:
    return list(db.session.scalars(sa.select(Availability).where(Availability.person_id == person.id)))


def _swap(one_id: int, other_id: int) -> None:
    one, other = db.session.get_one(Availability, one_id), db.session.get_one(Availability, other_id)
    for name in _OF_AN_ANSWER:
        first, second = getattr(one, name), getattr(other, name)
        setattr(one, name, second)
        setattr(other, name, first)
    db.session.flush()


def _take_over_details(kept: Person, gone: Person) -> None:
    """What the kept row lacks; answers that still come from the other address count as theirs."""
    kept.phone = kept.phone or gone.phone
    kept.affiliation = kept.affiliation or gone.affiliation
    kept.answer_comment = "\n".join(filter(None, (kept.answer_comment, gone.answer_comment)))
    known = sa.select(LearnedAddress.id).where(
        LearnedAddress.person_id == kept.id, LearnedAddress.address == gone.email
    )
    if db.session.scalar(known) is None:
        db.session.add(LearnedAddress(programme=kept.programme, person=kept, address=gone.email))


def _last_message(programme: Programme) -> int:
    of_programme = OutboxMessage.programme_id == programme.id
    return db.session.scalar(sa.select(sa.func.max(OutboxMessage.id)).where(of_programme)) or 0


def _told_since(programme: Programme, message_id: int) -> tuple[tuple[str, int], ...]:
    since = OutboxMessage.programme_id == programme.id, OutboxMessage.id > message_id
    to = db.session.scalars(sa.select(OutboxMessage.to_address).where(*since))
    return tuple(sorted(Counter(to).items()))


def _which(session: Session) -> str:
    return f"{session.event.title} on {formatting.short_day(session.starts_at, session.time_zone)}"
