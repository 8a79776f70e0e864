"""What a row would change: the row beside what the programme knows already. Checking shows it, applying does it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from scheduler.collect.importing.columns import PAIR_ROLES
from scheduler.collect.importing.reference import Reference, TrustDetails, england
from scheduler.collect.importing.rows import ImportRow, PersonDetails
from scheduler.extensions import Model, db
from scheduler.models import Cohort, Facilitator, Pair, Person, Programme, Standing, Trust

Row = TypeVar("Row", bound=Model)

STANDING_OF = {
    "director": Standing.PARTICIPANT,
    "manager": Standing.PARTICIPANT,
    "sponsor": Standing.SPONSOR,
    "stakeholder": Standing.STAKEHOLDER,
    "speaker": Standing.SPEAKER,
    "facilitator": Standing.FACILITATOR,
}
TRUST_FIELDS = ("name", "region", "trust_type", "research_activity")


@dataclass(frozen=True, slots=True)
class Change:
    """One value that a row changes; ``before`` is "" where there was none."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PersonCompared:
    """A person of a row: who they are in Convene (None: new), what changes, and whom they follow in the role.

    ``takes_role`` is whether the role becomes theirs; ``address_of`` is another person who has their address already.
    """

    role: str
    details: PersonDetails
    person: Person | None
    fields: Mapping[str, Change]
    takes_role: bool = False
    follows: Person | None = None
    address_of: Person | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A row beside the programme: its Trust there (None: new or not about a Trust), and what changes."""

    trust: Trust | None
    trust_fields: Mapping[str, Change]
    people: tuple[PersonCompared, ...]
    cohort: Change | None = None


@dataclass
class Known:
    """All that a programme knows of its Trusts and people, read once for a whole import.

    ``in_use`` are the addresses that the file names: who still has one there has not moved to another.
    """

    programme: Programme
    trusts: dict[str, Trust] = field(default_factory=dict)
    pairs: dict[str, Pair] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    cohorts: dict[str, Cohort] = field(default_factory=dict)
    facilitators: set[int] = field(default_factory=set)
    in_use: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, programme: Programme) -> "Known":
        """Read a programme's Trusts, pairs, people, cohorts and facilitators."""
        pairs = (
            select(Pair)
            .filter_by(programme_id=programme.id)
            .options(
                *(selectinload(each) for each in (Pair.trust, Pair.director, Pair.manager, Pair.sponsor, Pair.cohort))
            )
        )
        return cls(
            programme,
            trusts={trust.ods_code: trust for trust in _all(Trust, programme)},
            pairs={pair.trust.ods_code: pair for pair in db.session.scalars(pairs)},
            people={person.email: person for person in _all(Person, programme)},
            cohorts={cohort.name.casefold(): cohort for cohort in _all(Cohort, programme)},
            facilitators={facilitator.person_id for facilitator in _all(Facilitator, programme)},
        )

    def reference(self) -> Reference:
        """The Trusts of England, and over them those of the programme as it knows them."""
        return england().with_trusts(
            TrustDetails(
                trust.ods_code,
                trust.name,
                trust.region,
                trust.trust_type.value,
                trust.research_activity.value,
                trust.town,
                trust.postcode,
                trust.latitude,
                trust.longitude,
            )
            for trust in self.trusts.values()
        )


def _all(kind: type[Row], programme: Programme) -> Iterator[Row]:
    yield from db.session.scalars(select(kind).filter_by(programme_id=programme.id))


def compared(row: ImportRow, known: Known) -> Compared:
    """Put a row beside what the programme knows. A cell that is blank says nothing, so it changes nothing."""
    trust = known.trusts.get(row.trust.ods_code) if row.trust else None
    pair = known.pairs.get(row.trust.ods_code) if row.trust else None
    return Compared(
        trust=trust,
        trust_fields=dict(_changes(trust, row.trust, TRUST_FIELDS)) if trust and row.trust else {},
        people=tuple(_person_compared(role, details, row, pair, known) for role, details in row.people.items()),
        cohort=_cohort_change(row, pair),
    )


def _changes(before: object, after: object, fields: tuple[str, ...]) -> Iterator[tuple[str, Change]]:
    for name in fields:
        old, new = str(getattr(before, name)), str(getattr(after, name))
        if new and old != new:
            yield name, Change(old, new)


def _cohort_change(row: ImportRow, pair: Pair | None) -> Change | None:
    if not row.cohort or row.trust is None:
        return None
    before = pair.cohort.name if pair and pair.cohort else ""
    return None if before.casefold() == row.cohort.casefold() else Change(before, row.cohort)


def _person_compared(
    role: str, details: PersonDetails, row: ImportRow, pair: Pair | None, known: Known
) -> PersonCompared:
    holder = getattr(pair, role) if pair and role in PAIR_ROLES else None
    person = known.people.get(details.email)
    if person is None and holder and _same_name(holder.name, details.name) and holder.email not in known.in_use:
        person = holder  # the same person with a new address
    if person and person is not holder and not _like(person.name, details.name):
        return PersonCompared(role, details, person, {}, address_of=person)
    fields = dict(_changes(person, details, ("name", "email", "phone"))) if person else {}
    if person:
        fields |= _standing_change(person, role)
        if row.affiliation and person.affiliation != row.affiliation:
            fields["affiliation"] = Change(person.affiliation, row.affiliation)
        if person.left_on:
            fields["left_on"] = Change(person.left_on.isoformat(), "")
    return PersonCompared(
        role,
        details,
        person,
        fields,
        takes_role=_takes_role(role, person, holder, known),
        follows=holder if holder is not person else None,
    )


def _takes_role(role: str, person: Person | None, holder: Person | None, known: Known) -> bool:
    if role == "facilitator":
        return person is None or person.id not in known.facilitators
    return role in PAIR_ROLES and (person is None or person is not holder)


def _standing_change(person: Person, role: str) -> dict[str, Change]:
    """Who is or was in a pair stays a participant, whatever else they do; a sponsor may be anything besides."""
    wanted = STANDING_OF[role]
    stays = role == "sponsor" or person.standing is Standing.PARTICIPANT
    if stays or person.standing is wanted:
        return {}
    return {"standing": Change(person.standing.value, wanted.value)}


def _same_name(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _like(one: str, other: str) -> bool:
    """Whether two names may be one person's: "Tom Reid" and "Dr Thomas Reid", but not "Tom Reid" and "Ana Costa"."""
    return fuzz.token_set_ratio(one.casefold(), other.casefold()) >= 60
