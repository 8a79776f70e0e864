"""Whom the programme reaches: Trusts in it and Trusts that came, always of how many, by region, kind and event."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, selectinload

from scheduler import words
from scheduler.clock import now
from scheduler.collect.audience import living_pairs, parties_of
from scheduler.collect.importing.reference import england
from scheduler.extensions import db
from scheduler.models import AudienceName, Event, Pair, Programme, Trust
from scheduler.plan.encounters import present_trusts
from scheduler.plan.told import Sitting, sittings_of

TILES = Path(__file__).parents[1] / "data" / "tilemap.csv"


class Tile(NamedTuple):
    """Where a region stands in the map of equal tiles, from the north-west corner."""

    region: str
    column: int
    row: int


@dataclass(frozen=True)
class Group:
    """Trusts of one kind: all that there are in England, those in the programme, and of these those that came."""

    name: str
    in_england: int
    in_programme: int
    came: int


@dataclass(frozen=True)
class EventReach:
    """One event: Trusts that are asked, have a place, and came; ``came`` is None until attendance was taken."""

    event: Event
    asked: int
    placed: int
    came: int | None


@dataclass(frozen=True)
class Reach:
    """The whole page of figures. ``attendance_taken``: at one session at least; else having been placed counts."""

    regions: list[Group]
    kinds: list[Group]
    activities: list[Group]
    events: list[EventReach]
    attendance_taken: bool
    sessions_ended: int

    @property
    def whole(self) -> Group:
        """All Trusts together."""
        groups = self.regions
        return Group(
            "All",
            sum(group.in_england for group in groups),
            sum(group.in_programme for group in groups),
            sum(group.came for group in groups),
        )


class _Known(NamedTuple):
    """What groups go by, of one Trust of England or of the programme."""

    region: str
    kind: str
    activity: str


def reach_of(programme: Programme) -> Reach:
    """Everything, as of now, in a fixed number of queries."""
    at = now()
    mine = {trust.ods_code: trust for trust in _trusts(programme)}
    known = {t.ods_code: _Known(t.region, t.trust_type, t.research_activity) for t in england()}
    for code, trust in mine.items():
        known[code] = _Known(trust.region, trust.trust_type.value, trust.research_activity.value)
    sittings = sittings_of(programme, at)
    ended = {sitting.session.id for sitting in sittings if sitting.has_ended(at) and sitting.seats}
    present = present_trusts(programme, ended)
    came = _came(sittings, ended, present) & mine.keys()

    def groups(of: Callable[[_Known], str], order: Iterable[str]) -> list[Group]:
        codes: dict[str, set[str]] = {name: set() for name in order}
        for code, each in known.items():
            codes.setdefault(of(each), set()).add(code)
        return [_group(name, here, mine.keys(), came) for name, here in codes.items() if here]

    return Reach(
        regions=groups(lambda each: each.region, words.REGION_LETTERS),
        kinds=groups(lambda each: each.kind, words.TRUST_TYPES),
        activities=groups(lambda each: each.activity, words.RESEARCH_ACTIVITIES),
        events=list(_events(programme, sittings, present)),
        attendance_taken=bool(present),
        sessions_ended=len(ended),
    )


@cache
def tiles() -> list[Tile]:
    """The seven regions as equal tiles (scheduler/data/README.md): none looks larger for its area."""
    with TILES.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["level"] == "region"]
    return [Tile(row["region"], int(row["column"]), int(row["row"])) for row in rows]


def _trusts(programme: Programme) -> Sequence[Trust]:
    return db.session.scalars(
        sa.select(Trust)
        .join(Trust.pair)
        .options(contains_eager(Trust.pair))
        .where(Pair.programme_id == programme.id, Pair.left_on.is_(None))
    ).all()


def _group(name: str, codes: set[str], mine: Iterable[str], came: Iterable[str]) -> Group:
    return Group(name, len(codes), len(codes.intersection(mine)), len(codes.intersection(came)))


def _came(sittings: Iterable[Sitting], ended: set[int], present: dict[int, frozenset[str]]) -> set[str]:
    """The Trusts that came to something that has ended: by attendance where it was taken, by the plan where not."""
    there: set[str] = set()
    for sitting in sittings:
        if sitting.session.id in ended:
            there |= present.get(sitting.session.id, sitting.trusts)
    return there


def _events(
    programme: Programme, sittings: Iterable[Sitting], present: dict[int, frozenset[str]]
) -> Iterator[EventReach]:
    placed: dict[int, set[str]] = defaultdict(set)
    came: dict[int, set[str]] = {}
    for sitting in sittings:
        event_id = sitting.session.event_id
        placed[event_id] |= sitting.trusts
        if (there := present.get(sitting.session.id)) is not None:
            came.setdefault(event_id, set()).update(there)
    pairs = living_pairs(programme)
    for event in _events_of(programme):
        asked = {party.trust.ods_code for party in parties_of(event, pairs) if party.trust is not None}
        here = came.get(event.id)
        asked |= placed[event.id] | (here or set())
        yield EventReach(event, len(asked), len(placed[event.id]), None if here is None else len(here))


def _events_of(programme: Programme) -> Sequence[Event]:
    """The events in order, with the names put into their audience."""
    names = selectinload(Event.audience_names)
    pair, person = names.selectinload(AudienceName.pair), names.selectinload(AudienceName.person)
    return db.session.scalars(
        sa.select(Event)
        .where(Event.programme_id == programme.id)
        .options(pair.selectinload(Pair.trust), person)
        .order_by(Event.position, Event.id)
    ).all()
