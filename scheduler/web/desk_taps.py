"""What the buttons of a check-in page do, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flask import request

from scheduler import formatting
from scheduler.follow import checking_in
from scheduler.follow.checking_in import CheckInClosed, HasAPlace, Marked, NotOnTheList, Tap, Visitor
from scheduler.follow.desks import Desk, day_of
from scheduler.follow.rooms import Attendee, Room, room_of
from scheduler.models import Presence, Session
from scheduler.web.forms.base import Fault
from scheduler.web.forms.check_in import DeputyForm, WalkInForm, read_tap


@dataclass
class Outcome:
    """What became of a post: what to say, or the forms to mend with what was typed."""

    said: str = ""
    walk_in: WalkInForm | None = None
    deputy: DeputyForm | None = None
    status: int = 200
    room: Room | None = None  # as the tap left it, so that it need not be read again

    @property
    def faults(self) -> list[Fault]:
        """What has to be mended before anybody is marked."""
        return [fault for form in (self.walk_in, self.deputy) if form for fault in form.error_summary]


def take(desk: Desk) -> Outcome:
    """Mark whom the pressed button is about."""
    deed, _, key = request.form.get("do", "").partition(":")
    tap = read_tap(request.form)
    try:
        return DEEDS.get(deed, _nothing)(desk, key, tap)
    except CheckInClosed:
        return Outcome(why_closed(desk.session), status=409)
    except NotOnTheList:
        return Outcome("That person is no longer on the list. Nobody was marked.", status=409)


def why_closed(session: Session) -> str:
    """Why nobody can be marked as here."""
    if session.withdrawn_at is not None:
        return "This date was withdrawn, so nobody can be marked as here."
    first, _ = day_of(session)
    return f"Check-in opens on {formatting.day(first)}. Until then you can note apologies."


def open_for_a_deputy(room: Room) -> list[Attendee]:
    """Those somebody may have come for: all with a place who are not here themselves."""
    return [one for one in room.expected if one.state is not Presence.PRESENT]


def announced(one: Attendee) -> str:
    """The deputy that a person named beforehand, while nobody has marked anything."""
    return one.apology.deputy_name if one.row is None and one.apology is not None else ""


def _mark(target: Presence, desk: Desk, key: str, tap: Tap) -> Outcome:
    marked = checking_in.mark(desk, key, target, tap)
    return Outcome(_said(marked, target), room=marked.room)


def _nothing(desk: Desk, key: str, tap: Tap) -> Outcome:
    return Outcome("Nothing has changed.")


def _walk_in(desk: Desk, key: str, tap: Tap) -> Outcome:
    form = WalkInForm()
    if not form.validate():
        return Outcome(walk_in=form)
    marked = checking_in.walk_in(desk, form.visitor, tap)
    if marked.known and not marked.repeated:
        return Outcome(f"{marked.attendee.name} is on the list already, and is now marked as here.", room=marked.room)
    return Outcome(f"{marked.attendee.name} is added, and is here.", room=marked.room)


def _came_for(desk: Desk, key: str, tap: Tap) -> Outcome:
    form = DeputyForm()
    form.offer(open_for_a_deputy(room_of(desk.session)))
    if not form.validate():
        return Outcome(deputy=form)
    try:
        marked = checking_in.came_for(desk, form.for_whom.data, form.visitor, tap)
    except HasAPlace as refused:
        taken = refused.attendee
        form.refuse("name", f"{taken.name} has a place of their own. Mark {taken.name} as here instead")
        return Outcome(deputy=form)
    return Outcome(_said(marked, Presence.DEPUTY), room=marked.room)


def _deputy_here(desk: Desk, key: str, tap: Tap) -> Outcome:
    """Who was named beforehand in an apology has come."""
    attendee = room_of(desk.session).by_key(key)
    if attendee is None or not announced(attendee):
        raise NotOnTheList
    said = attendee.apology
    assert said is not None  # noqa: S101 (announced looks at it)
    visitor = Visitor(said.deputy_name, said.deputy_email, role=said.deputy_role)
    try:
        marked = checking_in.came_for(desk, key, visitor, tap)
    except HasAPlace as refused:
        return Outcome(f"{refused.attendee.name} has a place of their own. Mark them as here instead.", status=409)
    return Outcome(_said(marked, Presence.DEPUTY), room=marked.room)


def _said(marked: Marked, target: Presence) -> str:
    one = marked.attendee
    if one.state is not target and not marked.repeated:
        return f"Another desk marked {one.name} later, and that stands."
    if one.state is Presence.DEPUTY and one.row is not None:
        return f"{one.row.deputy_name} came for {one.name}."
    return {
        Presence.PRESENT: f"{one.name} is here.",
        Presence.APOLOGIES: f"Apologies from {one.name}.",
    }.get(one.state or Presence.ABSENT, f"{one.name} is not here.")


DEEDS: dict[str, Callable[[Desk, str, Tap], Outcome]] = {
    "here": partial(_mark, Presence.PRESENT),
    "not-here": partial(_mark, Presence.ABSENT),
    "apologies": partial(_mark, Presence.APOLOGIES),
    "no-apologies": partial(_mark, Presence.ABSENT),
    "walk-in": _walk_in,
    "came-for": _came_for,
    "deputy-here": _deputy_here,
}
