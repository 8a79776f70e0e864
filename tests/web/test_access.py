"""Every route × every role × own and other objects, from the application's own map of routes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.routing import Rule

from scheduler.clock import now
from scheduler.collect.importing.applying import keep_import
from scheduler.collect.importing.files import read_file
from scheduler.collect.interviews import Inquiry, set_up
from scheduler.collect.links import token_of
from scheduler.collect.proposals import propose
from scheduler.extensions import db
from scheduler.models import (
    Apology,
    CheckInLink,
    DateChoice,
    EncountersBrought,
    EvaluationWave,
    Invitation,
    LearningSet,
    Lock,
    LockKind,
    Merging,
    OfferedDate,
    OutboxMessage,
    OwnSet,
    OwnSetMember,
    Plan,
    Programme,
    ProposalKind,
    Purpose,
    ReceivedMessage,
    Role,
    RunState,
    SeatOffer,
    Session,
    SetMember,
    SetObjection,
    SetProposal,
    Wave,
    WhatIf,
    WhoComes,
)
from scheduler.plan.problems import problem_for
from tests.builders import (
    a_cohort,
    a_facilitator,
    a_pair,
    a_programme,
    a_session,
    a_venue,
    an_event,
    an_organiser,
    keep,
    leads,
    sets_event,
)
from tests.web.access_table import ACCESS, LOG_IN, PUBLIC
from tests.web.page import Visitor

WITHOUT_A_PARTY = ("plans.move", "plans.board_places", "plans.compare", "plans.add_lock", "free_seats.offer")
EMPTY_PLAN = {
    "format": "convene-plan/1", "status": "optimal", "objective": 0, "bound": 0, "seconds": 0.1,
    "terms": dict.fromkeys(
        ("unplaced", "open_cost", "costs", "if_need_be", "burden", "repeat_encounter", "mix_imbalance", "change"), 0
    ),
    "assignments": [], "sets": [], "unplaced": [],
}  # fmt: skip


@dataclass
class Filled:
    """A programme with one of everything a route can name, and the values that name it."""

    programme: Programme
    values: dict[str, object]


def filled() -> Filled:
    programme = a_programme()
    pair = a_pair(programme)
    event = an_event(programme)
    session = a_session(event)
    sets = sets_event(programme, rounds=1, slots=1)
    facilitator = leads(sets, a_facilitator(programme)).facilitator
    plan = keep(
        Plan(
            programme=programme, number=1, problem=problem_for(programme), result=EMPTY_PLAN, objective=0, bound=0,
            terms=EMPTY_PLAN["terms"], solver_status="optimal", run_state=RunState.FINISHED,
        )
    )  # fmt: skip
    keep(LearningSet(plan=plan, event=sets, number=1, members=[SetMember(pair=pair, party=pair.trust.ods_code)]))
    sheets = read_file(b"ODS code,Region,Director name,Director email\nRJ1,London,Zoe Lee,zoe@t.example\n")
    run = keep_import(programme, "a.csv", sheets, by=None)
    message = keep(
        OutboxMessage(
            programme_id=programme.id, kind="ask", to_address="a@b.example", subject="Dates",
            body=b"From: a@b.example\r\nTo: a@b.example\r\nSubject: Dates\r\n\r\nHello\r\n",
            message_id=f"<{programme.id}@x>",
        )
    )  # fmt: skip
    lock = keep(Lock(programme=programme, kind=LockKind.RUNS, session=session))
    said = {"person": pair.director, "session": session, "who_comes": WhoComes.NOBODY}
    apology = keep(Apology(programme=programme, **said))
    invitation = keep(
        Invitation(
            programme=programme, person=pair.director, session=session, uid=f"{programme.id}@x", dtstamp=now(),
            organizer="team@x.example", attendee=pair.director.email, summary="Workshop", starts_at=session.starts_at,
            ends_at=session.ends_at, time_zone="Europe/London",
        )
    )  # fmt: skip
    # What came in is named by the same word as what leaves, so it has the same number here.
    raw = {"raw": b"From: a@b.example\r\n\r\nHello\r\n", "size": 28, "size_kept": 28}
    keep(ReceivedMessage(id=message.id, programme_id=programme.id, fingerprint=f"{programme.id}", **raw))
    offer = keep(
        SeatOffer(programme=programme, session=session, party=pair.trust.ods_code, pair=pair, seats=2, until=now())
    )
    helper = keep(
        CheckInLink(programme=programme, session=session, helper="Kit", nonce="n", token_hash=f"{programme.id}")
    )
    values = {
        "link_id": helper.id, "key": f"p{pair.director.id}",
        "slug": programme.slug, "event_id": event.id, "session_id": session.id, "person_id": pair.director.id,
        "number": plan.number, "set_number": 1, "run_id": run.id, "message_id": message.id, "lock_id": lock.id,
        "ods": pair.trust.ods_code, "party": pair.trust.ods_code, "apology_id": apology.id,
        "sets_id": sets.id, "facilitator_id": facilitator.id, "mail": "invitation",
        "cohort_id": a_cohort(programme).id,
        "merging_id": keep(Merging(programme=programme, kept=pair.director, gone=pair.manager)).id,
        "token": token_of(pair.director, Purpose.PAGE), "invitation_id": invitation.id,
        "proposal_id": propose(pair.director, ProposalKind.TOPIC, "Small Trusts", "").id,
        "inquiry_id": an_inquiry(programme, pair).id,
        "wave_id": keep(EvaluationWave(programme=programme, wave=Wave.BEFORE)).id,
        "venue_id": a_venue(programme).id,
        "offer_id": offer.id, "role_id": an_organiser(programme, role=Role.VIEWER).roles[0].id,
    }  # fmt: skip
    own_set, offered, objection = own_set_of(programme, sets, plan, pair)
    values |= {"set_id": own_set.id, "offered_id": offered.id, "objection_id": objection.id}
    # A plan beside itself is no comparison; one of another programme is not there.
    values |= {"other": 1, "third": 1, "fourth": 1}
    trial = WhatIf(programme=programme, plan=plan, base_objective=0, problem=plan.problem, time_limit=10)
    values["trial"] = keep(trial).id
    db.session.commit()
    brought = keep(EncountersBrought(programme=programme, source="2025.csv", rows=[[1, "RJ1", "R0A", "2025", ""]]))
    values["brought_id"] = brought.id
    return Filled(programme, values)


def own_set_of(programme, sets, plan, pair):
    """A set that runs itself with a date it chooses from, and what was said against a proposed one."""
    own_set = keep(OwnSet(programme=programme, event=sets, number=1, began_with=2))
    keep(OwnSetMember(own_set=own_set, person=pair.director))
    choice = keep(DateChoice(own_set=own_set, time_zone="Europe/London"))
    at = now() + timedelta(days=200)
    offered = keep(OfferedDate(choice=choice, starts_at=at, ends_at=at + timedelta(hours=3)))
    proposal = keep(SetProposal(programme=programme, plan=plan))
    said = {"plan": plan, "event": sets, "person": pair.director, "proposal": proposal, "reason": b"A dispute"}
    return own_set, offered, keep(SetObjection(programme=programme, **said))


def an_inquiry(programme, pair):
    at = datetime(2099, 1, 12, 10, tzinfo=UTC)
    return set_up(programme, Inquiry("Talks", (pair,), ("Jo",), (at,), timedelta(hours=1), "UTC"), by=an_organiser())


def routes(app):
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def address(app, rule: Rule, values):
    with app.test_request_context(base_url=app.settings.origin):
        return app.url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})


def methods(rule):
    return sorted(rule.methods - {"HEAD", "OPTIONS"})


def ask(visitor, method, where):
    page = visitor.get(where, follow=False) if method == "GET" else visitor.post(where, follow=False)
    return page.status


def test_every_route_is_in_the_table_and_the_table_has_no_other(app):
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(ACCESS)


def test_every_view_says_itself_what_the_table_says(app):
    for rule in routes(app):
        view, said = app.view_functions[rule.endpoint], ACCESS[rule.endpoint]
        assert getattr(view, "is_public", False) == (said == PUBLIC), rule.endpoint
        assert getattr(view, "needs_log_in", False) == (said == LOG_IN), rule.endpoint
        if isinstance(said, frozenset):
            assert view.allowed_roles == said, rule.endpoint


def test_addresses_are_in_kebab_case(app):
    for rule in routes(app):
        assert rule.rule == rule.rule.lower(), rule.rule
        assert "_" not in "".join(part for part in rule.rule.split("/") if not part.startswith("<")), rule.rule


def test_without_a_log_in_nothing_of_a_programme_is_shown_or_done(app, visitor):
    here = filled()
    for rule in routes(app):
        if ACCESS[rule.endpoint] == PUBLIC:
            continue
        for method in methods(rule):
            where = address(app, rule, here.values)
            page = visitor.get(where, follow=False) if method == "GET" else visitor.post(where, follow=False)
            if method == "GET":
                assert page.status == 302, rule.endpoint
                assert page.headers["Location"].startswith("/sign-in"), rule.endpoint
            else:
                assert page.status == 403, rule.endpoint


@pytest.mark.parametrize("role", list(Role), ids=[role.value for role in Role])
def test_each_role_sees_what_the_table_says_and_nothing_else(app, role):
    here = filled()
    visitor = Visitor(app).log_in(an_organiser(here.programme, role))

    wrong = []
    for rule in routes(app):
        allowed = ACCESS[rule.endpoint]
        if not isinstance(allowed, frozenset):
            continue
        for method in methods(rule):
            if method == "POST" and role in allowed:
                continue  # what it does is its own test; here it would change what the others look at
            status = ask(visitor, method, address(app, rule, here.values))
            # Without a party in the query there is nothing to move, to lock or to offer: let in, and nothing found.
            shown = (404,) if rule.endpoint in WITHOUT_A_PARTY else (200, 302)
            fits = status in shown if role in allowed else status == 403
            if not fits:
                wrong.append((method, rule.endpoint, status))

    assert wrong == []


def test_the_objects_of_another_programme_are_not_there(app):
    here, there = filled(), filled()
    visitor = Visitor(app).log_in(an_organiser(here.programme, Role.OWNER))

    wrong = []
    for rule in routes(app):
        if not isinstance(ACCESS[rule.endpoint], frozenset):
            continue
        for method in methods(rule):
            elsewhere = ask(visitor, method, address(app, rule, there.values))
            if elsewhere != 404:
                wrong.append((method, rule.endpoint, elsewhere))
            # One foreign id after the other below one's own programme. Plan numbers and set numbers count from 1
            # in every programme, so a foreign one names one's own; so do the mails whose words can be changed.
            for name in sorted(rule.arguments - {"slug", "number", "set_number", "mail"}):
                mixed = ask(visitor, method, address(app, rule, here.values | {name: there.values[name]}))
                if mixed != 404:
                    wrong.append((method, rule.endpoint, name, mixed))

    assert wrong == []


def test_a_message_of_another_programme_cannot_be_read_on_the_mail_page(app):
    here, there = filled(), filled()
    visitor = Visitor(app).log_in(an_organiser(here.programme, Role.OWNER))

    own = visitor.get(f"/system/mail/{here.values['message_id']}")
    other = visitor.get(f"/system/mail/{there.values['message_id']}")

    assert (own.status, other.status) == (200, 404)


def test_every_post_without_its_token_is_refused_and_changes_nothing(app):
    here = filled()
    visitor = Visitor(app).log_in(an_organiser(here.programme, Role.OWNER))

    for rule in routes(app):
        if "POST" not in rule.methods:
            continue
        page = visitor.post(address(app, rule, here.values), token=False, follow=False)
        assert page.status == 403, rule.endpoint

    db.session.expire_all()
    assert db.session.get_one(Session, here.values["session_id"]).withdrawn_at is None
