"""A programme with something of everything, in every state that a page shows, small enough to look at quickly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scheduler import Convene, background
from scheduler.clock import now
from scheduler.collect import directory, intentions, sponsors
from scheduler.collect.apologies import Word, apologise
from scheduler.collect.directory import Shown
from scheduler.collect.importing.applying import apply_import, keep_import
from scheduler.collect.importing.files import read_file
from scheduler.collect.interviews import Inquiry, set_up, write_down
from scheduler.collect.links import renew, token_of
from scheduler.collect.proposals import propose
from scheduler.collect.reminders import remind
from scheduler.extensions import db
from scheduler.invite import merging, outbox, receiving
from scheduler.invite.choosing import offer_dates
from scheduler.invite.own_meetings import settle
from scheduler.invite.own_sets import release
from scheduler.invite.publishing import publish
from scheduler.models import (
    AdviceState,
    Availability,
    EncountersBrought,
    EvaluationWave,
    Event,
    EventKind,
    Headway,
    Invitation,
    LearningSet,
    Merging,
    MessageState,
    OfferedDate,
    Organiser,
    OutboxMessage,
    OwnSet,
    Pair,
    Person,
    Plan,
    PlanAdvice,
    PlanProgress,
    Programme,
    Proposal,
    ProposalKind,
    Purpose,
    ReceivedMessage,
    RunState,
    SeatOffer,
    Session,
    Standing,
    Wave,
    WhatIf,
    WhoComes,
)
from scheduler.plan import advice, advising, locking, objections, proposing, whatif
from scheduler.plan.problems import problem_for
from tests.builders import (
    a_cohort,
    a_facilitator,
    a_mix,
    a_pair,
    a_person,
    a_programme,
    a_session,
    a_venue,
    an_event,
    an_organiser,
    answered,
    both_answered,
    keep,
    leads,
    named,
    sets_event,
)
from tests.invite.inbox import a_reply
from tests.invite.own_sets import a_date
from tests.journeys.attending import UnderWay, a_session_under_way
from tests.plan.programmes import planned

REGIONS = ("London", "Midlands", "North West", "South East", "South West", "North East and Yorkshire")
SHEET = (
    "ODS code,Region,Director name,Director email\n"
    "RR8,Londn,Zoë Lee,zoe@leeds.example\nRJZ,London,Ana Costa,ana@kings.example\n"
)
LETTER = (
    b"From: Kit Vale <kit@elsewhere.example>\r\nTo: team@programme.example\r\nSubject: About Thursday\r\n"
    b"Message-ID: <letter@elsewhere.example>\r\n\r\nYes, I will come.\r\n"
)


@dataclass
class Filled:
    """The rows that the addresses of pages name."""

    programme: Programme
    organiser: Organiser
    pair: Pair
    alone: Pair
    stakeholder: Person
    workshop: Session
    closed: Session
    sets: LearningSet
    published: Plan
    draft: Plan
    running: Plan
    wave: EvaluationWave
    proposal: Proposal
    inquiry: Event
    merging: Merging
    impossible: Plan
    checked_import: int
    written_import: int
    sent: OutboxMessage
    held: OutboxMessage
    failed: OutboxMessage
    invitation: Invitation
    old_token: str
    own_set: OwnSet
    own_meeting: Session
    offered_date: OfferedDate
    declined: Invitation
    to_judge: int
    letter: int
    offered: SeatOffer
    tried: WhatIf
    under_way: UnderWay

    def token(self, person: Person, purpose: Purpose = Purpose.PAGE) -> str:
        """The secret of somebody's own link."""
        return token_of(person, purpose)


