"""``check`` finds every kind of broken rule: a plan that keeps them all, one thing broken, and its place is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from solver import check
from tests.solver.builders import Data, read, settled
from tests.solver.examples import examples
from tests.solver.programmes import Programme, overlap, programmes

Break = tuple[str, Callable[[], Any]]
Breaks = Callable[[Programme], Iterator[Break]]
KINDS: dict[str, Breaks] = {}


def kind(breaks: Breaks) -> Breaks:
    """One kind of broken rule: yields each way to break it in a programme, as the place to be named and the deed."""
    KINDS[breaks.__name__] = breaks
    return breaks


@kind
def a_party_unknown(made: Programme) -> Iterator[Break]:
    for index, assigned in enumerate(made.plan["assignments"]):
        yield f"assignments[{index}].party", lambda a=assigned: a.update(party="nobody")


@kind
def a_session_of_another_event(made: Programme) -> Iterator[Break]:
    for index, assigned in enumerate(made.plan["assignments"]):
        for event in made.problem["events"]:
            if event["id"] != assigned["event"]:
                other = event["sessions"][0]["id"]
                yield f"assignments[{index}].session", lambda a=assigned, s=other: a.update(session=s)


@kind
def a_party_in_two_sessions(made: Programme) -> Iterator[Break]:
    more = len(made.plan["assignments"])
    for assigned in made.plan["assignments"]:
        for session in made.event(assigned["event"])["sessions"]:
            second = assigned | {"session": session["id"]}
            yield f"assignments[{more}]", lambda second=second: made.plan["assignments"].append(second)


@kind
def a_party_in_two_sets(made: Programme) -> Iterator[Break]:
    for index, planned in enumerate(made.plan["sets"]):
        for other in made.plan["sets"][:index]:
            place = f"sets[{index}].parties[{len(planned['parties'])}]"
            yield place, lambda p=planned, o=other: p["parties"].append(o["parties"][0])


@kind
def a_party_nowhere(made: Programme) -> Iterator[Break]:
    for index in range(len(made.plan["assignments"])):
        yield "unplaced", lambda index=index: made.plan["assignments"].pop(index)
    for planned in made.plan["sets"]:
        yield "unplaced", lambda planned=planned: planned["parties"].pop()


@kind
def an_unplaced_party_not_listed(made: Programme) -> Iterator[Break]:
    for index in range(len(made.plan["unplaced"])):
        yield "unplaced", lambda index=index: made.plan["unplaced"].pop(index)


@kind
def a_placed_party_listed(made: Programme) -> Iterator[Break]:
    more = len(made.plan["unplaced"])
    for assigned in made.plan["assignments"]:
        listed = {"event": assigned["event"], "party": assigned["party"]}
        yield f"unplaced[{more}]", lambda listed=listed: made.plan["unplaced"].append(listed)


@kind
def a_party_outside_the_audience(made: Programme) -> Iterator[Break]:
    for index, assigned in enumerate(made.plan["assignments"]):
        audience = made.event(assigned["event"])["audience"]
        yield f"assignments[{index}]", lambda a=audience, p=assigned["party"]: a.remove(p)


@kind
def a_no(made: Programme) -> Iterator[Break]:
    for party, sitting, place in made.attended():
        yield place, lambda p=party, s=sitting: made.problem["availability"][p].update({s: "no"})
        yield place, lambda p=party, s=sitting: made.problem["availability"][p].pop(s)


@kind
def too_few_or_too_many_sessions(made: Programme) -> Iterator[Break]:
    for index, event in enumerate(made.problem["events"]):
        running = len(made.running(event["id"]))
        if event["audience"]:
            place = f"problem.events[{index}].open"
            yield place, lambda e=event, n=running: e.update(open={"min": n + 1})
            if running:
                yield place, lambda e=event, n=running: e.update(open={"max": n - 1})


@kind
def too_few_or_too_many_seats(made: Programme) -> Iterator[Break]:
    for number, event in enumerate(made.problem["events"]):
        for index, session in enumerate(event["sessions"]):
            taken = made.seats(made.present(session["id"]))
            place = f"problem.events[{number}].sessions[{index}]"
            if taken:
                limits = {"min_seats": taken + 1, "max_seats": taken + 1}
                yield f"{place}.min_seats", lambda s=session, limits=limits: s.update(limits)
                limits = {"min_seats": 0, "max_seats": taken - 1}
                yield f"{place}.max_seats", lambda s=session, limits=limits: s.update(limits)


@kind
def a_mix_not_kept(made: Programme) -> Iterator[Break]:
    for group, parties in made.groups():
        kind_of = "events" if "sessions" in group else "sets"
        place = f"problem.{kind_of}[{made.problem[kind_of].index(group)}].mix[0]"
        values = Counter(made.region(party) for party in parties)
        most = max(values.values())
        limits = {
            "max_count": most - 1,
            "min_distinct": len(values) + 1,
            "max_share": round(most / len(parties) - 0.001, 6),
        }
        for limit, value in limits.items():
            rule = {"attribute": "region", limit: value}
            yield f"{place}.{limit}", lambda g=group, rule=rule: g.update(mix=[rule])


@kind
def two_together_who_are_apart(made: Programme) -> Iterator[Break]:
    for group, parties in made.groups():
        if group["encounters"] and len(parties) > 1:
            pair = [parties[-1], parties[0]]
            yield "problem.apart[0]", lambda pair=pair: made.problem["apart"].insert(0, pair)


@kind
def an_order_not_kept(made: Programme) -> Iterator[Break]:
    for index, first in enumerate(made.plan["assignments"]):
        for second in made.plan["assignments"][index + 1 :]:
            if first["party"] == second["party"] and first["event"] != second["event"]:
                # Events are drawn in order of time: the first comes after the second only if it is said to.
                yield f"assignments[{index}]", lambda a=first, b=second: _reverse(made, a["event"], b["event"])


def _reverse(made: Programme, event: str, later: str) -> None:
    for each in made.problem["events"]:
        each["after"] = []
    made.event(event)["after"] = [later]


@kind
def a_person_in_two_places_at_once(made: Programme) -> Iterator[Break]:
    sittings = {sitting["id"]: sitting for sitting in made.sittings()}
    attended = made.attended()
    pairs = {(party, sitting) for party, sitting, _ in attended}
    for index, (party, one, _) in enumerate(attended):
        for other_party, other, place in attended[index + 1 :]:
            # Where both parties attend the other sitting, it is the first of them whose place is named.
            if one != other and (party == other_party or (party, other) not in pairs):
                yield (
                    place,
                    lambda p=party, q=other_party, o=sittings[one], t=sittings[other]: (
                        share_a_person(made, p, q),
                        overlap(o, t),
                    ),
                )


def share_a_person(made: Programme, party: str, other: str) -> None:
    """Put a person of one party into another too."""
    if party != other:
        made.party(other)["people"].append(made.party(party)["people"][0])


@kind
def less_than_the_gap_between_two(made: Programme) -> Iterator[Break]:
    # All sittings are at least 21 hours apart, those of one party of two events on different days at most 30 days.
    for index, (party, one, _) in enumerate(made.attended()):
        for other_party, other, place in made.attended()[index + 1 :]:
            if party == other_party and one != other:
                yield place, lambda: made.problem.update(gap_minutes=31 * 24 * 60)


@kind
def a_resource_used_beyond_what_there_is(made: Programme) -> Iterator[Break]:
    for sitting in made.sittings():
        if made.present(sitting["id"]) or made.meetings(sitting["id"]):
            capacity = made.problem["resources"][0]["capacity"]
            uses = {"kit": capacity + 1}
            yield "problem.resources[0].capacity", lambda s=sitting, uses=uses: s.update(uses=uses)


@kind
def a_set_number_twice(made: Programme) -> Iterator[Break]:
    for index, planned in enumerate(made.plan["sets"][1:], start=1):
        number = made.plan["sets"][0]["number"]
        yield f"sets[{index}].number", lambda p=planned, n=number: p.update(number=n)


@kind
def a_set_of_the_wrong_size(made: Programme) -> Iterator[Break]:
    for index, planned in enumerate(made.plan["sets"]):
        entry, size = made.problem["sets"][0], len(planned["parties"])
        yield f"sets[{index}].parties", lambda e=entry, n=size: e.update(size={"min": n + 1})
        if size > 1:
            yield f"sets[{index}].parties", lambda e=entry, n=size: e.update(size={"max": n - 1})


@kind
def too_few_or_too_many_sets(made: Programme) -> Iterator[Break]:
    if made.plan["sets"]:
        entry, formed = made.problem["sets"][0], len(made.plan["sets"])
        yield "problem.sets[0].count", lambda: entry.update(count={"min": formed + 1})
        yield "problem.sets[0].count", lambda: entry.update(count={"max": formed - 1})


@kind
def a_round_without_its_one_meeting(made: Programme) -> Iterator[Break]:
    for index, planned in enumerate(made.plan["sets"]):
        if planned["meetings"]:
            yield f"sets[{index}].meetings", lambda p=planned: p["meetings"].pop()
            yield f"sets[{index}].meetings", lambda p=planned: p["meetings"].append(p["meetings"][0])


@kind
def too_many_sets_in_a_slot(made: Programme) -> Iterator[Break]:
    for number, round_ in enumerate(made.problem["sets"][0]["rounds"] if made.problem["sets"] else []):
        for index, slot in enumerate(round_["slots"]):
            met = len(made.meetings(slot["id"]))
            if met:
                place = f"problem.sets[0].rounds[{number}].slots[{index}].max_sets"
                yield place, lambda s=slot, n=met: s.update(max_sets=n - 1)


@kind
def a_facilitator_where_there_cannot_be_one(made: Programme) -> Iterator[Break]:
    for index, planned in enumerate(made.plan["sets"]):
        place = f"sets[{index}].facilitator"
        if "facilitator" in planned:
            yield place, lambda p=planned: p.pop("facilitator")
        yield place, lambda p=planned: p.update(facilitator="nobody")


@kind
def a_facilitator_away(made: Programme) -> Iterator[Break]:
    for index, planned in enumerate(made.plan["sets"]):
        for number, meeting in enumerate(planned["meetings"] if "facilitator" in planned else []):
            facilitators = made.problem["sets"][0]["facilitators"]
            leader = next(f for f in facilitators if f["id"] == planned["facilitator"])
            away = [*leader["unavailable"], meeting["slot"]]
            yield f"sets[{index}].meetings[{number}]", lambda f=leader, away=away: f.update(unavailable=away)


@kind
def a_facilitator_with_too_many_sets(made: Programme) -> Iterator[Break]:
    for index, facilitator in enumerate(
        made.problem["sets"][0].get("facilitators", []) if made.problem["sets"] else []
    ):
        if any(planned["facilitator"] == facilitator["id"] for planned in made.plan["sets"]):
            place = f"problem.sets[0].facilitators[{index}].max_sets"
            yield place, lambda f=facilitator: f.update(max_sets=0)


@kind
def a_facilitator_in_two_meetings_at_once(made: Programme) -> Iterator[Break]:
    for index, planned in enumerate(made.plan["sets"]):
        for other in made.plan["sets"][:index]:
            for number, meeting in enumerate(planned["meetings"] if "facilitator" in planned else []):
                if meeting in other["meetings"]:
                    place = f"sets[{index}].meetings[{number}]"
                    yield place, lambda p=planned, leader=other["facilitator"]: p.update(facilitator=leader)


@kind
def a_lock_not_kept(made: Programme) -> Iterator[Break]:
    attended = {(party, sitting) for party, sitting, _ in made.attended()}
    used = {sitting for _, sitting in attended}
    locks: list[Data] = [{"party": party, "session": sitting, "never": True} for party, sitting in sorted(attended)]
    for sitting in made.sittings():
        locks.append({"session": sitting["id"], "runs": sitting["id"] not in used})
        absent = [p["id"] for p in made.problem["parties"] if (p["id"], sitting["id"]) not in attended]
        locks += [{"party": party, "session": sitting["id"]} for party in absent]
    for one in made.plan["sets"]:
        for other in made.plan["sets"]:
            if one is not other:
                locks.append({"set": "S", "parties": [one["parties"][0], other["parties"][0]]})
                if "facilitator" in other:
                    locks.append({"set": "S", "parties": one["parties"], "facilitator": other["facilitator"]})
    for lock in locks:
        yield "problem.locks[0]", lambda lock=lock: made.problem["locks"].insert(0, lock)


def found(made: Programme) -> set[str]:
    """The places that ``check`` names in the programme's plan, its figures set right."""
    problem = read(made.problem)
    return {violation.place for violation in check(problem, settled(problem, made.plan))}


@pytest.mark.parametrize("breaks", KINDS.values(), ids=KINDS)
def test_each_way_to_break_a_rule_is_found_at_its_place(breaks: Breaks):
    made = find(
        programmes(),
        lambda made: any(breaks(made)),
        settings=settings(phases=[Phase.generate], max_examples=1000, database=None, deadline=None),
    )
    assert found(made) == set()

    for way in range(len(list(breaks(made)))):
        copy = deepcopy(made)
        place, broken = list(breaks(copy))[way]
        broken()

        assert place in found(copy)


@examples(30)
@given(made=programmes(), choice=st.randoms(use_true_random=False))
def test_whatever_is_broken_in_whatever_plan_is_found_at_its_place(made: Programme, choice: Random):
    for name, breaks in KINDS.items():
        copy = deepcopy(made)
        ways = list(breaks(copy))
        if ways:
            place, broken = choice.choice(ways)
            broken()

            assert place in found(copy), name
