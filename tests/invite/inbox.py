"""Mail as people's calendar programs send it, for the tests of what comes in, written after calendar-rules 50 to 54.

``inbound/*.eml`` are the forms; ``{uid}``, ``{attendee}`` and the like in them are filled with an invitation's own
values, and what stands between ``<<base64 utf-16`` and ``>>`` is encoded so. People and places are made up.
"""

from __future__ import annotations

import base64
import quopri
import re
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import outbox, publishing, receiving, replies
from scheduler.models import Invitation, OutboxMessage
from tests.builders import LONDON, a_pair, a_person, a_programme, a_session, an_event
from tests.invite.plans import a_plan

_numbers = count(1)
INBOUND = Path(__file__).parent / "inbound"
FORMS = sorted(path.stem for path in INBOUND.glob("*.eml"))
_ENCODED = re.compile(r"<<(\S+) (\S+)\n(.*?)\n>>", re.DOTALL)


def invited(*, start="2027-01-12 09:30", send=True):
    """Ana and her manager are invited to a workshop: her invitation, which has left, and his."""
    programme = a_programme()
    ana = a_person(programme, "Ana Costa", email="ana.costa@trust.example")
    ben = a_person(programme, "Ben Okoro", email="ben.okoro@trust.example")
    session = a_session(an_event(programme, title="Workshop 1"), start)
    pair = a_pair(programme, director=ana, manager=ben)
    publishing.publish(a_plan(programme, [(pair, session)]), by=None)
    if send:
        outbox.send_due()
    return of(ana), of(ben)


def of(person):
    return db.session.query(Invitation).filter_by(person_id=person.id).order_by(Invitation.id.desc()).first()


def form(name, invitation):
    """One form of inbound mail, about an invitation, as it comes over the wire."""
    local = invitation.starts_at.astimezone(LONDON), invitation.ends_at.astimezone(LONDON)
    message = first_message(invitation)
    values = {
        "uid": invitation.uid, "attendee": invitation.attendee, "ATTENDEE": invitation.attendee.upper(),
        "invitation": message.message_id, "stamp": f"{now() - timedelta(seconds=5):%Y%m%dT%H%M%SZ}",
        "date": f"{now():%a, %d %b %Y %H:%M:%S} +0000",
        "utc-start": f"{invitation.starts_at:%Y%m%dT%H%M%SZ}", "utc-end": f"{invitation.ends_at:%Y%m%dT%H%M%SZ}",
        "local-start": f"{local[0]:%Y%m%dT%H%M%S}", "local-end": f"{local[1]:%Y%m%dT%H%M%S}",
    }  # fmt: skip
    text = (INBOUND / f"{name}.eml").read_text("utf-8")
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    raw, end = b"", 0
    for block in _ENCODED.finditer(text):
        raw += _wire(text[end : block.start()]).encode("utf-8") + _transferred(*block.groups())
        end = block.end()
    return raw + _wire(text[end:]).encode("utf-8")


def _wire(text):
    return text.replace("\n", "\r\n")


def _transferred(how, charset, text):
    data = _wire(text + "\n").encode(charset)
    match how:
        case "base64":
            return base64.encodebytes(data).replace(b"\n", b"\r\n")
        case "quoted-printable":
            return quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        case _:
            return data


def a_reply(invitation, partstat="ACCEPTED", **given):
    """A reply as Exchange writes it."""
    values = {
        "from": "ana.costa@trust.example", "attendee": "ana.costa@trust.example", "uid": invitation.uid,
        "sequence": invitation.sequence, "stamp": now() - timedelta(seconds=5), "method": "REPLY",
        "header_method": None, "headers": "", "extra": "", "text": "", "params": "", "message_id": None,
        "attendees": None, "to": "convene@localhost", "start": None,
    } | given  # fmt: skip
    v = values
    stamp = f"DTSTAMP:{v['stamp'].astimezone(UTC):%Y%m%dT%H%M%SZ}\n" if isinstance(v["stamp"], datetime) else v["stamp"]
    sequence = "" if v["sequence"] is None else f"SEQUENCE:{v['sequence']}\n"
    start = v["start"] or f"DTSTART:{invitation.starts_at:%Y%m%dT%H%M%SZ}\nDTEND:{invitation.ends_at:%Y%m%dT%H%M%SZ}\n"
    attendees = v["attendees"]
    if attendees is None:
        attendees = f"ATTENDEE;PARTSTAT={partstat}{v['params']};CN=Ana Costa:mailto:{v['attendee']}\n"
    message_id = v["message_id"] or f"<{next(_numbers)}@trust.example>"
    header_method = v["method"] if v["header_method"] is None else v["header_method"]
    return (
        f"From: Ana Costa <{v['from']}>\nTo: {v['to']}\nSubject: Accepted: Workshop 1\n"
        f"Date: {now():%a, %d %b %Y %H:%M:%S} +0000\n"
        f"Message-ID: {message_id}\n"
        f"MIME-Version: 1.0\n{v['headers']}"
        'Content-Type: multipart/alternative; boundary="part"\n\n'
        f"--part\nContent-Type: text/plain; charset=utf-8\n\n{v['text']}\n"
        f"--part\nContent-Type: text/calendar; charset=utf-8; method={header_method}\n\n"
        f"BEGIN:VCALENDAR\nMETHOD:{v['method']}\nPRODID:Microsoft Exchange Server 2010\nVERSION:2.0\n"
        f"BEGIN:VEVENT\n{attendees}UID:{v['uid']}\nSUMMARY;LANGUAGE=en-GB:Accepted: Workshop 1\n"
        f"{start}{stamp}{sequence}{v['extra']}END:VEVENT\nEND:VCALENDAR\n--part--\n"
    ).encode()


def receive(raw):
    return receiving.receive(raw)


def answer_of(invitation):
    db.session.expire_all()
    return replies.replies_to(invitation).answer.value


def first_message(invitation):
    return db.session.query(OutboxMessage).filter_by(uid=invitation.uid).order_by(OutboxMessage.id).first()
