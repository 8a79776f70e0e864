"""What the answers page shows: dates in groups and weeks, each with its partner's answer; counter and shortcuts.

Every sentence that a saved tap can change is made here, once, for the page and for the script that keeps it fresh.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

import sqlalchemy as sa
from flask import current_app

from scheduler import formatting
from scheduler.collect.answers import no_to_what_is_left, partner_answers_to_copy
from scheduler.collect.dates import AskedDate, AskedEvent, Capacity, Questions, week_of, weeks
from scheduler.extensions import db
from scheduler.models import Answer, Invitation, Pair, Person
from scheduler.names import first_name
from scheduler.web.forms.answers import date_field
from scheduler.words import ANSWERS, PAIR_ROLES

CHOICES = ((Answer.YES, "Yes"), (Answer.IF_NEED_BE, "If need be"), (Answer.NO, "No"))


@dataclass(frozen=True)
class DateLine:
    """One date as a question: its legend, what is chosen, and what the partner says."""

    id: int
    field: str
    when: str
    event_title: str
    chosen: str
    note: str
    error: str = ""
    waits: bool = False
    starts: str = ""  # for scripts: moments in ISO 8601, the zone of the venue, the UIDs of our invitations to it
    ends: str = ""
    zone: str = ""
    uids: str = ""


@dataclass(frozen=True)
class Week:
    """The dates of one group that start in one week; ``everywhere`` counts those of the whole page."""

    heading: str
    monday: date
    dates: tuple[DateLine, ...]
    everywhere: int


@dataclass(frozen=True)
class Group:
    """Dates under one heading; ``tally`` is "2 of 3" where the heading is an event's."""

    id: str
    title: str
    weeks: tuple[Week, ...]
    tally: str = ""
    closes: str = ""
    purpose: str = ""


@dataclass(frozen=True)
class Section:
    """Groups that concern one capacity of a person; ``title`` is "" where there is only one."""

    title: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Shortcut:
    """A button that fills in several dates at once."""

    value: str
    text: str

    @property
    def id(self) -> str:
        """The id of the button."""
        return f"shortcut-{self.value.replace(':', '-')}"


