"""``convene receive`` and ``convene replies``."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from scheduler.cli.context import application, json_option, print_json, printable, programme_named, programme_option

if TYPE_CHECKING:
    from scheduler.invite.replies import InvitationReplies
    from scheduler.models import ReceivedMessage

TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: the mail server keeps the message and offers it again
_CHUNK = 1024 * 1024


class NotKept(click.ClickException):
    """The message could not be kept: one line on standard error, exit status 75."""

    exit_code = TRY_AGAIN


@click.command()
@json_option
def receive(as_json: bool) -> None:
    """Read one mail message from standard input, for a mail server's alias.

    Ends with 0 once the message is safely kept, whatever it says, and with 75 when it could not be kept.
    """
    try:
        with application():
            from scheduler.invite import receiving

            raw, size = _read_to_the_end(sys.stdin.buffer, receiving.LARGEST)
            received = receiving.receive(raw, size=size)
    except Exception as error:  # whatever it is, the mail server still has the message
        said = error.format_message() if isinstance(error, click.ClickException) else type(error).__name__
        raise NotKept(printable(f"The message could not be kept, so it must be offered again: {said}")) from None
    if as_json:
        print_json({"effect": received.effect.value, "why": received.why, "uid": received.uid})
    else:
        click.echo(printable(f"{received.effect.value}: {received.why}"))


@click.command()
@programme_option
@json_option
def replies(programme: str | None, as_json: bool) -> None:
    """Print every invitation with the answer on record, and what is held for an organiser."""
    with application():
        from scheduler.invite import replies as answers

        of = programme_named(programme) if programme is not None else None
        invitations = [_invitation(each) for each in answers.replies_in(of, cancelled=True)]
        held = [_held(each) for each in answers.held_in(of)]
    if as_json:
        print_json({"invitations": invitations, "held": held})
        return
    for each in invitations:
        marks = [name for name in ("cancelled", "bounced") if each[name]]
        marks += ["answered for the old time"] if each["for_old_time"] else []
        line = f"{each['answer']:<13} {each['email']}  {each['event']}, {each['start']}  {', '.join(marks)}"
        click.echo(printable(line.rstrip()))
    for message in held:
        click.echo(printable(f"held {message['id']:>8} {message['from'] or 'nobody'}  {message['why']}"))


def _read_to_the_end(source: BinaryIO, most: int) -> tuple[bytes, int]:
    """The message, at most so many bytes of it and one more, and its true size; the writer is never cut off."""
    kept, size = bytearray(), 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if len(kept) <= most:
            kept += chunk[: most + 1 - len(kept)]
    return bytes(kept), size


def _invitation(each: InvitationReplies) -> dict[str, Any]:
    invitation, last = each.invitation, each.last
    proposal = each.proposal
    return {
        "uid": invitation.uid,
        "sequence": invitation.sequence,
        "event": invitation.session.event.title,
        "session": invitation.session.key,
        "start": invitation.starts_at.isoformat(),
        "person": invitation.person.name,
        "email": invitation.attendee,
        "answer": each.answer.value,
        "for_old_time": each.for_old_time,
        "given_by": (last.given_by or None) if last is not None else None,
        "comment": each.comment or None,
        "proposal": {"start": _moment(proposal[0]), "end": _moment(proposal[1])} if proposal else None,
        "delegated_to": each.delegated_to or None,
        "bounced": each.bounced,
        "cancelled": invitation.cancelled_at is not None,
    }


def _held(message: ReceivedMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "received_at": _moment(message.received_at),
        "from": message.sender or None,
        "why": message.why,
        "uid": message.uid,
    }


def _moment(moment: datetime) -> str:
    return moment.isoformat()