def fill(app: Convene) -> Filled:
    """Make the programme: asked about, answered, planned, published, planned again, with mail in every state."""
    background.prepare()
    programme = a_programme(slug="leaders", name="R&D leadership programme 2027")
    organiser = an_organiser(programme, name="Aisha Khan")
    pairs = [a_pair(programme, region=region) for region in REGIONS]
    alone = a_pair(programme, manager=None)
    _community(programme, pairs)
    stakeholder = a_person(programme, "Ida Berg", affiliation="A charity", standing=Standing.STAKEHOLDER)
    venue, leader = a_venue(programme), a_facilitator(programme, name="Jo Hale")

    workshop = an_event(programme, key="W1", title="Workshop 1", purpose="Leading change.", open_min=1, open_max=2)
    sittings = [a_session(workshop, venue=venue, min_seats=4, max_seats=12) for _ in range(3)]
    a_mix(workshop, max_share_text="0.6", min_distinct=2)
    conference = an_event(programme, title="Conference", kind=EventKind.CONFERENCE)
    named(conference, person=stakeholder)
    great_day = a_session(conference, venue=venue)
    sets = sets_event(programme)
    leads(sets, leader)
    later = an_event(programme, title="Workshop 2", open_for_answers=False)
    a_session(later)

    offered = [*sittings[:2], great_day, *sets.sessions]
    for pair in pairs[:-1]:
        for session in offered:
            both_answered(pair, session)
    for session in offered:
        answered(leader.person, session)
    answered(stakeholder, great_day)
    answered(pairs[-1].director, sittings[0], "if-need-be")
    conference.closes_at = now() - timedelta(hours=1)
    db.session.commit()

    published = planned(programme)
    publish(published, by=organiser)
    outbox.send_due()
    answered(pairs[-1].manager, sittings[0])
    draft = planned(programme)
    locking.lock_party(
        programme, pairs[0].trust.ods_code, sittings[0], never=False, reason="Speaks there", by=organiser
    )
    locking.lock_session(programme, sittings[2], runs=True, reason="The hall is paid for", by=organiser)
    impossible = planned(programme)
    running = _under_way(programme)
    for plan in (draft, impossible):
        _advised(plan, organiser)
    _being_advised(published, organiser)
    remind(programme, {pairs[-1].manager.id}, by=organiser, opening="Nearly there.")
    outbox.send_due()
    held, failed = (
        _a_message(programme, pairs[0].director, state) for state in (MessageState.HELD, MessageState.FAILED)
    )
    sheets = read_file(SHEET.encode())
    checked, written = (keep_import(programme, "pairs.csv", sheets, by=organiser) for _ in range(2))
    apply_import(written, by=organiser)
    _apologies(pairs[1])
    old_token = token_of(alone.director, Purpose.PAGE)
    renew(alone.director, Purpose.PAGE, by=organiser)
    db.session.commit()
    own_set, own_meeting, offered_date = _an_own_set(published, pairs[0])
    proposing.propose(draft, edits=draft.edits, by=organiser)
    objections.object_to(pairs[0].director, sets, "We compete for the same funds just now.")
    declined, to_judge, letter = _replies(programme, pairs[2])
    offered = _an_offer(alone, sittings, organiser)
    return Filled(
        programme,
        organiser,
        pairs[0],
        alone,
        stakeholder,
        sittings[0],
        great_day,
        db.session.scalars(db.select(LearningSet).where(LearningSet.plan_id == draft.id)).first(),
        published,
        draft,
        running,
        keep(EvaluationWave(programme=programme, wave=Wave.BEFORE)),
        propose(pairs[1].director, ProposalKind.TOPIC, "Working with small Trusts", "How do we reach them?"),
        _an_inquiry(programme, pairs[0], organiser),
        _a_merging(programme, organiser),
        impossible,
        checked.id,
        written.id,
        db.session.scalars(db.select(OutboxMessage).where(OutboxMessage.state == MessageState.SENT)).first(),
        held,
        failed,
        db.session.scalars(db.select(Invitation).where(Invitation.person_id == pairs[0].director.id)).first(),
        old_token,
        own_set,
        own_meeting,
        offered_date,
        declined,
        to_judge,
        letter,
        offered,
        _tried(draft, organiser),
        a_session_under_way(programme, pairs[:3], organiser),
    )


def _community(programme: Programme, pairs: list[Pair]) -> None:
    """Intentions with a word of where they are, a sponsor who has confirmed and one who has not, two who are listed."""
    first, second = pairs[:2]
    first.cohort = a_cohort(programme)
    for pair in (first, second):
        pair.sponsor = a_person(programme, f"Ruth {pair.trust.ods_code}", standing=Standing.SPONSOR)
        db.session.commit()
        intentions.write(pair, "Halve set-up times.", ["data", "workforce"], version=0, by=pair.director)
        directory.list_person(pair.director, Shown(name=True, role=True, trust=True, themes=True, email=True))
    intentions.say(first, Headway.STARTED, "The first clinic is open.", by=first.manager)
    sponsors.confirm(second, director_id=second.director_id, manager_id=second.manager_id, by=second.sponsor)


def _an_own_set(plan: Plan, pair: Pair) -> tuple[OwnSet, Session, OfferedDate]:
    """A set that runs itself, with a meeting that is settled and a date that is offered."""
    mine = next(s for s in plan.sets if any(member.pair_id == pair.id for member in s.members))
    own_set = release(mine, by=None)
    person = pair.director
    (first,) = offer_dates(own_set, [a_date(200)], by=person)
    session = settle(first, by=person)
    (offered,) = offer_dates(own_set, [a_date(230)], by=person)
    outbox.send_due()
    return own_set, session, offered


def _tried(plan: Plan, organiser: Organiser) -> WhatIf:
    """A fact supposed otherwise, with its first figure, that waits for a worker."""
    session = plan.problem["events"][0]["sessions"][0]
    change = {"kind": "seats", "session": session["id"], "was": session["max_seats"], "to": 20}
    return whatif.ask(plan, [change], by=organiser, to_worker=False)


