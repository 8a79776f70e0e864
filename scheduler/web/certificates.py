"""Certificates of attendance: a person's own, and all of a session, one a page."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.links import LinkUnknown, person_for
from scheduler.collect.presence import attended_by
from scheduler.follow.rooms import room_of
from scheduler.models import Presence, Purpose, Session
from scheduler.web import desk_page, participant
from scheduler.web.access import DESK, allow, of_programme, public

bp = Blueprint("certificates", __name__)
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)


@dataclass(frozen=True)
class Certificate:
    """Who came, and for which Trust or organisation."""

    name: str
    whence: str


@bp.route("/p/<token>/certificate/<int:session_id>")
@public
def own(token: str, session_id: int) -> ResponseReturnValue:
    """A person's certificate of a session they came to."""
    person = person_for(token, Purpose.PAGE)
    session = next((each for each in attended_by(person) if each.id == session_id), None)
    if session is None:
        abort(404)
    line = next((one for one in room_of(session).attendees if one.person is person), None)
    certificate = Certificate(person.name, line.whence if line else person.affiliation)
    return render_template(
        "participant/certificate.html",
        programme=person.programme,
        token=token,
        session=session,
        certificate=certificate,
        when=_when(session),
    )


@bp.route("/programmes/<slug>/sessions/<int:session_id>/print/certificates")
@allow(DESK)
def every(slug: str, session_id: int) -> ResponseReturnValue:
    """A certificate for each who came, once the session is over."""
    session = of_programme(Session, session_id)
    people = room_of(session).here if session.ends_at <= now() else []
    certificates = [
        Certificate(one.row.deputy_name if one.row and one.state is Presence.DEPUTY else one.name, one.whence)
        for one in people
    ]
    return render_template(
        "organiser/printed/certificates.html",
        session=session,
        caption=desk_page.session_words(session),
        certificates=certificates,
        when=_when(session),
        printed_at=now(),
    )


def _when(session: Session) -> str:
    return formatting.when(session.starts_at, session.ends_at, session.time_zone)
