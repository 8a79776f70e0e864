"""What a board is told on two pages: reach, attendance, encounters, mix, movement, and how good the plan is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from scheduler.clock import now
from scheduler.follow.encounters import Figures, Ledger
from scheduler.follow.reach import Reach, reach_of
from scheduler.models import Event, Plan, Programme
from scheduler.plan.burdens import Burden, burdens_of
from scheduler.plan.encounters import present_trusts
from scheduler.plan.published import published_plan
from scheduler.plan.told import Sitting, plans_told, sittings_of


@dataclass
class Attended:
    """One event whose attendance was taken: how many Trusts had a place in its sessions that have ended, how many of
    these came, and how many came without one."""

    event: Event
    expected: int = 0
    came: int = 0
    walked_in: int = 0


@dataclass(frozen=True)
class Mix:
    """How mixed the sessions and sets are in which Trusts meet: how many there are, the fewest and the usual number of
    regions in one, and the largest part that one region has in any, as (Trusts, of how many)."""

    groups: int
    fewest_regions: int
    usual_regions: int
    most_of_one: tuple[int, int]


@dataclass(frozen=True)
class BoardReport:
    """All figures of the report at one moment."""

    at: datetime
    plan: Plan | None
    publications: int
    reach: Reach
    attended: list[Attended]
    ended_without: int  # sessions that have ended and whose attendance was not taken
    encounters: Figures
    mix: Mix | None
    burdens: list[Burden]

    @property
    def expected(self) -> int:
        """Places at sessions whose attendance was taken."""
        return sum(each.expected for each in self.attended)

    @property
    def came(self) -> int:
        """Of these, the places somebody came to."""
        return sum(each.came for each in self.attended)

    def pairs_with(self, what: str) -> int:
        """How many pairs bent, were left out or moved at least once: "bent", "left_out", "moved"."""
        return sum(getattr(burden, what) > 0 for burden in self.burdens)


def board_report(programme: Programme) -> BoardReport:
    """The report as of now."""
    at = now()
    ledger = Ledger(programme, at)
    region_of = {trust.ods_code: trust.region for trust in ledger.trusts}
    sittings = [sitting for sitting in sittings_of(programme, at) if sitting.seats]
    ended = {sitting.session.id for sitting in sittings if sitting.has_ended(at)}
    present = present_trusts(programme, ended)
    return BoardReport(
        at=at,
        plan=published_plan(programme),
        publications=len(plans_told(programme)),
        reach=reach_of(programme),
        attended=_attended(sittings, present),
        ended_without=len(ended - present.keys()),
        encounters=ledger.figures,
        mix=_mix(sittings, region_of),
        burdens=list(burdens_of(programme, at).values()),
    )


def _attended(sittings: Iterable[Sitting], present: Mapping[int, frozenset[str]]) -> list[Attended]:
    found: dict[int, Attended] = {}
    told: dict[int, tuple[Attended, set[str]]] = {}  # several sets may share a slot
    for sitting in (each for each in sittings if each.session.id in present):
        session = sitting.session
        line = found.setdefault(session.event_id, Attended(session.event))
        line.expected += len(sitting.trusts)
        line.came += len(sitting.trusts & present[session.id])
        told.setdefault(session.id, (line, set()))[1].update(sitting.trusts)
    for session_id, (line, expected) in told.items():
        line.walked_in += len(present[session_id] - expected)
    return sorted(found.values(), key=lambda line: (line.event.position, line.event.id))


def _mix(sittings: Iterable[Sitting], region_of: Mapping[str, str]) -> Mix | None:
    groups = {s.key: s.trusts & region_of.keys() for s in sittings if s.session.event.encounters}
    counts = [Counter(region_of[code] for code in trusts) for trusts in groups.values() if trusts]
    if not counts:
        return None
    regions = sorted(len(count) for count in counts)
    fullest = max(counts, key=lambda count: (max(count.values()) / count.total(), count.total()))
    return Mix(
        groups=len(counts),
        fewest_regions=regions[0],
        usual_regions=regions[len(regions) // 2],
        most_of_one=(max(fullest.values()), fullest.total()),
    )
