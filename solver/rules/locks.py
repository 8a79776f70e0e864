"""The organiser's fixed choices."""

from __future__ import annotations

from solver.problem import AttendanceLock, Lock, RunningLock, SetLock
from solver.rulebook import Rulebook
from solver.variables import Variables


def hold_lock(book: Rulebook, variables: Variables, lock: Lock) -> None:
    """Hold one lock, whichever kind it is."""
    with book.rule(in_words(variables, lock)):
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


def in_words(variables: Variables, lock: Lock) -> str:
    """The lock as its organiser would say it, with the answer where that alone decides it."""
    if isinstance(lock, AttendanceLock):
        if lock.never:
            return f"{lock.party} is locked out of {lock.session}"
        answer = variables.problem.answer(lock.party, lock.session)
        return f"{lock.party} is locked to {lock.session}" + (", but said no to it" if answer == "no" else "")
    if isinstance(lock, RunningLock):
        return f"{lock.session} is locked to {'run' if lock.runs else 'not run'}"
    led = f", led by {lock.facilitator}" if lock.facilitator is not None else ""
    return f"{', '.join(lock.parties)} are locked into one set of {lock.set}{led}"
