"""Who an event is for: its rule and its names, as parties that attend together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from scheduler.extensions import db
from scheduler.models import AudienceName, Event, Pair, Person, Programme, Trust


@dataclass(frozen=True)
class Party:
    """Who attends together and takes a seat each. ``key`` is the party's id in problem files: a pair's ODS code, or
    the ODS code with -D or -M for a director or manager alone, or P and the person's number outside pairs."""

    key: str
    people: tuple[Person, ...]
    pair: Pair | None = None  # of a pair, and of a director or manager alone: their pair
    alone: bool = False

    @property
    def trust(self) -> Trust | None:
        """The Trust it counts for."""
        return self.pair.trust if self.pair else None

    @cached_property
    def region(self) -> str:
        """The region it counts for, "" where it has no Trust."""
        return str(self.trust.region) if self.trust else ""

    @cached_property
    def name(self) -> str:
        """What a reader calls it."""
        if self.pair is None or self.alone:
            person = self.people[0]
            whence = self.pair.trust.name if self.pair else person.affiliation
            return f"{person.name}, {whence}" if whence else person.name
        return self.pair.trust.name


def person_key(person: Person) -> str:
    """A person's id in problem files: the same wherever they attend, so that clashes are seen."""
    return f"P{person.id}"


def living_pairs(programme: Programme) -> list[Pair]:
    """The pairs that have not left, by ODS code, with all a list of them shows (one query each for people, Trusts)."""
    return list(
        db.session.scalars(
            select(Pair)
            .join(Pair.trust)
            .where(Pair.programme_id == programme.id, Pair.left_on.is_(None))
            .options(
                joinedload(Pair.trust),
                joinedload(Pair.cohort),
                selectinload(Pair.director),
                selectinload(Pair.manager),
                selectinload(Pair.sponsor),
            )
            .order_by(Trust.ods_code)
        )
    )


def parties_of(event: Event, pairs: Iterable[Pair] | None = None) -> list[Party]:
    """The parties of an event's audience, by key. ``pairs`` saves reading them again where there are many events.

    A pair with both roles vacant attends nothing and is left out; with one vacant, the other comes alone.
    """
    pairs = living_pairs(event.programme) if pairs is None else list(pairs)
    who = event.audience.get("who", "pairs")
    chosen = {} if who == "named" else {p.key: p for pair in pairs if _meets(pair, event) for p in _parties(pair, who)}
    for name in event.audience_names:
        party = _named(name)
        if party is None:
            continue
        if name.included:
            chosen[party.key] = party
        else:
            chosen.pop(party.key, None)
    return [chosen[key] for key in sorted(chosen)]


def events_for(person: Person, events: Iterable[Event] | None = None) -> list[tuple[Event, Party]]:
    """The events that a person is asked to come to, in order, each with the party they belong to there.

    Who serves two Trusts stands twice in an event: once with each partner.
    """
    if events is None:
        events = db.session.scalars(
            select(Event)
            .where(Event.programme_id == person.programme_id)
            .options(selectinload(Event.audience_names), selectinload(Event.sessions))
            .order_by(Event.position, Event.id)
        )
    # Only their own pairs can bring them in: no need to read 1,000 others.
    pairs = [pair for pair in pairs_of(person) if pair.left_on is None]
    found = []
    for event in events:
        found += [(event, party) for party in parties_of(event, pairs) if person in party.people]
    return found


def pairs_of(person: Person) -> list[Pair]:
    """The pairs in which a person holds a role now: mostly one, two where somebody serves two Trusts."""
    return list(
        db.session.scalars(
            select(Pair)
            .where(
                Pair.programme_id == person.programme_id,
                (Pair.director_id == person.id) | (Pair.manager_id == person.id),
            )
            .options(
                joinedload(Pair.trust), joinedload(Pair.cohort), joinedload(Pair.director), joinedload(Pair.manager)
            )
            .order_by(Pair.id)
        )
    )


def _parties(pair: Pair, who: str) -> list[Party]:
    if who == "directors":
        return [Party(f"{pair.trust.ods_code}-D", (pair.director,), pair, alone=True)] if pair.director else []
    if who == "managers":
        return [Party(f"{pair.trust.ods_code}-M", (pair.manager,), pair, alone=True)] if pair.manager else []
    people = tuple(person for person in pair.people if person.left_on is None)
    return [Party(pair.trust.ods_code, people, pair)] if people else []


def _named(name: AudienceName) -> Party | None:
    if name.pair is not None:
        people = tuple(person for person in name.pair.people if person.left_on is None)
        return Party(name.pair.trust.ods_code, people, name.pair) if people and name.pair.left_on is None else None
    if name.person is None or name.person.left_on is not None:
        return None
    return Party(name.party, (name.person,), alone=True)


def _meets(pair: Pair, event: Event) -> bool:
    rule, trust = event.audience, pair.trust
    if _ended_before(pair, event) and pair.cohort_id not in rule.get("cohorts", ()):
        return False
    return all(
        value in rule[key]
        for key, value in (
            ("cohorts", pair.cohort_id),
            ("regions", trust.region),
            ("trust_types", trust.trust_type.value),
            ("research_activity", trust.research_activity.value),
        )
        if key in rule
    )


def _ended_before(pair: Pair, event: Event) -> bool:
    """Whether all dates of the event lie after the last day of the pair's cohort, which must then be named."""
    ended_on = pair.cohort.ended_on if pair.cohort else None
    return ended_on is not None and all(session.local_start.date() > ended_on for session in event.sessions)
