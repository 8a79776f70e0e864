"""The terms of the objective, counted from a plan: before weights, exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from solver.check.standing import FormedSet, Standing
from solver.problem import Event, PlannedSet, SetsEntry


def counted(standing: Standing) -> Mapping[str, int]:
    """Each term of the problem format under its name, in the order of the format."""
    return {
        "unplaced": _unplaced(standing),
        "open_cost": _open_cost(standing),
        "costs": sum(standing.problem.cost(visit.party, visit.sitting.id) for visit in standing.attendances),
        "if_need_be": _if_need_be(standing).total(),
        "burden": sum(max(0, times - 1) for times in _if_need_be(standing).values()),
        "repeat_encounter": _repeats(standing),
        "mix_imbalance": _imbalance(standing),
        "change": _changed_sessions(standing) + _changed_sets(standing),
    }


def _unplaced(standing: Standing) -> int:
    without_session = sum(
        party not in standing.visits[event.id] for event in standing.problem.events for party in event.audience
    )
    joined = {(formed.entry.id, party) for formed in standing.formed for party in formed.parties}
    without_set = sum((entry.id, party) not in joined for entry in standing.problem.sets for party in entry.audience)
    return without_session + without_set


def _open_cost(standing: Standing) -> int:
    sessions = (session for event in standing.problem.events for session in event.sessions)
    return sum(session.open_cost for session in sessions if session.id in standing.parties_in)


def _if_need_be(standing: Standing) -> Counter[str]:
    answer = standing.problem.answer
    return Counter(v.party for v in standing.attendances if answer(v.party, v.sitting.id) == "if-need-be")


def _repeats(standing: Standing) -> int:
    """Over every two Trusts, how often they are together, before and now, beyond the first time."""
    before = standing.problem.met_before
    together = Counter[tuple[str, str]]()
    for group, parties in _groups(standing):
        if group.encounters:
            trusts = sorted({standing.problem.party_by_id[party].trust for party in parties})
            together.update(combinations(trusts, 2))
    never_again = sum(max(0, times - 1) for pair, times in before.items() if pair not in together)
    return never_again + sum(max(0, times + before.get(pair, 0) - 1) for pair, times in together.items())


def _groups(standing: Standing) -> Iterator[tuple[Event | SetsEntry, Sequence[str]]]:
    """Every session that runs and every set, with the parties in it."""
    for event in standing.problem.events:
        for session in event.sessions:
            if session.id in standing.parties_in:
                yield event, standing.parties_in[session.id]
    yield from ((formed.entry, formed.parties) for formed in standing.formed)


def _imbalance(standing: Standing) -> int:
    """Parties of one value beyond an even part of the audience, in each group, for each attribute of its mix."""
    even: dict[tuple[str, str], Counter[str]] = {}
    imbalance = 0
    for group, parties in _groups(standing):
        for rule in group.mix:
            if (group.id, rule.attribute) not in even:
                even[group.id, rule.attribute] = _values(standing, group.audience, rule.attribute)
            in_audience = even[group.id, rule.attribute]
            for value, present in _values(standing, parties, rule.attribute).items():
                # Rounded up to whole parties, in whole numbers; an audience is empty only where nobody should be here.
                part = -(-len(parties) * in_audience[value] // max(1, len(group.audience)))
                imbalance += max(0, present - part)
    return imbalance


def _values(standing: Standing, parties: Sequence[str], attribute: str) -> Counter[str]:
    return Counter(standing.problem.party_by_id[party].value_of(attribute) for party in parties)


def _changed_sessions(standing: Standing) -> int:
    """Parties that had a session and have another now, or none."""
    previous = standing.problem.previous
    changed = 0
    for was in previous.assignments if previous else ():
        event = standing.event_by_id.get(was.event)
        if event and was.party in event.audience and was.session in standing.sessions_of[event.id]:
            visits = standing.visits[event.id].get(was.party, ())
            changed += all(visit.sitting.id != was.session for visit in visits)
    return changed


def _changed_sets(standing: Standing) -> int:
    """Of each party that had a set: its number, its facilitator and its slot in each round, where they differ now."""
    previous = standing.problem.previous
    set_of = {(f.entry.id, party): f for f in reversed(standing.formed) for party in f.parties}
    changed = 0
    for was in previous.sets if previous else ():
        entry = standing.entry_by_id.get(was.set)
        for party in was.parties if entry else ():
            if entry and party in entry.audience:
                changed += _changes_for(entry, was, set_of.get((entry.id, party)))
    return changed


def _changes_for(entry: SetsEntry, was: PlannedSet, now: FormedSet | None) -> int:
    other_number = now is None or now.planned.number != was.number
    had_leader = any(facilitator.id == was.facilitator for facilitator in entry.facilitators)
    other_leader = had_leader and (now is None or now.planned.facilitator != was.facilitator)
    slots_now = {(held.round.id, held.slot.id) for held in now.meetings} if now else set()
    slots = {(round_.id, slot.id) for round_ in entry.rounds for slot in round_.slots}
    before = [(meeting.round, meeting.slot) for meeting in was.meetings]
    other_slots = sum(slot in slots and slot not in slots_now for slot in before)
    return other_number + other_leader + other_slots
