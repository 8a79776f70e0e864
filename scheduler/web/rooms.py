"""Who is in the room: a session's people, with the way to its check-in and to what is printed for it."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from scheduler.clock import now
from scheduler.follow.rooms import Room, room_of
from scheduler.models import Session
from scheduler.web import desk_page
from scheduler.web.access import LOOK, allow, of_programme
from scheduler.words import REGION_LETTERS

bp = Blueprint("rooms", __name__, url_prefix="/programmes/<slug>/sessions/<int:session_id>")
PAGE = 50


@bp.route("")
@allow(LOOK)
def page(slug: str, session_id: int) -> ResponseReturnValue:
    """The people of a session by surname."""
    session = of_programme(Session, session_id)
    room = room_of(session)
    number = max(1, request.args.get("page", 1, type=int))
    return render_template(
        "organiser/rooms/room.html",
        session=session,
        room=room,
        over=session.ends_at <= now(),
        shown=room.attendees[(number - 1) * PAGE : number * PAGE],
        page=number,
        size=PAGE,
        regions=trusts_by_region(room),
        caption=desk_page.session_words(session),
        line=desk_page.line_of,
        here_in_words=desk_page.here_in_words,
    )


def trusts_by_region(room: Room) -> list[tuple[str, int]]:
    """How many Trusts of each region are expected, from north to south."""
    trusts = {one.trust.id: one.trust.region for one in room.expected if one.trust is not None}
    counts = Counter(trusts.values())
    known = [(region, counts[region]) for region in REGION_LETTERS]
    return known + sorted((region, number) for region, number in counts.items() if region not in REGION_LETTERS)
