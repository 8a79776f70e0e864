"""Letters on their way out: written from a template, finished, and put into the outbox in the caller's transaction.

A mail is plain text: by ``wording`` in the organiser's words or ours, or from a template in ``templates/mail`` that
nobody changes. Its HTML is made from it, so that both say the same. In the text a paragraph of two lines whose second
is an address becomes a link named by the first; lines that begin with "- " a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from markupsafe import Markup, escape

from scheduler import background
from scheduler.clock import now
from scheduler.collect import wording
from scheduler.collect.mails import MAILS
from scheduler.extensions import db
from scheduler.letters import Letter, build, new_message_id
from scheduler.mailboxes import Mailbox, mailbox_of
from scheduler.models import Invitation, MessageState, Method, Organiser, OutboxMessage, Person, Programme

if TYPE_CHECKING:
    from scheduler import Convene

HTML = Markup(
    '<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>{subject}</title></head>\n'
    '<body style="font-family: Arial, sans-serif; font-size: 16px; line-height: 1.5; max-width: 36em">\n'
    "{body}\n</body></html>\n"
)


def queue_letter(
    template: str,
    *,
    to: Person | Organiser,
    subject: str,
    programme: Programme | None,
    address: str | None = None,
    name: str | None = None,
    kind: str | None = None,
    about: str = "",
    hold: bool = False,
    invitation: Invitation | None = None,
    calendar: bytes | None = None,
    method: Method | None = None,
    follows: str = "",
    reply_to: Mailbox | None = None,
    **context: Any,
) -> OutboxMessage:
    """Write ``templates/mail/<template>.txt`` to one person and queue it; sent by the worker after the commit.

    ``address`` is where it goes if not to the address on record, ``name`` whose that is if not the person's. ``kind``
    is what the outbox calls it (the template's name where left out), ``about`` the thing it is about; ``reply_to`` is
    where written words go.
    Raises AddressRefused if the address cannot be written to.
    """
    app: Convene = current_app  # type: ignore[assignment]
    message_id = new_message_id(app.settings.calendar_host)
    words = compose(template, to=to, programme=programme, subject=subject, **context)
    letter = Letter(
        message_id=message_id,
        dated=now(),
        sender=mailbox_of(app.settings.mail_from),
        to=Mailbox(name or to.name, address or to.email),
        subject=words.subject,
        text=words.text,
        html=as_html(words.text, words.subject),
        follows=follows,
        reply_to=reply_to,
    )
    message = OutboxMessage(
        programme_id=programme.id if programme else None,
        person_id=to.id if isinstance(to, Person) else None,
        invitation=invitation,
        kind=kind or template,
        about=about,
        to_address=letter.to.address,
        to_name=letter.to.name,
        subject=words.subject,
        body=build(letter, calendar),
        message_id=message_id,
        uid=invitation.uid if invitation else None,
        sequence=invitation.sequence if invitation else None,
        dtstamp=invitation.dtstamp if invitation else None,
        method=method,
        state=MessageState.HELD if hold else MessageState.WAITING,
        queued_at=letter.dated,
    )
    db.session.add(message)
    if not hold:
        wake_the_post()
    return message


def wake_the_post() -> None:
    """Tell a worker that messages wait, once for a transaction however many they are."""
    current = db.session().get_transaction()
    if current is None or db.session.info.get("post_woken_in") is not current:
        background.enqueue("send-mail")
        db.session.info["post_woken_in"] = db.session().get_transaction()


def compose(
    template: str, *, to: Person | Organiser, programme: Programme | None, subject: str, **context: Any
) -> wording.Words:
    """Subject and text of a letter, as a preview shows them too; ``subject`` is ours for it."""
    if programme is not None and template in MAILS:
        return wording.compose(template, programme=programme, subject=subject, to=to, **context)
    page = wording.plain_environment(current_app.jinja_env).get_template(f"mail/{template}.txt")
    text = page.render(to=to, programme=programme, subject=subject, **context)
    return wording.Words(subject, text.strip() + "\n")


def as_html(text: str, subject: str) -> str:
    """The same words as a whole HTML document: no picture, no style sheet, nothing fetched (abuse case P5)."""
    blocks = [_block(block.splitlines()) for block in text.split("\n\n") if block.strip()]
    return HTML.format(subject=subject, body=Markup("\n").join(blocks))


def _block(lines: list[str]) -> Markup:
    if len(lines) == 2 and _is_address(lines[1]):
        return Markup('<p><a href="{}">{}</a></p>').format(lines[1].strip(), lines[0].rstrip(":"))
    if all(line.startswith("- ") for line in lines):
        items = Markup("").join(Markup("<li>{}</li>").format(_linked(line[2:])) for line in lines)
        return Markup("<ul>{}</ul>").format(items)
    return Markup("<p>{}</p>").format(Markup("<br>\n").join(_linked(line) for line in lines))


def _linked(line: str) -> Markup:
    words = [Markup('<a href="{0}">{0}</a>').format(w) if _is_address(w) else escape(w) for w in line.split(" ")]
    return Markup(" ").join(words)


def _is_address(word: str) -> bool:
    return word.strip().startswith(("https://", "http://")) and " " not in word.strip()
