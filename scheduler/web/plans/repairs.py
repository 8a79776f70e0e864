"""What would help a plan, in an organiser's words: each change with what it gains, and where it can be made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from flask import g, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from scheduler import formatting
from scheduler.extensions import db
from scheduler.formatting import count, number
from scheduler.models import Event, Lock, LockKind, Plan, Session
from scheduler.plan.advice import Found
from scheduler.plan.naming import Names, session_name
from scheduler.plan.overview import locks_of
from scheduler.web.plans.moving import TERMS

KINDS = {
    "region": ("region", "regions"),
    "trust_type": ("kind of Trust", "kinds of Trust"),
    "research_activity": ("level of research activity", "levels of research activity"),
    "theme": ("main theme", "main themes"),
}
"""What one and many values of an attribute are called."""


@dataclass(frozen=True)
class Way:
    """Where a change is made: the words of the link, and its address."""

    words: str
    href: str


@dataclass(frozen=True)
class Repair:
    """A change that helps: what to do, what it gains, and where to do it (None where no page can)."""

    text: str
    gain: str
    way: Way | None
    found: Found


class _Rows:
    """The rows behind the ids of a plan's question, each kind read once, when it is first needed."""

    def __init__(self, plan: Plan) -> None:
        self.programme_id = plan.programme_id
        self.names = Names(plan)

    @cached_property
    def sessions(self) -> Mapping[str, Session]:
        rows = db.session.scalars(
            select(Session)
            .where(Session.programme_id == self.programme_id)
            .options(joinedload(Session.event), joinedload(Session.venue))
        )
        return {row.key: row for row in rows}

    @cached_property
    def events(self) -> Mapping[str, Event]:
        rows = db.session.scalars(select(Event).where(Event.programme_id == self.programme_id))
        return {row.key: row for row in rows}

    @cached_property
    def locks(self) -> list[Lock]:
        return locks_of(self.programme_id)


