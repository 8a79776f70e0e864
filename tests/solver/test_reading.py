"""Problem files: what is accepted, and what is refused in which words at which place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from solver import Problem, ProblemRefused, read_problem
from solver.problem import AttendanceLock, RunningLock, SetLock, Weights
from tests.solver.builders import Data, as_file, changed, party, read, refusal, sitting, small_problem

LEAST: Data = {"format": "convene-problem/1", "parties": []}


def test_a_problem_that_uses_every_field_is_read_whole():
    problem = read(small_problem())

    assert [p.trust for p in problem.parties] == ["RA1", "RB1", "C", "D"]
    assert problem.events[0].audience == ("A", "B", "C", "D")
    assert problem.events[1].mix[0].max_share == Fraction(1, 2)
    assert problem.events[1].sessions[0].start == datetime(2027, 1, 5, 9, tzinfo=UTC)
    assert problem.events[1].sessions[0].uses == {"team": 1}
    assert problem.sets[0].facilitators[0].unavailable == frozenset({"R1-b"})
    assert problem.gap == timedelta(minutes=60)
    assert problem.resources[0].gap == timedelta(minutes=30)
    assert problem.locks == (
        AttendanceLock("A", "W1-a"),
        AttendanceLock("D", "W1-a", never=True),
        RunningLock("R1-b", runs=True),
        SetLock("ALS", ("A", "B"), "F1"),
    )
    assert problem.previous is not None
    assert problem.previous.sets[0].parties == ("A", "gone")


def test_what_is_left_out_has_the_value_the_format_says():
    data = LEAST | {
        "parties": [{"id": "A", "people": ["x"]}],
        "events": [{"id": "W", "sessions": [{"id": "s", "start": "2027-01-01T09:00Z", "end": "2027-01-01T10:00Z"}]}],
        "sets": [{"id": "S", "rounds": []}],
    }

    problem = read(data)

    event, entry = problem.events[0], problem.sets[0]
    assert problem.parties[0].trust == "A"
    assert (event.audience, event.open_min, event.open_max) == (("A",), 0, None)
    assert (event.sessions[0].min_seats, event.sessions[0].max_seats) == (0, None)
    assert (entry.audience, entry.size_min, entry.size_max, entry.count_max) == (("A",), 1, None, None)
    assert problem.weights == Weights(10000, 1, 1, 10, 5, 1, 2, 50)
    assert problem.answer("A", "s") == "no"


def test_an_empty_audience_is_nobody_not_everybody():
    data = changed(small_problem(), lambda p: p["events"][1].update(audience=[]))

    assert read(data).events[1].audience == ()


def test_a_share_is_read_exactly_as_written():
    written = as_file(small_problem()).replace(b'"max_share": 0.5', b'"max_share": 0.33333333333333333333')

    share = read_problem(written).events[1].mix[0].max_share

    assert share == Fraction(33333333333333333333, 10**20)
    assert share != Fraction(1, 3)


@pytest.mark.parametrize("written", [b"0", b"1", b"0.0", b"1.000", b"1e-3", b"4E-1", b"-0.0", b"0e999999999"])
def test_every_way_to_write_a_decimal_from_0_to_1_is_a_share(written: bytes):
    assert refusal(as_file(small_problem()).replace(b'"max_share": 0.5', b'"max_share": ' + written)) == []


def test_a_byte_order_mark_is_accepted():
    assert isinstance(read_problem(b"\xef\xbb\xbf" + as_file(small_problem())), Problem)


@pytest.mark.parametrize(
    "time", ["2027-06-01T09:30:00+01:00", "2027-06-01T09:30Z", "20270601T0930+0100", "2027-06-01T09:30:00.000000000Z"]
)
def test_iso_8601_with_an_offset_is_a_time(time: str):
    data = changed(small_problem(), lambda p: p["events"][0]["sessions"][0].update(start="2027-01-01T09Z", end=time))

    assert refusal(as_file(data)) == []


def test_offsets_count_when_an_end_is_compared_with_its_start():
    session = {"start": "2027-01-01T10:00:00+02:00", "end": "2027-01-01T09:00:00+00:00"}
    data = changed(small_problem(), lambda p: p["events"][0]["sessions"][0].update(session))

    assert refusal(as_file(data)) == []


def test_what_previous_names_may_be_gone():
    gone = {
        "assignments": [{"event": "gone", "party": "A", "session": "gone"}],
        "sets": [{"set": "gone", "number": 1, "parties": ["gone"], "meetings": [{"round": "gone", "slot": "gone"}]}],
    }

    assert refusal(as_file(small_problem() | {"previous": gone})) == []


def test_a_trust_listed_twice_with_another_in_previous_encounters_is_accepted():
    assert refusal(as_file(small_problem() | {"previous_encounters": [["C", "D", 1], ["D", "C", 2]]})) == []


def test_a_name_repeated_in_after_says_nothing_new():
    data = changed(small_problem(), lambda p: p["events"][1].update(after=["N1", "N1"]))

    assert read(data).events[1].after == ("N1",)


def _set(*path: str | int, to: Any) -> Callable[[Data], None]:
    """A change that puts a value where the path leads."""

    def change(data: Data) -> None:
        node: Any = data
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = to

    return change


W1A = ("events", 1, "sessions", 0)
R1A = ("sets", 0, "rounds", 0, "slots", 0)

REFUSED = [
    # shape
    (_set("format", to="convene-problem/2"), 'format: must be "convene-problem/1", not "convene-problem/2"'),
    (_set("colour", to="red"), "colour: is not a field of the format"),
    (_set(*W1A, "room", to=1), "events[1].sessions[0].room: is not a field of the format"),
    (_set("parties", to={}), "parties: must be a list, not an object"),
    (_set("parties", 0, to="A"), 'parties[0]: must be an object, not "A"'),
    (_set("parties", 0, "people", to=[]), "parties[0].people: must not be empty"),
    (_set("parties", 0, "trust", to=None), "parties[0].trust: must not be null; leave the key out"),
    (_set("parties", 0, "attributes", to={"region": 1}), "parties[0].attributes.region: must be text in double quotes"),
    (_set("events", 1, "audience", to=None), "events[1].audience: must not be null; leave the key out"),
    (_set("events", 1, "kind", to="party"), "events[1].kind: must be"),
    (_set("events", 1, "encounters", to=1), "events[1].encounters: must be true or false, not 1"),
    (_set(*W1A, "max_seats", to=True), "events[1].sessions[0].max_seats: must be a whole number from 0 to 2147483647"),
    (_set(*W1A, "max_seats", to=4.0), "events[1].sessions[0].max_seats: must be a whole number from 0 to 2147483647"),
    (_set(*W1A, "max_seats", to="4"), "events[1].sessions[0].max_seats: must be a whole number from 0 to 2147483647"),
    (_set(*W1A, "open_cost", to=-1), "events[1].sessions[0].open_cost: must be at least 0, not -1"),
    (_set(*W1A, "open_cost", to=2**31), "events[1].sessions[0].open_cost: must be at most 2147483647, not 2147483648"),
    (_set(*W1A, "start", to=1767225600), "events[1].sessions[0].start: must be a time with its offset"),
    (_set(*W1A, "start", to="1767225600"), "events[1].sessions[0].start: must be a time with its offset"),
    (_set(*W1A, "start", to="2027-01-05T09:00:00"), "events[1].sessions[0].start: must be a time with its offset"),
    (_set(*W1A, "start", to="2027-01-05"), "events[1].sessions[0].start: must be a time with its offset"),
    (_set(*W1A, "start", to="2027-02-30T09:00:00Z"), "events[1].sessions[0].start: there is no such day or time"),
    (
        _set(*W1A, "start", to="0001-01-01T00:00:00+14:00"),
        "events[1].sessions[0].start: must be in the years 1 to 9999",
    ),
    (_set("events", 1, "mix", 0, "max_share", to=1.01), "events[1].mix[0].max_share: must be a decimal from 0 to 1"),
    (_set("events", 1, "mix", 0, "max_share", to="0.4"), "events[1].mix[0].max_share: must be a decimal from 0 to 1"),
    (_set("events", 1, "mix", 0, "max_share", to=True), "events[1].mix[0].max_share: must be a decimal from 0 to 1"),
    (_set("availability", "A", "W1-a", to="maybe"), 'availability.A.W1-a: must be "yes", "if-need-be" or "no"'),
    (_set("availability", "A", to=[]), "availability.A: must be an object"),
    (_set("costs", "A", "W1-a", to=-1), "costs.A.W1-a: must be at least 0, not -1"),
    (_set("weights", "change", to=2**31), "weights.change: must be at most 2147483647"),
    (_set("weights", "luck", to=1), "weights.luck: is not a field of the format"),
    (_set("apart", 0, to=["A"]), "apart[0]: must be a list of two parties, not a list of 1"),
    (
        _set("previous_encounters", 0, to=["C", "D"]),
        "previous_encounters[0]: must be a list of two Trusts and how often",
    ),
    (_set("previous_encounters", 0, 2, to=-1), "previous_encounters[0][2]: must be at least 0"),
    (_set("locks", 0, to={}), "locks[0]: must hold party and session, or session and runs, or set and parties"),
    (_set("locks", 0, "runs", to=True), "locks[0].party: is not a field of the format"),
    (_set("locks", 2, "runs", to="yes"), "locks[2].runs: must be true or false"),
    (_set("locks", 3, "set", to=5), "locks[3].set: must be text in double quotes"),
    # ids
    (_set("parties", 0, "id", to=""), "parties[0].id: must not be empty"),
    (_set("parties", 0, "id", to="x" * 201), "parties[0].id: must be at most 200 characters long"),
    (_set("parties", 0, "id", to="a\nb"), "parties[0].id: must not hold a control character"),
    (_set("parties", 0, "people", 0, to="\x85"), "parties[0].people[0]: must not hold a control character"),
    (_set("parties", 1, "id", to="A"), 'parties[1].id: "A" is already the id of parties[0]'),
    (_set("resources", to=[{"id": "team", "capacity": 1}] * 2), 'resources[1].id: "team" is already'),
    (_set("sets", 0, "id", to="W1"), 'sets[0].id: "W1" is already the id of events[1]'),
    (_set(*R1A, "id", to="W1-a"), 'sets[0].rounds[0].slots[0].id: "W1-a" is already the id of events[1].sessions[0]'),
    (_set("sets", 0, "rounds", 1, "id", to="R1"), 'sets[0].rounds[1].id: "R1" is already'),
    (_set("sets", 0, "facilitators", 1, "id", to="F1"), 'sets[0].facilitators[1].id: "F1" is already'),
    (_set("parties", 0, "people", to=["x", "x"]), 'parties[0].people[1]: "x" stands in this list twice'),
    (_set("events", 1, "audience", to=["A", "A"]), 'events[1].audience[1]: "A" stands in this list twice'),
    (_set("apart", to=[["A", "A"]]), 'apart[0][1]: "A" stands in this list twice'),
    (_set("apart", to=[["A", "D"], ["D", "A"]]), "apart[1]: says the same as apart[0]"),
    (
        _set("sets", 0, "facilitators", 0, "unavailable", to=["R1-a", "R1-a"]),
        'sets[0].facilitators[0].unavailable[1]: "R1-a" stands in this list twice',
    ),
    (_set("locks", 3, "parties", to=["A", "A"]), 'locks[3].parties[1]: "A" stands in this list twice'),
    (_set("events", 1, "audience", to=["Z"]), 'events[1].audience[0]: "Z" is not the id of a party'),
    (_set("events", 1, "after", to=["Z"]), 'events[1].after[0]: "Z" is not the id of an event'),
    (_set("events", 1, "after", to=["ALS"]), 'events[1].after[0]: "ALS" is not the id of an event'),
    (_set(*W1A, "uses", to={"Z": 1}), 'events[1].sessions[0].uses.Z: "Z" is not the id of a resource'),
    (_set("sets", 0, "audience", to=["Z"]), 'sets[0].audience[0]: "Z" is not the id of a party'),
    (
        _set("sets", 0, "facilitators", 0, "unavailable", to=["Z"]),
        'sets[0].facilitators[0].unavailable[0]: "Z" is not the id of a slot',
    ),
    (_set("availability", "Z", to={}), 'availability.Z: "Z" is not the id of a party'),
    (_set("availability", "A", "Z", to="yes"), 'availability.A.Z: "Z" is not the id of a session or slot'),
    (_set("costs", "A", "Z", to=1), 'costs.A.Z: "Z" is not the id of a session or slot'),
    (_set("apart", to=[["A", "Z"]]), 'apart[0][1]: "Z" is not the id of a party'),
    (_set("previous_encounters", 0, 0, to="A"), 'previous_encounters[0][0]: "A" is not the id of a Trust'),
    (_set("previous_encounters", 0, 1, to="RA1"), 'previous_encounters[0][1]: "RA1" cannot meet itself'),
    (_set("locks", 0, "party", to="Z"), 'locks[0].party: "Z" is not the id of a party'),
    (_set("locks", 0, "session", to="Z"), 'locks[0].session: "Z" is not the id of a session or slot'),
    (_set("locks", 3, "set", to="W1"), 'locks[3].set: "W1" is not the id of an entry of sets'),
    (_set("locks", 3, "facilitator", to="Z"), 'locks[3].facilitator: "Z" is not the id of a facilitator of "ALS"'),
    # what spans fields
    (_set(*W1A, "end", to="2027-01-05T09:00:00Z"), "events[1].sessions[0].end: must be after start"),
    (_set(*R1A, "end", to="2027-01-05T09:00:00Z"), "sets[0].rounds[0].slots[0].end: must be after start"),
    (_set(*W1A, "min_seats", to=5), "events[1].sessions[0].min_seats: must not be above max_seats, 4"),
    (_set("events", 1, "open", to={"min": 3, "max": 2}), "events[1].open.min: must not be above max, 2"),
    (_set("sets", 0, "size", to={"min": 4, "max": 3}), "sets[0].size.min: must not be above max, 3"),
    (_set("sets", 0, "size", to={"max": 0}), "sets[0].size.min: must not be above max, 0"),
    (_set("sets", 0, "count", to={"min": 4, "max": 3}), "sets[0].count.min: must not be above max, 3"),
    (_set("events", 0, "after", to=["W1"]), 'events[1].after[0]: closes a cycle: "N1" after "W1" after "N1"'),
    (_set("events", 0, "after", to=["N1"]), 'events[0].after[0]: closes a cycle: "N1" after "N1"'),
    (
        _set("events", 1, "mix", to=[{"attribute": "region"}, {"attribute": "region"}]),
        'events[1].mix[1].attribute: "region" is already the attribute of events[1].mix[0]',
    ),
    (_set("previous", "sets", 0, "number", to=0), "previous.sets[0].number: must be at least 1"),
]


@pytest.mark.parametrize(("change", "line"), REFUSED, ids=[line for _, line in REFUSED])
def test_a_fault_is_refused_with_its_place(change: Callable[[Data], None], line: str):
    lines = refusal(as_file(changed(small_problem(), change)))

    assert [found for found in lines if found.startswith(line)], lines
    assert lines[0].startswith(line) or len(lines) > 1


def test_the_same_in_an_earlier_plan_twice_is_refused():
    assigned = {"event": "W1", "party": "A", "session": "W1-a"}
    planned = {"set": "ALS", "number": 1, "parties": ["A"], "meetings": [{"round": "R1", "slot": "R1-a"}] * 2}

    lines = refusal(as_file(small_problem() | {"previous": {"assignments": [assigned] * 2, "sets": [planned] * 2}}))

    assert lines == [
        'previous.assignments[1].party: "A" has a session of "W1" already',
        'previous.sets[1].number: 1 is the number of another set of "ALS"',
        'previous.sets[1].parties[0]: "A" is in a set of "ALS" already',
        'previous.sets[0].meetings[1].round: "R1" has a slot already',
        'previous.sets[1].meetings[1].round: "R1" has a slot already',
    ]


def test_all_faults_are_told_together_in_shape_and_between_fields():
    def spoil(data: Data) -> None:
        data["gap_minutes"] = None
        data["events"][1]["sessions"][0]["max_seats"] = "many"
        data["events"][1]["sessions"][1]["end"] = data["events"][1]["sessions"][1]["start"]
        data["locks"][0]["party"] = "Z"

    lines = refusal(as_file(changed(small_problem(), spoil)))

    assert sorted(line.partition(":")[0] for line in lines) == [
        "events[1].sessions[0].max_seats",
        "events[1].sessions[1].end",
        "gap_minutes",
        "locks[0].party",
    ]


def test_of_very_many_faults_the_first_thousand_are_listed_and_the_rest_counted():
    with pytest.raises(ProblemRefused) as refused:
        read(LEAST | {"parties": [1] * 3000})

    assert len(refused.value.faults) == 1000
    assert refused.value.more == 2000
    assert list(refused.value.lines())[-1] == "and 2,000 more"


def test_faults_beyond_the_first_thousand_are_counted_whatever_their_kind():
    wrong = [{"id": "A", "people": [1, 2], "size": 3}] * 1000

    with pytest.raises(ProblemRefused) as refused:
        read(LEAST | {"parties": wrong})

    assert len(refused.value.faults) + refused.value.more == 3 * 1000 + 999  # three in each shape, ids said again


def test_an_object_with_thousands_of_unknown_fields_has_one_fault():
    lines = refusal(as_file(LEAST | {f"x{number}": 0 for number in range(3000)}))

    assert lines == ["file: has 3,002 fields, of which at most 14 are known"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"", "line 1, column 1: the file is empty"),
        (b" \n", "line 2, column 1: the file is empty"),
        (b"null", "file: must hold an object"),
        (b"[]", "file: must hold an object"),
        (b"{} {}", "line 1, column 4: not JSON: there is more text after the end of the value"),
        (b"{}x", "line 1, column 3: not JSON: there is more text after the end of the value"),
        (b'{\n"a" 1}', "line 2, column 5: not JSON: a colon is missing here"),
        (b'{"a": 1,}', "line 1, column "),
        (b"{'a': 1}", "line 1, column 2: not JSON: a key in double quotes is missing here"),
        (b'{"a": 01}', "line 1, column 8: not JSON: a comma or a closing bracket is missing here"),
        (b'{"a": "\x00"}', "line 1, column 8: not JSON: a control character stands raw in a text"),
        (b'{"a": "\\x"}', "line 1, column 8: not JSON: a backslash is followed by a character that needs none"),
        (b'{"a": "\xff"}', "byte 8: is not UTF-8"),
        ("{}".encode("utf-16"), "file: is UTF-16 or binary"),
        ("{}".encode("utf-16-le"), "file: is UTF-16 or binary"),
        (b"[" * 200_000, "line 1, column 101: lists and objects are nested more than 100 deep here"),
        (b'{"a":' * 200_000, "line 1, column "),
        (b'{"format": "convene-plan/1"}', 'format: must be "convene-problem/1", not "convene-plan/1"'),
    ],
)
def test_what_is_no_json_object_is_refused_in_one_line(text: bytes, line: str):
    lines = refusal(text)

    assert len(lines) == 1
    assert lines[0].startswith(line), lines


def test_a_file_of_more_than_64_mebibytes_is_refused_unread():
    text = as_file(LEAST)

    assert refusal(text + b" " * (64 * 2**20 - len(text))) == []
    assert refusal(text + b" " * (64 * 2**20 - len(text) + 1)) == ["file: is larger than 64 MiB"]


def test_a_key_twice_is_refused_wherever_it_stands():
    text = as_file(small_problem()).replace(b'"open_cost": 100', b'"open_cost": 100, "open_cost": 1')

    assert refusal(text) == ["events[1].sessions[0].open_cost: stands more than once in the same object"]


def test_half_a_character_is_refused_in_a_value_and_in_a_key():
    text = as_file(LEAST | {"name": "@", "weights": {"%": 1}}).replace(b"@", b"\\udc00").replace(b"%", b"\\ud800x")

    lines = refusal(text)

    assert "name: holds half a character (a lone surrogate)" in lines
    assert r"weights.\ud800x: the key holds half a character (a lone surrogate)" in lines


def test_a_whole_character_beyond_the_basic_plane_is_accepted_as_an_escape():
    assert refusal(as_file(LEAST | {"name": "\N{ELEPHANT}"})) == []


def test_a_line_never_carries_raw_control_or_direction_characters():
    hostile = "\x1b]0;x\x07\n\u202e\u2028"

    data = LEAST | {hostile: 1, "parties": [party("A", id=hostile)], "availability": {f"{hostile}{hostile}": {}}}

    lines = refusal(as_file(data))

    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)


class TestTheLargestObjective:
    """The largest sum the objective could reach must fit 2^62."""

    def problem(self, cost: int, weight: int) -> Data:
        workshop = {"id": "W1", "sessions": [sitting("W1-a", 5, open_cost=cost)]}
        return LEAST | {
            "parties": [party("C"), party("D")],
            "events": [workshop],
            "availability": {"C": {"W1-a": "yes"}},
            "weights": {"open_cost": weight, "unplaced": 0},
        }

    def test_is_refused_beyond(self):
        data = self.problem(2**31 - 1, 2**31 - 1) | {"costs": {"C": {"W1-a": 2**31 - 1}}}
        data["weights"]["costs"] = 3

        lines = refusal(as_file(data))

        assert len(lines) == 1
        assert lines[0].startswith("weights.open_cost: the objective could reach 4,611,686,020,574,871,550")

    def test_is_accepted_up_to_it(self):
        assert refusal(as_file(self.problem(2**31 - 1, 2**31 - 1))) == []

    def test_counts_nothing_for_what_is_switched_off(self):
        assert refusal(as_file(self.problem(2**31 - 1, 0))) == []

    def test_counts_the_encounters_before(self):
        data = self.problem(0, 1) | {"previous_encounters": [["C", "D", 2**31 - 1]] * 3}
        data["weights"]["repeat_encounter"] = 2**31 - 1

        assert refusal(as_file(data))[0].startswith("weights.repeat_encounter: ")


def test_a_long_chain_of_events_is_read_without_recursion():
    events = [{"id": f"E{n}", "sessions": [], "after": [f"E{n + 1}"]} for n in range(5000)]

    assert refusal(as_file(LEAST | {"events": [*events, {"id": "E5000", "sessions": []}]})) == []
    assert len(refusal(as_file(LEAST | {"events": [*events, {"id": "E5000", "sessions": [], "after": ["E0"]}]}))) == 1


def test_the_refusal_of_a_number_of_5000_digits_names_its_field():
    text = as_file(LEAST | {"gap_minutes": 7}).replace(b": 7", b": " + b"7" * 5000)

    assert refusal(text) == ["gap_minutes: must be at most 2147483647"]
