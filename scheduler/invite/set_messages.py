"""A few words from who leads a set to everybody in it: nobody's address is told, and answers reach the organisers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa

from scheduler.clock import now
from scheduler.collect.links import page_url
from scheduler.collect.post import queue_letter
from scheduler.collect.wording import shortened
from scheduler.invite import outbox
from scheduler.invite.own_meetings import NotPossible
from scheduler.models import AuditEntry, Event, Person, record
from scheduler.text import clean_text
from scheduler.transaction import transaction

DEED = "set.written-to"
MOST_A_DAY = 5


def message_set(number: int, event: Event, people: Sequence[Person], text: str, *, by: Person) -> int:
    """Write to everybody in a set; returns to how many. Raises NotPossible after five messages in a day."""
    programme = event.programme
    name = f"Set {number}"
    with transaction() as tx:
        outbox.hold_still(programme)
        today = AuditEntry.what == DEED, AuditEntry.person_id == by.id, AuditEntry.at > now() - timedelta(days=1)
        sent = sa.select(sa.func.count(AuditEntry.id)).where(AuditEntry.programme_id == programme.id, *today)
        if (tx.scalar(sent) or 0) >= MOST_A_DAY:
            raise NotPossible(f"You have written {MOST_A_DAY} messages today. Write again tomorrow.")
        for person in people:
            queue_letter(
                "set-message",
                to=person,
                subject=shortened(f"{name}: a message from {by.name}", f" – {programme.short_name}"),
                programme=programme,
                about=name,
                sender=by,
                set_name=name,
                event=event,
                message=clean_text(text),
                url=f"{page_url(person)}/set",
            )
        record(DEED, programme=programme, by=by, thing=name.lower(), people=len(people))
    return len(people)
