"""What the board of a plan shows of one event: its places as columns, its parties as cards, read in few queries.

Cards are read as plain rows, not as objects: a thousand of them are laid out for every move.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from scheduler import words
from scheduler.extensions import db
from scheduler.models import (
    Event,
    Facilitator,
    LearningSet,
    Lock,
    LockKind,
    Pair,
    Person,
    Placement,
    Plan,
    Session,
    SetMeeting,
    SetMember,
    Trust,
    Unplaced,
)
from scheduler.plan.editing import UNPLACED
from scheduler.plan.overview import OUTSIDE_TRUSTS, Regions, locked_parties, locks_of, most_of_one_region, regions_of

MOST_CARDS = 50
"""So many cards of a column are shown; the filter, or "Show all", brings the others."""


@dataclass(frozen=True, slots=True)
class Card:
    """One party on the board: ``answer`` to where it is, "" where it has no place; ``lock`` is what holds it there."""

    party: str
    name: str
    region: str
    answer: str
    lock: Lock | None = None

    @property
    def letter(self) -> str:
        """The region in a few letters."""
        return words.REGION_LETTERS.get(self.region, self.region)


@dataclass
class Column:
    """A place of the event: a session, a set, or none; ``cards`` are those that pass the filter, by name."""

    place: str
    session: Session | None = None
    learning_set: LearningSet | None = None
    cards: list[Card] = field(default_factory=list)
    there: int = 0  # with those that the filter leaves out
    seats: int = 0
    regions: Regions = field(default_factory=list)
    limit: int | None = None

    def shown(self, whole: str, card: str) -> list[Card]:
        """The cards to show: the first so many, all of the column called ``whole``, and always the one of ``card``."""
        if self.place == whole:
            return self.cards
        return [each for at, each in enumerate(self.cards) if at < MOST_CARDS or each.party == card]


@dataclass(frozen=True)
class Narrowing:
    """Which cards are asked for: of one region, or with some letters in their name."""

    region: str = ""
    find: str = ""

    def keeps(self, card: Card) -> bool:
        """Whether a card passes."""
        return self.region in ("", card.region) and self.find.casefold() in card.name.casefold()


def planned_events(plan: Plan) -> list[Event]:
    """The events that the plan was asked about, in order: those whose places can be changed."""
    asked = [planned["id"] for planned in (*plan.problem["events"], *plan.problem["sets"])]
    return list(
        db.session.scalars(
            select(Event)
            .where(Event.programme_id == plan.programme_id, Event.key.in_(asked))
            .options(selectinload(Event.mix))
            .order_by(Event.position, Event.id)
        )
    )


class Board:
    """One event of a plan, laid out."""

    def __init__(self, plan: Plan, event: Event, narrowing: Narrowing | None = None) -> None:
        self.plan, self.event = plan, event
        self.narrowing = narrowing or Narrowing()
        self._said: Mapping[str, Mapping[str, str]] = plan.problem["availability"]
        self._asked: dict[str, dict[str, Any]] = {party["id"]: party for party in plan.problem["parties"]}
        locks = locks_of(plan.programme_id)
        self._attends = locked_parties(locks)
        of_sets = (lock for lock in locks if lock.kind is LockKind.SET and lock.event_id == event.id)
        self._together = {party: lock for lock in of_sets for party in lock.parties}
        self.columns = list(self._sets() if event.has_sets else self._sessions())
        self._deal()
        # None first, then those that run, and last those that nobody is in.
        self.columns.sort(key=lambda column: (column.place != UNPLACED, column.there == 0))
        self.regions = sorted({region for column in self.columns for region, _ in column.regions})

    def column(self, place: str) -> Column | None:
        """The column of a place."""
        return next((column for column in self.columns if column.place == place), None)

    def seats_of(self, party: str) -> int:
        """How many people a party is."""
        return len(self._asked.get(party, {}).get("people", ()))

    @property
    def shown(self) -> int:
        """How many cards pass the filter."""
        return sum(len(column.cards) for column in self.columns)

    def _sessions(self) -> Iterator[Column]:
        asked = next(planned for planned in self.plan.problem["events"] if planned["id"] == self.event.key)
        offered = {session["id"] for session in asked["sessions"]}
        rows = db.session.scalars(
            select(Session)
            .where(Session.event_id == self.event.id, Session.key.in_(offered))
            .options(joinedload(Session.venue))
            .order_by(Session.starts_at, Session.id)
        )
        yield Column(UNPLACED)
        for session in rows:
            yield Column(session.key, session)

    def _sets(self) -> Iterator[Column]:
        meetings = selectinload(LearningSet.meetings)
        rows = db.session.scalars(
            select(LearningSet)
            .where(LearningSet.plan_id == self.plan.id, LearningSet.event_id == self.event.id)
            .options(
                joinedload(LearningSet.facilitator).joinedload(Facilitator.person),
                meetings.joinedload(SetMeeting.round),
                meetings.joinedload(SetMeeting.session).joinedload(Session.venue),
            )
            .order_by(LearningSet.number)
        )
        yield Column(UNPLACED)
        for row in rows:
            row.meetings.sort(key=lambda meeting: meeting.round.number)
            yield Column(str(row.number), learning_set=row)

    def _deal(self) -> None:
        """Put each party into its column, and count it whether or not the filter shows it."""
        columns = {column.place: column for column in self.columns}
        everyone: dict[str, list[Card]] = {place: [] for place in columns}
        for place, row in self._places():
            if place not in columns:
                continue
            card = self._card(columns[place], row)
            everyone[place].append(card)
            columns[place].seats += self.seats_of(card.party)
        for place, column in columns.items():
            cards = sorted(everyone[place], key=lambda card: card.name)
            column.there = len(cards)
            column.cards = [card for card in cards if self.narrowing.keeps(card)]
            column.regions = regions_of(cards)
            column.limit = most_of_one_region(self.event, len(cards)) if place != UNPLACED else None

    def _places(self) -> Iterator[tuple[str, Any]]:
        """Each party with its place, as a row of names."""
        left_out = Unplaced.plan_id == self.plan.id, Unplaced.event_id == self.event.id
        for row in db.session.execute(_named(Unplaced).where(*left_out)):
            yield UNPLACED, row
        if self.event.has_sets:
            members = _named(SetMember, LearningSet.number.label("place")).join(
                LearningSet, LearningSet.id == SetMember.set_id
            )
            here = LearningSet.plan_id == self.plan.id, LearningSet.event_id == self.event.id
            for row in db.session.execute(members.where(*here)):
                yield str(row.place), row
            return
        placed = _named(Placement, Session.key.label("place")).join(Session, Session.id == Placement.session_id)
        here = Placement.plan_id == self.plan.id, Placement.event_id == self.event.id
        for row in db.session.execute(placed.where(*here)):
            yield row.place, row

    def _card(self, column: Column, row: Any) -> Card:
        asked = self._asked.get(row.party, {})
        region = asked.get("attributes", {}).get("region", "") or row.region or OUTSIDE_TRUSTS
        name = row.trust or ", ".join(filter(None, (row.person, row.affiliation))) or row.party
        return Card(row.party, name, region, self._answer(column, row.party), self._lock(column, row.party))

    def _answer(self, column: Column, party: str) -> str:
        """What it said to where it is; to a set's meetings the least of what it said."""
        said = self._said.get(party, {})
        if column.session is not None:
            return said.get(column.session.key, "")
        if column.learning_set is None:
            return ""
        answers = {said.get(meeting.session.key, "no") for meeting in column.learning_set.meetings}
        return next((answer for answer in ("no", "if-need-be", "yes") if answer in answers), "")

    def _lock(self, column: Column, party: str) -> Lock | None:
        if column.session is not None:
            return self._attends.get((party, column.session.id))
        return self._together.get(party) if column.learning_set is not None else None


def _named(kind: Any, *columns: Any) -> Select[Any]:
    """The parties of a plan's rows with what they are called."""
    return (
        select(
            kind.party,
            Trust.name.label("trust"),
            Trust.region.label("region"),
            Person.name.label("person"),
            Person.affiliation.label("affiliation"),
            *columns,
        )
        .outerjoin(Pair, Pair.id == kind.pair_id)
        .outerjoin(Trust, Trust.id == Pair.trust_id)
        .outerjoin(Person, Person.id == kind.person_id)
    )
