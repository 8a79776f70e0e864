"""From the database to the solver's question: a ``convene-problem/1`` file of one programme at one moment.

Pairs become parties, of whom the file knows ids alone, no names. The same rows always make the same file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from scheduler.clock import now
from scheduler.collect.audience import Party, living_pairs, parties_of, person_key
from scheduler.extensions import db
from scheduler.models import (
    Answer,
    Apart,
    AudienceName,
    Availability,
    Event,
    EventFacilitator,
    EventKind,
    Facilitator,
    LearningSet,
    Lock,
    LockKind,
    MixRule,
    Pair,
    Placement,
    Plan,
    Programme,
    Session,
    SessionUse,
    SharedResource,
)
from scheduler.plan.burdens import Possible, fair_costs
from scheduler.plan.encounters import times_met
from scheduler.plan.published import Held, Span, held, overlaps, published_plan

FORMAT = "convene-problem/1"
Json = dict[str, Any]
# The file's word where it has none of its own: kinds are for people to read, rules come from the other fields.
KINDS = {EventKind.INTERVIEWS: EventKind.WORKSHOP.value}
_RANK = {Answer.NO: 0, Answer.IF_NEED_BE: 1, Answer.YES: 2}


def problem_for(
    programme: Programme,
    events: Collection[Event] | None = None,
    *,
    afresh: bool = False,
    fair: bool = False,
    at: datetime | None = None,
) -> Json:
    """The question to the solver, as plain JSON values.

    ``events`` are planned anew (all of them where left out); the others keep their published places, which here show
    as times at which people cannot come and as encounters. Whatever has begun ``at`` (now) is no longer asked about.
    ``afresh`` leaves out the published plan that ``change`` counts against; ``fair`` spares those of whom more was
    asked than of most this year, through ``costs``.
    """
    at = at or now()
    chosen = [event for event in plannable_events(programme, at) if events is None or event in events]
    published = published_plan(programme)
    keep = held(published, {event.key for event in chosen}, at)
    return _Question(programme, chosen, keep, at).as_json(None if afresh else published, fair=fair)


def plannable_events(programme: Programme, at: datetime | None = None) -> list[Event]:
    """The programme's events with a date that lies ahead and is still offered, in order."""
    at = at or now()
    return [event for event in _events_of(programme) if any(_lies_ahead(session, at) for session in event.sessions)]


def party_answer(answers: Iterable[Answer | None]) -> Answer | None:
    """What people who come together say: the lesser of their answers; None while one that counts is missing."""
    given = list(answers)
    if Answer.NO in given:
        return Answer.NO
    if not given or None in given:
        return None
    return min((answer for answer in given if answer is not None), key=_RANK.__getitem__)


