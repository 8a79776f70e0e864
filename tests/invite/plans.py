"""Finished plans for the tests of publishing, and what their outbox holds."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import icalendar
from sqlalchemy import select

from scheduler.extensions import db
from scheduler.models import LearningSet, OutboxMessage, Placement, Plan, RunState, SetMeeting, SetMember
from tests.builders import keep


def a_plan(programme, placements=(), sets=(), **given):
    """A finished draft that places pairs in sessions, as planning would have stored it."""
    number = len(db.session.scalars(select(Plan).where(Plan.programme_id == programme.id)).all()) + 1
    problem = {"format": "convene-problem/1", "name": "test", "parties": []}
    result = {
        "format": "convene-plan/1", "status": "optimal", "objective": 0, "bound": 0, "seconds": 0.1,
        "terms": dict.fromkeys(
            ("unplaced", "open_cost", "costs", "if_need_be", "burden", "repeat_encounter", "mix_imbalance", "change"), 0
        ),
        "assignments": [], "sets": [], "unplaced": [],
    }  # fmt: skip
    plan = keep(
        Plan(
            **{
                "programme": programme, "number": number, "problem": problem, "result": result, "objective": 0,
                "bound": 0, "run_state": RunState.FINISHED,
            } | given
        )
    )  # fmt: skip
    for pair, session in placements:
        party = pair.trust.ods_code
        keep(Placement(plan=plan, event=session.event, session=session, pair=pair, party=party))
    for event, number, facilitator, pairs, slots in sets:
        made = keep(LearningSet(plan=plan, event=event, number=number, facilitator=facilitator))
        for pair in pairs:
            keep(SetMember(learning_set=made, pair=pair, party=pair.trust.ods_code))
        for slot in slots:
            keep(SetMeeting(learning_set=made, round=slot.round, session=slot))
    return plan


def told():
    """Every message in the order of the outbox: (to, method, sequence)."""
    rows = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
    return [(row.to_address, row.method and row.method.value, row.sequence) for row in rows]


def calendar_in(message):
    mail = message_from_bytes(message.body, policy=default)
    part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    return icalendar.Calendar.from_ical(part.get_payload(decode=True))
