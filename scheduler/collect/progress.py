"""How far answering has come: by date and region, by party, who is missing, and which dates can run as things stand.

Everything is read at once, in a number of queries that grows with neither people nor dates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from scheduler.clock import now
from scheduler.collect.audience import Party, living_pairs, parties_of
from scheduler.extensions import db
from scheduler.models import (
    Answer,
    AudienceName,
    Availability,
    Event,
    EventFacilitator,
    Facilitator,
    Pair,
    PairRole,
    Person,
    Programme,
    Session,
)

Answers = Mapping[tuple[int, int], Answer]


class Cell(StrEnum):
    """What a party's answers to one date come to; the lesser of two where both have answered."""

    YES = "Yes"
    IF_NEED_BE = "If need be"
    NO = "No"
    DIRECTOR_ONLY = "Director only"
    MANAGER_ONLY = "Manager only"
    NONE = "Not answered"

    @property
    def can_come(self) -> bool:
        """Whether a plan may place the party here."""
        return self in (Cell.YES, Cell.IF_NEED_BE)

    @property
    def one_of_two(self) -> bool:
        """Whether one has answered, and the other's answer would settle it."""
        return self in (Cell.DIRECTOR_ONLY, Cell.MANAGER_ONLY)

    @property
    def settled(self) -> bool:
        """Whether nobody's answer is missing: a no of one settles a date for both."""
        return self in (Cell.YES, Cell.IF_NEED_BE, Cell.NO)


class Stage(StrEnum):
    """How far one party has come with an event."""

    COMPLETE = "complete"
    ONE_MISSING = "waits for one person"
    BOTH_MISSING = "waits for two people"
    NOT_STARTED = "not started"


@dataclass(frozen=True)
class PartyProgress:
    """One party's answers to the dates of one event, in the order of the dates."""

    party: Party
    cells: tuple[Cell, ...]
    left: tuple[tuple[Person, int], ...]  # who still has dates to answer, and how many
    started: bool

    @property
    def stage(self) -> Stage:
        """How far the party has come."""
        if not self.left:
            return Stage.COMPLETE
        if not self.started:
            return Stage.NOT_STARTED
        return Stage.ONE_MISSING if len(self.left) == 1 else Stage.BOTH_MISSING

    @property
    def if_need_be_only(self) -> bool:
        """Whether everything is answered, and the best answer is "if need be": worth asking to decide."""
        return self.stage is Stage.COMPLETE and Cell.IF_NEED_BE in self.cells and Cell.YES not in self.cells


@dataclass(frozen=True)
class DateProgress:
    """What all parties of an event say to one of its dates."""

    session: Session
    cells: tuple[tuple[Party, Cell], ...]

    @property
    def total(self) -> int:
        """How many parties are asked."""
        return len(self.cells)

    @cached_property
    def counts(self) -> Counter[Cell]:
        """How many parties say what."""
        return Counter(cell for _, cell in self.cells)

    @cached_property
    def can_come(self) -> tuple[Party, ...]:
        """The parties a plan may place here."""
        return tuple(party for party, cell in self.cells if cell.can_come)

    @property
    def one_of_two(self) -> int:
        """Parties of which one person has answered."""
        return sum(cell.one_of_two for _, cell in self.cells)

    @cached_property
    def by_region(self) -> Mapping[str, tuple[int, int]]:
        """By region, how many of how many can come; parties without a Trust are under ""."""
        asked, come = Counter[str](), Counter[str]()
        for party, cell in self.cells:
            asked[region_of(party)] += 1
            come[region_of(party)] += cell.can_come
        return {region: (come[region], asked[region]) for region in asked}