def _replies(programme: Programme, pair: Pair) -> tuple[Invitation, int, int]:
    """One of a pair declined its first date; a reply from an unknown address and a letter wait to be judged."""
    invitations = db.select(Invitation).where(
        Invitation.person_id == pair.director_id, Invitation.cancelled_at.is_(None)
    )
    declined = db.session.scalars(invitations.order_by(Invitation.starts_at)).first()
    address = {"attendee": declined.attendee, "from": declined.attendee}
    receiving.receive(a_reply(declined, "DECLINED", extra="COMMENT:A site visit that day\n", **address))
    elsewhere = {"attendee": "a.costa@alias.example", "from": "a.costa@alias.example"}
    receiving.receive(a_reply(declined, "ACCEPTED", **elsewhere))
    judged = db.session.scalar(db.select(db.func.max(ReceivedMessage.id)))
    receiving.receive(LETTER)
    return declined, judged, db.session.scalar(db.select(db.func.max(ReceivedMessage.id)))


def _an_offer(alone: Pair, sittings: list[Session], organiser: Organiser) -> SeatOffer:
    """A seat kept for who comes alone and has no place yet."""
    session = sittings[0]
    said = db.session.scalar(db.select(Availability).filter_by(person_id=alone.director_id, session_id=session.id))
    if said is None:
        answered(alone.director, session)
    return keep(
        SeatOffer(
            programme_id=session.programme_id, session=session, party=alone.trust.ods_code, pair=alone, seats=1,
            until=now() + timedelta(days=2), offered_by=organiser,
        )
    )  # fmt: skip


def _apologies(pair: Pair) -> None:
    """The two of a pair can no longer come to their first date; somebody comes for one of them."""
    words = (
        Word(WhoComes.SOMEONE, "Sam Lee", "Deputy R&D director", "sam.lee@trust.example", "A site visit"),
        Word(WhoComes.PARTNER),
    )
    for person, word in zip(pair.people, words, strict=True):
        invitations = db.select(Invitation).where(Invitation.person_id == person.id).order_by(Invitation.starts_at)
        apologise(db.session.scalars(invitations).first(), word)


def _advised(plan: Plan, organiser: Organiser) -> None:
    """All that a short search finds of what would help."""
    advice.ask_for(plan, by=organiser, to_worker=False)
    db.session.get_one(PlanAdvice, plan.id).time_limit = 5
    db.session.commit()
    advising.run(plan.id)


def _being_advised(plan: Plan, organiser: Organiser) -> None:
    advice.ask_for(plan, by=organiser, to_worker=False)
    row = db.session.get_one(PlanAdvice, plan.id)
    row.state, row.started_at = AdviceState.WORKING, now()
    db.session.commit()


def _under_way(programme: Programme) -> Plan:
    number = db.session.scalar(db.select(db.func.max(Plan.number)).where(Plan.programme_id == programme.id)) + 1
    plan = keep(
        Plan(
            programme=programme, number=number, problem=problem_for(programme), run_state=RunState.RUNNING,
            started_at=now(), time_limit=3_600, objective=455, bound=418,
        )
    )  # fmt: skip
    for seconds, cost, bound in ((1.0, 700, 300), (4.0, 520, 410), (9.0, 455, 418)):
        keep(PlanProgress(plan=plan, seconds=seconds, objective=cost, bound=bound))
    return plan


def _a_merging(programme: Programme, organiser: Organiser) -> Merging:
    kept, gone = a_person(programme), a_person(programme)
    merging.merge(kept, gone, messages=0, by=organiser)
    return merging.merging_of(kept)[0]


def _an_inquiry(programme: Programme, pair: Pair, organiser: Organiser) -> Event:
    slots = (datetime(2099, 1, 12, 10, tzinfo=UTC),)
    inquiry = Inquiry("Interviews", (pair,), ("Jo Hale",), slots, timedelta(minutes=45), "Europe/London")
    event = set_up(programme, inquiry, by=organiser)
    write_down(event, pair, ["Time for research"], "No day for it.", version=0, by=organiser)
    return event


def _a_message(programme: Programme, to: Person, state: MessageState) -> OutboxMessage:
    return keep(
        OutboxMessage(
            programme_id=programme.id, person_id=to.id, kind="ask", about="Workshop 1", to_address=to.email,
            to_name=to.name, subject="3 dates to answer by 11 December – R&D leaders", state=state,
            error="550 no such mailbox" if state is MessageState.FAILED else "",
            body=b"From: a@b.example\r\nTo: c@d.example\r\nSubject: Dates\r\n\r\nHello\r\n",
            message_id=f"<{state.value}@convene.example>",
        )
    )  # fmt: skip


def brought_to(filled: Filled) -> EncountersBrought:
    """Encounters of earlier years that wait to be brought in: one that can be, and one with a fault."""
    codes = filled.pair.trust.ods_code, filled.alone.trust.ods_code
    rows = [[2, *codes, "2025", "Summer school"], [3, codes[0], "RXX", "2025", ""]]
    return keep(EncountersBrought(programme=filled.programme, source="2025.csv", rows=rows))
