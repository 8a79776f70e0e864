"""Why a party is where it is: every other place it could have, at its exact price or with the rules against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from solver.forbidding import broken_by
from solver.plan import Plan
from solver.pricing import price
from solver.problem import Event, Problem
from solver.whereabouts import Kind, Whereabouts


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a party: a session, the set of a number, or none (both None: it is left out of ``event``).

    ``event`` names the event or entry of ``sets``; ``change`` is the new objective less the present one, all else held
    as in the plan, also where rules forbid the place; ``broken`` are these rules in words, ids in double quotes.
    """

    event: str
    session: str | None
    number: int | None
    now: bool
    change: int
    broken: tuple[str, ...] = ()

    @property
    def price(self) -> int | None:
        """What it costs more to have the party here; None where a rule forbids it."""
        return None if self.broken else self.change

    @property
    def is_none(self) -> bool:
        """Whether this is to have no place."""
        return self.session is None and self.number is None

    def as_json(self) -> dict[str, Any]:
        """As ``convene explain --json`` writes it."""
        here: dict[str, Any] = {"event": self.event}
        if self.session is not None:
            here["session"] = self.session
        if self.number is not None:
            here |= {"set": self.event, "number": self.number}
        return here | {"now": self.now, "price": self.price, "broken": list(self.broken)}


def explain(problem: Problem, plan: Plan, party: str) -> tuple[Place, ...]:
    """Every place of each event and entry of ``sets`` that asks for the party, the last of each to have none.

    Raises KeyError where the problem has no such party. The plan is one of this problem that keeps its rules: of one
    that does not, only what the move itself breaks is told. Source: problem format, "Command line".
    """
    if party not in problem.party_by_id:
        raise KeyError(party)
    where = Whereabouts(problem, plan)
    return tuple(place for kind in where.kinds_of(party) for place in places_in(where, party, kind))


def places_in(where: Whereabouts, party: str, kind: Kind) -> Iterator[Place]:
    """The places of one event or entry of ``sets``."""
    for move in where.moves_of(party, kind):
        name = None if move.entering is None else move.entering.name
        session = str(name) if name is not None and isinstance(kind, Event) else None
        number = int(name) if name is not None and session is None else None
        yield Place(kind.id, session, number, move.leaving is move.entering, price(where, move), broken_by(where, move))
