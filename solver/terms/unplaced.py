"""How many parties of an audience have no session, or no set."""

from __future__ import annotations

from solver.rulebook import Expression
from solver.variables import Variables


def unplaced(variables: Variables) -> Expression:
    """A party of an audience with no session, or with no set, counted once for each event and entry."""
    problem = variables.problem
    expected = sum(len(event.audience) for event in problem.events) + sum(len(entry.audience) for entry in problem.sets)
    attending = [
        literal for event in problem.events for p in event.audience for literal in variables.sessions_of(event, p)
    ]
    joining = [literal for entry in problem.sets for p in entry.audience for literal in variables.sets_of(entry, p)]
    return expected - sum(attending) - sum(joining)
