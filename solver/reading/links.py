"""What spans fields of a problem file: ids that must be known or different, ends after starts, cycles.

Works on the JSON values rather than on the shapes, so that a fault in one place hides none in another: whatever is not
of the right shape is passed over here, as it is told elsewhere.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from solver.faults import MOST_LISTED, Faults, place_of, printable, quoted
from solver.reading.shapes import MOST_WHOLE, read_time

Row = tuple[str, dict[str, Any]]


@dataclass
class Known:
    """The ids a file defines, each with the place where it does; None where the list itself cannot be read."""

    parties: Mapping[str, str] | None
    resources: Mapping[str, str] | None
    events: Mapping[str, str]
    entries: Mapping[str, str]
    sessions: Mapping[str, str]
    slots: Mapping[str, str]
    trusts: Container[str]
    sittings: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.sittings = {**self.sessions, **self.slots}


def check_links(data: dict[str, Any], faults: Faults) -> None:
    """Add every fault that lies between fields of a problem."""
    parties, resources = _rows(data, "parties"), _rows(data, "resources")
    events, entries = _rows(data, "events"), _rows(data, "sets")
    sessions = [row for place, event in events for row in _rows(event, "sessions", place)]
    rounds = [row for place, entry in entries for row in _rows(entry, "rounds", place)]
    slots = [row for place, round_ in rounds for row in _rows(round_, "slots", place)]
    known = Known(
        parties=_ids(parties) if isinstance(data.get("parties"), list) else None,
        resources=_ids(resources) if isinstance(data.get("resources", []), list) else None,
        events=_ids(events),
        entries=_ids(entries),
        sessions=_ids(sessions),
        slots=_ids(slots),
        trusts={trust for _, party in parties if isinstance(trust := party.get("trust", party.get("id")), str)},
    )
    for alike in (parties, resources, [*events, *entries], [*sessions, *slots]):
        _refuse_same_ids(alike, faults)
    for place, party in parties:
        _refuse_repeats(party.get("people"), f"{place}.people", faults)
    for place, sitting in [*sessions, *slots]:
        _check_sitting(place, sitting, known, faults)
    for place, event in events:
        _check_event(place, event, known, faults)
    for place, entry in entries:
        _check_entry(place, entry, known, faults)
    _check_cycles(events, faults)
    _check_answers(data, known, faults)
    _check_apart(data, known, faults)
    _check_encounters(data, known, faults)
    _check_locks(data, entries, known, faults)
    _check_previous(data, faults)


def _rows(node: Mapping[str, Any], key: str, place: str = "") -> list[Row]:
    """The objects of a list, each with its place; what is no object is passed over."""
    listed = node.get(key)
    inside = f"{place}.{key}" if place else key
    if not isinstance(listed, list):
        return []
    return [(f"{inside}[{index}]", row) for index, row in enumerate(listed) if isinstance(row, dict)]


def _ids(rows: Iterable[Row]) -> dict[str, str]:
    """Id to the place that defines it, the first where there are several."""
    found: dict[str, str] = {}
    for place, row in rows:
        if _is_text(row.get("id")):
            found.setdefault(row["id"], place)
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_WHOLE


def _texts(listed: object) -> Iterator[tuple[int, str]]:
    if isinstance(listed, list):
        yield from ((index, value) for index, value in enumerate(listed) if isinstance(value, str))


def _refuse_same_ids(rows: Sequence[Row], faults: Faults, key: str = "id") -> None:
    first: dict[str, str] = {}
    for place, row in rows:
        value = row.get(key)
        if not isinstance(value, str):
            continue
        if value in first:
            faults.add(f"{place}.{key}", f"{quoted(value)} is already the {key} of {first[value]}")
        first.setdefault(value, place)


def _refuse_repeats(listed: object, place: str, faults: Faults) -> None:
    seen: set[str] = set()
    for index, value in _texts(listed):
        if value in seen:
            faults.add(f"{place}[{index}]", f"{quoted(value)} stands in this list twice")
        seen.add(value)


def _refuse_unknown(listed: object, place: str, known: Container[str] | None, what: str, faults: Faults) -> None:
    if known is not None:
        for index, value in _texts(listed):
            if value not in known:
                faults.add(f"{place}[{index}]", f"{quoted(value)} is not the id of {what}")


def _refuse_unknown_id(value: object, place: str, known: Container[str] | None, what: str, faults: Faults) -> None:
    if known is not None and isinstance(value, str) and value not in known:
        faults.add(place, f"{quoted(value)} is not the id of {what}")


def _check_sitting(place: str, sitting: dict[str, Any], known: Known, faults: Faults) -> None:
    start, end = _time(sitting.get("start")), _time(sitting.get("end"))
    if start is not None and end is not None and end <= start:
        faults.add(f"{place}.end", f"must be after start, {start.isoformat()}")
    _refuse_min_above_max(sitting.get("min_seats"), sitting.get("max_seats"), f"{place}.min_seats", "max_seats", faults)
    uses = sitting.get("uses")
    if isinstance(uses, dict) and known.resources is not None:
        for resource in uses:
            if resource not in known.resources:
                faults.add(f"{place}.uses.{printable(resource)}", f"{quoted(resource)} is not the id of a resource")


def _time(value: object) -> datetime | None:
    try:
        return read_time(value)
    except ValueError:
        return None


def _refuse_min_above_max(least: object, most: object, place: str, most_name: str, faults: Faults) -> None:
    if isinstance(least, int) and isinstance(most, int) and _is_whole(least) and _is_whole(most) and least > most:
        faults.add(place, f"must not be above {most_name}, {most}")


def _check_range(node: dict[str, Any], key: str, place: str, least_left_out: int, faults: Faults) -> None:
    limits = node.get(key)
    if isinstance(limits, dict):
        least = limits.get("min", least_left_out)
        _refuse_min_above_max(least, limits.get("max"), f"{place}.{key}.min", "max", faults)


def _check_group(place: str, group: dict[str, Any], known: Known, faults: Faults) -> None:
    """What an event and an entry of sets have in common: an audience and a mix."""
    _refuse_unknown(group.get("audience"), f"{place}.audience", known.parties, "a party", faults)
    _refuse_repeats(group.get("audience"), f"{place}.audience", faults)
    _refuse_same_ids(_rows(group, "mix", place), faults, key="attribute")


def _check_event(place: str, event: dict[str, Any], known: Known, faults: Faults) -> None:
    _check_group(place, event, known, faults)
    _check_range(event, "open", place, 0, faults)
    _refuse_unknown(event.get("after"), f"{place}.after", known.events, "an event", faults)


def _check_entry(place: str, entry: dict[str, Any], known: Known, faults: Faults) -> None:
    _check_group(place, entry, known, faults)
    _check_range(entry, "size", place, 1, faults)
    _check_range(entry, "count", place, 0, faults)
    _refuse_same_ids(_rows(entry, "rounds", place), faults)
    _refuse_same_ids(_rows(entry, "facilitators", place), faults)
    for facilitator_place, facilitator in _rows(entry, "facilitators", place):
        away = facilitator.get("unavailable")
        _refuse_unknown(away, f"{facilitator_place}.unavailable", known.slots, "a slot", faults)
        _refuse_repeats(away, f"{facilitator_place}.unavailable", faults)


def _check_cycles(events: Sequence[Row], faults: Faults) -> None:
    """Refuse each reference of ``after`` that closes a cycle (depth first, without recursion)."""
    place_by_id: dict[str, str] = {}
    earlier: dict[str, list[tuple[int, str]]] = {}
    for place, event in events:
        if isinstance(event.get("id"), str):
            place_by_id.setdefault(event["id"], place)
            earlier.setdefault(event["id"], list(_texts(event.get("after"))))
    finished: set[str] = set()
    for root, named in earlier.items():
        path = {} if root in finished else {root: iter(named)}
        while path:
            event_id = next(reversed(path))
            index, name = next(path[event_id], (-1, ""))
            if index < 0:
                finished.add(event_id)
                del path[event_id]
            elif name in path:
                shown = "" if len(path) > MOST_LISTED else f": {_shown_cycle(list(path), name)}"
                faults.add(f"{place_by_id[event_id]}.after[{index}]", f"closes a cycle{shown}")
            elif name in earlier and name not in finished:
                path[name] = iter(earlier[name])


def _shown_cycle(path: Sequence[str], name: str) -> str:
    cycle = [*path[path.index(name) :], name]
    shown = cycle if len(cycle) <= 6 else [*cycle[:3], "…", *cycle[-2:]]
    return " after ".join(name if name == "…" else quoted(name) for name in shown)


def _check_answers(data: dict[str, Any], known: Known, faults: Faults) -> None:
    for key in ("availability", "costs"):
        by_party = data.get(key)
        for party, by_sitting in by_party.items() if isinstance(by_party, dict) else ():
            place = place_of((key, party))
            _refuse_unknown_id(party, place, known.parties, "a party", faults)
            for sitting in by_sitting if isinstance(by_sitting, dict) else ():
                if sitting not in known.sittings:
                    faults.add(f"{place}.{printable(sitting)}", f"{quoted(sitting)} is not the id of a session or slot")


def _check_apart(data: dict[str, Any], known: Known, faults: Faults) -> None:
    first: dict[frozenset[str], int] = {}
    listed = data.get("apart")
    for index, pair in enumerate(listed) if isinstance(listed, list) else ():
        place = f"apart[{index}]"
        _refuse_unknown(pair, place, known.parties, "a party", faults)
        _refuse_repeats(pair, place, faults)
        if isinstance(pair, list) and len(pair) == 2 and all(map(_is_text, pair)) and pair[0] != pair[1]:
            if frozenset(pair) in first:
                faults.add(place, f"says the same as apart[{first[frozenset(pair)]}]")
            first.setdefault(frozenset(pair), index)


def _check_encounters(data: dict[str, Any], known: Known, faults: Faults) -> None:
    listed = data.get("previous_encounters")
    trusts = None if known.parties is None else known.trusts
    for index, met in enumerate(listed) if isinstance(listed, list) else ():
        names = [name for name in met[:2] if isinstance(name, str)] if isinstance(met, list) else []
        # Half a million of these are no rarity, so that what is right is passed over first.
        if trusts is None or all(name in trusts for name in names):
            if len(names) == 2 and names[0] == names[1]:
                faults.add(f"previous_encounters[{index}][1]", f"{quoted(names[1])} cannot meet itself")
            continue
        _refuse_unknown(met[:2], f"previous_encounters[{index}]", trusts, "a Trust", faults)


def _check_locks(data: dict[str, Any], entries: Sequence[Row], known: Known, faults: Faults) -> None:
    facilitators: dict[str, dict[str, str]] = {}
    for entry_place, entry in entries:
        if isinstance(entry.get("id"), str):
            facilitators.setdefault(entry["id"], _ids(_rows(entry, "facilitators", entry_place)))
    for place, lock in _rows(data, "locks"):
        _refuse_unknown_id(lock.get("party"), f"{place}.party", known.parties, "a party", faults)
        _refuse_unknown_id(lock.get("session"), f"{place}.session", known.sittings, "a session or slot", faults)
        _refuse_unknown_id(lock.get("set"), f"{place}.set", known.entries, "an entry of sets", faults)
        _refuse_unknown(lock.get("parties"), f"{place}.parties", known.parties, "a party", faults)
        _refuse_repeats(lock.get("parties"), f"{place}.parties", faults)
        entry_id = lock.get("set")
        if isinstance(entry_id, str) and entry_id in facilitators:
            of_entry = f"a facilitator of {quoted(entry_id)}"
            leader = lock.get("facilitator")
            _refuse_unknown_id(leader, f"{place}.facilitator", facilitators[entry_id], of_entry, faults)


def _check_previous(data: dict[str, Any], faults: Faults) -> None:
    """An earlier plan may name what is gone, but it gives each party one place and each set one number."""
    previous = data.get("previous")
    if not isinstance(previous, dict):
        return
    assigned = _rows(previous, "assignments", "previous")
    planned = _rows(previous, "sets", "previous")
    places = {f"{place}.party": (row.get("event"), row.get("party")) for place, row in assigned}
    _refuse_second(places, "has a session of {0} already", faults)
    for place, row in planned:
        if _is_whole(row.get("number")) and row["number"] < 1:
            faults.add(f"{place}.number", "must be at least 1")
    numbers = {f"{place}.number": (row.get("set"), row.get("number")) for place, row in planned}
    _refuse_second(numbers, "is the number of another set of {0}", faults)
    members = {
        f"{place}.parties[{index}]": (row.get("set"), party)
        for place, row in planned
        for index, party in _texts(row.get("parties"))
    }
    _refuse_second(members, "is in a set of {0} already", faults)
    for place, row in planned:
        meetings = _rows(row, "meetings", place)
        _refuse_second(
            {f"{p}.round": (row.get("number"), m.get("round")) for p, m in meetings}, "has a slot already", faults
        )


def _refuse_second(named: Mapping[str, tuple[object, object]], words: str, faults: Faults) -> None:
    """Refuse what a place names when an earlier place named the same under the same heading."""
    seen: set[tuple[object, object]] = set()
    for place, (heading, name) in named.items():
        if not isinstance(heading, str | int) or not isinstance(name, str | int) or isinstance(name, bool):
            continue
        if (heading, name) in seen:
            shown = quoted(name) if isinstance(name, str) else str(name)
            faults.add(place, f"{shown} {words.format(quoted(str(heading)))}")
        seen.add((heading, name))
