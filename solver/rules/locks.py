"""The organiser's fixed choices."""

from __future__ import annotations

from solver.problem import AttendanceLock, Lock, Problem, RunningLock, SetLock
from solver.rulebook import Rulebook
from solver.variables import Variables
from solver.wording import listed


def hold_lock(book: Rulebook, variables: Variables, lock: Lock) -> None:
    """Hold one lock, whichever kind it is."""
    with book.rule("" if book.guards is None else in_words(variables.problem, lock)):
        if isinstance(lock, AttendanceLock):
            hold_attendance(book, variables, lock)
        elif isinstance(lock, RunningLock):
            hold_running(book, variables, lock)
        else:
            hold_set(book, variables, lock)


def hold_attendance(book: Rulebook, variables: Variables, lock: AttendanceLock) -> None:
    """The party attends the session or slot, or, with ``never``, does not."""
    attends = variables.attends.get((lock.party, lock.session), 0)
    book.require(attends == (0 if lock.never else 1))


def hold_running(book: Rulebook, variables: Variables, lock: RunningLock) -> None:
    """The session runs or does not; a slot runs when a set meets in it."""
    if lock.session in variables.runs:
        book.require(variables.runs[lock.session] == int(lock.runs))
        return
    meetings = [m for entry in variables.problem.sets for m in variables.meetings_in(entry, lock.session).values()]
    book.require(sum(meetings) >= 1 if lock.runs else sum(meetings) == 0)


def hold_set(book: Rulebook, variables: Variables, lock: SetLock) -> None:
    """The parties are placed in one set together; with a facilitator, it leads that set."""
    if not lock.parties:
        return
    first, *rest = lock.parties
    placed = 0
    for number in variables.numbers[lock.set]:
        joins = variables.joins.get((lock.set, number, first), 0)
        placed = placed + joins
        for party in rest:
            book.require(joins <= variables.joins.get((lock.set, number, party), 0))
        if lock.facilitator is not None:
            book.require(joins <= variables.leads.get((lock.set, number, lock.facilitator), 0))
    book.require(placed == 1)


def in_words(problem: Problem, lock: Lock) -> str:
    """The lock as its organiser would say it, with the fact that alone makes it impossible, where there is one."""
    if isinstance(lock, AttendanceLock):
        if lock.never:
            return f"{lock.party} is locked out of {lock.session}"
        words = f"{lock.party} is locked to {lock.session}"
        in_the_way = _never_there(problem, lock.party, lock.session)
        return f"{words}, but {in_the_way}" if in_the_way else words
    if isinstance(lock, RunningLock):
        return f"{lock.session} is locked to {'run' if lock.runs else 'not run'}{_nobody_there(problem, lock)}"
    led = f", led by {lock.facilitator}" if lock.facilitator is not None else ""
    together = f"{listed(lock.parties, most=len(lock.parties))} are locked into one set"
    words = (
        together if len(lock.parties) > 1 else f"{lock.parties[0]} is locked into a set" if lock.parties else "Nobody"
    )
    missing = [never for party in lock.parties if (never := _never_in_a_set(problem, party, lock.set))]
    in_the_way = missing[0] if missing else _no_common_slot(problem, lock)
    return f"{words} of {lock.set}{led}" + (f", but {in_the_way}" if in_the_way else "")


def _no_common_slot(problem: Problem, lock: SetLock) -> str:
    entry = next(entry for entry in problem.sets if entry.id == lock.set)
    for round_ in entry.rounds:
        if all(any(problem.answer(p, slot.id) == "no" for p in lock.parties) for slot in round_.slots):
            return f"no slot of {round_.id} suits them all"
    return ""


def _nobody_there(problem: Problem, lock: RunningLock) -> str:
    nobody = all(_never_there(problem, party.id, lock.session) for party in problem.parties)
    return ", but nobody who is asked can come" if lock.runs and nobody else ""


def _never_there(problem: Problem, party: str, sitting: str) -> str:
    """Why a party can never attend a session or slot, whatever else is planned; "" where it can."""
    for event in problem.events:
        if any(session.id == sitting for session in event.sessions):
            if party not in event.audience:
                return f"{event.id} does not ask it"
            return "said no to it" if problem.answer(party, sitting) == "no" else ""
    entry = next(entry for entry, _, slot in problem.slots() if slot.id == sitting)
    if party in entry.audience and problem.answer(party, sitting) == "no":
        return "said no to it"
    return _never_in_a_set(problem, party, entry.id, "it")


def _never_in_a_set(problem: Problem, party: str, entry_id: str, who: str | None = None) -> str:
    """Why a party can join no set of an entry; "" where it can."""
    entry = next(entry for entry in problem.sets if entry.id == entry_id)
    if party not in entry.audience:
        return f"{entry_id} does not ask {who or party}"
    for round_ in entry.rounds:
        if not round_.slots:
            return f"{round_.id} has no slots"
        if all(problem.answer(party, slot.id) == "no" for slot in round_.slots):
            return f"{who or party} said no to every slot of {round_.id}"
    return ""
