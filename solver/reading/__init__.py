"""Problem and plan files to data, strictly: what breaks the format is refused with its place, all faults at once."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from solver import plan
from solver.faults import Faults, PlanRefused, ProblemRefused
from solver.plan import Plan
from solver.problem import Problem
from solver.reading import shapes
from solver.reading.building import plan_of, problem_of
from solver.reading.jsontext import MOST_BYTES, read_json
from solver.reading.limits import check_largest_objective
from solver.reading.links import check_links
from solver.reading.words import tell

__all__ = ["MOST_BYTES", "read_plan", "read_problem"]

PROBLEM_FORMAT = "convene-problem/1"
_Shape = TypeVar("_Shape", bound=shapes.Shape)


def read_problem(text: bytes) -> Problem:
    """The problem that a ``convene-problem/1`` file states.

    Raises ProblemRefused with every fault and its place, the first 1,000 and how many more. Source: problem format,
    "Problem".
    """
    faults = Faults()
    data = _read_object(text, "a problem", PROBLEM_FORMAT, plan.FORMAT, faults)
    shape = None if data is None else _shaped(data, shapes.ProblemShape, faults)
    if data is not None:
        check_links(data, faults)
    if faults or shape is None:
        raise ProblemRefused(faults, faults.more)
    problem = problem_of(shape)
    check_largest_objective(problem, faults)
    if faults:
        raise ProblemRefused(faults, faults.more)
    return problem


def read_plan(text: bytes) -> Plan:
    """The plan that a ``convene-plan/1`` file states.

    Only its shape is judged here, without the problem: ids that the problem does not know and rules that do not hold
    are violations, for ``solver.check`` to tell. Raises PlanRefused as ``read_problem`` raises ProblemRefused.
    """
    faults = Faults()
    data = _read_object(text, "a plan", plan.FORMAT, PROBLEM_FORMAT, faults)
    shape = None if data is None else _shaped(data, shapes.PlanShape, faults)
    if faults or shape is None:
        raise PlanRefused(faults, faults.more)
    return plan_of(shape)


def _read_object(text: bytes, wanted: str, its_format: str, other_format: str, faults: Faults) -> dict[str, Any] | None:
    data = read_json(text, faults)
    if data is None and faults:
        return None
    if not isinstance(data, dict):
        faults.add("file", f"must hold an object: {wanted} in the format {its_format}")
        return None
    if data.get("format") == other_format:
        faults.add("format", f'must be "{its_format}", not "{other_format}": this is the other of the two files')
        return None
    return data


def _shaped(data: dict[str, Any], shape: type[_Shape], faults: Faults) -> _Shape | None:
    budget = shapes.Budget()
    try:
        return shape.model_validate(data, context=budget)
    except ValidationError as error:
        tell(error, faults)
        faults.add_uncounted(budget.counted)
        return None
