"""Changes of the facts that could help: each rule loosened by the least step, and each "no" turned into a "yes".

A ``Loosening`` is one number, lock or answer of a problem that could be kinder; ``by`` makes the changed problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from solver.faults import place_of
from solver.problem import Answer, AttendanceLock, Event, Lock, Problem, RunningLock, SetsEntry

Path = tuple[str | int, ...]

LARGEST = 2**31 - 1
SHARE_STEP = Fraction(1, 20)
IN_FILE = {
    "open_min": ("open", "min"),
    "open_max": ("open", "max"),
    "size_min": ("size", "min"),
    "size_max": ("size", "max"),
    "count_min": ("count", "min"),
    "count_max": ("count", "max"),
}
"""Where the file writes a field otherwise than the data classes name it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One fact changed: ``place`` as in a refusal, ``was`` and ``to`` as the file writes them, None is "left out"."""

    place: str
    was: Any
    to: Any
    text: str
    problem: Problem


@dataclass(frozen=True)
class Loosening:
    """Something that can be loosened, one step or several at a time.

    ``about`` are the ids it concerns; ``party`` and ``sitting`` stand where it is an answer, ``kind`` is the event or
    entry of ``sets`` where it belongs to one. ``change`` makes the change of so many steps, None beyond the last.
    """

    about: tuple[str, ...]
    change: Callable[[int], Change | None]
    kind: str | None = None
    party: str | None = None
    sitting: str | None = None

    def by(self, steps: int = 1) -> Change | None:
        """The change of so many least steps."""
        return self.change(steps)


def rules_to_loosen(problem: Problem) -> Iterator[Loosening]:
    """Every number and choice of a problem that could be kinder, in the order of the file."""
    for number, resource in enumerate(problem.resources):
        text = f"Have {{to}} of {resource.id} instead of {{was}}"
        yield _number(problem, ("resources", number, "capacity"), 1, text, about=(resource.id,))
    for number, event in enumerate(problem.events):
        yield from _of_event(problem, ("events", number), event)
    for number, entry in enumerate(problem.sets):
        yield from _of_entry(problem, ("sets", number), entry)
    for number, (one, other) in enumerate(problem.apart):
        yield _left_out(problem, ("apart", number), [one, other], f"Let {one} and {other} be together", (one, other))
    for number, lock in enumerate(problem.locks):
        yield _left_out(problem, ("locks", number), _lock_as_json(lock), _lock_in_words(lock), _ids_of(lock))


def answers_to_ask_for(problem: Problem, party: str, kind: Event | SetsEntry) -> Iterator[Loosening]:
    """Each session or slot of an event or entry that the party did not say "yes" to."""
    for sitting in sittings_of_kind(kind):
        if problem.answer(party, sitting) != "yes":
            yield answer_to_ask_for(problem, party, kind.id, sitting)


def sittings_of_kind(kind: Event | SetsEntry) -> list[str]:
    """The ids of the sessions of an event, or of the slots of an entry."""
    if isinstance(kind, Event):
        return [session.id for session in kind.sessions]
    return [slot.id for round_ in kind.rounds for slot in round_.slots]


def answer_to_ask_for(problem: Problem, party: str, kind: str, sitting: str) -> Loosening:
    """One answer turned into a "yes"."""
    was = problem.answer(party, sitting)

    def change(steps: int) -> Change | None:
        answers: dict[str, dict[str, Answer]] = {p: dict(given) for p, given in problem.availability.items()}
        answers.setdefault(party, {})[sitting] = "yes"
        said = "if need be" if was == "if-need-be" else "no"
        text = f"{party} says yes to {sitting} instead of {said}"
        changed = replace(problem, availability=answers)
        return None if steps > 1 else Change(place_of(("availability", party, sitting)), was, "yes", text, changed)

    return Loosening((party, sitting, kind), change, kind, party, sitting)


def _of_event(problem: Problem, at: Path, event: Event) -> Iterator[Loosening]:
    there_are = len(event.sessions)
    if event.open_max is not None and event.open_max < there_are:
        text = f"Let {{to}} sessions of {event.id} run instead of {{was}}"
        yield _number(problem, (*at, "open_max"), 1, text, most=there_are)
    if event.open_min:
        text = f"Ask for {{to}} running sessions of {event.id} instead of {{was}}"
        yield _number(problem, (*at, "open_min"), -1, text)
    seats = max((problem.party_by_id[party].seats for party in event.audience), default=1)
    for number, session in enumerate(event.sessions):
        here = (*at, "sessions", number)
        if session.max_seats is not None:
            text = f"Raise the most seats of {session.id} from {{was}} to {{to}}"
            yield _number(problem, (*here, "max_seats"), seats, text, sitting=session.id)
        if session.min_seats:
            text = f"Lower the fewest seats of {session.id} from {{was}} to {{to}}"
            yield _number(problem, (*here, "min_seats"), -seats, text, sitting=session.id)
    yield from _of_mix(problem, at, event)


def _of_entry(problem: Problem, at: Path, entry: SetsEntry) -> Iterator[Loosening]:
    if entry.size_max is not None:
        text = f"Let a set of {entry.id} have {{to}} members instead of {{was}} at most"
        yield _number(problem, (*at, "size_max"), 1, text)
    if entry.size_min > 1:
        text = f"Let a set of {entry.id} have {{to}} members instead of {{was}} at least"
        yield _number(problem, (*at, "size_min"), -1, text, least=1)
    if entry.count_max is not None:
        yield _number(problem, (*at, "count_max"), 1, f"Form {{to}} sets of {entry.id} instead of {{was}} at most")
    if entry.count_min:
        yield _number(problem, (*at, "count_min"), -1, f"Form {{to}} sets of {entry.id} instead of {{was}} at least")
    for number, round_ in enumerate(entry.rounds):
        for index, slot in enumerate(round_.slots):
            if slot.max_sets is not None:
                here = (*at, "rounds", number, "slots", index, "max_sets")
                text = f"Let {{to}} sets meet in {slot.id} instead of {{was}}"
                yield _number(problem, here, 1, text, sitting=slot.id)
    for number, leader in enumerate(entry.facilitators):
        if leader.max_sets is not None:
            text = f"Let {leader.id} lead {{to}} sets of {entry.id} instead of {{was}}"
            yield _number(problem, (*at, "facilitators", number, "max_sets"), 1, text, about=(leader.id,))
    yield from _of_mix(problem, at, entry)


def _of_mix(problem: Problem, at: Path, kind: Event | SetsEntry) -> Iterator[Loosening]:
    for number, rule in enumerate(kind.mix):
        here = (*at, "mix", number)
        if rule.max_share is not None and rule.max_share < 1:
            text = f"Let a share of {{to}} in a group of {kind.id} be of one {rule.attribute} instead of {{was}}"
            yield _number(problem, (*here, "max_share"), SHARE_STEP, text, most=1)
        if rule.max_count is not None:
            text = f"Let {{to}} of one {rule.attribute} be in a group of {kind.id} instead of {{was}}"
            yield _number(problem, (*here, "max_count"), 1, text)
        if rule.min_distinct:
            text = f"Ask for {{to}} different values of {rule.attribute} in {kind.id} instead of {{was}}"
            yield _number(problem, (*here, "min_distinct"), -1, text)


def _number(
    problem: Problem,
    path: Path,
    step: int | Fraction,
    text: str,
    *,
    least: int = 0,
    most: int = LARGEST,
    sitting: str | None = None,
    about: tuple[str, ...] = (),
) -> Loosening:
    """A number of the problem, by its path through the data classes, that becomes kinder by ``step``."""
    was = _value_at(problem, path)
    kind = problem.events[int(path[1])].id if path[0] == "events" else None
    kind = problem.sets[int(path[1])].id if path[0] == "sets" else kind

    def change(steps: int) -> Change | None:
        to, before = (max(least, min(most, was + step * times)) for times in (steps, steps - 1))
        if to == before:
            return None
        shown = {"was": _shown(was), "to": _shown(to)}
        place = place_of(step for name in path for step in IN_FILE.get(str(name), (name,)))
        return Change(place, shown["was"], shown["to"], text.format(**shown), _with_value(problem, path, to))

    concerned = (*about, *(name for name in (sitting, kind) if name is not None))
    return Loosening(concerned, change, kind, None, sitting)


def _shown(number: int | Fraction) -> int | float:
    return number if isinstance(number, int) else float(number)


def _value_at(thing: Any, path: Path) -> Any:
    for name in path:
        thing = thing[name] if isinstance(name, int) else getattr(thing, name)
    return thing


def _with_value(thing: Any, path: Path, value: Any) -> Any:
    """A copy of data classes and tuples with what stands at the end of a path changed."""
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        return (*thing[:first], _with_value(thing[first], tuple(rest), value), *thing[first + 1 :])
    return replace(thing, **{first: _with_value(getattr(thing, first), tuple(rest), value)})


def _left_out(problem: Problem, path: Path, was: Any, text: str, about: tuple[str, ...]) -> Loosening:
    field, number = str(path[0]), int(path[1])

    def change(steps: int) -> Change | None:
        listed = getattr(problem, field)
        changed = _with_value(problem, (field,), (*listed[:number], *listed[number + 1 :]))
        return None if steps > 1 else Change(place_of(path), was, None, text, changed)

    return Loosening(about, change)


def _lock_as_json(lock: Lock) -> dict[str, Any]:
    if isinstance(lock, AttendanceLock):
        return {"party": lock.party, "session": lock.session} | ({"never": True} if lock.never else {})
    if isinstance(lock, RunningLock):
        return {"session": lock.session, "runs": lock.runs}
    led = {} if lock.facilitator is None else {"facilitator": lock.facilitator}
    return {"set": lock.set, "parties": list(lock.parties)} | led


def _ids_of(lock: Lock) -> tuple[str, ...]:
    if isinstance(lock, AttendanceLock):
        return (lock.party, lock.session)
    if isinstance(lock, RunningLock):
        return (lock.session,)
    return (lock.set, *lock.parties)


def _lock_in_words(lock: Lock) -> str:
    if isinstance(lock, AttendanceLock):
        return f"Take away the lock that {'keeps' if lock.never else 'puts'} {lock.party} " + (
            f"out of {lock.session}" if lock.never else f"into {lock.session}"
        )
    if isinstance(lock, RunningLock):
        return f"Take away the lock that {lock.session} {'runs' if lock.runs else 'does not run'}"
    return f"Take away the lock that puts {', '.join(lock.parties)} into one set of {lock.set}"
