"""Who gave how much over the year: bent, travelled, was left out, was moved; as lines to compare and as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from scheduler import formatting
from scheduler.clock import now
from scheduler.extensions import db
from scheduler.models import Pair, Programme, Trust
from scheduler.plan.burdens import Burden, burdens_of

ORDERS = ("all", "bent", "travelled", "left-out", "moved")


@dataclass(frozen=True)
class Line:
    """One Trust with what was asked of its pair."""

    trust: Trust
    burden: Burden

    def weight(self, by: str) -> int:
        """What an order goes by, most first."""
        burden = self.burden
        weights = {
            "bent": burden.bent,
            "travelled": burden.miles,
            "left-out": burden.left_out,
            "moved": burden.moved,
        }
        return weights.get(by, burden.points)


def lines_of(programme: Programme, by: str = "all") -> list[Line]:
    """Every Trust that takes part, those of whom most was asked first."""
    rows = db.session.scalars(
        sa.select(Trust)
        .join(Trust.pair)
        .options(contains_eager(Trust.pair))
        .where(Pair.programme_id == programme.id, Pair.left_on.is_(None))
    )
    burdens = burdens_of(programme, now())
    lines = [Line(trust, burdens[trust.ods_code]) for trust in rows]
    return sorted(lines, key=lambda line: (-line.weight(by), -line.burden.points, line.trust.name))


def in_words(burden: Burden) -> str:
    """ "bent twice, travelled 410 miles, left out once"; what did not happen is left out."""
    parts = [
        f"bent {_times(burden.bent)}" if burden.bent else "",
        f"travelled {formatting.count(burden.miles, 'mile')}" if burden.miles else "",
        f"left out {_times(burden.left_out)}" if burden.left_out else "",
        f"moved {_times(burden.moved)}" if burden.moved else "",
    ]
    return ", ".join(filter(None, parts))


def findings(lines: Sequence[Line]) -> list[str]:
    """What stands out, a sentence each."""
    if not lines:
        return []
    found = []
    miles = [line.burden.miles for line in lines]
    if furthest := max(miles):
        middle = formatting.count(median_low(miles), "mile")
        who = next(line.trust.name for line in lines if line.burden.miles == furthest)
        found.append(
            f"Half of the pairs have travelled {middle} or less; {who} the most, {formatting.number(furthest)}."
        )
    often = sum(line.burden.bent > 1 for line in lines)
    bent = sum(line.burden.bent > 0 for line in lines)
    if bent:
        twice = f", {formatting.number(often)} of them more than once" if often else ", none of them more than once"
        found.append(f"{formatting.of(bent, len(lines))} pairs came on an if need be{twice}.")
    for number, verb in (
        (sum(line.burden.left_out > 0 for line in lines), "left out of an event"),
        (sum(line.burden.moved > 0 for line in lines), "moved after a plan was published"),
    ):
        if number:
            found.append(f"{formatting.of(number, len(lines))} pairs {'was' if number == 1 else 'were'} {verb}.")
    return found


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")
