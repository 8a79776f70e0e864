"""The recount: each rule of the format broken once, and the violations that are named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.solver.builders import Data, day, sitting
from tests.solver.changes import Change, relaxed, session, share_a_director, slot, unplace, violations, without

BROKEN: dict[str, tuple[Change, tuple[str, ...]]] = {}


def broken(*places: str) -> Callable[[Change], Change]:
    """A change after which ``check`` names these places and no other."""

    def remember(change: Change) -> Change:
        BROKEN[change.__name__] = change, places
        return change

    return remember


@broken("assignments[8].event")
def an_unknown_event(problem: Data, plan: Data) -> None:
    plan["assignments"].append({"event": "X", "party": "A", "session": "W1-a"})


@broken("assignments[8].party")
def an_unknown_party(problem: Data, plan: Data) -> None:
    plan["assignments"].append({"event": "W1", "party": "X", "session": "W1-a"})


@broken("assignments[0].session", "unplaced")
def a_session_of_another_event(problem: Data, plan: Data) -> None:
    plan["assignments"][0]["session"] = "W1-a"


@broken("sets[2].set")
def an_unknown_entry_of_sets(problem: Data, plan: Data) -> None:
    plan["sets"].append({"set": "X", "number": 1, "parties": [], "meetings": []})


@broken("sets[1].facilitator")
def an_unknown_facilitator(problem: Data, plan: Data) -> None:
    plan["sets"][1]["facilitator"] = "X"


@broken("sets[0].facilitator", "sets[1].facilitator")
def a_facilitator_where_none_is_listed(problem: Data, plan: Data) -> None:
    del problem["sets"][0]["facilitators"]
    problem["locks"].pop()


@broken("sets[0].meetings[2].round")
def an_unknown_round(problem: Data, plan: Data) -> None:
    plan["sets"][0]["meetings"].append({"round": "X", "slot": "R2-a"})


@broken("sets[0].meetings[1].slot", "sets[0].meetings")
def a_slot_of_another_round(problem: Data, plan: Data) -> None:
    plan["sets"][0]["meetings"][1]["slot"] = "R1-a"


@broken("unplaced[0].party")
def an_unknown_party_among_the_unplaced(problem: Data, plan: Data) -> None:
    plan["unplaced"].append({"event": "W1", "party": "X"})


@broken("unplaced[0].event")
def an_unknown_event_among_the_unplaced(problem: Data, plan: Data) -> None:
    plan["unplaced"].append({"event": "X", "party": "A"})


@broken("assignments[8]")
def a_party_in_two_sessions_of_an_event(problem: Data, plan: Data) -> None:
    relaxed(problem)
    plan["assignments"].append({"event": "W1", "party": "A", "session": "W1-b"})


@broken("assignments[8]")
def a_party_in_the_same_session_twice(problem: Data, plan: Data) -> None:
    plan["assignments"].append({"event": "W1", "party": "A", "session": "W1-a"})


@broken("assignments[4]")
def a_party_outside_the_audience(problem: Data, plan: Data) -> None:
    relaxed(problem)
    problem["events"][1]["audience"] = ["B", "C", "D"]


@broken("sets[1].parties[2]", "sets[1].meetings[1]", "sets[1].meetings[1]")
def a_party_in_two_sets(problem: Data, plan: Data) -> None:
    relaxed(problem)
    plan["sets"][1]["parties"].append("A")


@broken("sets[1].parties[1]")
def a_party_in_a_set_for_others(problem: Data, plan: Data) -> None:
    problem["sets"][0]["audience"] = ["A", "B", "C"]


@broken("unplaced")
def a_party_that_is_nowhere(problem: Data, plan: Data) -> None:
    relaxed(problem)
    unplace(plan, "A", listed=False)


@broken("unplaced")
def a_party_in_no_set_that_is_not_listed(problem: Data, plan: Data) -> None:
    relaxed(problem)
    plan["sets"][1]["parties"].pop()
    del problem["sets"][0]["size"]


@broken("unplaced[0]")
def a_party_listed_though_placed(problem: Data, plan: Data) -> None:
    plan["unplaced"].append({"event": "W1", "party": "A"})


@broken("unplaced[1]")
def a_party_listed_twice(problem: Data, plan: Data) -> None:
    relaxed(problem)
    unplace(plan, "A")
    plan["unplaced"].append(plan["unplaced"][0])


@broken("unplaced[0]")
def a_party_listed_for_what_it_is_not_asked_to(problem: Data, plan: Data) -> None:
    relaxed(problem)
    problem["events"][1]["audience"] = ["B", "C", "D"]
    unplace(plan, "A")


@broken("sets[1].number")
def two_sets_with_one_number(problem: Data, plan: Data) -> None:
    plan["sets"][1]["number"] = 4


@broken("sets[1].number")
def a_set_numbered_0(problem: Data, plan: Data) -> None:
    plan["sets"][1]["number"] = 0


@broken("problem.events[1].open")
def too_few_sessions_running(problem: Data, plan: Data) -> None:
    problem["events"][1]["open"] = {"min": 3}


@broken("problem.events[1].open")
def too_many_sessions_running(problem: Data, plan: Data) -> None:
    problem["events"][1]["open"] = {"max": 1}


@broken("problem.events[1].open")
def no_session_running_where_one_must(problem: Data, plan: Data) -> None:
    relaxed(problem)
    for party_id in "ABCD":
        unplace(plan, party_id)
    problem["events"][1]["open"] = {"min": 1}


@broken("problem.events[1].sessions[0].min_seats")
def too_few_seats_taken(problem: Data, plan: Data) -> None:
    session(problem, "W1-a").update(min_seats=5, max_seats=9)


@broken("problem.events[1].sessions[1].max_seats")
def too_many_seats_taken(problem: Data, plan: Data) -> None:
    session(problem, "W1-b")["max_seats"] = 3


@broken(*["problem.events[1].mix[0].max_share"] * 4)
def too_large_a_share_in_a_session(problem: Data, plan: Data) -> None:
    problem["events"][1]["mix"][0]["max_share"] = 0.49


@broken(*["problem.events[1].mix[0].max_count"] * 4)
def too_many_of_one_value_in_a_session(problem: Data, plan: Data) -> None:
    problem["events"][1]["mix"][0]["max_count"] = 0


@broken("problem.events[1].mix[0].max_share", "problem.events[1].mix[0].min_distinct")
def too_few_values_in_a_session(problem: Data, plan: Data) -> None:
    problem["parties"][2]["attributes"] = {"region": "North West"}


@broken(*["problem.sets[0].mix[0].max_count"] * 4)
def too_many_of_one_value_in_a_set(problem: Data, plan: Data) -> None:
    problem["sets"][0]["mix"][0]["max_count"] = 0


@broken("problem.sets[0].mix[1].min_distinct")
def too_few_values_in_a_set_none_counting_as_one(problem: Data, plan: Data) -> None:
    problem["sets"][0]["mix"].append({"attribute": "type", "min_distinct": 2})
    problem["parties"][0]["attributes"]["type"] = "acute"


@broken("problem.apart[0]")
def two_kept_apart_in_a_session(problem: Data, plan: Data) -> None:
    problem["apart"] = [["C", "D"]]
    problem["sets"][0]["encounters"] = False


@broken("problem.apart[0]")
def two_kept_apart_in_a_set(problem: Data, plan: Data) -> None:
    problem["apart"] = [["C", "D"]]
    problem["events"][1]["encounters"] = False


@broken("sets[0].parties", "sets[1].parties")
def a_set_too_small(problem: Data, plan: Data) -> None:
    problem["sets"][0]["size"] = {"min": 3}


@broken("sets[0].parties", "sets[1].parties")
def a_set_too_large(problem: Data, plan: Data) -> None:
    problem["sets"][0]["size"] = {"min": 1, "max": 1}


@broken("sets[2].parties", "sets[2].meetings[0]", "sets[2].meetings[1]")
def a_set_of_nobody(problem: Data, plan: Data) -> None:
    problem["sets"][0].update(size={"min": 0}, count={})
    plan["sets"].append(plan["sets"][1] | {"parties": [], "number": 9, "meetings": plan["sets"][1]["meetings"]})


@broken("problem.sets[0].count")
def too_few_sets(problem: Data, plan: Data) -> None:
    problem["sets"][0]["count"] = {"min": 3}


@broken("problem.sets[0].count")
def too_many_sets(problem: Data, plan: Data) -> None:
    problem["sets"][0]["count"] = {"max": 1}


@broken("sets[0].meetings")
def a_round_without_a_meeting(problem: Data, plan: Data) -> None:
    plan["sets"][0]["meetings"].pop()


@broken("sets[1].meetings")
def a_round_with_two_meetings(problem: Data, plan: Data) -> None:
    problem["locks"].pop()
    plan["sets"][1]["meetings"].append({"round": "R1", "slot": "R1-a"})
    del slot(problem, "R1-a")["max_sets"]


@broken("problem.sets[0].rounds[1].slots[0].max_sets")
def too_many_sets_in_a_slot(problem: Data, plan: Data) -> None:
    slot(problem, "R2-a")["max_sets"] = 1


@broken("sets[1].facilitator")
def a_set_without_a_facilitator(problem: Data, plan: Data) -> None:
    del plan["sets"][1]["facilitator"]


@broken("problem.sets[0].facilitators[1].max_sets")
def a_facilitator_with_too_many_sets(problem: Data, plan: Data) -> None:
    problem["sets"][0]["facilitators"][1]["max_sets"] = 0


@broken("sets[1].meetings[0]")
def a_facilitator_in_a_slot_it_is_away_from(problem: Data, plan: Data) -> None:
    problem["sets"][0]["facilitators"][1]["unavailable"] = ["R1-b"]


@broken("sets[1].meetings[0]")
def a_facilitator_away_in_another_entry(problem: Data, plan: Data) -> None:
    problem["sets"].append(
        {"id": "X", "audience": [], "rounds": [], "facilitators": [{"id": "F2", "unavailable": ["R1-b"]}]}
    )


@broken("sets[1].meetings[1]")
def a_facilitator_in_two_sets_that_meet_in_one_slot(problem: Data, plan: Data) -> None:
    plan["sets"][0]["facilitator"] = "F2"
    problem["locks"].pop()


@broken("sets[1].meetings[1]")
def a_facilitator_in_two_meetings_that_clash(problem: Data, plan: Data) -> None:
    plan["sets"][0]["facilitator"] = "F2"
    problem["locks"].pop()
    problem["sets"][0]["rounds"][1]["slots"].append(sitting("R2-b", 13))
    plan["sets"][1]["meetings"][1]["slot"] = "R2-b"
    for answers in problem["availability"].values():
        answers.update({"R2-b": "yes"})
    slot(problem, "R2-b").update(start=day(12, 12), end=day(12, 15))


@broken("assignments[4]")
def nobody_asked(problem: Data, plan: Data) -> None:
    problem["availability"]["A"].pop("W1-a")


@broken("assignments[4]")
def a_no_to_a_session(problem: Data, plan: Data) -> None:
    problem["availability"]["A"].update({"W1-a": "no"})


@broken("sets[1].meetings[1]")
def a_no_to_a_slot(problem: Data, plan: Data) -> None:
    problem["availability"]["D"].update({"R2-a": "no"})


@broken("assignments[4]", "assignments[5]")
def an_event_before_the_one_it_comes_after(problem: Data, plan: Data) -> None:
    session(problem, "N1-a").update(start=day(5, 14), end=day(5, 18))


@broken("assignments[0]", "assignments[0]", "assignments[1]", "assignments[1]")
def two_sessions_at_once(problem: Data, plan: Data) -> None:
    session(problem, "N1-a").update(start=day(5, 10), end=day(5, 11))
    without(problem, "after")


@broken("assignments[4]", "assignments[4]", "assignments[5]", "assignments[5]")
def two_sessions_a_minute_too_close(problem: Data, plan: Data) -> None:
    session(problem, "N1-a")["end"] = "2027-01-05T08:01:00+00:00"


@broken(*[f"assignments[{n}]" for n in (4, 4, 5, 5, 6, 6, 7, 7)])
def a_session_within_another_of_other_hours(problem: Data, plan: Data) -> None:
    session(problem, "N1-a")["end"] = day(7, 9)
    without(problem, "after")


@broken("assignments[6]", "assignments[6]", "assignments[7]", "assignments[7]")
def a_session_and_a_meeting_at_once(problem: Data, plan: Data) -> None:
    session(problem, "W1-b").update(start=day(11, 11), end=day(11, 14))


@broken("assignments[6]")
def a_person_of_two_parties_in_two_sessions_at_once(problem: Data, plan: Data) -> None:
    relaxed(problem)
    share_a_director(problem)
    session(problem, "W1-b").update(start=day(5, 10), end=day(5, 11))
    problem.update(sets=[], previous={})
    plan["sets"] = []
    for answers in problem["availability"].values():
        for name in ("R1-a", "R1-b", "R2-a"):
            answers.pop(name)


@broken("sets[1].meetings[1]")
def a_person_of_two_parties_in_two_sets_in_one_slot(problem: Data, plan: Data) -> None:
    relaxed(problem)
    share_a_director(problem)


@broken("problem.resources[0].capacity")
def a_resource_used_twice_at_once(problem: Data, plan: Data) -> None:
    relaxed(problem)
    problem["resources"][0]["capacity"] = 1
    session(problem, "W1-b").update(uses={"team": 1}, start=day(5, 11), end=day(5, 13))


@broken("problem.resources[0].capacity")
def a_resource_used_before_its_turnaround_is_over(problem: Data, plan: Data) -> None:
    relaxed(problem)
    problem["resources"][0].update(capacity=1, gap_minutes=21 * 60 + 1)
    session(problem, "W1-b")["uses"] = {"team": 1}


@broken("problem.resources[0].capacity")
def a_resource_used_by_each_set_in_a_slot(problem: Data, plan: Data) -> None:
    slot(problem, "R2-a")["uses"] = {"team": 2}


@broken("problem.resources[0].capacity")
def a_turnaround_of_four_thousand_years(problem: Data, plan: Data) -> None:
    problem["resources"][0].update(capacity=1, gap_minutes=2**31 - 1)


@broken("problem.locks[4]")
def a_party_not_where_it_is_fixed(problem: Data, plan: Data) -> None:
    problem["locks"].append({"party": "B", "session": "W1-b"})


@broken("problem.locks[4]")
def a_party_where_it_must_never_be(problem: Data, plan: Data) -> None:
    problem["locks"].append({"party": "A", "session": "W1-a", "never": True})


@broken("problem.locks[4]")
def a_party_in_a_slot_where_it_must_never_be(problem: Data, plan: Data) -> None:
    problem["locks"].append({"party": "A", "session": "R1-a", "never": True})


@broken("problem.locks[4]")
def a_session_that_must_not_run(problem: Data, plan: Data) -> None:
    problem["locks"].append({"session": "W1-a", "runs": False})


@broken("problem.locks[4]")
def a_slot_that_must_not_be_used(problem: Data, plan: Data) -> None:
    problem["locks"].append({"session": "R1-a", "runs": False})


@broken("problem.locks[4]")
def a_session_that_must_run(problem: Data, plan: Data) -> None:
    problem["events"][1]["sessions"].append(sitting("W1-c", 7))
    problem["locks"].append({"session": "W1-c", "runs": True})


@broken("problem.locks[4]")
def parties_fixed_together_in_two_sets(problem: Data, plan: Data) -> None:
    problem["locks"].append({"set": "ALS", "parties": ["A", "C"]})


@broken("problem.locks[4]")
def a_party_fixed_in_a_set_and_in_none(problem: Data, plan: Data) -> None:
    plan["sets"][1]["parties"].pop()
    del problem["sets"][0]["size"]
    plan["unplaced"].append({"event": "ALS", "party": "D"})
    problem["locks"].append({"set": "ALS", "parties": ["D"]})


@broken("problem.locks[4]")
def a_set_led_by_another_than_is_fixed(problem: Data, plan: Data) -> None:
    problem["locks"].append({"set": "ALS", "parties": ["C"], "facilitator": "F1"})


@pytest.mark.parametrize(("change", "places"), BROKEN.values(), ids=BROKEN)
def test_this_is_a_violation_at_its_place(change: Change, places: tuple[str, ...]):
    assert tuple(violation.place for violation in violations(change)) == places
