"""A set that runs itself chooses its next date: any member offers, everybody answers, any member settles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.links import page_url
from scheduler.collect.post import queue_letter
from scheduler.extensions import db
from scheduler.invite.own_meetings import NotPossible, SettledBefore, When, hold_still
from scheduler.models import Answer, DateChoice, OfferedAnswer, OfferedDate, OwnSet, Person, record
from scheduler.transaction import transaction

MOST_OFFERED = 6


@dataclass(frozen=True)
class Tally:
    """What the members of a set say to one offered date; ``members`` in the order of their names."""

    offered: OfferedDate
    members: tuple[Person, ...]

    @cached_property
    def said(self) -> Mapping[int, Answer]:
        """The answers of who is in the set now, by person's id."""
        here = {member.id for member in self.members}
        return {given.person_id: given.answer for given in self.offered.answers if given.person_id in here}

    def who(self, answer: Answer | None) -> tuple[Person, ...]:
        """Who says so; None for who has not answered."""
        return tuple(member for member in self.members if self.said.get(member.id) is answer)

    @property
    def can_come(self) -> int:
        """How many can come, if need be or gladly."""
        return len(self.members) - len(self.who(Answer.NO)) - len(self.who(None))

    @property
    def suits_all(self) -> bool:
        """Whether everybody can come."""
        return bool(self.members) and self.can_come == len(self.members)


def open_choice(own_set: OwnSet) -> DateChoice | None:
    """The choice that the set's members answer now, with its dates and answers."""
    return _choice(DateChoice.set_id == own_set.id, DateChoice.ended_at.is_(None))


def choice_of(own_set: OwnSet, choice_id: int) -> DateChoice | None:
    """One choice of a set, ended or not."""
    return _choice(DateChoice.set_id == own_set.id, DateChoice.id == choice_id)


def tallies(choice: DateChoice, members: Sequence[Person]) -> list[Tally]:
    """What was said to each offered date that has not begun, in order of time."""
    ordered = tuple(sorted(members, key=lambda person: (person.name, person.id)))
    return [Tally(offered, ordered) for offered in choice.offered if offered.starts_at > now()]


def offer_dates(own_set: OwnSet, dates: Sequence[When], *, by: Person) -> list[OfferedDate]:
    """Offer dates to a set, and write to the others; returns those that were not offered before.

    Who offers a date can come to it, until they say otherwise. Dates that are offered while a choice is open join it;
    their place is the choice's. Raises NotPossible.
    """
    with transaction() as tx:
        hold_still(own_set, by)
        choice = open_choice(own_set)
        if choice is None:
            choice = DateChoice(own_set=own_set, place=dates[0].place, time_zone=dates[0].time_zone, opened_by_id=by.id)
            tx.add(choice)
        known = {offered.starts_at for offered in choice.offered}
        lying_ahead = sum(offered.starts_at > now() for offered in choice.offered)
        new = list({each.start: each for each in dates if each.start not in known}.values())
        if lying_ahead + len(new) > MOST_OFFERED:
            raise NotPossible(f"A set chooses between {MOST_OFFERED} dates at most. Offer fewer.")
        made = [OfferedDate(starts_at=each.start, ends_at=each.end, offered_by_id=by.id) for each in new]
        choice.offered.extend(made)
        tx.flush()
        for offered in made:
            offered.answers.append(OfferedAnswer(person_id=by.id, answer=Answer.YES))
        if made:
            own_set.edition += 1
            _write_to_others(own_set, choice, made, by)
            record("own-set.offered", programme=own_set.programme, by=by, thing=own_set.name.lower(), dates=len(made))
    return made


def save_answers(choice: DateChoice, answers: Mapping[int, Answer | None], *, by: Person) -> int:
    """Store what one member says, by offered date's id; None takes an answer back. Returns how many changed.

    Ids of another choice are passed over in silence. Raises SettledBefore where the choice has ended.
    """
    with transaction() as tx:
        hold_still(choice.own_set, by)
        if choice.ended_at is not None:
            raise SettledBefore(choice)
        changed = 0
        for offered in choice.offered:
            if offered.id not in answers:
                continue
            given = next((each for each in offered.answers if each.person_id == by.id), None)
            answer = answers[offered.id]
            if (given.answer if given is not None else None) is answer:
                continue
            changed += 1
            if answer is None:
                tx.delete(given)
            elif given is None:
                offered.answers.append(OfferedAnswer(person_id=by.id, answer=answer))
            else:
                given.answer, given.answered_at = answer, now()
    return changed


def call_off(choice: DateChoice, *, by: Person) -> None:
    """End a choice without a date. Raises SettledBefore where it has ended, and NotPossible."""
    with transaction():
        own_set = choice.own_set
        hold_still(own_set, by)
        if choice.ended_at is not None:
            raise SettledBefore(choice)
        choice.ended_at, choice.ended_by_id = now(), by.id
        record("own-set.choice-called-off", programme=own_set.programme, by=by, thing=own_set.name.lower())


def _write_to_others(own_set: OwnSet, choice: DateChoice, made: Sequence[OfferedDate], by: Person) -> None:
    programme = own_set.programme
    answered = {given.person_id for offered in choice.offered for given in offered.answers}
    for person in own_set.members:
        if person.id != by.id:
            queue_letter(
                "set-date",
                to=person,
                subject=f"{own_set.name}: choose the next date",
                programme=programme,
                about=own_set.name,
                set_name=own_set.name,
                by=by,
                dates=[(each.starts_at, each.ends_at, choice.time_zone) for each in made],
                place=choice.place,
                answered=formatting.of(len(answered & {m.id for m in own_set.members}), len(own_set.members)),
                url=f"{page_url(person)}/set/{own_set.id}",
            )


def _choice(*conditions: sa.ColumnElement[bool]) -> DateChoice | None:
    return db.session.scalar(
        sa.select(DateChoice)
        .where(*conditions)
        .options(
            selectinload(DateChoice.offered).selectinload(OfferedDate.answers),
            selectinload(DateChoice.offered).joinedload(OfferedDate.offered_by),
            joinedload(DateChoice.ended_by),
        )
        .execution_options(populate_existing=True)
    )
