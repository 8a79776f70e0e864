"""``convene publish`` and ``convene outbox``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
import sqlalchemy as sa

from scheduler import formatting
from scheduler.cli.context import (
    AnswerIsNo,
    Refused,
    application,
    json_option,
    print_json,
    printable,
    programme_named,
    programme_option,
)


@click.command()
@click.argument("number", type=int, metavar="PLAN-NUMBER")
@click.option("--hold", is_flag=True, help="Keep the messages in the outbox until they are released.")
@programme_option
@json_option
def publish(number: int, hold: bool, programme: str | None, as_json: bool) -> None:
    """Make a plan the published one and queue what its people must be told, as the button does."""
    with application():
        from scheduler.extensions import db
        from scheduler.invite import publishing
        from scheduler.models import Plan

        of = programme_named(programme)
        plan = db.session.scalar(sa.select(Plan).where(Plan.programme_id == of.id, Plan.number == number))
        if plan is None:
            raise Refused(f"There is no plan {number} in {of.slug}.")
        try:
            changes = publishing.publish(plan, by=None, hold=hold).changes
        except publishing.NotPublishable as error:
            raise AnswerIsNo(printable(error)) from None
        if as_json:
            print_json(
                {
                    "plan": number,
                    "messages": changes.messages,
                    "invitations": changes.invitations,
                    "updates": len(changes.changed),
                    "cancellations": changes.cancellations,
                    "people": len(changes.people_told),
                }
            )
            return
        told = formatting.count(len(changes.people_told), "person", "people")
        click.echo(f"Plan {number} is published: {formatting.count(changes.messages, 'message')} to {told}.")


@click.command()
@programme_option
@json_option
def outbox(programme: str | None, as_json: bool) -> None:
    """Print what waits, what was sent, what failed, and why."""
    with application():
        messages = [_as_json(row) for row in _rows(programme)]
        if as_json:
            print_json({"messages": messages})
            return
        for each in messages:
            line = f"{each['id']:>6}  {each['state']:<9}  {each['kind']:<13}  {each['to']}  {each['about']}"
            click.echo(printable(f"{line}  {each['error']}".rstrip()))


def _rows(slug: str | None) -> list[Any]:
    from scheduler.extensions import db
    from scheduler.models import MessageState, OutboxMessage

    # What was taken back before it left is in no reader's way: it neither waits, nor was it sent, nor did it fail.
    rows = sa.select(OutboxMessage).where(OutboxMessage.state != MessageState.WITHDRAWN).order_by(OutboxMessage.id)
    if slug is not None:
        rows = rows.where(OutboxMessage.programme_id == programme_named(slug).id)
    return list(db.session.scalars(rows))


def _as_json(row: Any) -> dict[str, Any]:
    made = {
        "id": row.id,
        "kind": row.kind,
        "to": row.to_address,
        "about": row.about,
        "state": row.state.value,
        "tries": row.tries,
        "error": row.error or None,
        "queued_at": _moment(row.queued_at),
        "sent_at": _moment(row.sent_at),
        "message_id": row.message_id,
        "file": row.file,
    }
    if row.uid is not None:
        made |= {"uid": row.uid, "sequence": row.sequence, "method": row.method.value if row.method else None}
    return made


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
