"""Local search over where sets meet: one set meets in another slot of a round, its members staying together."""

from __future__ import annotations

import math

import numpy as np

from solver.annealing import Walk
from solver.problem import SetsEntry


def try_other_slot(walk: Walk, temperature: float) -> float | None:
    """Move one meeting of one set to another slot, by Metropolis' rule; the change of the objective, or None.

    Slots that use a resource, or that a lock names, are left to the exact model.
    """
    groups, rng = walk.groups, walk.noise.rng
    entry = groups.kind.place
    if not isinstance(entry, SetsEntry) or not entry.rounds or not groups.size:
        return None
    g, r = int(rng.integers(groups.size)), int(rng.integers(len(entry.rounds)))
    slots = entry.rounds[r].slots
    slot = slots[int(rng.integers(len(slots)))]
    old, new = groups.sittings[g][r], walk.tables.sitting[slot.id]
    if old == new or not _may_change(walk, g, old, new):
        return None
    if slot.max_sets is not None and sum(sittings[r] == new for sittings in groups.sittings) >= slot.max_sets:
        return None
    if not _members_can(walk, g, old, new) or not _leader_can(walk, g, old, new):
        return None
    return _change_if_drawn(walk, g, r, new, temperature)


def _may_change(walk: Walk, g: int, old: int, new: int) -> bool:
    tables, groups = walk.tables, walk.groups
    if (
        old in tables.locked_sittings
        or new in tables.locked_sittings
        or new in walk.tables.using
        or old in walk.tables.using
    ):
        return False
    return walk.sharing is None or not bool(walk.sharing[groups.where == g].any())


def _members_can(walk: Walk, g: int, old: int, new: int) -> bool:
    tables, groups = walk.tables, walk.groups
    if any(tables.excludes[new, other] for other in groups.sittings[g] if other != old):
        return False
    return bool(walk.free[groups.where == g, new].all())


def _leader_can(walk: Walk, g: int, old: int, new: int) -> bool:
    leader = walk.groups.facilitators[g]
    if leader is None:
        return True
    if walk.tables.sitting_ids[new] in walk.tables.away[leader]:
        return False
    led = [
        other
        for groups in walk.standing.groups
        for h, sittings in enumerate(groups.sittings)
        if groups.facilitators[h] == leader and not (groups is walk.groups and h == g)
        for other in sittings
    ]
    return not any(other == new or walk.tables.clashes[new, other] for other in led)


def _change_if_drawn(walk: Walk, g: int, r: int, new: int, temperature: float) -> float | None:
    groups = walk.groups
    members = np.where(groups.where == g)[0]
    before, old = float(walk.paid[members, g].sum()), groups.sittings[g][r]
    groups.sittings[g][r] = new
    walk.reprice(g)
    change = float(walk.paid[members, g].sum()) - before
    if change > 0 and walk.noise.rng.random() >= math.exp(-change / max(temperature, 1e-9)):
        groups.sittings[g][r] = old
        walk.reprice(g)
        return None
    walk.gained += change
    return change
