"""Why a party has no place, in an organiser's words: every reason is looked up in the plan or counted, not guessed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from solver.forbidding import named, rules_against
from solver.leftover import SeatsShort, cannot_split, somebody_misses_out
from solver.plan import Plan, Unplaced
from solver.pricing import price
from solver.problem import Event, Problem, SetsEntry
from solver.whereabouts import Group, Move, Whereabouts
from solver.wording import counted, listed

MOST_LOOKS = 8_000
"""So many places are tried for all the unplaced together: some tenths of a millisecond each."""

MOST_NAMED = 12


def reasons_for(problem: Problem, plan: Plan) -> tuple[Unplaced, ...]:
    """The unplaced of a plan that keeps every rule, each with why it has no place."""
    if not plan.unplaced:
        return ()
    finder = _Finder(problem, plan)
    return tuple(replace(lost, reasons=tuple(dict.fromkeys(finder.reasons(lost)))) for lost in plan.unplaced)


class _Finder:
    """One plan laid over its problem, and what was counted for its events and entries so far."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self.where = Whereabouts(problem, plan)
        self.kinds = {kind.id: kind for kind in self.where.kinds}
        self.looks = 0
        self._seats: dict[str, SeatsShort] = {}
        self._counted: dict[str, list[str]] = {}

    def reasons(self, lost: Unplaced) -> Iterator[str]:
        """Why one party has no place in an event or an entry of ``sets``."""
        kind = self.kinds[lost.event]
        return self._no_session(kind, lost.party) if isinstance(kind, Event) else self._no_set(kind, lost.party)

    def _no_session(self, event: Event, party: str) -> Iterator[str]:
        if not event.sessions:
            yield f"{event.id} has no sessions"
            return
        possible = [g for g in self.where.groups[event.id] if self.problem.answer(party, str(g.name)) != "no"]
        if not possible:
            yield f"{party} said no to every session of {event.id}"
            return
        if short := self._seats_short(event, party):
            yield short
        running = self.where.running(event)
        no_more = event.open_max is not None and len(running) >= event.open_max
        if no_more and not any(group.parties for group in possible):
            some = f"{event.id} runs no more than {event.open_max} of its sessions"
            yield f"{some}, and {party} said no to {listed((str(g.name) for g in running), most=len(running))}"
            yield from self._once(event, lambda: somebody_misses_out(self.problem, event))
            return
        refused: dict[str, list[str]] = {}
        for group in possible:
            if group.parties or not no_more:
                refused.setdefault(self._why_not(event, party, group), []).append(str(group.name))
        for why, sessions in refused.items():
            yield f"{listed(sessions, most=MOST_NAMED)}: {why}"

    def _no_set(self, entry: SetsEntry, party: str) -> Iterator[str]:
        never = [r.id for r in entry.rounds if all(self.problem.answer(party, slot.id) == "no" for slot in r.slots)]
        if never:
            yield f"{party} said no to every slot of {listed(never)}"
            return
        yield from self._once(entry, lambda: cannot_split(self.problem, entry))
        refused: dict[str, list[str]] = {}
        for group in self.where.groups[entry.id]:
            if any(self.problem.answer(party, slot.id) == "no" for slot in group.sittings):
                why = f"{party} said no to a slot in which it meets"
            else:
                why = self._why_not(entry, party, group)
            refused.setdefault(why, []).append(str(group.name))
        for why, numbers in refused.items():
            yield f"{entry.id}, {'set' if len(numbers) == 1 else 'sets'} {listed(numbers, most=MOST_NAMED)}: {why}"
        if not refused:
            yield f"{entry.id} forms no set that {party} could join"

    def _why_not(self, kind: Event | SetsEntry, party: str, group: Group) -> str:
        """The rules against a place, or what it would cost."""
        if self.looks >= MOST_LOOKS:
            return "not looked at, since so many have no place"
        self.looks += 1
        move = Move(party, kind, None, group)
        against = dict(rules_against(self.where, move))
        if against:
            facts = self._full(group) if group.parties else self._closed(party, group)
            if "seats" in against and facts:
                against["seats"] = (facts,)
                if not group.parties:
                    against.pop("mix", None)
            return "; ".join(_as_it_would_be(sentence, group) for said in against.values() for sentence in said)
        more = price(self.where, move)
        if more == 0:
            return f"a place there would cost the same as leaving {party} out"
        if more < 0:
            return f"a place there would save {-more:,}, which there was no time to find"
        return f"a place there would cost {more:,} more than leaving {party} out"

    def _closed(self, party: str, group: Group) -> str:
        """That one party is not enough to open a session, whatever the mix; "" where seats are not what is missing."""
        least = self.where.session(group).min_seats
        if self.where.seats_in((party,)) >= least:
            return ""
        return f"closed in this plan, and at least {counted(least, 'person', 'people')} must come for it to run"

    def _full(self, group: Group) -> str:
        """How full a session or set is that takes nobody more."""
        if not isinstance(group.kind, Event):
            return f"full, with {counted(len(group.parties), 'member')}"
        return f"full, with {self.where.seats_in(group.parties)} of {self.where.session(group).max_seats} seats taken"

    def _seats_short(self, event: Event, party: str) -> str | None:
        if event.id not in self._seats:
            self._seats[event.id] = SeatsShort(self.problem, self.plan, event)
        return self._seats[event.id].of(party)

    def _once(self, kind: Event | SetsEntry, count: Callable[[], Iterator[str]]) -> list[str]:
        """What is true of an event or entry whoever asks, counted the first time."""
        if kind.id not in self._counted:
            self._counted[kind.id] = list(count())
        return self._counted[kind.id]


def _as_it_would_be(sentence: str, group: Group) -> str:
    """A sentence about a group with one party more: what would be so in it, where the sentence says what is."""
    for is_so, would_be in (("has", "there would be"), ("runs with", "there would be only")):
        begins = f"{named(group)} {is_so} "
        if sentence.startswith(begins):
            return f"{would_be} {sentence.removeprefix(begins)}"
    return sentence