@dataclass
class AnswerPage:
    """The answers page of one person, as read now; ``chosen`` and ``faults`` where it is shown again as typed."""

    asked: Questions
    by_date: bool = False
    chosen: Mapping[int, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def counter(self) -> str:
        """ "9 of 13 answered"."""
        return f"{formatting.of(self.asked.answered, self.asked.total)} answered"

    @property
    def sections(self) -> list[Section]:
        """Everything that can be answered, the dates added since the last answer first."""
        in_week = _counted_by_week(self.asked.dates)
        new = [(event, date_) for event in self.asked.open for date_ in event.dates if date_.new]
        sections = []
        if new and not self.by_date:
            since = max(event.last_answered for event, _ in new if event.last_answered)
            title = f"New since {formatting.short_day(since, self.zone)} ({len(new)})"
            sections.append(Section("", (self._group("new", title, new, in_week),)))
        for capacity, events in self._by_capacity().items():
            title = capacity_title(self.asked.person, capacity) if len(self._by_capacity()) > 1 else ""
            if self.by_date:
                dates = [(event, date_) for event in events for date_ in event.dates]
                groups = [self._group(f"dates-{len(sections)}", "All dates", dates, in_week)] if dates else []
            else:
                groups = [self._event_group(event, in_week) for event in events if _not_new(event)]
            if groups:
                sections.append(Section(title, tuple(groups)))
        return sections

    @property
    def shortcuts(self) -> list[Shortcut]:
        """What fills in several dates at once, with how many; without words where there is nothing to fill in."""
        found = []
        for partner in self.asked.partners:
            copied = len(partner_answers_to_copy(self.asked, partner))
            words = f"Fill in from what {first_name(partner.name)} said ({copied})"
            found.append(Shortcut(f"fill:{partner.id}", words if copied else ""))
        rest = len(no_to_what_is_left(self.asked))
        return [*found, Shortcut("rest", f"No to the rest ({rest})" if rest else "")]

    @property
    def zone(self) -> str:
        """The zone in which this person's programme reads the clock."""
        return str(self.asked.person.programme.time_zone)

    @property
    def kept_under(self) -> str:
        """Under what a browser keeps this person's answers that wait: names nobody, opens nothing, outlives a link."""
        key = current_app.config["SECRET_KEY"].encode()
        return hmac.digest(key, f"answers that wait:{self.asked.person.id}".encode(), "sha256")[:15].hex()

    @property
    def closes(self) -> str:
        """ "Closes Friday 11 December 2026 at 5pm UK time"; "" where nothing closes by itself."""
        words = closing_words(self.asked.closes_at, self.zone)
        return f"Closes {words}" if words else ""

    @property
    def withdrawn(self) -> list[str]:
        """Dates that this person answered and that are no longer offered."""
        return [formatting.day(s.local_start, year=False) for event in self.asked.open for s in event.withdrawn]

    def fresh_parts(self) -> dict[str, str]:
        """The words that a saved tap may have changed, by the id of their element."""
        parts = {"counter": self.counter} | {shortcut.id: shortcut.text for shortcut in self.shortcuts}
        for event in self.asked.open:
            parts[f"tally-{event.event.id}"] = tally(event)
            for found in event.dates:
                parts[f"note-{found.session.id}"] = note(found)
        return parts

    def _by_capacity(self) -> dict[Capacity, list[AskedEvent]]:
        found: dict[Capacity, list[AskedEvent]] = {}
        for event in self.asked.open:
            found.setdefault(event.capacities[0], []).append(event)
        return found

    def _event_group(self, event: AskedEvent, in_week: Mapping[date, int]) -> Group:
        closes = closing_words(event.event.closes_at, self.zone)
        return self._group(
            f"event-{event.event.id}",
            event.event.title,
            [(event, found) for found in event.dates if not found.new],
            in_week,
            tally=tally(event),
            closes=closes if closes != closing_words(self.asked.closes_at, self.zone) else "",
            purpose=event.event.purpose,
        )

    def _group(
        self,
        group_id: str,
        title: str,
        dates: Iterable[tuple[AskedEvent, AskedDate]],
        in_week: Mapping[date, int],
        **more: str,
    ) -> Group:
        events = {found.session.id: event for event, found in dates}
        named = group_id.startswith(("new", "dates"))
        return Group(
            group_id,
            title,
            tuple(
                Week(
                    f"Week of {formatting.day(monday)}",
                    monday,
                    tuple(self._line(found, events[found.session.id].event.title if named else "") for found in week),
                    in_week[monday],
                )
                for monday, week in weeks(found for _, found in dates)
            ),
            **more,
        )

    def _line(self, found: AskedDate, event_title: str) -> DateLine:
        name = date_field(found.session.id)
        stored = found.answer.value if found.answer else ""
        return DateLine(
            found.session.id,
            name,
            when_and_where(found, self.zone),
            event_title,
            self.chosen.get(found.session.id, stored),
            note(found),
            self.faults.get(name, ""),
            waits=found.is_left,
            starts=found.session.starts_at.isoformat(),
            ends=found.session.ends_at.isoformat(),
            zone=found.session.time_zone,
            uids=" ".join(self._uids.get(found.session.id, ())),
        )

    @cached_property
    def _uids(self) -> Mapping[int, list[str]]:
        """Our own invitations by session: in a person's calendar they clash with nothing of ours."""
        uids: dict[int, list[str]] = {}
        sent = sa.select(Invitation.session_id, Invitation.uid).where(Invitation.person_id == self.asked.person.id)
        for session_id, uid in db.session.execute(sent):
            uids.setdefault(session_id, []).append(uid)
        return uids


def closing_words(at: datetime | None, zone: str) -> str:
    """A closing date with its zone: "Friday 11 December 2026 at 5pm UK time"; "" where there is none."""
    return f"{formatting.day_and_time(at, zone)} {formatting.zone_name(zone)}" if at else ""


def tally(event: AskedEvent) -> str:
    """ "2 of 3": how many dates of an event are answered, of those that count."""
    counted = [found for found in event.dates if found.counts]
    return formatting.of(sum(found.answer is not None for found in counted), len(counted))


def note(found: AskedDate) -> str:
    """What the partner says to a date, and what that means for the two."""
    return " ".join(_said_by(said.partner, said.answer, found.answer) for said in found.partners)


def _said_by(partner: Person, theirs: Answer | None, mine: Answer | None) -> str:
    name = first_name(partner.name)
    if theirs is None:
        return f"{name} has not answered yet."
    said = f"{name}: {ANSWERS[theirs].lower()}."
    if theirs is Answer.NO:
        return f"{said} Nothing to do unless {name} changes."
    if mine is Answer.YES and theirs is Answer.YES:
        return f"{said} You can come together."
    return f"{said} You can come together if need be." if mine not in (None, Answer.NO) else said


def when_and_where(found: AskedDate, reader_zone: str) -> str:
    """ "Tuesday 12 January, 9:30am to 4:30pm, Leeds"."""
    session = found.session
    words = formatting.when(session.starts_at, session.ends_at, session.time_zone, reader=reader_zone, year=False)
    place = session.venue and ("online" if session.venue.is_online else session.venue.town or session.venue.name)
    return f"{words}, {place}" if place else words


def capacity_title(person: Person, capacity: Capacity) -> str:
    """As what somebody is asked, where they are asked as more than one."""
    if capacity.leads_sets:
        return "When you can lead sets"
    if capacity.pair is None:
        return "Dates you are invited to"
    return f"As {role_at(person, capacity.pair)}"


def role_at(person: Person, pair: Pair) -> str:
    """ "R&D director, Barts Health NHS Trust"."""
    role = pair.role_of(person)
    return f"{PAIR_ROLES[role.value]}, {pair.trust.name}" if role else str(pair.trust.name)


def _not_new(event: AskedEvent) -> bool:
    return any(not found.new for found in event.dates)


def _counted_by_week(dates: Iterable[AskedDate]) -> dict[date, int]:
    counted: dict[date, int] = {}
    for found in dates:
        counted[week_of(found.session)] = counted.get(week_of(found.session), 0) + 1
    return counted
