"""A share means exactly what is written, however many digits it has."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solver import check, read_problem, solve
from solver.rules.mix import same_among
from tests.solver.builders import as_file, small_problem


@given(share=st.fractions(0, 1), most=st.integers(1, 12))
def test_the_share_with_small_numbers_allows_the_same(share: Fraction, most: int):
    small = same_among(share, most)

    assert small.denominator <= most
    for present in range(1, most + 1):
        for count in range(present + 1):
            assert (Fraction(count, present) <= small) == (Fraction(count, present) <= share)


@pytest.mark.parametrize(
    ("written", "unplaced"),
    [("0.5" + "0" * 60 + "1", 0), ("0.5", 0), ("0.4" + "9" * 60, 4), ("1e-400", 4), ("0", 4), ("1", 0)],
)
def test_a_plan_keeps_a_share_of_many_digits(written: str, unplaced: int):
    text = as_file(small_problem() | {"locks": []}).replace(b'"max_share": 0.5', b'"max_share": ' + written.encode())
    # Any two in a session have different regions, so that a half is just allowed and a hair less is not.
    problem = read_problem(text.replace(b'"open": {"min": 1, "max": 2}', b'"open": {}'))

    plan = solve(problem, seconds=60)

    assert (plan.status, plan.terms["unplaced"]) == ("optimal", unplaced)
    assert check(problem, plan) == []
