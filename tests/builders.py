"""Makes the rows a test needs, with sensible values for all it does not care about; each is committed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from scheduler.clock import now
from scheduler.collect.audience import pairs_of
from scheduler.extensions import db
from scheduler.models import (
    Answer,
    Attendance,
    AudienceName,
    Availability,
    Cohort,
    Event,
    EventFacilitator,
    EventKind,
    Facilitator,
    Invitation,
    LearningSet,
    MixRule,
    Organiser,
    OrganiserRole,
    Pair,
    Person,
    Placement,
    Plan,
    PlanStatus,
    Presence,
    Programme,
    ResearchActivity,
    Role,
    Round,
    RunState,
    Session,
    SetMeeting,
    SetMember,
    Standing,
    Trust,
    TrustType,
    Venue,
)

LONDON = ZoneInfo("Europe/London")
_numbers = count(1)


Row = TypeVar("Row")


def keep(row: Row) -> Row:
    """Add a row, commit, and give it back."""
    db.session.add(row)
    db.session.commit()
    return row


def a_programme(**given: Any) -> Programme:
    """A programme of its own."""
    n = next(_numbers)
    return keep(
        Programme(
            **{
                "slug": f"programme-{n}",
                "name": f"R&D leadership programme {n}",
                "short_name": "R&D leaders",
                "contact_name": "Programme team",
                "contact_email": "team@programme.example",
                "contact_phone": "020 7946 0000",
            }
            | given
        )
    )


def an_organiser(programme: Programme | None = None, role: Role = Role.OWNER, **given: Any) -> Organiser:
    """An organiser, with a role in the programme where one is given."""
    n = next(_numbers)
    organiser = keep(Organiser(**{"name": f"Aisha {n}", "email": f"organiser{n}@programme.example"} | given))
    if programme is not None:
        keep(OrganiserRole(programme=programme, organiser=organiser, role=role))
    return organiser


def a_trust(programme: Programme, **given: Any) -> Trust:
    """An acute Trust in London that does much research, unless said otherwise."""
    n = next(_numbers)
    return keep(
        Trust(
            **{
                "programme": programme,
                "ods_code": f"T{n:02}",
                "name": f"Trust {n} NHS Foundation Trust",
                "region": "London",
                "trust_type": TrustType.ACUTE,
                "research_activity": ResearchActivity.HIGH,
                "town": "London",
            }
            | given
        )
    )


def a_person(programme: Programme, name: str | None = None, **given: Any) -> Person:
    """A person of the programme, in no pair."""
    n = next(_numbers)
    return keep(
        Person(**{"programme": programme, "name": name or f"Person {n}", "email": f"person{n}@trust.example"} | given)
    )


def a_cohort(programme: Programme, name: str = "Cohort 1") -> Cohort:
    """A cohort that has joined."""
    return keep(Cohort(programme=programme, name=name))


def a_pair(programme: Programme, *, trust: Trust | None = None, region: str = "London", **given: Any) -> Pair:
    """A Trust's director and manager; give ``director=None`` for a vacant role."""
    trust = trust or a_trust(programme, region=region)
    given = {"director": a_person(programme), "manager": a_person(programme)} | given
    return keep(Pair(programme=programme, trust=trust, **given))


def a_facilitator(programme: Programme, *, max_sets: int = 2, **given: Any) -> Facilitator:
    """Someone who leads sets."""
    person = a_person(programme, standing=Standing.FACILITATOR, **given)
    return keep(Facilitator(programme=programme, person=person, max_sets=max_sets))


def a_venue(programme: Programme, **given: Any) -> Venue:
    """A hall in Leeds."""
    return keep(
        Venue(**{"programme": programme, "name": "The Carriageworks", "town": "Leeds", "postcode": "LS2 3AD"} | given)
    )


def an_event(programme: Programme, *, open_for_answers: bool = True, **given: Any) -> Event:
    """A workshop for every pair, open for answers for two weeks unless said otherwise."""
    n = next(_numbers)
    when = {"opened_at": now() - timedelta(days=1), "closes_at": now() + timedelta(days=14)} if open_for_answers else {}
    return keep(
        Event(
            **{
                "programme": programme,
                "key": f"W{n}",
                "position": n,
                "title": f"Workshop {n}",
                "kind": EventKind.WORKSHOP,
                "audience": {"who": "pairs"},
            }
            | when
            | given
        )
    )


def a_session(event: Event, start: datetime | str | None = None, *, hours: float = 7, **given: Any) -> Session:
    """A sitting of an event; ``start`` is London wall time where it is text ("2027-01-12 09:30") or naive."""
    n = next(_numbers)
    if isinstance(start, str):
        start = datetime.fromisoformat(start)
    if start is None:
        start = (now() + timedelta(days=60 + n)).replace(hour=9, minute=30, second=0, microsecond=0)
    if start.tzinfo is None:
        start = start.replace(tzinfo=LONDON)
    start = start.astimezone(UTC)
    return keep(
        Session(
            **{
                "programme": event.programme,
                "event": event,
                "key": f"{event.key}-{n}",
                "starts_at": start,
                "ends_at": start + timedelta(hours=hours),
                "time_zone": "Europe/London",
                "max_seats": 40,
            }
            | given
        )
    )


