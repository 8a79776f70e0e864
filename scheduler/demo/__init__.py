"""The demo programme: 64 real Trusts with made-up people, alive in any year as every date counts from today."""

from __future__ import annotations

from datetime import datetime
from random import Random

from sqlalchemy import func, insert, select

from scheduler.clock import now
from scheduler.collect.links import token_of
from scheduler.demo import answering, calendar, cast, community, past
from scheduler.extensions import db
from scheduler.models import (
    Availability,
    Organiser,
    OrganiserRole,
    Programme,
    Purpose,
    Role,
    record,
)
from scheduler.transaction import transaction

SLUG = "demo"
SEED = 2027
ORGANISERS = (
    ("Aisha Khan", "aisha.khan@programme.example", Role.OWNER),
    ("Ben Adeyemi", "ben.adeyemi@programme.example", Role.PLANNER),
    ("Carys Pugh", "carys.pugh@programme.example", Role.VIEWER),
)


class AnotherProgramme(Exception):
    """The database holds a programme already: the demo does not come near real data."""


def create_demo(at: datetime | None = None, seed: int = SEED) -> Programme:
    """Fill an empty database with the demo programme as of a moment (now, where left out).

    Raises AnotherProgramme. The same moment and seed give the same programme, links excepted.
    """
    if db.session.scalar(select(func.count()).select_from(Programme)):
        raise AnotherProgramme
    at, random = at or now(), Random(seed)  # noqa: S311 (made-up people, no secrets)
    with transaction() as tx:
        programme = calendar.programme(at, SLUG)
        tx.add(programme)
        tx.flush()
        for name, email, role in ORGANISERS:
            organiser = Organiser(name=name, email=email)
            tx.add(OrganiserRole(programme_id=programme.id, organiser=organiser, role=role))
        pairs = cast.pairs(programme, random, at)
        outsiders = cast.outsiders(programme, random)
        facilitators = cast.facilitators(programme, random)
        tx.add_all([*pairs, *outsiders, *facilitators, *cast.needs(pairs)])
        tx.flush()
        events = calendar.events(programme, at, facilitators, outsiders)
        tx.add_all(events)
        tx.flush()
        alone = [*outsiders, *(facilitator.person for facilitator in facilitators)]
        tx.execute(insert(Availability), answering.answers(events, pairs, alone, random, at))
        community.fill(programme, pairs, Random(seed), at)  # noqa: S311
        for person in [*(person for pair in pairs for person in pair.people), *alone]:
            token_of(person, Purpose.PAGE)
        # Chance of its own, so that the people and answers of a seed stay what they were.
        tx.add(past.earlier_encounters(programme, pairs, Random(seed + 1), at))  # noqa: S311
        record("programme.created", programme=programme, by=None, thing=programme.name)
    return programme
