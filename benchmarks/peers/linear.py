"""The one model as a mixed-integer program: every clause a linear row, for HiGHS and SCIP as OR-Tools ships them.

"Both are here, so they met": x + y - met <= 1 for each pair of Trusts and session.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ortools.linear_solver.python import model_builder
from ortools.sat import cp_model_pb2

from benchmarks.peers.found import Clock, Found, Point
from benchmarks.peers.one_model import OneModel, plan_of
from solver.problem import Problem

NO_LIMIT = 2**62
FOUND = (model_builder.SolveStatus.OPTIMAL, model_builder.SolveStatus.FEASIBLE)


def highs(problem: Problem, seconds: float, threads: int, clock: Clock) -> Found:
    """Solve by HiGHS, at its default settings."""
    return _solve("HIGHS", problem, seconds, clock)


def scip(problem: Problem, seconds: float, threads: int, clock: Clock) -> Found:
    """Solve by SCIP, which uses one thread."""
    return _solve("SCIP", problem, seconds, clock)


def _solve(name: str, problem: Problem, seconds: float, clock: Clock) -> Found:
    began = clock()
    model = OneModel(problem)
    rows, variables = linearised(_proto(model))
    solver = model_builder.Solver(name)
    solver.set_time_limit_in_seconds(max(0.1, seconds - (clock() - began)))
    solver.enable_output(True)
    built = clock() - began
    with tempfile.TemporaryFile() as log:
        status = _logged(log.fileno(), lambda: solver.solve(rows))
        log.seek(0)
        curve = list(_curve(log.read().decode(errors="replace"), built)) if name == "HIGHS" else []
    bound = solver.best_objective_bound if status in FOUND else 0.0
    certain = max(0, round(bound)) if 0 <= bound < NO_LIMIT else 0
    if status not in FOUND:
        return Found(None, certain, curve)
    values = [round(solver.value(v)) for v in variables]
    return Found(plan_of(model, lambda x: values[x.index]), certain, curve)


def linearised(proto: Any) -> tuple[model_builder.Model, list[Any]]:
    """The model and its variables, of the kinds of constraint that ``OneModel`` uses."""
    rows = model_builder.Model()
    variables = [rows.new_int_var(v.domain[0], v.domain[-1], "") for v in proto.variables]

    def literal(index: int) -> Any:
        return variables[index] if index >= 0 else 1 - variables[-index - 1]

    total = model_builder.LinearExpr.sum
    for constraint in proto.constraints:
        kind = constraint.WhichOneof("constraint")
        if kind == "bool_or":
            rows.add(total([literal(i) for i in constraint.bool_or.literals]) >= 1)
        elif kind == "exactly_one":
            rows.add(total([literal(i) for i in constraint.exactly_one.literals]) == 1)
        elif kind == "at_most_one":
            rows.add(total([literal(i) for i in constraint.at_most_one.literals]) <= 1)
        elif kind == "bool_and":
            (given,) = constraint.enforcement_literal
            for then in constraint.bool_and.literals:
                rows.add(literal(given) <= literal(then))
        elif kind == "linear":
            _add_row(rows, variables, constraint.linear)
        else:
            raise ValueError(f"a constraint that has no linear form here: {kind}")
    weighted = [variables[v] * c for v, c in zip(proto.objective.vars, proto.objective.coeffs, strict=True)]
    rows.minimize(total(weighted) + proto.objective.offset)
    return rows, variables


def _add_row(rows: model_builder.Model, variables: list[Any], linear: Any) -> None:
    terms = [variables[v] * c for v, c in zip(linear.vars, linear.coeffs, strict=True)]
    if not terms:
        return
    low, high = linear.domain[0], linear.domain[-1]
    low, high = (float("-inf") if low < -NO_LIMIT else low), (float("inf") if high > NO_LIMIT else high)
    rows.add_linear_constraint(model_builder.LinearExpr.sum(terms), low, high)


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
            yield built + float(found[3]), known, max(0, round(bound)) if 0 <= bound < NO_LIMIT else 0
