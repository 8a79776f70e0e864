"""Whether a sentence about an unplaced party is true: looked up in the problem, its plan and every plan there is."""

from __future__ import annotations

import re
from dataclasses import replace

from solver.plan import Assignment
from tests.solver.broken import broken
from tests.solver.exhaustive import Candidate, Formed, cost


def is_true(problem, plan, lost, reason, every):
    """Whether the sentence holds; ``every`` is every plan of the problem that keeps all its rules."""
    place = next(place for place in (*problem.events, *problem.sets) if place.id == lost.event)
    for pattern, holds in SENTENCES.items():
        if found := re.fullmatch(pattern, reason):
            return holds(problem, plan, lost, place, every, found)
    return False


def seats_are_short(problem, plan, lost, place, every, found):
    some = set(re.split(", | and ", found["some"]))
    can = {p: {s.id for s in place.sessions if problem.answer(p, s.id) != "no"} for p in place.audience}
    confined = [p for p, sessions in can.items() if sessions and sessions <= some]
    return lost.party in confined and all(left_out_of(place.id, confined, one) for one in every)


def so_many_miss_out(problem, plan, lost, place, every, found):
    return all(left_out_of(place.id, place.audience, one) >= int(found["n"]) for one in every)


def sizes_do_not_split(problem, plan, lost, place, every, found):
    able = [p for p in place.audience if all(can_come(problem, p, r.slots) for r in place.rounds)]
    return lost.party in able and all(left_out_of(place.id, able, one) for one in every)


def said_no_to_every_session(problem, plan, lost, place, every, found):
    return not can_come(problem, lost.party, place.sessions)


def said_no_to_a_round(problem, plan, lost, place, every, found):
    return not all(can_come(problem, lost.party, r.slots) for r in place.rounds)


def has_no_sessions(problem, plan, lost, place, every, found):
    return not place.sessions


def said_no_to_what_runs(problem, plan, lost, place, every, found):
    running = {a.session for a in plan.assignments if a.event == place.id}
    can = can_come(problem, lost.party, [s for s in place.sessions if s.id in running])
    return len(running) == place.open_max and not can


def no_set_forms(problem, plan, lost, place, every, found):
    return all(formed.set != place.id for formed in plan.sets)


def closed_for_a_reason(problem, plan, lost, place, every, found):
    where = re.split(", | and ", re.sub(".* sets? ", "", found["where"]))
    return all(holds_of(problem, plan, lost, one, found["why"]) for one in where)


SENTENCES = {
    r"(?P<some>.+) ha(s|ve) seats for \d+, and \d+ (person|people) can come to no other of .*": seats_are_short,
    r"Whichever run, at least (?P<n>\d+) .*": so_many_miss_out,
    r"\d+ part(y|ies) cannot be split into sets of .*": sizes_do_not_split,
    r"\w+ said no to every session of \w+": said_no_to_every_session,
    r"\w+ said no to every slot of .*": said_no_to_a_round,
    r"\w+ has no sessions": has_no_sessions,
    r"\w+ runs no more than .*": said_no_to_what_runs,
    r"\w+ forms no set that .*": no_set_forms,
    r"(?P<where>[^:]+): (?P<why>.*)": closed_for_a_reason,
}


def left_out_of(place, parties, candidate):
    """How many of some parties a candidate leaves out of an event or entry."""
    placed = {p for (event, p) in candidate.placed if event == place}
    placed |= {p for formed in candidate.sets if formed.entry == place for p in formed.parties}
    return len(set(parties) - placed)


def can_come(problem, party, sittings):
    """Whether a party said something else than no to one of them."""
    return any(problem.answer(party, sitting.id) != "no" for sitting in sittings)


def holds_of(problem, plan, lost, where, why):
    """Whether one session or set is closed to a party for the reason given: it breaks a rule, or costs that much."""
    now = as_candidate(plan)
    then = as_candidate(with_place(plan, lost, where))
    if why.startswith("a place there would cost the same as "):
        return not broken(problem, then) and cost(problem, then) == cost(problem, now)
    if found := re.fullmatch(r"a place there would save (?P<less>[\d,]+), .*", why):
        less = int(found["less"].replace(",", ""))
        return not broken(problem, then) and cost(problem, now) - cost(problem, then) == less > 0
    if found := re.fullmatch(r"a place there would cost (?P<more>[\d,]+) more than leaving .*", why):
        more = int(found["more"].replace(",", ""))
        return not broken(problem, then) and cost(problem, then) - cost(problem, now) == more > 0
    if why.endswith("said no to a slot in which it meets"):
        met = next(s.meetings for s in plan.sets if (s.set, str(s.number)) == (lost.event, where))
        return any(problem.answer(lost.party, meeting.slot) == "no" for meeting in met)
    return bool(broken(problem, then))


def as_candidate(plan):
    """A plan as the exhaustive search knows it."""
    sets = [
        Formed(s.set, s.number, s.parties, s.facilitator, tuple(meeting.slot for meeting in s.meetings))
        for s in plan.sets
    ]
    return Candidate({(a.event, a.party): a.session for a in plan.assignments}, tuple(sets))


def with_place(plan, lost, where):
    """The plan with an unplaced party in a session, or in the set of a number."""
    if any((s.set, str(s.number)) == (lost.event, where) for s in plan.sets):
        sets = tuple(
            replace(s, parties=(*s.parties, lost.party)) if (s.set, str(s.number)) == (lost.event, where) else s
            for s in plan.sets
        )
        return replace(plan, sets=sets)
    return replace(plan, assignments=(*plan.assignments, Assignment(lost.event, lost.party, where)))
