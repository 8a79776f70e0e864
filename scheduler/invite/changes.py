"""What a publication changes: the places people hold now against those the plan gives them. Pure: no database.

A place is one person in one session. Nobody is told anything unless the time or the place of theirs changed
(calendar-rules 23 and 24: a new title alone sends nothing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Place:
    """One person in one session, as their calendar shows it."""

    person: int
    session: int
    event: int
    address: str
    start: datetime
    end: datetime
    time_zone: str
    location: str

    @property
    def key(self) -> tuple[int, int]:
        """Who and where: what an invitation stands for."""
        return self.person, self.session

    def differs_from(self, other: Place) -> bool:
        """Whether its person must be told: another time, another place, or an address that was mended."""
        return (self.start, self.end, self.location, self.address) != (
            other.start,
            other.end,
            other.location,
            other.address,
        )


@dataclass(frozen=True, slots=True)
class Move:
    """A person who leaves one session of an event for another."""

    was: Place
    now: Place


@dataclass(frozen=True, slots=True)
class Changes:
    """Who is told what; everyone else hears nothing."""

    new: tuple[Place, ...] = ()
    moved: tuple[Move, ...] = ()
    changed: tuple[Move, ...] = ()  # the same session at another time or place
    gone: tuple[Place, ...] = ()
    same: tuple[Place, ...] = ()
    past: tuple[Place, ...] = field(default=())  # over by now: nothing is sent about it, whatever the plan says

    @property
    def invitations(self) -> int:
        """How many invitations leave."""
        return len(self.new) + len(self.moved)

    @property
    def cancellations(self) -> int:
        """How many cancellations leave."""
        return len(self.gone) + len(self.moved)

    @property
    def messages(self) -> int:
        """How many messages leave in all."""
        return self.invitations + self.cancellations + len(self.changed)

    @property
    def people_told(self) -> frozenset[int]:
        """Everyone who gets a message."""
        told = [*self.new, *self.gone, *(move.now for move in self.moved), *(move.now for move in self.changed)]
        return frozenset(place.person for place in told)

    def of(self, person: int) -> Changes:
        """The changes of one person alone."""
        return Changes(
            new=tuple(place for place in self.new if place.person == person),
            moved=tuple(move for move in self.moved if move.now.person == person),
            changed=tuple(move for move in self.changed if move.now.person == person),
            gone=tuple(place for place in self.gone if place.person == person),
        )

    @property
    def people_untouched(self) -> frozenset[int]:
        """Everyone who has a place and hears nothing."""
        return frozenset(place.person for place in (*self.same, *self.past)) - self.people_told


def between(held: Mapping[tuple[int, int], Place], wanted: Mapping[tuple[int, int], Place], at: datetime) -> Changes:
    """Compare the places held (living invitations) with those wanted; both are keyed by person and session.

    What is over at ``at`` is history: it is neither cancelled nor asked for.
    """
    leaving = [place for key, place in sorted(held.items()) if key not in wanted and place.end > at]
    coming = [place for key, place in sorted(wanted.items()) if key not in held and place.end > at]
    moves, coming, leaving = _paired(coming, leaving)
    both = [(held[key], wanted[key]) for key in sorted(held.keys() & wanted.keys())]
    lasting = [(was, now) for was, now in both if max(was.end, now.end) > at]
    return Changes(
        new=tuple(coming),
        moved=tuple(moves),
        changed=tuple(Move(was, now) for was, now in lasting if now.differs_from(was)),
        gone=tuple(leaving),
        same=tuple(now for was, now in lasting if not now.differs_from(was)),
        past=tuple(place for places in (held, wanted) for _, place in sorted(places.items()) if place.end <= at),
    )


def _paired(coming: list[Place], leaving: list[Place]) -> tuple[list[Move], list[Place], list[Place]]:
    """A place lost and a place won in the same event are one move; a person in sets may have several at once."""
    moves, new, lost = [], [], list(leaving)
    for place in coming:
        was = next((old for old in lost if (old.person, old.event) == (place.person, place.event)), None)
        if was is None:
            new.append(place)
        else:
            lost.remove(was)
            moves.append(Move(was, place))
    return moves, new, lost
