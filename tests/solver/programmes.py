"""Random small programmes with a plan planted in them: the rules are drawn around the plan, so that it keeps them all.

Every sitting is on a day of its own and no two parties share a person: nothing clashes but where a test moves it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Any

from hypothesis import strategies as st

from tests.solver.builders import Data, day, sitting

REGIONS = ["London", "North West", ""]
Draw = Any


@dataclass
class Programme:
    """A problem and a plan that keeps its rules, as the files hold them."""

    problem: Data
    plan: Data

    def party(self, party_id: str) -> Data:
        """One party of the problem."""
        return next(p for p in self.problem["parties"] if p["id"] == party_id)

    def region(self, party_id: str) -> str:
        """The region of a party, "" where it has none."""
        region: str = self.party(party_id)["attributes"].get("region", "")
        return region

    def seats(self, party_ids: list[str]) -> int:
        """How many people there are in some parties."""
        return sum(len(self.party(party_id)["people"]) for party_id in party_ids)

    def event(self, event_id: str) -> Data:
        """One event of the problem."""
        return next(e for e in self.problem["events"] if e["id"] == event_id)

    def sittings(self) -> list[Data]:
        """Every session and slot of the problem."""
        sessions = [s for event in self.problem["events"] for s in event["sessions"]]
        return sessions + [s for entry in self.problem["sets"] for r in entry["rounds"] for s in r["slots"]]

    def present(self, session_id: str) -> list[str]:
        """The parties in a session."""
        return [a["party"] for a in self.plan["assignments"] if a["session"] == session_id]

    def running(self, event_id: str) -> list[str]:
        """The sessions of an event that run."""
        return [s["id"] for s in self.event(event_id)["sessions"] if self.present(s["id"])]

    def meetings(self, slot_id: str) -> list[Data]:
        """The sets that meet in a slot."""
        return [p for p in self.plan["sets"] if any(m["slot"] == slot_id for m in p["meetings"])]

    def attended(self) -> list[tuple[str, str, str]]:
        """Every party and what it attends, with the place in the plan."""
        found = [(a["party"], a["session"], f"assignments[{i}]") for i, a in enumerate(self.plan["assignments"])]
        for i, planned in enumerate(self.plan["sets"]):
            for j, meeting in enumerate(planned["meetings"]):
                found += [(party, meeting["slot"], f"sets[{i}].meetings[{j}]") for party in planned["parties"]]
        return found

    def groups(self) -> list[tuple[Data, list[str]]]:
        """Every session that runs and every set: the event or entry it is of, and its parties."""
        found = [(e, self.present(s["id"])) for e in self.problem["events"] for s in e["sessions"]]
        entries = {entry["id"]: entry for entry in self.problem["sets"]}
        found += [(entries[planned["set"]], planned["parties"]) for planned in self.plan["sets"]]
        return [(group, parties) for group, parties in found if parties]


@st.composite
def programmes(draw: Draw) -> Programme:
    """A programme of 2 to 6 parties, 1 to 3 events and perhaps sets, and a plan that breaks no rule."""
    parties = [_party(draw, number) for number in range(draw(st.integers(2, 6)))]
    ids = [p["id"] for p in parties]
    made = Programme(
        {"format": "convene-problem/1", "parties": parties, "events": [], "sets": [], "resources": []},
        {"format": "convene-plan/1", "status": "feasible", "objective": 0, "bound": 0, "seconds": 0, "terms": {}}
        | {"assignments": [], "sets": [], "unplaced": []},
    )
    for number in range(draw(st.integers(1, 3))):
        _add_event(draw, made, ids, number)
    if draw(st.booleans()):
        _add_sets(draw, made, ids)
    _rule_around(draw, made)
    _answer(draw, made, ids)
    _remember(draw, made, ids)
    return made


def _party(draw: Draw, number: int) -> Data:
    people = [f"P{number}-{person}" for person in range(draw(st.integers(1, 3)))]
    region = draw(st.sampled_from(REGIONS))
    attributes = {"region": region} if region or draw(st.booleans()) else {}
    trust = draw(st.sampled_from([f"P{number}", "T0"]))
    return {"id": f"P{number}", "trust": trust, "people": people, "attributes": attributes}


def _add_event(draw: Draw, made: Programme, ids: list[str], number: int) -> None:
    event_id = f"E{number}"
    first_day = 1 + 4 * number
    sessions = [sitting(f"{event_id}-{n}", first_day + n) for n in range(draw(st.integers(1, 3)))]
    audience = draw(st.lists(st.sampled_from(ids), unique=True))
    event: Data = {"id": event_id, "sessions": sessions, "audience": audience, "encounters": draw(st.booleans())}
    made.problem["events"].append(event)
    for party_id in audience:
        session = draw(st.sampled_from([None, *sessions, *sessions]))
        if session is None:
            made.plan["unplaced"].append({"event": event_id, "party": party_id, "reasons": []})
        else:
            made.plan["assignments"].append({"event": event_id, "party": party_id, "session": session["id"]})
    event["after"] = draw(st.lists(st.sampled_from([f"E{n}" for n in range(number)]), unique=True)) if number else []


def _add_sets(draw: Draw, made: Programme, ids: list[str]) -> None:
    rounds = [
        {"id": f"R{r}", "slots": [sitting(f"R{r}-{s}", 14 + 3 * r + s) for s in range(draw(st.integers(1, 2)))]}
        for r in range(draw(st.integers(0, 2)))
    ]
    audience = draw(st.lists(st.sampled_from(ids), unique=True))
    numbers = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3, unique=True))
    members: dict[int, list[str]] = {number: [] for number in numbers}
    for party_id in audience:
        number = draw(st.sampled_from([None, *numbers, *numbers]))
        if number is None:
            made.plan["unplaced"].append({"event": "S", "party": party_id, "reasons": []})
        else:
            members[number].append(party_id)
    led = draw(st.booleans())
    for number in (n for n in numbers if members[n]):
        meetings = [{"round": r["id"], "slot": draw(st.sampled_from(r["slots"]))["id"]} for r in rounds]
        planned = {"set": "S", "number": number, "parties": members[number], "meetings": meetings}
        made.plan["sets"].append(planned | ({"facilitator": f"F{number}"} if led else {}))
    entry: Data = {"id": "S", "audience": audience, "rounds": rounds, "encounters": draw(st.booleans())}
    if led:
        entry["facilitators"] = [{"id": f"F{number}", "max_sets": draw(st.integers(1, 2))} for number in numbers]
        for facilitator in entry["facilitators"]:
            used = {
                m["slot"] for p in made.plan["sets"] if p["facilitator"] == facilitator["id"] for m in p["meetings"]
            }
            free = [s["id"] for r in rounds for s in r["slots"] if s["id"] not in used]
            facilitator["unavailable"] = [slot for slot in free if draw(st.booleans())]
    made.problem["sets"].append(entry)


def _rule_around(draw: Draw, made: Programme) -> None:
    """Seats, numbers, mixes and resources that the plan keeps, some of them just."""
    for event in made.problem["events"]:
        running = len(made.running(event["id"]))
        event["open"] = {"min": draw(st.integers(0, running)), "max": draw(st.integers(running, 4))}
        for session in event["sessions"]:
            taken = made.seats(made.present(session["id"]))
            session["min_seats"] = draw(st.integers(0, taken)) if taken else draw(st.integers(0, 2))
            session["max_seats"] = draw(st.integers(max(taken, session["min_seats"]), 20))
            session["open_cost"] = draw(st.integers(0, 5))
    for entry in made.problem["sets"]:
        sizes = [len(planned["parties"]) for planned in made.plan["sets"]]
        entry["count"] = {"min": draw(st.integers(0, len(sizes))), "max": draw(st.integers(len(sizes), 5))}
        least, most = min(sizes, default=1), max(sizes, default=1)
        entry["size"] = {"min": draw(st.integers(0, least)), "max": draw(st.integers(most, 6))}
        for slot in (slot for round_ in entry["rounds"] for slot in round_["slots"]):
            slot["max_sets"] = draw(st.integers(len(made.meetings(slot["id"])), 4))
    for group in (*made.problem["events"], *made.problem["sets"]):
        if draw(st.booleans()):
            group["mix"] = [_mix_around(draw, made, [p for of, p in made.groups() if of is group])]
    amounts = {s["id"]: draw(st.integers(0, 2)) for s in made.sittings()}
    in_use = [amounts[s] for e in made.problem["events"] for s in made.running(e["id"])]
    for one in made.sittings():
        one["uses"] = {"kit": amounts[one["id"]]}
        in_use.append(amounts[one["id"]] * len(made.meetings(one["id"])))
    made.problem["resources"] = [{"id": "kit", "capacity": max(in_use) + draw(st.integers(0, 1))}]


def _mix_around(draw: Draw, made: Programme, groups: list[list[str]]) -> Data:
    counts = [Counter(made.region(party_id) for party_id in parties) for parties in groups]
    most = max((max(count.values()) for count in counts), default=1)
    fewest = min((len(count) for count in counts), default=1)
    share = max((Decimal(max(count.values())) / count.total() for count in counts), default=Decimal(1))
    rule: Data = {"attribute": "region"}
    if draw(st.booleans()):
        rule["max_share"] = float(share.quantize(Decimal("0.01"), ROUND_UP))
    if draw(st.booleans()):
        rule["max_count"] = most + draw(st.integers(0, 1))
    if draw(st.booleans()):
        rule["min_distinct"] = draw(st.integers(0, fewest))
    return rule


def _answer(draw: Draw, made: Programme, ids: list[str]) -> None:
    needed = {(party_id, sitting_id) for party_id, sitting_id, _ in made.attended()}
    answers: Data = {party_id: {} for party_id in ids}
    for party_id in ids:
        for one in made.sittings():
            possible = ["yes", "if-need-be"]
            if (party_id, one["id"]) not in needed:
                possible += ["no", ""]
            if answer := draw(st.sampled_from(possible)):
                answers[party_id][one["id"]] = answer
    made.problem["availability"] = answers
    made.problem["costs"] = {
        party_id: {one["id"]: draw(st.integers(0, 3)) for one in made.sittings()}
        for party_id in ids
        if draw(st.booleans())
    }


def _remember(draw: Draw, made: Programme, ids: list[str]) -> None:
    """Who met before, what was planned before, who is kept apart, what is fixed."""
    trusts = sorted({p["trust"] for p in made.problem["parties"]})
    pairs = [[one, other] for one in trusts for other in trusts if one < other]
    if pairs:
        met = st.lists(st.tuples(st.sampled_from(pairs), st.integers(0, 3)), max_size=3)
        made.problem["previous_encounters"] = [[*pair, times] for pair, times in draw(met)]
    together = {
        frozenset((a, b)) for group, parties in made.groups() if group["encounters"] for a in parties for b in parties
    }
    free = [[a, b] for a in ids for b in ids if a < b and frozenset((a, b)) not in together]
    made.problem["apart"] = [pair for pair in free if draw(st.booleans())]
    attended = {(party_id, sitting_id) for party_id, sitting_id, _ in made.attended()}
    locks: list[Data] = [{"party": p, "session": s} for p, s in sorted(attended) if draw(st.booleans())]
    for one in made.sittings():
        absent = [p for p in ids if (p, one["id"]) not in attended]
        locks += [{"party": p, "session": one["id"], "never": True} for p in absent if draw(st.booleans())]
        if draw(st.booleans()):
            locks.append({"session": one["id"], "runs": any(s == one["id"] for _, s in attended)})
    for planned in made.plan["sets"]:
        leader = {"facilitator": planned["facilitator"]} if "facilitator" in planned else {}
        locks.append({"set": "S", "parties": planned["parties"], **leader})
    made.problem["locks"] = locks
    made.problem["previous"] = _earlier_plan(draw, made, ids)
    made.problem["weights"] = {term: draw(st.integers(0, 9)) for term in ("unplaced", "burden", "change", "costs")}


def _earlier_plan(draw: Draw, made: Programme, ids: list[str]) -> Data:
    names = [*ids, "gone"]
    assigned = [
        {"event": event["id"], "party": party_id, "session": draw(st.sampled_from([*_ids(event["sessions"]), "gone"]))}
        for event in (*made.problem["events"], {"id": "gone", "sessions": []})
        for party_id in names
        if draw(st.booleans())
    ]
    members: dict[int, list[str]] = {1: [], 2: []}
    for party_id in draw(st.lists(st.sampled_from(names), unique=True)):
        members[draw(st.sampled_from([1, 2]))].append(party_id)
    rounds = [r for entry in made.problem["sets"] for r in entry["rounds"]]
    planned = [
        {"set": draw(st.sampled_from(["S", "S", "gone"])), "number": number, "parties": parties}
        | {"facilitator": draw(st.sampled_from(["F1", "F2", "gone"]))}
        | {"meetings": [{"round": r["id"], "slot": draw(st.sampled_from([*_ids(r["slots"]), "gone"]))} for r in rounds]}
        for number, parties in members.items()
    ]
    return {"assignments": assigned, "sets": planned}


def _ids(rows: list[Data]) -> list[str]:
    return [row["id"] for row in rows]


def overlap(one: Data, other: Data) -> None:
    """Move a sitting to the hours of another."""
    one["start"], one["end"] = other["start"], other["end"]


__all__ = ["Programme", "day", "overlap", "programmes"]
