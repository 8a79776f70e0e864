"""The evaluation's question, "At which of these Trusts do you know someone you would call for advice?".

Answers are given with consent and can be taken back. Organisers see who answered, never what: only the evaluator's
downloads (``follow.evaluation``) hold it, without names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from scheduler.clock import now
from scheduler.collect.audience import living_pairs, pairs_of
from scheduler.collect.links import page_url
from scheduler.collect.notes import subject as subject_for
from scheduler.collect.post import queue_letter
from scheduler.extensions import db
from scheduler.models import (
    EvaluationAnswer,
    EvaluationWave,
    Organiser,
    OutboxMessage,
    Person,
    Programme,
    Relation,
    Tie,
    Trust,
    Wave,
    record,
)
from scheduler.transaction import transaction

KIND = "evaluation"
LEFT_ALONE_FOR = timedelta(days=3)


class NotOpen(Exception):
    """The wave is not open (any more)."""


class NoTrust(Exception):
    """The person is in no pair, so is not asked."""


@dataclass(frozen=True)
class Standing:
    """How far a wave is: who is asked, who of them answered, and when the others were last written to."""

    wave: EvaluationWave
    people: tuple[Person, ...]
    answered: frozenset[int]
    last_written: Mapping[int, datetime]

    @property
    def missing(self) -> list[Person]:
        """Who has not answered."""
        return [person for person in self.people if person.id not in self.answered]

    def to_write(self, at: datetime) -> list[Person]:
        """Who has not answered and was left alone for three days."""
        written = self.last_written
        return [p for p in self.missing if p.id not in written or at - written[p.id] > LEFT_ALONE_FOR]


def open_wave(programme: Programme, wave: Wave, *, by: Organiser) -> EvaluationWave:
    """Let people answer, for the first time or again."""
    with transaction() as tx:
        row = tx.scalar(sa.select(EvaluationWave).filter_by(programme_id=programme.id, wave=wave))
        if row is None:
            row = EvaluationWave(programme_id=programme.id, wave=wave)
            tx.add(row)
        if row.closed_at is not None or row.id is None:
            row.closed_at = None
            record("evaluation.opened", programme=programme, by=by, thing=wave.value)
        tx.flush()
    return row


def close_wave(wave: EvaluationWave, *, by: Organiser) -> None:
    """Take no more answers."""
    with transaction():
        if wave.closed_at is None:
            wave.closed_at = now()
            record("evaluation.closed", programme=wave.programme, by=by, thing=wave.wave.value)


def waves_of(programme: Programme) -> list[EvaluationWave]:
    """The waves that were opened, in order."""
    rows = sa.select(EvaluationWave).where(EvaluationWave.programme_id == programme.id)
    return list(db.session.scalars(rows.order_by(EvaluationWave.opened_at)))


def standing(wave: EvaluationWave) -> Standing:
    """Who of the directors and managers has answered."""
    people = {person.id: person for pair in living_pairs(wave.programme) for person in pair.people}
    answered = sa.select(EvaluationAnswer.person_id).where(EvaluationAnswer.wave_id == wave.id)
    written = sa.select(OutboxMessage.person_id, sa.func.max(OutboxMessage.queued_at)).where(
        OutboxMessage.programme_id == wave.programme_id,
        OutboxMessage.kind == KIND,
        OutboxMessage.about == wave.wave.value,
    )
    last = {person: at for person, at in db.session.execute(written.group_by(OutboxMessage.person_id)) if person}
    ordered = tuple(sorted(people.values(), key=lambda person: (person.name, person.id)))
    return Standing(wave, ordered, frozenset(db.session.scalars(answered)), last)


def ask(wave: EvaluationWave, *, by: Organiser) -> int:
    """Write to everyone who has not answered and was not written to within three days; says to how many.

    Raises NotOpen.
    """
    with transaction() as tx:
        row = tx.get(EvaluationWave, wave.id, with_for_update=True, populate_existing=True)
        if row is None or row.closed_at is not None:
            raise NotOpen
        people = standing(wave).to_write(now())
        for person in people:
            queue_letter(
                KIND,
                to=person,
                subject=subject_for("A question about whom you know", wave.programme),
                programme=wave.programme,
                kind=KIND,
                about=wave.wave.value,
                wave=wave.wave.value,
                url=f"{page_url(person)}/evaluation",
            )
        record("evaluation.asked", programme=wave.programme, by=by, thing=wave.wave.value, people=len(people))
    return len(people)


def open_for(person: Person) -> EvaluationWave | None:
    """The wave that a person can answer now: the latest that is open; None for people outside pairs."""
    if not pairs_of(person):
        return None
    return next((wave for wave in reversed(waves_of(person.programme)) if wave.closed_at is None), None)


def answer_of(person: Person, wave: EvaluationWave) -> EvaluationAnswer | None:
    """What a person said in a wave."""
    return db.session.scalar(
        sa.select(EvaluationAnswer)
        .where(EvaluationAnswer.wave_id == wave.id, EvaluationAnswer.person_id == person.id)
        .options(selectinload(EvaluationAnswer.relations))
    )


def trusts_asked(person: Person) -> list[Trust]:
    """The other Trusts of the programme, by region and name."""
    own = {pair.trust_id for pair in pairs_of(person)}
    pairs = living_pairs(person.programme)
    trusts = {pair.trust_id: pair.trust for pair in pairs if pair.trust_id not in own}
    return sorted(trusts.values(), key=lambda trust: (trust.region, trust.name))


def answer(person: Person, wave: EvaluationWave, ties: Mapping[int, Tie]) -> None:
    """Keep what a person says, with their consent, in place of what they said before; ``ties`` by Trust.

    Raises NotOpen, NoTrust.
    """
    pairs = pairs_of(person)
    if not pairs:
        raise NoTrust
    with transaction() as tx:
        row = tx.get(EvaluationWave, wave.id, with_for_update=True, populate_existing=True)
        if row is None or row.closed_at is not None:
            raise NotOpen
        given = answer_of(person, wave) or EvaluationAnswer(wave=wave, person=person, trust=pairs[0].trust)
        tx.add(given)
        given.relations.clear()
        tx.flush()
        given.answered_at = now()
        given.relations = [Relation(trust_id=trust, tie=tie) for trust, tie in _known(person, ties)]


def take_back(person: Person, wave: EvaluationWave) -> bool:
    """Forget what a person said in a wave, open or closed; says whether there was anything."""
    with transaction() as tx:
        given = answer_of(person, wave)
        if given is not None:
            tx.delete(given)
    return given is not None


def _known(person: Person, ties: Mapping[int, Tie]) -> Sequence[tuple[int, Tie]]:
    asked = {trust.id for trust in trusts_asked(person)}
    return [(trust, tie) for trust, tie in ties.items() if trust in asked]