class _Question:
    """One problem while it is being written."""

    def __init__(self, programme: Programme, events: list[Event], keep: Held, at: datetime) -> None:
        self.programme = programme
        self.keep = keep
        self.at = at
        self.gap = timedelta(minutes=programme.gap_minutes)
        self.events = [event for event in events if not event.has_sets]
        self.set_events = [event for event in events if event.has_sets and self.rounds(event)]
        pairs = living_pairs(programme)
        self.audience = {event: self.to_place(event, pairs) for event in (*self.events, *self.set_events)}
        everyone = {party.key: party for parties in self.audience.values() for party in parties}
        self.parties = [everyone[key] for key in sorted(everyone)]
        self.sittings = [s for event in self.events for s in self.ahead(event)]
        self.sittings += [s for event in self.set_events for _, slots in self.rounds(event) for s in slots]
        self.keys = {session.id: session.key for session in self.sittings}
        self.answers = _answers(self.keys)
        self.held_uses = keep.uses()
        self.held_places: dict[str, list[Placement]] = {}
        for placement in keep.placements:
            self.held_places.setdefault(placement.party, []).append(placement)

    def to_place(self, event: Event, pairs: list[Pair]) -> list[Party]:
        settled = self.keep.settled(event)
        return [party for party in parties_of(event, pairs) if party.key not in settled]

    def ahead(self, event: Event) -> list[Session]:
        return [session for session in event.sessions if _lies_ahead(session, self.at)]

    def rounds(self, event: Event) -> list[tuple[str, list[Session]]]:
        """The rounds that are still to be planned, each with its slots; one without a slot says nothing yet."""
        begun = self.keep.rounds_begun()
        ahead: dict[int | None, list[Session]] = {}
        for session in self.ahead(event):
            ahead.setdefault(session.round_id, []).append(session)
        return [(r.key, ahead[r.id]) for r in event.rounds if r.id not in begun and ahead.get(r.id)]

    def as_json(self, previous: Plan | None, *, fair: bool) -> Json:
        problem: Json = {"format": FORMAT, "name": self.programme.name}
        if resources := self.resources():
            problem["resources"] = resources
        problem["parties"] = [self.party(party) for party in self.parties]
        problem["events"] = [self.event(event) for event in self.events]
        problem["sets"] = [self.entry(event) for event in self.set_events]
        problem["availability"] = self.availability()
        if fair:
            problem["costs"] = fair_costs(self.programme, self.possible(problem["availability"]), self.at)
        problem["gap_minutes"] = self.programme.gap_minutes
        problem["apart"] = self.apart()
        problem["previous_encounters"] = [list(met) for met in self.encounters()]
        problem["locks"] = list(self.locks())
        if previous is not None:
            problem["previous"] = as_previous(previous)
        problem["weights"] = dict(self.programme.weights)
        return problem

    def party(self, party: Party) -> Json:
        made: Json = {"id": party.key}
        if party.trust is not None:
            made["trust"] = party.trust.ods_code
        made["people"] = [person_key(person) for person in party.people]
        if party.trust is not None:
            made["attributes"] = {
                "region": party.trust.region,
                "trust_type": party.trust.trust_type.value,
                "research_activity": party.trust.research_activity.value,
            }
        if party.pair is not None and party.pair.main_theme:
            made["attributes"]["theme"] = party.pair.main_theme
        return made

    def event(self, event: Event) -> Json:
        made: Json = {
            "id": event.key,
            "kind": KINDS.get(event.kind, event.kind.value),
            "audience": [p.key for p in self.audience[event]],
        }
        running = len(self.keep.sessions_of(event))  # those that were held before count among those that may run
        most = None if event.open_max is None else max(0, event.open_max - running)
        made["open"] = _range(max(0, event.open_min - running), most)
        planned = {other.key for other in self.events}
        made["after"] = [earlier.key for earlier in event.after if earlier.key in planned]
        made["mix"] = [_mix(rule) for rule in event.mix]
        made["encounters"] = event.encounters
        made["sessions"] = [_session(session) for session in self.ahead(event)]
        return made

    def entry(self, event: Event) -> Json:
        return {
            "id": event.key,
            "audience": [party.key for party in self.audience[event]],
            "size": _range(event.size_min, event.size_max),
            "count": _range(event.count_min, event.count_max),
            "mix": [_mix(rule) for rule in event.mix],
            "encounters": event.encounters,
            "rounds": [{"id": key, "slots": [_slot(slot) for slot in slots]} for key, slots in self.rounds(event)],
            "facilitators": self.facilitators(event),
        }

    def facilitators(self, event: Event) -> list[Json]:
        """Who may lead, and when they cannot: where they said no (docs/decisions), or lead a set already."""
        slots = [slot for _, listed in self.rounds(event) for slot in listed]
        busy = self.keep.busy_facilitators()

        def cannot(facilitator: Facilitator, slot: Session) -> bool:
            said_no = self.answers.get((facilitator.person_id, slot.id)) is Answer.NO
            return said_no or overlaps(_span(slot), busy.get(facilitator.id, ()), self.gap)

        return [
            {
                "id": facilitator_key(may.facilitator_id),
                "max_sets": may.max_sets,
                "unavailable": [slot.key for slot in slots if cannot(may.facilitator, slot)],
            }
            for may in sorted(event.facilitators, key=lambda may: may.facilitator_id)
        ]

    def availability(self) -> dict[str, dict[str, str]]:
        """What each party says to its dates; a date at which it is held somewhere else is a no."""
        busy = self.keep.busy_people()
        asked: dict[str, list[Session]] = {}
        for event, parties in self.audience.items():
            sessions = [s for s in self.sittings if s.event_id == event.id]
            for party in parties:
                asked.setdefault(party.key, []).extend(sessions)
        found: dict[str, dict[str, str]] = {}
        for party in self.parties:
            spans = [span for person in party.people for span in busy.get(person_key(person), ())]
            says: dict[str, str] = {}
            for session in asked[party.key]:
                answer = party_answer(self.answers.get((person.id, session.id)) for person in party.people)
                if answer is not None and (overlaps(_span(session), spans, self.gap) or self.too_soon(session, party)):
                    answer = Answer.NO
                if answer is not None:
                    says[session.key] = answer.value
            if says:
                found[party.key] = says
        return found

    def possible(self, availability: dict[str, dict[str, str]]) -> Iterator[Possible]:
        """Where each pair could be placed by its answers."""
        session_of = {session.key: session for session in self.sittings}
        for party in self.parties:
            if party.trust is not None:
                for key, answer in availability.get(party.key, {}).items():
                    if answer != Answer.NO:
                        yield Possible(party.key, party.trust, session_of[key], Answer(answer))

    def too_soon(self, session: Session, party: Party) -> bool:
        """Whether the party's held place in an event that comes before lies later than this session, or the reverse."""
        for placement in self.held_places.get(party.key, ()):
            if placement.event in session.event.after and session.starts_at < placement.session.ends_at:
                return True
            if session.event in placement.event.after and placement.session.starts_at < session.ends_at:
                return True
        return False

    def resources(self) -> list[Json]:
        rows = db.session.scalars(
            select(SharedResource).where(SharedResource.programme_id == self.programme.id).order_by(SharedResource.key)
        )
        return [{"id": r.key, "capacity": r.capacity, "gap_minutes": r.gap_minutes} for r in rows]

    def apart(self) -> list[list[str]]:
        of_pair: dict[int, list[str]] = {}
        for party in self.parties:
            if party.pair is not None:
                of_pair.setdefault(party.pair.id, []).append(party.key)
        rows = db.session.scalars(select(Apart).where(Apart.programme_id == self.programme.id))
        two = ((a, b) for row in rows for a in of_pair.get(row.one_id, ()) for b in of_pair.get(row.other_id, ()))
        return [list(both) for both in sorted({(min(a, b), max(a, b)) for a, b in two})]

    def encounters(self) -> list[tuple[str, str, int]]:
        here = {party.trust.ods_code for party in self.parties if party.trust is not None}
        asked_sets = {event.id for event in self.set_events}
        met = times_met(self.programme, self.keep, asked_sets, self.at)
        return [(one, other, times) for one, other, times in met if one in here and other in here]

    def locks(self) -> Iterable[Json]:
        """The organiser's locks, but for those on what is no longer there."""
        asked = {
            (party.key, s.id)
            for event in self.audience
            for party in self.audience[event]
            for s in self.sittings
            if s.event_id == event.id
        }
        rows = select(Lock).where(Lock.programme_id == self.programme.id).order_by(Lock.id)
        locks = db.session.scalars(rows).all()
        for lock in locks:
            made = self.lock(lock, asked)
            if made is not None:
                yield made
        locked = {lock.session_id for lock in locks if lock.kind in (LockKind.RUNS, LockKind.STAYS_CLOSED)}
        for session in self.sittings:
            if session.id not in locked and any(self.is_used_up(use, session) for use in session.uses):
                yield {"session": session.key, "runs": False}

    def is_used_up(self, use: SessionUse, session: Session) -> bool:
        """Whether held sessions leave too little of a resource for this one; what several share is not foreseen."""
        span = session.starts_at, session.ends_at + timedelta(minutes=use.resource.gap_minutes)
        taken = sum(
            amount
            for start, end, amount in self.held_uses.get(use.resource_id, ())
            if overlaps(span, [(start, end + timedelta(minutes=use.resource.gap_minutes))], timedelta())
        )
        return taken + use.amount > use.resource.capacity

    def lock(self, lock: Lock, asked: set[tuple[str, int]]) -> Json | None:
        if lock.kind is LockKind.SET:
            event = next((event for event in self.set_events if event.id == lock.event_id), None)
            members = [] if event is None else [p.key for p in self.audience[event] if p.key in lock.parties]
            if event is None or not members:
                return None
            made: Json = {"set": event.key, "parties": members}
            if lock.facilitator_id in {may.facilitator_id for may in event.facilitators}:
                made["facilitator"] = facilitator_key(lock.facilitator_id)
            return made
        if lock.session_id not in self.keys:
            return None
        session = self.keys[lock.session_id]
        if lock.kind in (LockKind.RUNS, LockKind.STAYS_CLOSED):
            return {"session": session, "runs": lock.kind is LockKind.RUNS}
        if lock.party is None or (lock.party, lock.session_id) not in asked:
            return None
        never = {"never": True} if lock.kind is LockKind.NEVER else {}
        return {"party": lock.party, "session": session, **never}


