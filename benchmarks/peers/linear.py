"""The one model as a mixed-integer program: every clause a linear row, for HiGHS and SCIP as OR-Tools ships them.

"Both are here, so they met": x + y - met <= 1 for each pair of Trusts and session.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from ortools.math_opt.python import mathopt
from ortools.sat import cp_model_pb2

from benchmarks.peers.found import Clock, Found, Point
from benchmarks.peers.one_model import OneModel, plan_of
from solver.problem import Problem

NO_LIMIT = 2**62


def highs(problem: Problem, seconds: float, threads: int, clock: Clock) -> Found:
    """Solve by HiGHS, at its default settings."""
    return _solve(mathopt.SolverType.HIGHS, problem, seconds, clock)


def scip(problem: Problem, seconds: float, threads: int, clock: Clock) -> Found:
    """Solve by SCIP, which uses one thread."""
    return _solve(mathopt.SolverType.GSCIP, problem, seconds, clock)


def _solve(name: Any, problem: Problem, seconds: float, clock: Clock) -> Found:
    began = clock()
    model = OneModel(problem)
    rows, variables = linearised(_proto(model))
    built = clock() - began
    limits = mathopt.SolveParameters(
        time_limit=timedelta(seconds=max(0.1, seconds - built)), enable_output=name is mathopt.SolverType.HIGHS
    )
    with tempfile.TemporaryFile() as log:
        answer = _logged(log.fileno(), lambda: mathopt.solve(rows, name, params=limits))
        log.seek(0)
        curve = list(_curve(log.read().decode(errors="replace"), built))
    bound = _whole(answer.best_objective_bound())
    if not answer.has_primal_feasible_solution():
        return Found(None, bound, curve)
    values = [round(value) for value in answer.variable_values(variables)]
    return Found(plan_of(model, lambda x: values[x.index]), bound, curve)


def _whole(bound: float) -> int:
    """A bound of a program whose objective is whole, 0 where it says nothing; floats are trusted to 0.5."""
    return max(0, round(bound)) if abs(bound) < NO_LIMIT else 0


def linearised(proto: Any) -> tuple[mathopt.Model, list[Any]]:
    """The model and its variables, of the kinds of constraint that ``OneModel`` uses."""
    rows = mathopt.Model()
    variables = [rows.add_integer_variable(lb=v.domain[0], ub=v.domain[-1]) for v in proto.variables]

    def literal(index: int) -> Any:
        return variables[index] if index >= 0 else 1 - variables[-index - 1]

    add, total = rows.add_linear_constraint, mathopt.fast_sum
    for constraint in proto.constraints:
        kind = constraint.WhichOneof("constraint")
        if kind == "bool_or":
            add(total([literal(i) for i in constraint.bool_or.literals]) >= 1)
        elif kind == "exactly_one":
            add(total([literal(i) for i in constraint.exactly_one.literals]) == 1)
        elif kind == "at_most_one":
            add(total([literal(i) for i in constraint.at_most_one.literals]) <= 1)
        elif kind == "bool_and":
            (given,) = constraint.enforcement_literal
            for then in constraint.bool_and.literals:
                add(literal(given) <= literal(then))
        elif kind == "linear":
            _add_row(rows, variables, constraint.linear)
        else:
            raise ValueError(f"a constraint that has no linear form here: {kind}")
    weighted = [variables[v] * c for v, c in zip(proto.objective.vars, proto.objective.coeffs, strict=True)]
    rows.minimize(total(weighted) + proto.objective.offset)
    return rows, variables


def _add_row(rows: mathopt.Model, variables: list[Any], linear: Any) -> None:
    terms = [variables[v] * c for v, c in zip(linear.vars, linear.coeffs, strict=True)]
    if not terms:
        return
    low, high = linear.domain[0], linear.domain[-1]
    low, high = (float("-inf") if low < -NO_LIMIT else low), (float("inf") if high > NO_LIMIT else high)
    rows.add_linear_constraint(lb=low, ub=high, expr=mathopt.fast_sum(terms))


def _proto(model: OneModel) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.pb"
        model.cp.export_to_file(str(file))
        return cp_model_pb2.CpModelProto.FromString(file.read_bytes())


def _logged(file: int, act: Any) -> Any:
    """Run something whose C++ part writes to standard output, with that going to ``file``."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(file, 1)
    try:
        return act()
    finally:
        os.dup2(kept, 1)
        os.close(kept)


LINE = re.compile(r"%\s+(\S+)\s+(\S+)\s+\S+(?:\s+\S+){4}\s+([0-9.]+)s\s*$")


def _curve(log: str, built: float) -> Iterator[Point]:
    """HiGHS's table of progress as points; what it has not yet reads "inf"."""
    for line in log.splitlines():
        if found := LINE.search(line):
            bound, objective = (float(found[i]) for i in (1, 2))
            known = round(objective) if abs(objective) < NO_LIMIT else None
            yield built + float(found[3]), known, _whole(bound)
