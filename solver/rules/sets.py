"""Sets: who joins which, how large and how many they are, and where they meet in each round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from solver.problem import SetsEntry
from solver.rulebook import Literal, Rulebook
from solver.variables import Variables, can_meet, previous_numbers
from solver.wording import counted, listed

MOST_TERMS_TO_ORDER = 1_000_000  # the rule by members is as long as sets × members²


def join_at_most_one(book: Rulebook, sets: Sequence[Literal]) -> None:
    """A party joins no more than one set of an entry; with none it is unplaced, which the objective prices."""
    if sets:
        book.require(sum(sets) <= 1)


def hold_size(book: Rulebook, entry: SetsEntry, forms: Literal, here: Mapping[str, Literal]) -> None:
    """A set that forms has between ``size.min`` and ``size.max`` parties, and at least one; others have none."""
    members = sum(here.values())
    for joins in here.values():
        book.require(joins <= forms)
    book.require(members >= forms)
    if entry.size_min > 1:
        with book.rule(f"A set of {entry.id} has at least {counted(entry.size_min, 'member')}"):
            book.require(members >= entry.size_min * forms)
    if entry.size_max is not None:
        with book.rule(f"A set of {entry.id} has at most {counted(entry.size_max, 'member')}"):
            book.require(members <= entry.size_max * forms)


def hold_count(book: Rulebook, variables: Variables, entry: SetsEntry) -> None:
    """Between ``count.min`` and ``count.max`` sets form; an entry with an empty audience asks for nothing."""
    if not entry.audience:
        return
    forms = [variables.forms[entry.id, n] for n in variables.numbers[entry.id] if (entry.id, n) in variables.forms]
    if entry.count_min > 0:
        with book.rule(f"{entry.id} forms at least {counted(entry.count_min, 'set')}{_held_back(variables, entry)}"):
            book.require(sum(forms) >= entry.count_min)
    if entry.count_max is not None:
        with book.rule(f"{entry.id} forms at most {counted(entry.count_max, 'set')}"):
            book.require(sum(forms) <= entry.count_max)


def _held_back(variables: Variables, entry: SetsEntry) -> str:
    """The fact about answers and rounds that stands in the way of any number of sets, where there is one."""
    without = [round_.id for round_ in entry.rounds if not round_.slots]
    if without:
        return f", but {listed(without)} has no slots"
    able = sum(can_meet(variables.problem, entry, party) for party in entry.audience)
    if able == len(entry.audience):
        return ""
    return f", and {able} of its {counted(len(entry.audience), 'party', 'parties')} can meet in every round"


def meet_once_a_round(book: Rulebook, variables: Variables, entry: SetsEntry, number: int) -> None:
    """A set that forms meets in exactly one slot of every round; one that does not meets in none."""
    forms = variables.forms[entry.id, number]
    for round_ in entry.rounds:
        meetings = [variables.meets.get((entry.id, number, slot.id), 0) for slot in round_.slots]
        book.require(sum(meetings) == forms)


def meet_where_all_can(book: Rulebook, variables: Variables, entry: SetsEntry, number: int) -> None:
    """A member of a set attends its meetings; a set meets in no slot to which a member said "no"."""
    here = variables.in_set(entry, number)
    for round_ in entry.rounds:
        for slot in round_.slots:
            meets = variables.meets.get((entry.id, number, slot.id))
            if meets is None:
                continue
            for party, joins in here.items():
                attends = variables.attends.get((party, slot.id), 0)
                book.require(joins + meets - 1 <= attends)


def attend_meetings_alone(book: Rulebook, variables: Variables, entry: SetsEntry, party: str) -> None:
    """A party attends one slot of every round if it is in a set, and none otherwise."""
    joins = sum(variables.sets_of(entry, party))
    for round_ in entry.rounds:
        visits = [variables.attends[party, s.id] for s in round_.slots if (party, s.id) in variables.attends]
        if visits:
            book.require(sum(visits) == joins)


def share_slots(book: Rulebook, variables: Variables, entry: SetsEntry) -> None:
    """No more sets meet in a slot than its ``max_sets``."""
    for round_ in entry.rounds:
        for slot in round_.slots:
            if slot.max_sets is not None:
                with book.rule(f"{slot.id} has room for {counted(slot.max_sets, 'set')}"):
                    book.require(sum(variables.meetings_in(entry, slot.id).values()) <= slot.max_sets)


def order_new_sets(book: Rulebook, variables: Variables, entry: SetsEntry) -> None:
    """Number the sets without a previous number by their first member, so that no two numberings say the same.

    First in the shuffled order of the parties: a party joins a set only if some party before it joined the set before.
    Where that would be too long to write down, the sets that form come first and no more.
    """
    old = frozenset(previous_numbers(variables.problem, entry))
    free = [n for n in variables.numbers[entry.id] if variables.scope.frees_set(entry.id, n) and n not in old]
    by_member = len(free) * len(entry.audience) ** 2 <= MOST_TERMS_TO_ORDER
    for earlier, later in pairwise(free):
        book.require(variables.forms[entry.id, later] <= variables.forms[entry.id, earlier])
        if not by_member:
            continue
        before: list[Literal] = []
        for party in variables.order:
            joins = variables.joins.get((entry.id, later, party))
            if joins is not None:
                book.require(joins <= sum(before))
                before.append(variables.joins[entry.id, earlier, party])
