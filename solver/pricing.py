"""What one move changes in each term of the objective, exactly, looking only at what the move touches.

One function a term, each the difference of the term's definition ("Objective" in the problem format) before and after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from solver.problem import Event, PlannedSet
from solver.whereabouts import Group, Kind, Move, Whereabouts


def price(where: Whereabouts, move: Move) -> int:
    """The new objective less the present one, in weighted points."""
    weights = where.problem.weights
    return sum(getattr(weights, term) * count for term, count in changes(where, move).items())


def changes(where: Whereabouts, move: Move) -> Mapping[str, int]:
    """By how much each term counts more, before its weight; nothing where the party stays."""
    if move.leaving is move.entering:
        return {}
    return {term: count(where, move) for term, count in TERMS.items()}


def _unplaced(where: Whereabouts, move: Move) -> int:
    return (move.entering is None) - (move.leaving is None)


def _open_cost(where: Whereabouts, move: Move) -> int:
    if not isinstance(move.kind, Event):
        return 0
    opened = where.session(move.entering).open_cost if move.opens and move.entering else 0
    closed = where.session(move.leaving).open_cost if move.closes and move.leaving else 0
    return opened - closed


def _costs(where: Whereabouts, move: Move) -> int:
    def paid(group: Group | None) -> int:
        return sum(where.problem.cost(move.party, sitting.id) for sitting in group.sittings) if group else 0

    return paid(move.entering) - paid(move.leaving)


def _need(where: Whereabouts, party: str, group: Group | None) -> int:
    return sum(where.problem.answer(party, s.id) == "if-need-be" for s in group.sittings) if group else 0


def _if_need_be(where: Whereabouts, move: Move) -> int:
    return _need(where, move.party, move.entering) - _need(where, move.party, move.leaving)


def _burden(where: Whereabouts, move: Move) -> int:
    beside = where.attended_by(move.party, beside=move.kind)
    elsewhere = sum(where.problem.answer(move.party, sitting.id) == "if-need-be" for sitting, _ in beside)

    def beyond_the_first(group: Group | None) -> int:
        return max(0, elsewhere + _need(where, move.party, group) - 1)

    return beyond_the_first(move.entering) - beyond_the_first(move.leaving)


def _repeat_encounter(where: Whereabouts, move: Move) -> int:
    """Only the party's own Trust meets others more or less often, unless another of its parties is there anyway."""
    if not move.kind.encounters:
        return 0
    problem = where.problem
    trust = problem.party_by_id[move.party].trust
    more: Counter[str] = Counter()
    for group, sign in ((move.leaving, -1), (move.entering, 1)):
        trusts = {problem.party_by_id[other].trust for other in group.without(move.party)} if group else set()
        if trust not in trusts:
            more.update(dict.fromkeys(trusts, sign))
    met = where.times_met(trust)
    changed = 0
    for other, by in more.items():
        before = met.get(other, 0) + problem.met_before.get((min(trust, other), max(trust, other)), 0)
        changed += max(0, before + by - 1) - max(0, before - 1)
    return changed


def _mix_imbalance(where: Whereabouts, move: Move) -> int:
    changed = 0
    if move.leaving is not None:
        changed += _imbalance(where, move.kind, move.leaving.without(move.party))
        changed -= _imbalance(where, move.kind, move.leaving.parties)
    if move.entering is not None:
        changed += _imbalance(where, move.kind, move.entering.with_one(move.party))
        changed -= _imbalance(where, move.kind, move.entering.parties)
    return changed


def _imbalance(where: Whereabouts, kind: Kind, parties: tuple[str, ...]) -> int:
    at = where.positions(kind, parties)
    return sum(table.imbalance(table.counted(at), len(at)) for table in where.mix_tables[kind.id])


def _change(where: Whereabouts, move: Move) -> int:
    return _differences(where, move, move.entering) - _differences(where, move, move.leaving)


def _differences(where: Whereabouts, move: Move, now: Group | None) -> int:
    """In how many things the party's place would differ from the one it had in the previous plan."""
    kind = move.kind
    if isinstance(kind, Event):
        had = where.previous_sessions.get((kind.id, move.party), ())
        return sum(now is None or now.name != session for session in had)
    differs = 0
    for was in where.previous_sets.get((kind.id, move.party), ()):
        differs += now is None or now.name != was.number
        if any(facilitator.id == was.facilitator for facilitator in kind.facilitators):
            differs += now is None or now.facilitator != was.facilitator
        meets = {sitting.id for sitting in now.sittings} if now else set()
        differs += sum(slot not in meets for slot in _slots_still_there(kind.id, was, where))
    return differs


def _slots_still_there(entry: str, was: PlannedSet, where: Whereabouts) -> Iterator[str]:
    return (m.slot for m in was.meetings if (entry, m.round, m.slot) in where.known_slots)


TERMS: Mapping[str, Callable[[Whereabouts, Move], int]] = {
    "unplaced": _unplaced,
    "open_cost": _open_cost,
    "costs": _costs,
    "if_need_be": _if_need_be,
    "burden": _burden,
    "repeat_encounter": _repeat_encounter,
    "mix_imbalance": _mix_imbalance,
    "change": _change,
}