@dataclass(frozen=True)
class Collection:
    """One event's answers as they stand."""

    event: Event
    parties: tuple[Party, ...]
    sessions: tuple[Session, ...]
    answers: Answers
    facilitators: tuple[Person, ...] = ()

    @cached_property
    def by_party(self) -> tuple[PartyProgress, ...]:
        """Every party with its cells, in the order of their keys."""
        return tuple(self._progress_of(party) for party in self.parties)

    @cached_property
    def by_date(self) -> tuple[DateProgress, ...]:
        """Every date with its parties' answers, in order of time."""
        return tuple(
            DateProgress(session, tuple((found.party, found.cells[at]) for found in self.by_party))
            for at, session in enumerate(self.sessions)
        )

    @cached_property
    def stages(self) -> Counter[Stage]:
        """How many parties have come how far."""
        return Counter(found.stage for found in self.by_party)

    @cached_property
    def counted(self) -> dict[int, set[int]]:
        """By person, the dates (session ids) in their counter: a date that a partner's no settles is not in it.

        A date that concerns somebody in two parties is counted once, as on their own page.
        """
        counted: dict[int, set[int]] = {person.id: set(self._session_ids) for person in self.facilitators}
        for party in self.parties:
            ids = [person.id for person in party.people]
            for mine in ids:
                settled = {s for other in ids if other != mine for s in self._session_ids if self._says_no(other, s)}
                counted.setdefault(mine, set()).update(s for s in self._session_ids if s not in settled)
        return counted

    @cached_property
    def left(self) -> dict[int, int]:
        """By person, how many dates of this event they still have to answer; who has none is left out."""
        left = {
            person_id: sum((person_id, session_id) not in self.answers for session_id in session_ids)
            for person_id, session_ids in self.counted.items()
        }
        return {person_id: dates for person_id, dates in left.items() if dates}

    def can_lead(self, session: Session) -> int:
        """How many facilitators can lead a set in a slot."""
        come = (Answer.YES, Answer.IF_NEED_BE)
        return sum(self.answers.get((person.id, session.id)) in come for person in self.facilitators)

    def _progress_of(self, party: Party) -> PartyProgress:
        # Ids first: 1,000 pairs and 40 dates ask 80,000 times, and each attribute of a row costs.
        ids = [person.id for person in party.people]
        said = [tuple(self.answers.get((i, session_id)) for i in ids) for session_id in self._session_ids]
        left = [0] * len(ids)
        for answers in said:
            if Answer.NO not in answers:
                left = [n + (answer is None) for n, answer in zip(left, answers, strict=True)]
        first_is_director = party.pair is None or party.pair.role_of(party.people[0]) is PairRole.DIRECTOR
        return PartyProgress(
            party,
            tuple(cell_of(answers, first_is_director) for answers in said),
            tuple((person, n) for person, n in zip(party.people, left, strict=True) if n),
            started=any(answer is not None for answers in said for answer in answers),
        )

    def _says_no(self, person_id: int, session_id: int) -> bool:
        return self.answers.get((person_id, session_id)) is Answer.NO

    @cached_property
    def _session_ids(self) -> tuple[int, ...]:
        return tuple(session.id for session in self.sessions)


def cell_of(said: tuple[Answer | None, ...], first_is_director: bool) -> Cell:
    """What the answers of a party's people to one date come to, in the order in which a pair names its people."""
    if Answer.NO in said:
        return Cell.NO
    if None not in said:
        return Cell.IF_NEED_BE if Answer.IF_NEED_BE in said else Cell.YES
    if said.count(None) == len(said):
        return Cell.NONE
    return Cell.DIRECTOR_ONLY if (said[0] is not None) == first_is_director else Cell.MANAGER_ONLY


def region_of(party: Party) -> str:
    """The region a party counts for, "" where it has no Trust."""
    return party.region


def collections_of(programme: Programme, *, at: datetime | None = None, asked_only: bool = True) -> list[Collection]:
    """The answers of every event with dates ahead, in order; ``asked_only`` leaves out what was never opened."""
    moment = at or now()
    events = _events_of(programme, asked_only)
    pairs = living_pairs(programme)
    answers = _answers_of(event.id for event in events)
    found = []
    for event in events:
        sessions = tuple(s for s in event.sessions if s.withdrawn_at is None and s.ends_at > moment)
        if sessions:
            leaders = [led.facilitator.person for led in event.facilitators]
            living = tuple(person for person in leaders if person.left_on is None)
            found.append(Collection(event, tuple(parties_of(event, pairs)), sessions, answers, living))
    return found


def left_by_person(collections: Iterable[Collection], *, at: datetime | None = None) -> dict[int, int]:
    """By person, how many dates of the events that are open they still have to answer, as on their own page."""
    left = Counter[int]()
    for collection in collections:
        if collection.event.is_open(at):
            left.update(collection.left)
    return dict(left)


def people_in(collections: Sequence[Collection]) -> dict[int, Person]:
    """Everyone who is asked in some events, by id."""
    return {
        person.id: person
        for collection in collections
        for person in (*(p for party in collection.parties for p in party.people), *collection.facilitators)
    }


def _events_of(programme: Programme, asked_only: bool) -> list[Event]:
    chosen = sa.select(Event).where(Event.programme_id == programme.id)
    if asked_only:
        chosen = chosen.where(Event.opened_at.is_not(None))
    return list(
        db.session.scalars(
            chosen.options(
                selectinload(Event.sessions).joinedload(Session.venue),
                selectinload(Event.mix),
                selectinload(Event.audience_names).options(
                    joinedload(AudienceName.person),
                    joinedload(AudienceName.pair).options(
                        joinedload(Pair.trust), joinedload(Pair.director), joinedload(Pair.manager)
                    ),
                ),
                selectinload(Event.facilitators)
                .joinedload(EventFacilitator.facilitator)
                .joinedload(Facilitator.person),
            ).order_by(Event.position, Event.id)
        )
    )


def _answers_of(event_ids: Iterable[int]) -> Answers:
    """Every answer to the dates of some events: 80,000 at 1,000 pairs and 40 dates, so as plain rows."""
    rows = db.session.execute(
        sa.select(Availability.person_id, Availability.session_id, sa.type_coerce(Availability.answer, sa.String))
        .join(Session, Session.id == Availability.session_id)
        .where(Session.event_id.in_(list(event_ids)))
    )
    known = {answer.value: answer for answer in Answer}
    return {(person_id, session_id): known[answer] for person_id, session_id, answer in rows}
