"""The rules that one move would break, in words, looking only at what the move touches.

One function a rule of the problem format; ids stand in double quotes, as in the sentences of ``solver.check``. Of a
plan that keeps every rule exactly the moves without a sentence here lead to another such plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from solver.clashes import Sitting, uses_at_once
from solver.faults import quoted
from solver.problem import AttendanceLock, Event, MixRule, RunningLock, SetLock
from solver.tables import MixTable
from solver.whereabouts import Group, Kind, Move, Whereabouts


def broken_by(where: Whereabouts, move: Move) -> tuple[str, ...]:
    """Each rule against a move, each sentence once; none where it may be made, or changes nothing."""
    return tuple(dict.fromkeys(sentence for said in rules_against(where, move).values() for sentence in said))


def rules_against(where: Whereabouts, move: Move) -> Mapping[str, tuple[str, ...]]:
    """The same sentences under the name each rule has in ``RULES``."""
    if move.leaving is move.entering:
        return {}
    said = {name: tuple(rule(where, move)) for name, rule in RULES.items()}
    return {name: sentences for name, sentences in said.items() if sentences}


def _changed_groups(move: Move) -> Iterator[tuple[Group, tuple[str, ...]]]:
    """The groups that somebody is in after the move and that it changes, with the parties then in them."""
    if move.leaving is not None and not move.closes:
        yield move.leaving, move.leaving.without(move.party)
    if move.entering is not None:
        yield move.entering, move.entering.with_one(move.party)


def named(group: Group) -> str:
    """A session or set as these sentences name it."""
    return quoted(str(group.name)) if isinstance(group.kind, Event) else f"set {group.name}"


def _availability(where: Whereabouts, move: Move) -> Iterator[str]:
    for sitting in move.entering.sittings if move.entering else ():
        if where.problem.answer(move.party, sitting.id) == "no":
            yield f"{quoted(move.party)} is not available for {quoted(sitting.id)}"


def _opening(where: Whereabouts, move: Move) -> Iterator[str]:
    if move.opens == move.closes:
        return
    number = len(where.running(move.kind)) + move.opens - move.closes
    if isinstance(move.kind, Event):
        yield from _within(number, move.kind.open_min, move.kind.open_max, f"{quoted(move.kind.id)} runs")
    else:
        yield from _within(number, move.kind.count_min, move.kind.count_max, f"{quoted(move.kind.id)} forms")


def _seats(where: Whereabouts, move: Move) -> Iterator[str]:
    for group, parties in _changed_groups(move):
        if not isinstance(group.kind, Event):
            least, most = max(1, group.kind.size_min), group.kind.size_max
            members = " member" if len(parties) == 1 else " members"
            yield from _within(len(parties), least, most, f"{named(group)} has", members)
            continue
        session, taken = where.session(group), where.seats_in(parties)
        if taken < session.min_seats:
            yield f"{named(group)} runs with {taken} seats taken, fewer than {session.min_seats}"
        if session.max_seats is not None and taken > session.max_seats:
            yield f"{named(group)} has {taken} seats taken, more than {session.max_seats}"


def _within(count: int, least: int, most: int | None, who: str, what: str = "") -> Iterator[str]:
    if count < least:
        yield f"{who} {count}{what}, fewer than {least}"
    if most is not None and count > most:
        yield f"{who} {count}{what}, more than {most}"


def _mix(where: Whereabouts, move: Move) -> Iterator[str]:
    for group, parties in _changed_groups(move):
        at = where.positions(move.kind, parties)
        for rule, table in zip(move.kind.mix, where.mix_tables[move.kind.id], strict=True):
            if not table.allows(table.counted(at), len(at)):
                yield from _why_not_mixed(rule, table, table.counted(at), len(at), named(group))


def _why_not_mixed(rule: MixRule, table: MixTable, counts: list[int], present: int, group: str) -> Iterator[str]:
    attribute = quoted(rule.attribute)
    for value, count in zip(table.names, counts, strict=True):
        have = f"{group} has {count} of {present} parties with {attribute} {quoted(value)}"
        if rule.max_share is not None and rule.max_share.denominator * count > rule.max_share.numerator * present:
            yield f"{have}, a larger share than allowed"
        if rule.max_count is not None and count > rule.max_count:
            yield f"{have}, more than {rule.max_count}"
    distinct = sum(1 for count in counts if count)
    if rule.min_distinct is not None and distinct < rule.min_distinct:
        yield f"{group} has {distinct} values of {attribute}, fewer than {rule.min_distinct}"


def _apart(where: Whereabouts, move: Move) -> Iterator[str]:
    if move.entering is None or not move.kind.encounters:
        return
    apart = where.problem.apart_from.get(move.party, frozenset())
    for other in move.entering.parties:
        if other in apart:
            yield f"{quoted(move.party)} and {quoted(other)} are together in {named(move.entering)}"


def _after(where: Whereabouts, move: Move) -> Iterator[str]:
    if move.entering is None or not isinstance(move.kind, Event):
        return
    entered = where.session(move.entering)
    for sitting, group in where.attended_by(move.party, beside=move.kind):
        if not isinstance(group.kind, Event):
            continue
        if group.kind.id in move.kind.after and entered.start < sitting.end:
            yield _too_early(move.party, entered, sitting, group.kind)
        if move.kind.id in group.kind.after and sitting.start < entered.end:
            yield _too_early(move.party, sitting, entered, move.kind)


def _too_early(party: str, sitting: Sitting, earlier: Sitting, event: Kind) -> str:
    attends = f"{quoted(party)} attends {quoted(sitting.id)}"
    return f"{attends} before {quoted(earlier.id)} of {quoted(event.id)} has ended"


def _clashes(where: Whereabouts, move: Move) -> Iterator[str]:
    """People of the party are busy with what it attends beside, and with what their other parties attend."""
    for entered in move.entering.sittings if move.entering else ():
        clashing = where.clashing[entered.id]
        for person in where.problem.party_by_id[move.party].people:
            for sitting, group in _busy(where, move, person):
                same = entered.id == sitting.id and group is not move.entering
                if sitting.id in clashing or same:
                    first, second = sorted((sitting, entered), key=lambda s: s.start)
                    yield f"{quoted(person)} is in {quoted(first.id)} and {quoted(second.id)}, which clash"


def _busy(where: Whereabouts, move: Move, person: str) -> Iterator[tuple[Sitting, Group]]:
    for party in where.parties_of_person[person]:
        for kind in where.kinds:
            group = where.group_of.get((kind.id, party))
            if group is not None and (party, kind.id) != (move.party, move.kind.id):
                for sitting in group.sittings:
                    yield sitting, group


def _resources(where: Whereabouts, move: Move) -> Iterator[str]:
    """Only a session that opens uses more than before; a set that takes one more in uses what it used."""
    if move.entering is None or not move.opens or not isinstance(move.kind, Event):
        return
    opened = where.session(move.entering)
    for resource in where.problem.resources:
        if not opened.uses.get(resource.id):
            continue
        held = [s for k in where.kinds for g in where.running(k) if not _gone(g, move) for s in g.sittings]
        uses = [(s.id, s.start, s.end, s.uses[resource.id]) for s in [*held, opened] if s.uses.get(resource.id)]
        for at_once in uses_at_once(uses, resource.gap):
            in_use = sum(amount for _, amount in at_once)
            if in_use > resource.capacity and any(sitting == opened.id for sitting, _ in at_once):
                in_words = f"{in_use} of {quoted(resource.id)} in use during {quoted(opened.id)}"
                yield f"{in_words}, more than {resource.capacity}"


def _gone(group: Group, move: Move) -> bool:
    return move.closes and group is move.leaving


def _locks(where: Whereabouts, move: Move) -> Iterator[str]:
    for lock in where.problem.locks:
        match lock:
            case AttendanceLock(party, session, never) if party == move.party:
                if never and _meets_in(move.entering, session):
                    yield f"{quoted(party)} is locked out of {quoted(session)}"
                if not never and _meets_in(move.leaving, session) and not _meets_in(move.entering, session):
                    yield f"{quoted(party)} is locked to {quoted(session)}"
            case RunningLock(session, runs):
                if runs and move.closes and _meets_in(move.leaving, session) and not _still_runs(where, move, session):
                    yield f"{quoted(session)} is locked to run"
                if not runs and move.opens and _meets_in(move.entering, session):
                    yield f"{quoted(session)} is locked to stay closed"
            case SetLock(entry, parties, facilitator) if entry == move.kind.id and move.party in parties:
                together = move.entering is not None and {*parties} <= {*move.entering.with_one(move.party)}
                if not together:
                    names = ", ".join(quoted(party) for party in parties)
                    yield f"no set of {quoted(entry)} has all of {names}"
                elif facilitator is not None and move.entering and move.entering.facilitator != facilitator:
                    yield f"{named(move.entering)} is not led by {quoted(facilitator)}"


def _meets_in(group: Group | None, sitting: str) -> bool:
    return group is not None and any(own.id == sitting for own in group.sittings)


def _still_runs(where: Whereabouts, move: Move, sitting: str) -> bool:
    others = (g for g in where.running(move.kind) if g is not move.leaving)
    return _meets_in(move.entering, sitting) or any(_meets_in(group, sitting) for group in others)


RULES: Mapping[str, Callable[[Whereabouts, Move], Iterator[str]]] = {
    "availability": _availability,
    "opening": _opening,
    "seats": _seats,
    "mix": _mix,
    "apart": _apart,
    "after": _after,
    "clashes": _clashes,
    "resources": _resources,
    "locks": _locks,
}
