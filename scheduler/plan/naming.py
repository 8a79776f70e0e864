"""What the solver says with ids, said with names: it knows nobody, so its sentences are put into words here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.extensions import db
from scheduler.models import Event, Facilitator, Person, Plan, Round, Session, SharedResource, Trust
from scheduler.plan.problems import facilitator_key


class Names:
    """The names behind the ids of a plan's files."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def in_words(self, sentence: str, here: Mapping[str, str] | None = None) -> str:
        """A sentence with names instead of ids, whether quoted or bare, as one that starts and ends.

        ``here`` says shorter what is plain from where the sentence stands: "it" for the party it is about.
        """
        names = {**self.by_id, **(here or {})}
        said = self._ids.sub(lambda found: names[found["id"]], sentence)
        said = said[:1].upper() + said[1:]
        return said if said.endswith((".", "?")) else f"{said}."

    @cached_property
    def by_id(self) -> Mapping[str, str]:
        """Each id of the problem, and what it is called."""
        programme = self.plan.programme_id
        events = select(Event.key, Event.title).where(Event.programme_id == programme)
        people = select(Person.id, Person.name).where(Person.programme_id == programme)
        trusts = select(Trust.ods_code, Trust.name).where(Trust.programme_id == programme)
        shared = select(SharedResource.key, SharedResource.name).where(SharedResource.programme_id == programme)
        sessions = (
            select(Session)
            .where(Session.programme_id == programme)
            .options(joinedload(Session.event), joinedload(Session.venue))
        )
        rounds = select(Round.key, Round.number).where(Round.programme_id == programme)
        leaders = (
            select(Facilitator).where(Facilitator.programme_id == programme).options(joinedload(Facilitator.person))
        )
        names: dict[str, str] = {key: name for key, name in db.session.execute(shared)}  # noqa: C416
        names |= {key: f"round {number}" for key, number in db.session.execute(rounds)}
        names |= {facilitator_key(leader.id): leader.person.name for leader in db.session.scalars(leaders)}
        names |= {session.key: session_name(session, event=True) for session in db.session.scalars(sessions)}
        names |= {key: title for key, title in db.session.execute(events)}  # noqa: C416
        names |= {f"P{person}": name for person, name in db.session.execute(people)}
        names |= {code: name for code, name in db.session.execute(trusts)}  # noqa: C416
        for party in self.plan.problem["parties"]:
            if party["id"] not in names:  # a director or manager alone
                names[party["id"]] = names.get(party["people"][0], party["id"])
        return names

    @cached_property
    def _ids(self) -> re.Pattern[str]:
        """Any id that stands by itself: the longest first, so that W1-a is not taken for W1."""
        ids = "|".join(re.escape(name) for name in sorted(self.by_id, key=len, reverse=True))
        return re.compile(rf'(?<![\w-])"?(?P<id>{ids or "(?!)"})"?(?![\w-])')


def session_name(session: Session, *, event: bool = False) -> str:
    """A session as lists of a plan name it: "Tuesday 12 January 2027, Leeds"."""
    place = session.venue.town or session.venue.name if session.venue else ""
    name = ", ".join(filter(None, (formatting.day(session.starts_at, session.time_zone), place)))
    return f"{session.event.title}, {name}" if event else name
