"""A session that is under way, with something of everything its desk can mark, and its tables planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from scheduler.clock import now
from scheduler.follow import desks, tables
from scheduler.follow.checking_in import Tap, Visitor, came_for, mark, walk_in
from scheduler.follow.desks import Desk
from scheduler.models import Organiser, Pair, Presence, Programme, RunState, Session, TablePlan
from tests.builders import a_session, a_venue, an_event, attended, invited, keep


@dataclass
class UnderWay:
    """The session, the token of a helper's link, and the line of one person."""

    session: Session
    token: str
    key: str
    over: Session  # one that the same person came to

    @property
    def id(self) -> int:
        """The session's."""
        return self.session.id


def a_session_under_way(programme: Programme, pairs: list[Pair], organiser: Organiser) -> UnderWay:
    """A workshop that begins now: people here, with apologies, with a deputy, walked in, and not heard of."""
    event = an_event(programme, title="Workshop 0: setting out", open_for_answers=False)
    session = a_session(event, now(), hours=2, venue=a_venue(programme))
    for person in [person for pair in pairs for person in pair.people]:
        invited(person, session)
    link = desks.make_link(session, "Kit Vale", by=organiser)
    desk = Desk(session, organiser=organiser)
    people = [f"p{person.id}" for pair in pairs for person in pair.people]
    mark(desk, people[0], Presence.PRESENT, Tap("tap-0001"))
    mark(desk, people[1], Presence.PRESENT, Tap("tap-0002"))
    mark(desk, people[2], Presence.APOLOGIES, Tap("tap-0003"))
    came_for(desk, people[3], Visitor("Sam Shah", role="Deputy manager"), Tap("tap-0004"))
    walk_in(desk, Visitor("Noor Ali", trust="A charity"), Tap("tap-0005"))
    _tables(session, organiser)
    over = a_session(event, now() - timedelta(days=1), hours=2)
    invited(pairs[0].director, over)
    attended(pairs[0].director, over)
    return UnderWay(session, desks.token_of(link) or "", people[0], over)


def _tables(session: Session, organiser: Organiser) -> None:
    """Two tables, as the solver would have laid them."""
    problem = tables.problem_for(tables.room_of(session), seats=8, together=False)
    places = [
        {"event": tables.EVENT, "party": party["id"], "session": f"T{number % 2 + 1}"}
        for number, party in enumerate(problem["parties"])
    ]
    values = {"state": RunState.FINISHED, "ended_at": now(), "result": {"assignments": places}, "made_by": organiser}
    keep(TablePlan(programme=session.programme, session=session, seats=8, problem=problem, **values))
