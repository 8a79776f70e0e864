"""The lowest sum over choices: for each place how many groups it has, where a whole costs more than its parts."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping

MOST_LOOKS = 20_000

Groups = dict[str, int]


def lowest(
    costs: Mapping[str, Mapping[int, int]], floor: int, whole: Callable[[Groups, int], int]
) -> tuple[int, Groups]:
    """The least of ``whole(groups, sum of their costs)`` over all choices of one number for each place.

    No whole is lower than its sum and ``floor`` together, so choices are looked at by their sum, lowest first, until
    none can be lower. Where they are too many, what is left bounds the least from below.
    """
    names = list(costs)
    choices = [sorted(by_groups.items(), key=lambda choice: choice[1]) for by_groups in costs.values()]
    first = (0,) * len(names)
    waiting = [(sum(choice[0][1] for choice in choices), first)]
    seen = {first}
    best: tuple[int, Groups] | None = None
    for _ in range(MOST_LOOKS):
        total, taken = heapq.heappop(waiting)
        if best is not None and total + floor >= best[0]:
            return best
        groups = {name: choice[i][0] for name, choice, i in zip(names, choices, taken, strict=True)}
        value = whole(groups, total)
        if best is None or value < best[0]:
            best = value, groups
        for place, choice in enumerate(choices):
            i = taken[place]
            after = (*taken[:place], i + 1, *taken[place + 1 :])
            if i + 1 < len(choice) and after not in seen:
                seen.add(after)
                heapq.heappush(waiting, (total + choice[i + 1][1] - choice[i][1], after))
        if not waiting:
            return best
    assert best is not None  # noqa: S101 - for the type checker: looked at once at least
    return min(best[0], waiting[0][0] + floor), best[1]


def without_dearer_with_fewer(by_groups: Mapping[int, int]) -> dict[int, int]:
    """The choices that no other beats by having more groups and costing no more."""
    kept: dict[int, int] = {}
    least: int | None = None
    for groups in sorted(by_groups, reverse=True):
        if least is None or by_groups[groups] < least:
            kept[groups] = least = by_groups[groups]
    return kept