def sets_event(programme: Programme, *, rounds: int = 2, slots: int = 2, **given: Any) -> Event:
    """Action learning sets with rounds a month apart, the slots of each on different days."""
    event = an_event(
        programme,
        **{"kind": EventKind.SETS, "title": "Action learning sets", "size_min": 2, "size_max": 4} | given,
    )
    first = (now() + timedelta(days=120)).replace(hour=13, minute=0, second=0, microsecond=0)
    for number in range(1, rounds + 1):
        round_ = keep(Round(programme=programme, event=event, number=number, key=f"{event.key}-R{number}"))
        for slot in range(slots):
            start = first + timedelta(days=30 * number + slot)
            a_session(event, start, hours=3, round=round_, max_seats=None, key=f"{event.key}-R{number}-{slot + 1}")
    return event


def leads(event: Event, facilitator: Facilitator, *, max_sets: int = 2) -> EventFacilitator:
    """Let a facilitator lead sets of an event."""
    return keep(EventFacilitator(event=event, facilitator=facilitator, max_sets=max_sets))


def named(event: Event, *, pair: Pair | None = None, person: Person | None = None, included: bool = True) -> None:
    """Put a party into an event's audience by name, or take it out."""
    party = pair.trust.ods_code if pair else f"P{person.id}" if person else ""
    keep(AudienceName(programme=event.programme, event=event, party=party, pair=pair, person=person, included=included))


def a_mix(event: Event, attribute: str = "region", **given: Any) -> MixRule:
    """A mix rule of an event: ``max_share_text="0.4"``, ``max_count`` or ``min_distinct``."""
    return keep(MixRule(programme=event.programme, event=event, attribute=attribute, **given))


def answered(person: Person, session: Session, answer: Answer | str = Answer.YES) -> Availability:
    """An answer already given."""
    return keep(Availability(programme=person.programme, person=person, session=session, answer=Answer(answer)))


def both_answered(pair: Pair, session: Session, answer: Answer | str = Answer.YES) -> None:
    """The same answer from director and manager."""
    for person in pair.people:
        answered(person, session, answer)


def attended(
    person: Person | None,
    session: Session,
    state: Presence | str = Presence.PRESENT,
    *,
    trust: Trust | None = None,
    **given: Any,
) -> Attendance:
    """What a check-in marked; ``trust`` is found from the person's pair where it is left out."""
    if trust is None and person is not None:
        trust = next((pair.trust for pair in pairs_of(person)), None)
    at = session.starts_at
    row = Attendance(programme=session.programme, session=session, person=person, trust=trust, state=Presence(state))
    for name, value in ({"marked_at": at, "kept_at": at} | given).items():
        setattr(row, name, value)
    return keep(row)


def a_plan(programme: Programme, status: PlanStatus | str = PlanStatus.PUBLISHED, **given: Any) -> Plan:
    """A plan without a question or an answer, published unless said otherwise: ``placed`` and ``a_set`` fill it."""
    number = db.session.scalar(db.select(db.func.max(Plan.number)).filter_by(programme_id=programme.id)) or 0
    made = {"number": number + 1, "problem": {}, "run_state": RunState.FINISHED, "objective": 0}
    return keep(Plan(programme=programme, status=PlanStatus(status), **made | given))


def placed(plan: Plan, session: Session, *pairs: Pair) -> None:
    """Pairs in a session of a plan."""
    for pair in pairs:
        party = pair.trust.ods_code
        db.session.add(Placement(plan=plan, event=session.event, session=session, party=party, pair=pair))
    db.session.commit()


def a_set(plan: Plan, number: int, pairs: Iterable[Pair], slots: Iterable[Session]) -> LearningSet:
    """A set of a plan with its members, meeting in these slots."""
    slots = list(slots)
    made = LearningSet(plan_id=plan.id, event_id=slots[0].event_id, number=number)
    made.members = [SetMember(party=pair.trust.ods_code, pair=pair) for pair in pairs]
    made.meetings = [SetMeeting(round=slot.round, session=slot) for slot in slots]
    return keep(made)


def invited(person: Person, session: Session) -> Invitation:
    """A place that a person was told of."""
    return keep(
        Invitation(
            programme=session.programme,
            person=person,
            session=session,
            uid=f"{next(_numbers)}@test",
            dtstamp=now(),
            organizer="team@programme.example",
            attendee=person.email,
            summary=session.event.title,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            time_zone=session.time_zone,
        )
    )
