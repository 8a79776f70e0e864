"""Climbing to good prices: subgradient ascent for the concave functions that Lagrangian bounds are.

Steps are Polyak's, towards a value that is not meant to be reached; directions are deflected by the last one (Camerini,
Fratta and Maffioli, 1975). What comes out is only ever a point to evaluate a bound at, in integers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from solver.tables import Floats

Point = list[Floats]
Evaluate = Callable[[Sequence[Floats]], tuple[float, Sequence[Floats]]]

DEFLECTION = 0.7
PATIENCE = 20
SHRINK = 0.7
SMALLEST_STEP = 0.002
SHORTEST_WAY = 1e-9


def climb(
    evaluate: Evaluate,
    start: Sequence[Floats],
    target: float,
    rounds: int,
    tick: Callable[[], None],
    *,
    least: Sequence[float],
) -> Point:
    """The best point that so many rounds find, or fewer where steps become too small to matter.

    ``evaluate`` gives the value at a point and a supergradient of each of its arrays; ``target`` is a value somewhat
    above what can be reached, such as that of a plan; ``tick`` is called in each round and may raise to give up;
    ``least`` is what no entry of each array may fall below.
    """
    point = [array.astype(np.float64) for array in start]
    way = [np.zeros_like(array) for array in point]
    best, kept = -np.inf, point
    step, waited = 1.0, 0
    for _ in range(rounds):
        tick()
        value, gradient = evaluate(point)
        waited += 1
        if value > best:
            waited = 0 if value > best + 0.01 else waited
            best, kept = value, point
        if waited > PATIENCE:
            step, waited = step * SHRINK, 0
        way = [DEFLECTION * ahead + up for ahead, up in zip(way, gradient, strict=True)]
        length = sum(float((ahead * ahead).sum()) for ahead in way)
        if step < SMALLEST_STEP or length < SHORTEST_WAY:
            break
        pace = step * max(1.0, target - value) / length
        point = [np.maximum(floor, array + pace * ahead) for floor, array, ahead in zip(least, point, way, strict=True)]
    return kept