def as_previous(plan: Plan) -> Json:
    """A plan's places as ``previous`` of a problem: what ``change`` counts against."""
    assignments = [
        {"event": placement.event.key, "party": placement.party, "session": placement.session.key}
        for placement in plan.placements
    ]
    return {"assignments": assignments, "sets": [_previous_set(learning_set) for learning_set in plan.sets]}


def facilitator_key(facilitator_id: int | None) -> str:
    """A facilitator's id in problem files: the same in every event, so that no one leads two meetings at once."""
    return f"F{facilitator_id}"


def _previous_set(learning_set: LearningSet) -> Json:
    made: Json = {
        "set": learning_set.event.key,
        "number": learning_set.number,
        "parties": [member.party for member in learning_set.members],
    }
    if learning_set.facilitator_id is not None:
        made["facilitator"] = facilitator_key(learning_set.facilitator_id)
    made["meetings"] = [{"round": m.round.key, "slot": m.session.key} for m in learning_set.meetings]
    return made


def _events_of(programme: Programme) -> list[Event]:
    names = selectinload(Event.audience_names)
    return list(
        db.session.scalars(
            select(Event)
            .where(Event.programme_id == programme.id)
            .options(
                selectinload(Event.sessions).selectinload(Session.uses).selectinload(SessionUse.resource),
                selectinload(Event.rounds),
                selectinload(Event.mix),
                selectinload(Event.after),
                names.selectinload(AudienceName.pair).selectinload(Pair.trust),
                names.selectinload(AudienceName.person),
                selectinload(Event.facilitators).selectinload(EventFacilitator.facilitator),
            )
            .order_by(Event.position, Event.id)
        )
    )


