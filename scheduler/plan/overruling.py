"""Mix rules that an owner overruled in one plan, each with its reason: what they cover, and what is left to say.

Nothing else can be overruled. ``solver.check`` knows nothing of this and goes on reporting every broken rule.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from scheduler.extensions import db
from scheduler.models import BoardMove, Overruling, Plan
from solver.check import Violation, check
from solver.plan import Plan as SolverPlan
from solver.problem import Event, MixRule, Problem, SetsEntry

_OF_MIX = re.compile(r"problem\.(events|sets)\[\d+\]\.mix\[\d+\]\.")


@dataclass(frozen=True)
class MixFault:
    """One limit of a mix rule that a session or set breaks: ``count`` of ``present`` parties have ``value``.

    Of the limit "min_distinct", ``count`` is how many different values there are and ``value`` is "".
    """

    event: str
    place: str
    attribute: str
    limit: str
    value: str
    count: int
    present: int

    def is_covered_by(self, overruled: Overruling) -> bool:
        """Whether an owner has allowed this much; more than was seen then is asked about again."""
        same = (self.event, self.place, self.attribute, self.limit, self.value)
        if same != (overruled.event, overruled.place, overruled.attribute, overruled.limit, overruled.value):
            return False
        if self.limit == "max_share":
            return Fraction(self.count, self.present) <= Fraction(overruled.count, overruled.present)
        return self.count >= overruled.count if self.limit == "min_distinct" else self.count <= overruled.count


def mix_faults(problem: Problem, made: SolverPlan, event: str | None = None) -> list[MixFault]:
    """Every limit of a mix rule that a plan breaks, of one event or entry of ``sets`` or of all, in their order."""
    found: list[MixFault] = []
    inside: dict[tuple[str, str], list[str]] = defaultdict(list)
    for assigned in made.assignments:
        inside[assigned.event, assigned.session].append(assigned.party)
    for planned in problem.events:
        if event in (None, planned.id):
            for session in planned.sessions:
                found += _faults_in(problem, planned, session.id, inside[planned.id, session.id])
    for entry in problem.sets:
        if event in (None, entry.id):
            for formed in made.sets:
                if formed.set == entry.id:
                    found += _faults_in(problem, entry, str(formed.number), formed.parties)
    return found


def overrulings_of(plan: Plan) -> list[Overruling]:
    """What was overruled in a plan by moves that stand, oldest first."""
    rows = (
        select(Overruling)
        .join(Overruling.move)
        .where(BoardMove.plan_id == plan.id, BoardMove.undone.is_(False))
        .options(contains_eager(Overruling.move).joinedload(BoardMove.by))
        .order_by(Overruling.id)
    )
    return list(db.session.scalars(rows))


def uncovered(faults: Iterable[MixFault], overruled: Sequence[Overruling]) -> list[MixFault]:
    """The faults that nobody has allowed."""
    return [fault for fault in faults if not any(fault.is_covered_by(row) for row in overruled)]


def standing_faults(problem: Problem, made: SolverPlan, overruled: Sequence[Overruling]) -> list[Violation]:
    """What separate code finds broken in a plan, less what an owner has overruled in it."""
    found = check(problem, made)
    if not overruled:
        return found
    of_mix = [violation for violation in found if is_of_mix(violation)]
    counted = mix_faults(problem, made)
    if len(of_mix) != len(counted) or uncovered(counted, overruled):
        return found
    return [violation for violation in found if not is_of_mix(violation)]


def is_of_mix(violation: Violation) -> bool:
    """Whether a violation is of a mix rule: the only kind that can be overruled."""
    return _OF_MIX.match(violation.place) is not None


def overrule(move: BoardMove, faults: Iterable[MixFault], reason: str) -> None:
    """Write down, in the caller's transaction, that a move may break these limits."""
    for fault in faults:
        db.session.add(
            Overruling(
                move=move,
                event=fault.event,
                place=fault.place,
                attribute=fault.attribute,
                limit=fault.limit,
                value=fault.value,
                count=fault.count,
                present=fault.present,
                reason=reason,
            )
        )


def _faults_in(problem: Problem, kind: Event | SetsEntry, place: str, present: Sequence[str]) -> Iterator[MixFault]:
    for rule in kind.mix if present else ():
        values = Counter(problem.party_by_id[party].value_of(rule.attribute) for party in present)
        for limit, value, count in _broken(rule, values, len(present)):
            yield MixFault(kind.id, place, rule.attribute, limit, value, count, len(present))


def _broken(rule: MixRule, values: Counter[str], present: int) -> Iterator[tuple[str, str, int]]:
    for value, count in sorted(values.items()):
        if rule.max_share is not None and Fraction(count, present) > rule.max_share:
            yield "max_share", value, count
        if rule.max_count is not None and count > rule.max_count:
            yield "max_count", value, count
    if rule.min_distinct is not None and len(values) < rule.min_distinct:
        yield "min_distinct", "", len(values)
