"""The answer of the solver: a ``convene-plan/1`` file, as frozen data classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from solver.problem import Assignment, Meeting, PlannedSet

__all__ = ["FORMAT", "TERMS", "Assignment", "Meeting", "Plan", "PlannedSet", "Status", "Unplaced"]

FORMAT = "convene-plan/1"
Status = Literal["optimal", "feasible", "infeasible", "unknown"]
TERMS = (
    "unplaced",
    "open_cost",
    "costs",
    "if_need_be",
    "burden",
    "repeat_encounter",
    "mix_imbalance",
    "change",
)


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A party of an audience with no session or set: ``event`` names the event or entry of ``sets``."""

    event: str
    party: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan and what was proven of it.

    ``objective`` and ``terms`` (counts before weights) are None and empty where no plan was found; ``bound`` is a
    proven lower bound on the objective, never an estimate; ``conflict`` is for "infeasible" alone.
    """

    status: Status
    seconds: float
    objective: int | None = None
    bound: int = 0
    terms: Mapping[str, int] = field(default_factory=dict)
    assignments: tuple[Assignment, ...] = ()
    sets: tuple[PlannedSet, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    conflict: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The plan file as plain JSON values, keys in the order of the format."""
        made: dict[str, Any] = {"format": FORMAT, "status": self.status}
        if self.objective is not None:
            made["objective"] = self.objective
        made |= {"bound": self.bound, "seconds": round(self.seconds, 1), "terms": dict(self.terms)}
        made["assignments"] = [{"event": a.event, "party": a.party, "session": a.session} for a in self.assignments]
        made["sets"] = [_set_as_json(s) for s in self.sets]
        made["unplaced"] = [{"event": u.event, "party": u.party, "reasons": list(u.reasons)} for u in self.unplaced]
        if self.status == "infeasible":
            made["conflict"] = list(self.conflict)
        return made


def _set_as_json(planned: PlannedSet) -> dict[str, Any]:
    made: dict[str, Any] = {"set": planned.set, "number": planned.number, "parties": list(planned.parties)}
    if planned.facilitator is not None:
        made["facilitator"] = planned.facilitator
    made["meetings"] = [{"round": m.round, "slot": m.slot} for m in planned.meetings]
    return made