def _lies_ahead(session: Session, at: datetime) -> bool:
    return session.withdrawn_at is None and session.starts_at > at


def _span(session: Session) -> Span:
    return session.starts_at, session.ends_at


def _answers(sessions: Collection[int]) -> Mapping[tuple[int, int], Answer]:
    """Every answer to these sessions, by person and session."""
    if not sessions:
        return {}
    rows = db.session.execute(
        select(Availability.person_id, Availability.session_id, Availability.answer).where(
            Availability.session_id.in_(sessions)
        )
    )
    return {(person, session): answer for person, session, answer in rows}


def _session(session: Session) -> Json:
    made = _times(session)
    made["min_seats"] = session.min_seats
    if session.max_seats is not None:
        made["max_seats"] = session.max_seats
    made["open_cost"] = session.open_cost
    return made | _uses(session)


def _slot(session: Session) -> Json:
    made = _times(session)
    if session.max_sets is not None:
        made["max_sets"] = session.max_sets
    return made | _uses(session)


def _times(session: Session) -> Json:
    return {
        "id": session.key,
        "start": session.local_start.isoformat(timespec="seconds"),
        "end": session.local_end.isoformat(timespec="seconds"),
    }


def _uses(session: Session) -> Json:
    uses = {use.resource.key: use.amount for use in session.uses}
    return {"uses": dict(sorted(uses.items()))} if uses else {}


def _mix(rule: MixRule) -> Json:
    made: Json = {"attribute": rule.attribute}
    if rule.max_share is not None:
        made["max_share"] = exact_number(rule.max_share)
    if rule.max_count is not None:
        made["max_count"] = rule.max_count
    if rule.min_distinct is not None:
        made["min_distinct"] = rule.min_distinct
    return made


def exact_number(share: Decimal) -> float | int:
    """The share as a JSON number that reads back as it was written; 15 digits, more than any form takes, survive."""
    return int(share) if share == share.to_integral_value() else float(share)


def _range(least: int | None, most: int | None) -> Json:
    return {key: value for key, value in (("min", least), ("max", most)) if value is not None}
