"""The directory: people who chose to be listed, found by others who are, with what each chose to show and no more."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from scheduler.extensions import db
from scheduler.models import DirectoryEntry, Pair, Person, Programme, Standing, record
from scheduler.text import clean_line
from scheduler.transaction import rows_changed, transaction
from scheduler.words import PAIR_ROLES, STANDINGS, TRUST_TYPES


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person chose to show."""

    name: bool = False
    role: bool = False
    trust: bool = False
    themes: bool = False
    email: bool = False
    ask_me_about: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """Whom somebody looks for; what is left empty narrows nothing. ``kind`` is a type of Trust."""

    find: str = ""
    region: str = ""
    kind: str = ""
    theme: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as others see them: what they do not show is not in here, so no search can tell it either."""

    name: str = ""
    role: str = ""
    trust: str = ""
    region: str = ""
    kind: str = ""
    themes: tuple[str, ...] = ()
    email: str = ""
    ask_me_about: str = ""

    def fits(self, search: Search) -> bool:
        """Whether this is somebody who is looked for."""
        if search.region and search.region != self.region:
            return False
        if search.kind and search.kind != self.kind:
            return False
        if search.theme and search.theme.casefold() not in (theme.casefold() for theme in self.themes):
            return False
        parts = (self.name, self.role, self.trust, self.region, self.email, self.ask_me_about, *self.themes)
        said = " ".join(parts).casefold()
        return all(word in said for word in search.find.casefold().split())


def entry_of(person: Person) -> DirectoryEntry | None:
    """A person's own entry, None while they are not listed."""
    return db.session.scalar(sa.select(DirectoryEntry).where(DirectoryEntry.person_id == person.id))


def list_person(person: Person, shown: Shown) -> None:
    """List a person, or change what their entry shows."""
    try:
        with transaction() as tx:
            entry = entry_of(person)
            if entry is None:
                entry = DirectoryEntry(programme_id=person.programme_id, person_id=person.id)
                tx.add(entry)
                record("directory.joined", programme=person.programme, by=person)
            entry.shows_name, entry.shows_role, entry.shows_trust = shown.name, shown.role, shown.trust
            entry.shows_themes, entry.shows_email = shown.themes, shown.email
            entry.ask_me_about = clean_line(shown.ask_me_about)
    except IntegrityError:  # pressed twice at once: the other press made the entry
        list_person(person, shown)


def leave(person: Person) -> bool:
    """Take a person's entry out at once; False where there was none."""
    with transaction():
        gone = rows_changed(sa.delete(DirectoryEntry).where(DirectoryEntry.person_id == person.id))
        if gone:
            record("directory.left", programme=person.programme, by=person)
    return bool(gone)


def listed_in(programme: Programme) -> list[Listed]:
    """Everyone who is listed and has not left, as others see them, by name; in two queries."""
    entries = db.session.scalars(
        sa.select(DirectoryEntry)
        .join(DirectoryEntry.person)
        .where(DirectoryEntry.programme_id == programme.id, Person.left_on.is_(None))
        .options(joinedload(DirectoryEntry.person))
    ).all()
    pairs = _pairs_of([entry.person_id for entry in entries])
    found = [as_others_see(entry, pairs.get(entry.person_id)) for entry in entries]
    return sorted(found, key=lambda one: (one.name or one.trust).casefold())


def number_listed(programme: Programme) -> int:
    """How many are listed and have not left."""
    rows = sa.select(sa.func.count(DirectoryEntry.id)).join(DirectoryEntry.person)
    here = rows.where(DirectoryEntry.programme_id == programme.id, Person.left_on.is_(None))
    return db.session.scalar(here) or 0


def themes_shown(listed: list[Listed]) -> list[str]:
    """The themes that entries show, each once."""
    names = {theme.casefold(): theme for one in listed for theme in one.themes}
    return sorted(names.values(), key=str.casefold)


def own_view(person: Person) -> Listed | None:
    """How others see a person; None while they are not listed."""
    entry = entry_of(person)
    return as_others_see(entry, _pairs_of([person.id]).get(person.id)) if entry else None


def as_others_see(entry: DirectoryEntry, pair: Pair | None) -> Listed:
    """An entry with what its person chose to show, and "" for all else."""
    person = entry.person
    return Listed(
        name=person.name if entry.shows_name else "",
        role=_role(person, pair) if entry.shows_role else "",
        trust=(pair.trust.name if pair else person.affiliation) if entry.shows_trust else "",
        region=pair.trust.region if pair and entry.shows_trust else "",
        kind=pair.trust.trust_type.value if pair and entry.shows_trust else "",
        themes=tuple(pair.themes) if pair and entry.shows_themes else (),
        email=person.email if entry.shows_email else "",
        ask_me_about=entry.ask_me_about,
    )


def kind_in_words(listed: Listed) -> str:
    """ "Acute, London"; "" where the Trust is not shown."""
    return ", ".join(filter(None, (TRUST_TYPES.get(listed.kind, ""), listed.region)))


def _role(person: Person, pair: Pair | None) -> str:
    role = pair.role_of(person) if pair else None
    if role is not None:
        return PAIR_ROLES[role.value]
    return "" if person.standing is Standing.PARTICIPANT else STANDINGS[person.standing.value]


def _pairs_of(people: list[int]) -> dict[int, Pair]:
    """By person, a living pair they hold a role in; else the one they sponsor."""
    held = (Pair.director_id, Pair.manager_id, Pair.sponsor_id)
    pairs = db.session.scalars(
        sa.select(Pair)
        .where(Pair.left_on.is_(None), sa.or_(*(column.in_(people) for column in held)))
        .options(joinedload(Pair.trust))
        .order_by(Pair.id)
    ).all()
    found: dict[int, Pair] = {}
    for pair in pairs:
        for person_id in (pair.director_id, pair.manager_id):
            if person_id is not None:
                found.setdefault(person_id, pair)
    for pair in pairs:
        if pair.sponsor_id is not None:
            found.setdefault(pair.sponsor_id, pair)
    return found
