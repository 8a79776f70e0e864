"""``docs/problem-format.md`` says what is true: its examples are accepted, and it names every field."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from solver import check, read_plan, read_problem, solve
from solver.plan import TERMS
from solver.problem import Weights
from solver.reading import shapes
from tests.solver.builders import small_problem

DOCUMENT = (Path(__file__).parents[2] / "docs" / "problem-format.md").read_text()
PROBLEM, PLAN, *_ANSWERS = (example.encode() for example in re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL))
SHAPES = [shape for shape in vars(shapes).values() if isinstance(shape, type) and issubclass(shape, shapes.Shape)]


def test_the_plan_in_the_document_keeps_every_rule_of_the_problem_in_it():
    assert check(read_problem(PROBLEM), read_plan(PLAN)) == []


def test_the_plan_in_the_document_is_as_cheap_as_it_says():
    made = solve(read_problem(PROBLEM), seconds=60)

    assert (made.status, made.objective) == ("optimal", read_plan(PLAN).objective)


def test_the_problem_in_the_document_has_every_field_at_the_top():
    assert json.loads(PROBLEM).keys() == small_problem().keys()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_field_is_in_the_document(shape: type[shapes.Shape]):
    missing = [name for name in shape.model_fields if f"`{name}`" not in DOCUMENT and f'"{name}"' not in DOCUMENT]

    assert missing == []


def test_the_default_weights_are_those_in_the_document():
    documented = dict(re.findall(r"^\| `(\w+)` \| .* \| (\d+) \|$", DOCUMENT, re.MULTILINE))
    weights = Weights()

    assert {name: int(documented[name]) for name in TERMS} == {
        f.name: getattr(weights, f.name) for f in fields(weights)
    }
