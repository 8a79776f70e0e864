"""The ledger: which Trusts have met, will meet, or have not met yet, counted exactly at any size.

Each Trust has one bit, and whom it has met is one whole number. So 1,000 Trusts, half a million twos, are counted with
a few thousand operations on such numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.audience import living_pairs, pairs_of, parties_of
from scheduler.extensions import db
from scheduler.models import Pair, Person, Plan, PlanStatus, Programme, Session, Trust
from scheduler.plan.encounters import Gathering, How, Occasion, earlier_encounters, gatherings_of
from scheduler.plan.problems import plannable_events
from scheduler.plan.published import published_plan
from scheduler.words import REGION_LETTERS

NORTH_TO_SOUTH = {region: place for place, region in enumerate(REGION_LETTERS)}


@dataclass(frozen=True)
class Figures:
    """How many twos of Trusts there are, have met, and will meet for the first time."""

    pairs: int
    met: int
    planned: int  # of those that met: attendance was not taken, so the plan says it
    ahead: int

    @property
    def share(self) -> str:
        """The share that has met: "60%"."""
        return formatting.percentage(Fraction(self.met, self.pairs)) if self.pairs else "0%"


@dataclass
class Shared:
    """One occasion that two Trusts shared: a session, a set with the days it met on, or one of an earlier year."""

    title: str
    where: str
    how: How
    days: list[str]

    @property
    def when(self) -> str:
        """The day or days it took or takes place."""
        return formatting.listed(self.days)


@dataclass
class Other:
    """What a Trust and another one have in common."""

    trust: Trust
    behind: list[Shared] = field(default_factory=list)
    ahead: list[Shared] = field(default_factory=list)
    next_chance: str = ""  # where they may meet in what is not planned yet

    @property
    def has_met(self) -> bool:
        """Whether they have met."""
        return bool(self.behind)


class Ledger:
    """All encounters of one programme at one moment. ``trusts`` stand by region, north to south, then by name."""

    def __init__(self, programme: Programme, at: datetime | None = None) -> None:
        self.programme = programme
        self.at = at or now()
        self.trusts = _trusts_of(programme)
        self.gatherings = gatherings_of(programme, self.at)
        self.earlier = earlier_encounters(programme)
        self._bit = {trust.ods_code: 1 << place for place, trust in enumerate(self.trusts)}
        self._living = self._mask(trust.ods_code for trust in self.trusts if _lives(trust))
        self._known = self._masks(gathering.trusts for gathering in self.gatherings if gathering.how is How.MET)
        for one, other, *_ in self.earlier:
            self._join(self._known, {one, other})
        self._planned = self._masks(g.trusts for g in self.gatherings if g.how is How.PLANNED)
        self._ahead = self._masks(g.trusts for g in self.gatherings if g.how is How.WILL_MEET)

    @cached_property
    def living(self) -> list[Trust]:
        """The Trusts that take part now: those the figures count."""
        return [trust for trust in self.trusts if _lives(trust)]

    @cached_property
    def figures(self) -> Figures:
        """The whole ledger in four numbers."""
        codes = [trust.ods_code for trust in self.living]
        return Figures(
            pairs=len(codes) * (len(codes) - 1) // 2,
            met=sum(self.met_by(code) for code in codes) // 2,
            planned=sum((self._planned[c] & ~self._known[c] & self._living).bit_count() for c in codes) // 2,
            ahead=sum(self.will_meet(code) for code in codes) // 2,
        )

    def met_by(self, code: str) -> int:
        """How many Trusts that take part now this one has met."""
        return (self._met(code) & self._living).bit_count()

    def will_meet(self, code: str) -> int:
        """How many it will meet for the first time by the published plan."""
        return (self._ahead[code] & ~self._met(code) & self._living).bit_count()

    def others(self, code: str) -> int:
        """How many Trusts there are for it to meet."""
        return (self._living & ~self._bit.get(code, 0)).bit_count()

    def state(self, one: str, other: str) -> How | None:
        """What is known of two Trusts; None where they have not met and will not by the published plan."""
        for masks, how in ((self._known, How.MET), (self._planned, How.PLANNED), (self._ahead, How.WILL_MEET)):
            if masks[one] & self._bit[other]:
                return how
        return None

    def regions(self) -> list[tuple[str, list[Trust]]]:
        """The Trusts that take part now, by region from north to south."""
        found: dict[str, list[Trust]] = {}
        for trust in self.living:
            found.setdefault(trust.region, []).append(trust)
        return list(found.items())

    def between(self, some: Sequence[Trust], others: Sequence[Trust]) -> tuple[int, int]:
        """Of the twos with one Trust on each side, how many have met, and how many there are."""
        mask = self._mask(trust.ods_code for trust in others)
        met = sum((self._met(trust.ods_code) & mask).bit_count() for trust in some)
        if some == others:
            return met // 2, len(some) * (len(some) - 1) // 2
        return met, len(some) * len(others)

    def added_by(self, plan: Plan) -> int:
        """How many twos would meet for the first time if a draft were published."""
        brought = gatherings_of(self.programme, self.at, ahead=plan)
        ahead = self._masks(gathering.trusts for gathering in brought if gathering.how is How.WILL_MEET)
        codes = [trust.ods_code for trust in self.living]
        return sum((ahead[code] & ~self._met(code) & self._living).bit_count() for code in codes) // 2

    def of(self, code: str) -> list[Other]:
        """Every other Trust with all they shared and will share; of those that have left only whom it met."""
        found = {trust.ods_code: Other(trust) for trust in self.trusts if trust.ods_code != code}
        shared: dict[tuple[str, Occasion], Shared] = {}
        for one, other, held_on, occasion in self.earlier:
            if code in (one, other):
                line = Shared(occasion or "Earlier programme", "", How.MET, [formatting.partial_day(held_on)])
                found[other if one == code else one].behind.append(line)
        for gathering in (g for g in self.gatherings if code in g.trusts):
            for each in gathering.trusts & found.keys():
                self._add(found[each], gathering, shared)
        return [other for other in found.values() if _lives(other.trust) or other.has_met]

    def _add(self, other: Other, gathering: Gathering, shared: dict[tuple[str, Occasion], Shared]) -> None:
        session = gathering.sitting.session
        is_ahead = gathering.how is How.WILL_MEET
        place = f"{other.trust.ods_code} {'ahead' if is_ahead else 'behind'}", gathering.key
        if place not in shared:
            shared[place] = Shared(title_of(gathering), where(session), gathering.how, [])
            (other.ahead if is_ahead else other.behind).append(shared[place])
        shared[place].days.append(formatting.day(session.starts_at, session.time_zone, weekday=False))
        if gathering.how is How.MET:
            shared[place].how = How.MET

    def _met(self, code: str) -> int:
        return self._known[code] | self._planned[code]

    def _mask(self, codes: Iterable[str]) -> int:
        mask = 0
        for code in codes:
            mask |= self._bit.get(code, 0)
        return mask

    def _masks(self, groups: Iterable[Iterable[str]]) -> dict[str, int]:
        """For each Trust, as bits, with whom it is in one of these groups."""
        masks = dict.fromkeys(self._bit, 0)
        for group in groups:
            self._join(masks, group)
        return masks

    def _join(self, masks: dict[str, int], group: Iterable[str]) -> None:
        here = [code for code in group if code in self._bit]
        mask = self._mask(here)
        for code in here:
            masks[code] |= mask & ~self._bit[code]


def newest_draft(programme: Programme) -> Plan | None:
    """A finished draft that is newer than the published plan."""
    newest = db.session.scalar(
        sa.select(Plan)
        .where(Plan.programme_id == programme.id, Plan.status.in_((PlanStatus.DRAFT, PlanStatus.PUBLISHED)))
        .order_by(Plan.number.desc())
        .limit(1)
    )
    return newest if newest is not None and newest.status is PlanStatus.DRAFT and newest.objective is not None else None


def add_next_chances(ledger: Ledger, code: str, others: Iterable[Other]) -> None:
    """Say of those not met nor to be met where they may: in an event not planned yet that both are asked to."""
    planned = {g.sitting.session.event_id for g in ledger.gatherings if g.how is How.WILL_MEET}
    unplanned = [
        event for event in plannable_events(ledger.programme, ledger.at) if event.encounters and event.id not in planned
    ]
    pairs = living_pairs(ledger.programme) if unplanned else []
    chances: dict[str, str] = {}
    for event in unplanned:
        asked = {party.trust.ods_code for party in parties_of(event, pairs) if party.trust is not None}
        if code in asked:
            first = min(s.starts_at for s in event.sessions if s.withdrawn_at is None and s.starts_at > ledger.at)
            words = f"{event.title}, from {formatting.short_day(first, ledger.programme.time_zone)}"
            for each in asked:
                chances.setdefault(each, words)
    for other in others:
        if not other.has_met and not other.ahead:
            other.next_chance = chances.get(other.trust.ods_code, "")


def met_in_short(person: Person) -> list[str]:
    """ "You have met 31 of 63 Trusts", for each Trust a person stands for; none while there is nothing to say."""
    codes = [pair.trust.ods_code for pair in pairs_of(person) if pair.left_on is None]
    told = published_plan(person.programme) if codes else None
    if told is None:
        return []
    ledger = Ledger(person.programme)
    there = [code for code in codes if ledger.met_by(code) or ledger.will_meet(code)]
    return [f"You have met {formatting.of(ledger.met_by(code), ledger.others(code))} Trusts" for code in there]


def title_of(gathering: Gathering) -> str:
    """What an occasion is called: "Workshop 1", "Action learning sets, set 3"."""
    sitting = gathering.sitting
    title = str(sitting.session.event.title)
    return title if sitting.number is None else f"{title}, set {sitting.number}"


def where(session: Session) -> str:
    """The town of a session, "online", or "" where it has no venue."""
    if session.venue is None:
        return ""
    return "online" if session.venue.is_online else str(session.venue.town or session.venue.name)


def _trusts_of(programme: Programme) -> list[Trust]:
    """Every Trust with a pair, in the order of the matrix."""
    rows = db.session.scalars(
        sa.select(Trust).join(Trust.pair).options(contains_eager(Trust.pair)).where(Pair.programme_id == programme.id)
    )
    last = len(NORTH_TO_SOUTH)
    return sorted(rows, key=lambda t: (NORTH_TO_SOUTH.get(t.region, last), t.region, t.name, t.ods_code))


def _lives(trust: Trust) -> bool:
    return trust.pair is not None and trust.pair.left_on is None
