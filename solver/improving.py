"""Making a plan better: annealing over who is where, and sets formed anew, in turns, from the best plan on."""

from __future__ import annotations

import numpy as np

from solver.annealing import Noise, Walk, movable
from solver.clock import Run
from solver.diving import reform
from solver.keeping import Keeper
from solver.problem import Event
from solver.slotmoves import try_other_slot
from solver.standing import Groups, Standing, drafted
from solver.tables import Floats, Tables

STEPS_IN_A_WALK = 40
PARTIES_TO_A_STEP = 5  # so that to begin a walk, which looks at all pairs, takes no more time than the steps in it
SLOT_TRIES = 2


class Trail:
    """Where a walk is and the best it came by."""

    def __init__(self, standing: Standing, value: float) -> None:
        self.standing, self.value, self.best = standing, value, value
        self.found: list[Groups] | None = None

    def go(self, change: float) -> None:
        """Count a change of the objective, and keep where it led if that is the best so far."""
        self.value += change
        if self.value < self.best - 1e-6:
            self.best, self.found = self.value, self.standing.snapshot()


class Improver:
    """Local search from the best plan of a keeper; better plans go back to it."""

    def __init__(self, keeper: Keeper, tables: Tables, run: Run, seed: int) -> None:
        self.keeper, self.tables, self.run, self.seed = keeper, tables, run, seed
        self.noise = Noise(seed, _most_cells(tables))
        self.dives = 0

    @property
    def moving(self) -> int:
        """How many placements local search can change: over all kinds that can move, their audience."""
        standing, _ = self.standing()
        return sum(len(groups.kind.audience) for groups in standing.groups if movable(groups))

    def standing(self) -> tuple[Standing, float]:
        """The best plan so far, ready to walk, and its objective."""
        best = self.keeper.best
        assert best is not None  # noqa: S101 - asked for once there is a plan
        return Standing(self.tables, best), float(best.objective or 0)

    def anneal(self, steps: int, hot: float, cold: float) -> bool:
        """So many steps from the best plan, cooling from ``hot`` to ``cold`` points; whether it became better."""
        standing, value = self.standing()
        weights = np.array([_breadth(groups) for groups in standing.groups])
        if not weights.any():
            return False
        trail = Trail(standing, value)
        try:
            self._walk(trail, weights / weights.sum(), steps, hot, cold)
        finally:
            # Also where the time ran out on the way: what was found so far counts.
            better = trail.found is not None and self.keeper.offer(drafted(self.tables, trail.found))
        return better

    def _walk(self, trail: Trail, chances: Floats, steps: int, hot: float, cold: float) -> None:
        done = 0
        while done < steps:
            groups = trail.standing.groups[int(self.noise.rng.choice(len(chances), p=chances))]
            walk = Walk(trail.standing, groups, self.noise)
            for _ in range(max(STEPS_IN_A_WALK, walk.n // PARTIES_TO_A_STEP)):
                self.run.tick()
                temperature = hot * (cold / hot) ** (done / steps)
                done += 1
                change = walk.step(temperature)
                if change is None:
                    break
                trail.go(change)
                if not groups.kind.is_event:
                    for _ in range(SLOT_TRIES):
                        trail.go(try_other_slot(walk, temperature) or 0.0)
            walk.close()

    def dive(self) -> bool:
        """Form the sets of each entry anew beside the rest of the best plan; whether it became better."""
        better = False
        for k, kind in enumerate(self.tables.kinds):
            if not kind.is_event:
                standing, _ = self.standing()
                self.dives += 1
                made = reform(standing, standing.groups[k], self.run, self.seed + self.dives)
                if made is not None:
                    groups = [*standing.groups[:k], made, *standing.groups[k + 1 :]]
                    better |= self.keeper.offer(drafted(self.tables, groups))
        return better


def _most_cells(tables: Tables) -> int:
    """How many moves and swaps a walk may have to choose from at the most."""
    cells = 1
    for kind in tables.kinds:
        n = len(kind.audience)
        groups = len(kind.place.sessions) if isinstance(kind.place, Event) else n
        cells = max(cells, n * (n + groups + 1))
    return cells


def _breadth(groups: Groups) -> float:
    """How much there is to move in a kind: one group leaves only the unplaced to move."""
    if not movable(groups):
        return 0.0
    n = len(groups.kind.audience)
    return float(n) if groups.size > 1 else 0.05 * n
