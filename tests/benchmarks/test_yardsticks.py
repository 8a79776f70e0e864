"""A public problem written as ours has the published value as its best objective."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks import yardsticks
from solver import Plan, check, read_problem, solve
from solver.clock import Progress, silent

FLEET = {1: (6, 2), 2: (6, 2), 3: (0, 2), 4: (0, 2), 5: (0, 3)}


def solved(problem: dict[str, Any], progress: Progress = silent) -> Plan:
    read = read_problem(json.dumps(problem).encode())
    plan = solve(read, seconds=20.0, threads=1, seed=1, progress=progress)
    assert check(read, plan) == []
    return plan


def least(problem: dict[str, Any]) -> int:
    """What is proven of a problem when the first proof comes."""
    return solved(problem, lambda objective, bound, seconds: objective is not None and bound > 0).bound


def test_nine_golfers_play_four_weeks_without_a_repeat() -> None:
    assert solved(yardsticks.golfers(3, 3, 4)).objective == 0


def test_four_golfers_cannot_play_in_pairs_four_times_without_a_repeat() -> None:
    assert least(yardsticks.golfers(2, 2, 4)) > 0


@pytest.mark.parametrize("apart", [True, False])
def test_a_four_by_four_queen_graph_has_five_colours_and_not_four(apart: bool) -> None:
    graph = yardsticks.queen(4)

    assert solved(yardsticks.colouring(*graph, 5, apart=apart)).objective == 0
    assert least(yardsticks.colouring(*graph, 4, apart=apart)) > 0


def test_graphs_have_the_published_numbers_of_nodes_and_edges() -> None:
    assert [(nodes, len(edges)) for nodes, edges in map(yardsticks.myciel, (3, 5, 6))] == [
        (11, 20),
        (47, 236),
        (95, 755),
    ]
    assert [(nodes, len(edges)) for nodes, edges in map(yardsticks.queen, (6, 8))] == [(36, 290), (64, 728)]


def test_guests_visit_two_hosts_once_each_and_a_third_period_repeats() -> None:
    once = solved(yardsticks.progressive_party({b: FLEET[b] for b in (1, 2, 3, 4)}, [1, 2], 2))
    again = solved(yardsticks.progressive_party({b: FLEET[b] for b in (1, 2, 3, 4)}, [1, 2], 3))

    assert once.objective == 0
    assert again.objective is not None
    assert 0 < again.objective < yardsticks.UNPLACED


def test_medians_cost_whole_distances_within_capacity() -> None:
    text = "1 6  4 2 2  1 0 0 1  2 3 3 1  3 50 50 1  4 52 50 1"

    assert solved(yardsticks.medians(text)).objective == 4 + 2


def test_a_dearer_facility_opens_where_the_cheap_one_is_full() -> None:
    text = "2 2\n3 10\n3 25\n2 2\n1 2\n4 3\n\0\0"

    assert solved(yardsticks.facilities(text)).objective == 10 + 25 + 1 + 3
