"""The check-in page, as an organiser and a helper use it: the list, one line of it, and what scripts are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flask
from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.clock import now
from scheduler.follow.desks import Desk
from scheduler.follow.rooms import Attendee, Room, room_of
from scheduler.models import Presence, Programme, Session, WhoComes
from scheduler.text import clean_line
from scheduler.web.desk_taps import Outcome, announced, open_for_a_deputy, take, why_closed
from scheduler.web.forms.check_in import DeputyForm, WalkInForm

FILTERS = {"": "All", "not-here": "Not here", "apologies": "Apologies"}
COMMON = frozenset({"nhs", "foundation", "trust"})  # in nearly every name, so that they find nobody


@dataclass(frozen=True)
class Place:
    """Where a desk stands: its page and the pages beside it, for an organiser or by a helper's link."""

    endpoint: str
    values: dict[str, Any]

    def page(self, **more: Any) -> str:
        """The address of the list."""
        return url_for(f"{self.endpoint}.page", **self.values, **more)

    def person(self, key: str) -> str:
        """The address of one line."""
        return url_for(f"{self.endpoint}.person", **self.values, key=key)

    def state(self) -> str:
        """The address that scripts ask for news."""
        return url_for(f"{self.endpoint}.state", **self.values)


def show(desk: Desk, place: Place, outcome: Outcome | None = None) -> ResponseReturnValue:
    """The list, with whoever is looked for or filtered by the address."""
    room = room_of(desk.session)
    find, shown = clean_line(request.args.get("find", "")), request.args.get("show", "")
    deputy = (outcome and outcome.deputy) or DeputyForm(formdata=None)
    deputy.offer(open_for_a_deputy(room))
    return render_template(
        "desk/check_in.html",
        **_around(desk),
        place=place,
        room=room,
        shown=[one for one in FILTER_BY.get(shown, FILTER_BY[""])(room) if matches(one, find)],
        find=find,
        show=shown if shown in FILTERS else "",
        filters=FILTERS,
        counts={"": len(room.attendees), "not-here": len(room.not_here), "apologies": len(room.apologies)},
        line=line_of,
        made=now().isoformat(),
        walk_in=(outcome and outcome.walk_in) or WalkInForm(formdata=None),
        deputy=deputy,
        errors=outcome.faults if outcome else [],
    ), (outcome.status if outcome else 200)


def show_person(desk: Desk, place: Place, key: str) -> ResponseReturnValue:
    """One line by itself: what the QR code of a badge leads to."""
    attendee = room_of(desk.session).by_key(key)
    if attendee is None:
        flask.abort(404)
    return render_template(
        "desk/person.html", **_around(desk), place=place, one=attendee, line=line_of, made=now().isoformat()
    )


def post(desk: Desk, place: Place) -> ResponseReturnValue:
    """Do what the pressed button says; a script is told how the list now stands."""
    outcome = take(desk)
    if request.headers.get("X-Requested-With") == "fetch":
        faults = {fault.href.removeprefix("#"): fault.text for fault in outcome.faults}
        said = outcome.faults[0].text if outcome.faults else outcome.said
        status = 422 if faults else outcome.status
        return {"said": said, "faults": faults, **news_of(outcome.room or room_of(desk.session))}, status
    if outcome.faults or outcome.status != 200:
        if not outcome.faults:
            flask.flash(outcome.said)
        return show(desk, place, outcome)
    flask.flash(outcome.said)
    key = request.form.get("back", "")
    return flask.redirect(place.person(key) if key else place.page(**_still_shown()))


def news_of(room: Room) -> dict[str, Any]:
    """How the list stands, for scripts: each line that says something, and the counts."""
    lines = {one.key: line_of(one, room.session) for one in room.attendees if one.state is not None or one.is_walk_in}
    return {"lines": lines, "count": here_in_words(room)}


def line_of(one: Attendee, session: Session) -> dict[str, Any]:
    """What a line shows besides its name."""
    state = one.state.value if one.state else ""
    at = formatting.clock_time(one.row.marked_at, session.time_zone) if one.row and one.came else ""
    line = {"state": state, "at": at, "note": _note(one)}
    return line | {"name": one.name, "whence": one.whence} if one.is_walk_in else line


def whence(one: Attendee) -> str:
    """Trust and role of a line."""
    return ", ".join(filter(None, (one.whence, one.role)))


def here_in_words(room: Room) -> str:
    """ "23 of 48 here, and 1 walk-in"."""
    expected = room.expected
    words = f"{formatting.of(sum(one.came for one in expected), len(expected))} here"
    walked_in = sum(one.came and one.is_walk_in for one in room.attendees)
    return f"{words}, and {formatting.count(walked_in, 'walk-in')}" if walked_in else words


def session_words(session: Session) -> str:
    """A session in a line: "Workshop 1, Leeds, 12 January"."""
    town = session.venue.town if session.venue else ""
    day = formatting.short_day(session.starts_at, session.time_zone)
    return ", ".join(filter(None, (session.event.title, town, day)))


def matches(one: Attendee, find: str) -> bool:
    """Whether each word looked for begins a word of the name or the Trust, from the first letter on."""
    words = [word for word in f"{one.name} {one.whence}".casefold().split() if word not in COMMON]
    return all(any(word.startswith(part) for word in words) for part in find.casefold().split())


FILTER_BY: dict[str, Callable[[Room], list[Attendee]]] = {
    "": lambda room: list(room.attendees),
    "not-here": lambda room: room.not_here,
    "apologies": lambda room: room.apologies,
}


def _around(desk: Desk) -> dict[str, Any]:
    programme: Programme = desk.session.programme
    return {
        "programme": programme,
        "session": desk.session,
        "desk": desk,
        "is_organiser": desk.organiser is not None,
        "caption": session_words(desk.session),
        "closed": "" if desk.is_open else why_closed(desk.session),
        "may_apologise": desk.session.withdrawn_at is None,
        "whence": whence,
        "announced": announced,
        "here_in_words": here_in_words,
    }


def _still_shown() -> dict[str, str]:
    return {name: value for name in ("find", "show") if (value := request.args.get(name, ""))}


def _note(one: Attendee) -> str:
    row = one.row
    if row is not None and row.state is Presence.DEPUTY:
        return f"{', '.join(filter(None, (row.deputy_name, row.deputy_role)))} came for them"
    if one.is_walk_in:
        return "Walked in"
    said = one.apology
    if row is None and said is not None and said.who_comes is WhoComes.SOMEONE:
        return f"{', '.join(filter(None, (said.deputy_name, said.deputy_role)))} comes for them"
    return ""
