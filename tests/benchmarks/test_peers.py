"""The peers' plans keep every rule, and no bound of theirs is above a plan: else the comparison means nothing."""

from __future__ import annotations

import json

import pytest

from benchmarks.bench_scale import exponent
from benchmarks.drawing import curves
from benchmarks.instances.generator import Shape, make
from benchmarks.measuring import OURS, PEERS, Limits, Measured, measure
from solver import Problem, read_problem

SMALL = Shape(10, workshops=1, sittings=2, spare=1, rounds=1, slots=3)


@pytest.fixture(scope="module")
def problem() -> Problem:
    return read_problem(json.dumps(make(SMALL, 1)).encode())


@pytest.fixture(scope="module")
def best(problem: Problem) -> Measured:
    return measure(OURS, problem, Limits(4.0, threads=1))


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_finds_a_plan_that_keeps_every_rule(peer: str, problem: Problem, best: Measured) -> None:
    run = measure(peer, problem, Limits(4.0, threads=1))

    assert not run.failed
    assert run.objective is not None
    assert run.broken == 0
    assert run.objective >= best.bound
    assert run.bound <= min(run.objective, best.objective or 0)
    assert run.megabytes > 0


def test_processor_time_ends_a_run_too(problem: Problem) -> None:
    run = measure(OURS, problem, Limits(1.0, threads=2, cpu=True))

    assert run.objective is not None
    assert run.broken == 0


def test_the_exponent_is_that_of_the_power_law_through_the_points() -> None:
    assert exponent([(n, 0.02 * n**1.5) for n in (64, 125, 500, 4000)]) == pytest.approx(1.5)


def test_a_drawing_says_in_words_what_it_shows(best: Measured) -> None:
    drawing = curves("12 parties <seed 1>", [best, Measured("nobody")], 5.0)

    assert '<title id="title">12 parties &lt;seed 1&gt;</title>' in drawing
    assert f"convene: objective {best.objective}, bound {best.bound}" in drawing
    assert 'class="objective"' in drawing
