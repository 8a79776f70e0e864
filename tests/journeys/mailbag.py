"""What arrived at the mail server of a journey, read as its receivers' programs read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

import vobject

from tests.invite.postbox import Postbox
from tests.invite.readers import Read, by_vobject
from tests.journeys.conftest import wait_until

LINK = re.compile(r"https?://[^\s<>\"']+")


def parsed(body: bytes) -> EmailMessage:
    """A letter as a mail program reads it."""
    read = message_from_bytes(body, policy=default)
    assert isinstance(read, EmailMessage)
    return read


def letters(postbox: Postbox, to: str = "", about: str = "") -> list[EmailMessage]:
    """The letters to an address, or to anyone, whose subject holds some words, in the order they came."""
    read = [parsed(body) for who, body in list(postbox.arrived) if to in ("", who)]
    return [letter for letter in read if about in str(letter["Subject"])]


def letter(postbox: Postbox, to: str, about: str) -> EmailMessage:
    """The newest letter to an address about something, once it has come."""
    found: list[EmailMessage] = wait_until(lambda: letters(postbox, to, about), seconds=60)
    return found[-1]


def text_of(message: EmailMessage) -> str:
    """The plain text of a letter."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def links_of(message: EmailMessage) -> list[str]:
    """Every address in a letter, in its text and in its HTML."""
    found: list[str] = []
    for part in message.walk():
        if part.get_content_maintype() == "text":
            text = str(part.get_content()).replace("&amp;", "&")
            # Calendars fold long lines (RFC 5545, 3.1).
            text = re.sub(r"\r?\n[ \t]", "", text) if part.get_content_subtype() == "calendar" else text
            found += LINK.findall(text)
    return list(dict.fromkeys(address.rstrip(".,)") for address in found))


def the_link_of(message: EmailMessage) -> str:
    """The one address that a letter's text sends its reader to."""
    (found,) = dict.fromkeys(LINK.findall(text_of(message)))
    return found


def invitation_of(message: EmailMessage) -> Read:
    """The calendar part of a letter as a reader outside Convene understands it."""
    (part,) = (part for part in message.walk() if part.get_content_type() == "text/calendar")
    (read,) = by_vobject(part.get_payload(decode=True))
    return read


def times_in_feed(data: bytes) -> list[tuple[datetime, datetime]]:
    """Start and end of every event of a feed, in UTC, as a reader outside Convene understands them."""
    calendar = vobject.readOne(data.decode())
    return [
        (event.dtstart.value.astimezone(UTC), event.dtend.value.astimezone(UTC))
        for event in calendar.contents.get("vevent", [])
    ]


def calendar_letters(postbox: Postbox) -> Iterator[tuple[str, Read]]:
    """Every letter with a calendar part: to which address, and what it says."""
    for message in letters(postbox):
        if any(part.get_content_type() == "text/calendar" for part in message.walk()):
            yield parseaddr(str(message["To"]))[1], invitation_of(message)