class RepairNames:
    """Says what was found for a plan with names instead of ids, in a number of queries that does not grow."""

    def __init__(self, plan: Plan, *, place: tuple[str, str] | None = None, rows: _Rows | None = None) -> None:
        self.plan = plan
        self.place = place
        self._rows = rows or _Rows(plan)

    def beside(self, event: str, party: str) -> RepairNames:
        """The same for the line of a party in an event, where neither is named again."""
        return RepairNames(self.plan, place=(event, party), rows=self._rows)

    @property
    def sessions(self) -> Mapping[str, Session]:
        """The programme's dates under their ids in the problem, with their events."""
        return self._rows.sessions

    def repair(self, found: Found) -> Repair:
        """A change in words."""
        text, way = self._answer(found) if found.party is not None else self._rule(found)
        return Repair(text, self.gain(found), way, found)

    def gain(self, found: Found) -> str:
        """What a change gains, as a sentence: who has a place then, and how much less the plan costs."""
        if found.gains is None:
            lacking = count(found.unplaced, "place")
            rest = f"with {lacking} not found" if found.unplaced else "with everyone placed"
            return f"There is a plan then that costs {number(found.objective)}, {rest}."
        if found.placed:
            lost = len(found.placed) - found.by_term.get("unplaced", 0) // self._weight
            but = f", but {count(lost, 'other')} {'loses its' if lost == 1 else 'lose their'} place" if lost > 0 else ""
            return f"{self._who_is_placed(found)}{but}: the plan costs {number(found.gains)} less."
        parts = formatting.listed(self._parts(found)) if sum(found.by_term.values()) == found.gains else ""
        return f"Would save {number(found.gains)}{f': {parts}' if parts else ''}."

    def party(self, key: str) -> str:
        """What a party is called."""
        return self._rows.names.by_id.get(key, key)

    def session(self, key: str) -> str:
        """What a date is called, with its event unless that is plain from where it stands."""
        found = self.sessions.get(key)
        if found is None:
            return self._rows.names.by_id.get(key, key)
        return session_name(found, event=self.place is None or found.event.key != self.place[0])

    @property
    def _weight(self) -> int:
        weight: int = self.plan.problem["weights"].get("unplaced", 10_000)
        return max(1, weight)

    def _who_is_placed(self, found: Found) -> str:
        others = [party for event, party in found.placed if (event, party) != self.place]
        if len(others) < len(found.placed):
            if not others:
                return "It has a place then"
            return f"It has a place then, and so {'has' if len(others) == 1 else 'have'} {count(len(others), 'other')}"
        names = list(dict.fromkeys(self.party(party) for party in others))
        shown = names if len(names) <= 3 else [*names[:2], count(len(names) - 2, "other")]
        return f"{formatting.listed(shown)} {'has' if len(names) == 1 else 'have'} a place then"

    def _parts(self, found: Found) -> Iterable[str]:
        """What a change saves and costs, term by term, the dearest first."""
        dearest = sorted(found.by_term.items(), key=lambda part: -abs(part[1]))
        return [f"{TERMS[term]} {number(abs(points))} {'less' if points > 0 else 'more'}" for term, points in dearest]

    def _answer(self, found: Found) -> tuple[str, Way | None]:
        party, session = found.party or "", self.session(found.session or "")
        way = self._way("Ask them", "plans.advice", number=self.plan.number, all="yes", _anchor=ask_anchor(found.party))
        if self.place is not None and self.place[1] == party:
            return f"It says Yes to {session}", way
        return f"{self.party(party)} says Yes to {session}", way

    def _rule(self, found: Found) -> tuple[str, Way | None]:
        for pattern, say in self._kinds_of_rule():
            if at := re.fullmatch(pattern, found.place):
                said = say(found, at)
                if said is not None:
                    return said
        return self._rows.names.in_words(found.text).removesuffix("."), None

    def _kinds_of_rule(self) -> tuple[tuple[str, Callable[[Found, re.Match[str]], tuple[str, Way | None] | None]], ...]:
        """Each kind of place that a change can be at, and what says it."""
        return (
            (r"events\[(\d+)\]\.sessions\[(\d+)\]\.(?P<field>max_seats|min_seats)", self._seats),
            (r"events\[(\d+)\]\.open\.(?P<end>min|max)", self._running),
            (r"(?P<list>events|sets)\[(\d+)\]\.mix\[(\d+)\]\.(?P<field>\w+)", self._mix),
            (r"sets\[(\d+)\]\.(?P<field>size|count)\.(?P<end>min|max)", self._sets),
            (r"sets\[(\d+)\]\.rounds\[(\d+)\]\.slots\[(\d+)\]\.max_sets", self._slot),
            (r"sets\[(\d+)\]\.facilitators\[(\d+)\]\.max_sets", self._facilitator),
            (r"locks\[(\d+)\]", self._lock),
        )

    def _asked(self, kind: str, at: re.Match[str], first: int) -> tuple[dict[str, Any], Event | None]:
        """The event or entry of the problem that a place is in, and its row, if it is still there."""
        stated: dict[str, Any] = self.plan.problem[kind][int(at[first])]
        return stated, self._rows.events.get(stated["id"])

    def _seats(self, found: Found, at: re.Match[str]) -> tuple[str, Way | None]:
        stated, _ = self._asked("events", at, 1)
        key = stated["sessions"][int(at[2])]["id"]
        which = "Raise the most seats" if at["field"] == "max_seats" else "Lower the fewest seats"
        text = f"{which} of {self.session(key)} from {found.was} to {found.to}"
        return text, self._to_session(key, at["field"], found)

    def _running(self, found: Found, at: re.Match[str]) -> tuple[str, Way | None]:
        _, event = self._asked("events", at, 1)
        name = f"open_{at['end']}"
        # Sessions that were held already are not in the problem: what it counts is added to what the event says.
        now = None if event is None else getattr(event, name)
        to = found.to if now is None else now + found.to - found.was
        way = self._to_event(event, name, to)
        title = event.title if event is not None else "an event"
        if at["end"] == "max":
            return f"Let {count(to, 'session')} of {title} run, instead of at most {to + found.was - found.to}", way
        fewest = f"as few as {count(to, 'session')}" if to else "no session"
        return f"Let {fewest} of {title} run, instead of at least {to + found.was - found.to}", way

    def _mix(self, found: Found, at: re.Match[str]) -> tuple[str, Way | None]:
        stated, event = self._asked(at["list"], at, 2)
        attribute = stated["mix"][int(at[3])]["attribute"]
        one, many = KINDS.get(attribute, (attribute, f"different values of {attribute}"))
        group = "set" if at["list"] == "sets" else "session"
        title = self.party(stated["id"])
        editable = event if attribute == "region" else None
        if at["field"] == "max_share":
            was, to = (formatting.percentage(Fraction(str(share))) for share in (found.was, found.to))
            text = f"Let up to {to} of the pairs in a {group} of {title} come from one {one}, instead of {was}"
            return text, self._to_event(editable, "max_share", round(Fraction(str(found.to)) * 100))
        if at["field"] == "max_count":
            pairs = count(found.to, "pair")
            return f"Let {pairs} of one {one} be in a {group} of {title}, instead of {found.was}", None
        text = f"Ask for {count(found.to, one, many)} in each {group} of {title}, instead of {found.was}"
        return text, self._to_event(editable, "min_distinct", found.to)

    def _sets(self, found: Found, at: re.Match[str]) -> tuple[str, Way | None]:
        stated, event = self._asked("sets", at, 1)
        title = self.party(stated["id"])
        as_ = "up to" if at["end"] == "max" else "as few as"
        if at["field"] == "count":
            return f"Form {as_} {count(found.to, 'set')} of {title}, instead of {found.was}", None
        text = f"Let a set of {title} have {as_} {count(found.to, 'pair')}, instead of {found.was}"
        return text, self._to_event(event, f"size_{at['end']}", found.to)

    def _slot(self, found: Found, at: re.Match[str]) -> tuple[str, Way | None]:
        stated, _ = self._asked("sets", at, 1)
        key = stated["rounds"][int(at[2])]["slots"][int(at[3])]["id"]
        text = f"Let {count(found.to, 'set')} meet on {self.session(key)}, instead of {found.was}"
        return text, self._to_session(key, "max_sets", found)

    def _facilitator(self, found: Found, at: re.Match[str]) -> tuple[str, Way | None]:
        stated, event = self._asked("sets", at, 1)
        key = stated["facilitators"][int(at[2])]["id"]
        sets, title = count(found.to, "set"), self.party(stated["id"])
        text = f"Let {self.party(key)} lead {sets} of {title}, instead of {found.was}"
        if event is None:
            return text, None
        where = {"sets_id": event.id, "facilitator_id": int(key.removeprefix("F")), "max_sets": found.to}
        return text, self._way("Change the most sets", "facilitators.change", **where, _anchor="max_sets")

    def _lock(self, found: Found, at: re.Match[str]) -> tuple[str, Way | None] | None:
        text = self._rows.names.in_words(found.text).removesuffix(".")
        lock = next((lock for lock in self._rows.locks if _is_stated(lock, found.was)), None)
        if lock is None:
            return text, None
        return text, self._way("See the lock", "plans.locks", number=self.plan.number, _anchor=f"lock-{lock.id}")

    def _to_session(self, key: str, field: str, found: Found) -> Way | None:
        session = self.sessions.get(key)
        if session is None or session.withdrawn_at is not None:
            return None
        where = {"event_id": session.event_id, "session_id": session.id, field: found.to}
        words = "Change how many sets" if field == "max_sets" else "Change the seats"
        return self._way(words, "events.session", **where, _anchor=field)

    def _to_event(self, event: Event | None, field: str, to: int) -> Way | None:
        if event is None:
            return None
        return self._way("Change the rule", "events.change", event_id=event.id, **{field: to}, _anchor=field)

    def _way(self, words: str, endpoint: str, **values: Any) -> Way:
        return Way(words, url_for(endpoint, slug=g.programme.slug, **values))


def ask_anchor(party: str | None) -> str:
    """Where the page of a plan's advice says how to ask a party."""
    return f"ask-{party}"


def _is_stated(lock: Lock, stated: Mapping[str, Any]) -> bool:
    """Whether a lock is the one that a problem states so."""
    if lock.kind is LockKind.SET:
        in_it = lock.event is not None and stated.get("set") == lock.event.key
        return in_it and set(stated.get("parties", ())) <= set(lock.parties)
    if lock.session is None or stated.get("session") != lock.session.key:
        return False
    if lock.kind in (LockKind.RUNS, LockKind.STAYS_CLOSED):
        return stated.get("runs") is (lock.kind is LockKind.RUNS)
    return stated.get("party") == lock.party and bool(stated.get("never")) is (lock.kind is LockKind.NEVER)
