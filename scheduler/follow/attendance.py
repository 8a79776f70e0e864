"""How many came: present, deputies, apologies and absent, by session and by pair, and who, as rows of a file.

A place is one person at one session: they hold an invitation to it, or were marked there without having walked in.
Figures count sessions at which attendance was taken, and each says of how many places.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.presence import CAME
from scheduler.extensions import db
from scheduler.follow.rooms import room_of
from scheduler.models import (
    Apology,
    Attendance,
    Invitation,
    Pair,
    Presence,
    Programme,
    Session,
    Trust,
    WhoComes,
)
from scheduler.words import PRESENCES

FILE_HEADINGS = (
    "Event", "Date", "Start", "Venue", "Name", "Trust", "ODS code", "Region", "Role", "Attendance", "Time",
    "Deputy", "Deputy's role", "Walked in",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """How places were filled; walk-ins had none."""

    states: Counter[Presence] = field(default_factory=Counter)
    walk_ins: int = 0

    @property
    def places(self) -> int:
        """Of how many every other figure is."""
        return self.states.total()

    @property
    def came(self) -> int:
        """Places in which somebody sat, deputies among them."""
        return sum(self.states[state] for state in CAME)

    def of_places(self, state: Presence) -> str:
        """ "23 of 48"."""
        return formatting.of(self.states[state], self.places)

    def __add__(self, other: Figures) -> Figures:
        return Figures(self.states + other.states, self.walk_ins + other.walk_ins)


@dataclass(frozen=True)
class SessionFigures:
    """One session that runs, and how its places were filled if attendance was taken."""

    session: Session
    figures: Figures

    @property
    def taken(self) -> bool:
        """Whether attendance was taken."""
        return self.figures.came > 0 or self.figures.walk_ins > 0

    @property
    def has_begun(self) -> bool:
        """Whether its day is today or past."""
        return self.session.starts_at <= now()


@dataclass(frozen=True)
class PairFigures:
    """One Trust's places over all sessions at which attendance was taken."""

    trust: Trust
    figures: Figures


def by_session(programme: Programme) -> list[SessionFigures]:
    """Every session somebody has a place on, the earliest first."""
    counts: dict[int, Figures] = defaultdict(Figures)
    marked = _marked(programme).subquery()
    columns = (marked.c.session_id, marked.c.state, marked.c.walked_in)
    for session_id, state, walked_in, number in db.session.execute(
        sa.select(*columns, sa.func.count()).group_by(*columns)
    ):
        counts[session_id] += _figures(state, walked_in, number)
    sessions = db.session.scalars(
        sa.select(Session)
        .where(Session.id.in_(list(counts)))
        .options(joinedload(Session.event), joinedload(Session.venue))
        .order_by(Session.starts_at, Session.id)
    )
    return [SessionFigures(session, counts[session.id]) for session in sessions]


def by_pair(programme: Programme) -> list[PairFigures]:
    """Every Trust that had a place where attendance was taken, by name."""
    marked = _marked(programme).subquery()
    taken = sa.select(Attendance.session_id).where(Attendance.state.in_(CAME))
    columns = (marked.c.trust_id, marked.c.state, marked.c.walked_in)
    counts: dict[int, Figures] = defaultdict(Figures)
    wanted = sa.select(*columns, sa.func.count()).where(marked.c.session_id.in_(taken), marked.c.trust_id.is_not(None))
    for trust_id, state, walked_in, number in db.session.execute(wanted.group_by(*columns)):
        counts[trust_id] += _figures(state, walked_in, number)
    trusts = db.session.scalars(sa.select(Trust).where(Trust.programme_id == programme.id).order_by(Trust.name))
    return [PairFigures(trust, counts[trust.id]) for trust in trusts if trust.id in counts]


def in_all(sessions: Iterable[SessionFigures]) -> Figures:
    """The sessions at which attendance was taken, together."""
    return sum((found.figures for found in sessions if found.taken), Figures())


def file_rows(programme: Programme) -> list[Sequence[str]]:
    """One row for each person and session at which attendance was taken, with ``FILE_HEADINGS`` above."""
    rows: list[Sequence[str]] = [FILE_HEADINGS]
    for found in by_session(programme):
        session = found.session
        start = session.local_start
        about = (
            session.event.title,
            f"{start:%Y-%m-%d}",
            f"{start:%H:%M}",
            session.venue.name if session.venue else "",
        )
        for one in room_of(session).attendees if found.taken else ():
            row, trust = one.row, one.trust
            at = f"{row.marked_at.astimezone(start.tzinfo):%H:%M}" if row is not None and one.came else ""
            rows.append(
                (
                    *about, one.name, one.whence, trust.ods_code if trust else "", trust.region if trust else "",
                    one.role, PRESENCES[(one.state or Presence.ABSENT).value], at,
                    row.deputy_name if row else "", row.deputy_role if row else "", "yes" if one.is_walk_in else "",
                )
            )  # fmt: skip
    return rows


def _figures(state: str, walked_in: bool, number: int) -> Figures:
    if walked_in:
        return Figures(walk_ins=number if Presence(state) in CAME else 0)
    return Figures(Counter({Presence(state): number}))


def _marked(programme: Programme) -> sa.CompoundSelect[tuple[int, int, str, bool]]:
    """Every place and walk-in of a programme with what stands of it: session_id, trust_id, state, walked_in.

    What was marked at the desk; where nothing was, what was said beforehand; else absent.
    """
    mark = sa.select(
        Attendance.session_id,
        Attendance.trust_id,
        sa.cast(Attendance.state, sa.String).label("state"),
        Attendance.walk_in.is_not(None).label("walked_in"),
    ).where(Attendance.programme_id == programme.id)
    unmarked = (
        sa.select(
            Invitation.session_id,
            _trust_of(Invitation.person_id),
            sa.case((_said_no(), Presence.APOLOGIES.value), else_=Presence.ABSENT.value),
            sa.false(),
        )
        .where(Invitation.programme_id == programme.id, Invitation.cancelled_at.is_(None))
        .where(~_is_marked())
    )
    return sa.union_all(mark, unmarked)


def _is_marked() -> sa.Exists:
    return sa.exists().where(
        Attendance.session_id == Invitation.session_id, Attendance.person_id == Invitation.person_id
    )


def _said_no() -> sa.Exists:
    """Whether the person said that they do not come, or their partner that neither does."""
    own = sa.and_(Apology.person_id == Invitation.person_id, Apology.who_comes != WhoComes.SELF)
    partners = sa.and_(Apology.partner_id == Invitation.person_id, Apology.who_comes == WhoComes.NOBODY)
    return sa.exists().where(Apology.session_id == Invitation.session_id, sa.or_(own, partners))


def _trust_of(person_id: InstrumentedAttribute[int]) -> sa.Label[int]:
    found = sa.select(sa.func.min(Pair.trust_id)).where(
        sa.or_(Pair.director_id == person_id, Pair.manager_id == person_id)
    )
    return found.correlate(Invitation).scalar_subquery().label("trust_id")
