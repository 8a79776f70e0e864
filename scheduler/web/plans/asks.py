"""The answers worth asking for first: each the result of a solve, with what people say now and how to ask them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from scheduler.extensions import db
from scheduler.models import Answer, Availability, Person
from scheduler.plan.advice import Found
from scheduler.web.plans.repairs import RepairNames

SAYS = {Answer.YES: "says yes", Answer.IF_NEED_BE: "says if need be", Answer.NO: "says no", None: "has not answered"}


@dataclass(frozen=True)
class AskedPerson:
    """One of a party who does not say yes, what they say, and which letter fits: a reminder, or "can you decide"."""

    person: Person
    says: str
    remind: bool
    decide: bool


@dataclass(frozen=True)
class Ask:
    """A Yes that would help: whose, to which date, what it gains, and whom to ask for it."""

    party: str
    session: str
    gain: str
    people: tuple[AskedPerson, ...]
    found: Found


def asks_of(
    names: RepairNames,
    found: Iterable[Found],
    *,
    remindable: Collection[int] = (),
    undecided: Collection[int] = (),
) -> list[Ask]:
    """The answers among the changes that help, cheapest plan first; what has been said yes to since is left out.

    ``remindable`` and ``undecided`` are ids of people whom a reminder, or the letter that asks to decide, can go to.
    """
    wanted = [each for each in found if each.party is not None]
    people, answers = _people_of(names, wanted), _answers_to(names, wanted)
    asks = []
    for each in wanted:
        session = names.sessions.get(each.session or "")
        there = names if session is None else names.beside(session.event.key, each.party or "")
        asked = [
            AskedPerson(
                person,
                SAYS[says],
                remind=says is None and person.id in remindable,
                decide=says is Answer.IF_NEED_BE and person.id in undecided,
            )
            for person in people.get(each.party or "", ())
            if session is not None and (says := answers.get((person.id, session.id))) is not Answer.YES
        ]
        if asked:
            party, date = names.party(each.party or ""), names.session(each.session or "")
            asks.append(Ask(party, date, there.gain(each), tuple(asked), each))
    return asks


@dataclass(frozen=True)
class AskParty:
    """A party with the dates whose Yes would help, best first, and whom to ask for the first of them."""

    name: str
    asks: tuple[Ask, ...]

    @property
    def people(self) -> tuple[AskedPerson, ...]:
        """Whom to ask."""
        return self.asks[0].people


@dataclass(frozen=True)
class OneOf:
    """Answers to one date of which any one would do, the one that leaves the cheapest plan first."""

    session: str
    asks: tuple[Ask, ...]


def by_party(asks: Iterable[Ask]) -> list[AskParty]:
    """The answers by whose they are: the party whose best Yes helps most first."""
    return [AskParty(listed[0].party, listed) for listed in _grouped(asks, lambda ask: ask.found.party)]


def any_one_of(asks: Iterable[Ask]) -> list[OneOf]:
    """The answers by date: where nothing can hold, a Yes from any one of these mends it."""
    return [OneOf(listed[0].session, listed) for listed in _grouped(asks, lambda ask: ask.found.session)]


def _grouped(asks: Iterable[Ask], key: Callable[[Ask], str | None]) -> list[tuple[Ask, ...]]:
    groups: dict[str | None, list[Ask]] = {}
    for ask in asks:
        groups.setdefault(key(ask), []).append(ask)
    return [tuple(listed) for listed in groups.values()]


def _people_of(names: RepairNames, wanted: Sequence[Found]) -> Mapping[str, list[Person]]:
    parties = {each.party for each in wanted}
    listed = {p["id"]: p["people"] for p in names.plan.problem["parties"] if p["id"] in parties}
    ids = {int(key.removeprefix("P")) for keys in listed.values() for key in keys}
    rows = db.session.scalars(
        select(Person).where(
            Person.programme_id == names.plan.programme_id, Person.id.in_(ids), Person.left_on.is_(None)
        )
    )
    by_key = {f"P{person.id}": person for person in rows}
    return {party: [by_key[key] for key in keys if key in by_key] for party, keys in listed.items()}


def _answers_to(names: RepairNames, wanted: Sequence[Found]) -> Mapping[tuple[int, int], Answer]:
    keys = {each.session for each in wanted}
    sessions = {session.id for key, session in names.sessions.items() if key in keys}
    rows = db.session.execute(
        select(Availability.person_id, Availability.session_id, Availability.answer).where(
            Availability.programme_id == names.plan.programme_id, Availability.session_id.in_(sessions)
        )
    )
    return {(person, session): answer for person, session, answer in rows}
