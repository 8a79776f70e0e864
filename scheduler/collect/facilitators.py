"""Who leads the sets of an event, and how many at most; when they can lead, they answer like anyone who is asked."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from scheduler.collect.events import one_at_a_time
from scheduler.extensions import db
from scheduler.models import Event, EventFacilitator, Facilitator, Organiser, Person, Standing, record
from scheduler.transaction import transaction


class AddressTaken(Exception):
    """Somebody else has this address, or it is theirs under another name; the text says who and what to do."""


def facilitators_of(event: Event) -> list[EventFacilitator]:
    """Who may lead sets of an event, by name."""
    return list(
        db.session.scalars(
            sa.select(EventFacilitator)
            .join(EventFacilitator.facilitator)
            .join(Facilitator.person)
            .where(EventFacilitator.event_id == event.id)
            .options(joinedload(EventFacilitator.facilitator).joinedload(Facilitator.person))
            .order_by(Person.name, EventFacilitator.id)
        )
    )


def add_facilitator(event: Event, *, name: str, email: str, max_sets: int, by: Organiser) -> Person:
    """Let somebody lead up to ``max_sets`` sets of an event: who is in the programme already, or a new person.

    Raises AddressTaken where the address is another person's, of one who has left, or leads here already.
    """
    with transaction() as tx:
        one_at_a_time(event.programme)
        person = tx.scalar(
            sa.select(Person).where(Person.programme_id == event.programme_id, Person.email == email.lower())
        )
        if person is None:
            person = Person(
                programme_id=event.programme_id, name=name, email=email.lower(), standing=Standing.FACILITATOR
            )
            tx.add(person)
            tx.flush()
        elif person.left_on is not None:
            raise AddressTaken(f"{person.name} has this address and has left the programme. Use another address")
        elif person.name.casefold() != name.casefold():
            raise AddressTaken(f"{person.name} has this address. Enter their name as it is here, or another address")
        facilitator = tx.scalar(sa.select(Facilitator).where(Facilitator.person_id == person.id))
        if facilitator is None:
            facilitator = Facilitator(programme_id=event.programme_id, person_id=person.id, max_sets=max_sets)
            tx.add(facilitator)
            tx.flush()
        here = (EventFacilitator.event_id == event.id, EventFacilitator.facilitator_id == facilitator.id)
        if tx.scalar(sa.select(EventFacilitator.id).where(*here)) is not None:
            raise AddressTaken(f"{person.name} can lead sets here already. Change their most sets instead")
        tx.add(EventFacilitator(event_id=event.id, facilitator_id=facilitator.id, max_sets=max_sets))
        record("facilitator.added", programme=event.programme, by=by, thing=event.title, person=person.id)
    return person


def change_most_sets(led: EventFacilitator, max_sets: int, *, by: Organiser) -> None:
    """Change how many sets of its event somebody leads at most."""
    with transaction():
        led.max_sets = max_sets
        record("facilitator.changed", programme=led.event.programme, by=by, thing=led.event.title, most_sets=max_sets)


def take_away(led: EventFacilitator, *, by: Organiser) -> None:
    """Let somebody lead no sets of an event any more; they stay in the programme, and what they answered is kept."""
    with transaction() as tx:
        event, person_id = led.event, led.facilitator.person_id
        tx.delete(led)
        record("facilitator.taken-away", programme=event.programme, by=by, thing=event.title, person=person_id)


def how_many_sets(parties: int, least: int | None, most: int | None) -> tuple[int, int] | None:
    """The fewest and the most sets that so many parties make in sets of ``least`` to ``most``; None for no way.

    Without a ``most`` one set takes all of them.
    """
    if not parties:
        return None
    fewest = -(-parties // most) if most else 1
    largest = parties // (least or 1)
    return (fewest, largest) if fewest <= largest else None
