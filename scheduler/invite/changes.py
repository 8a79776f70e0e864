"""What a publication changes: what people were told, against the places the plan gives them. Pure: no database.

A place is one person in one session. Nobody is told anything unless the time or the place of theirs differs from what
they were last told (calendar-rules 23 and 24). A new title, purpose, joining link or name of the same venue keeps
SEQUENCE and the answers: it is sent only where the organiser wants it. Another venue, and online instead of in person
or the other way round, is another place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Key = tuple[int, int]


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
    venue: int | None = None  # None: none, or not known which
    wording: str = ""  # title and purpose, as the entry says them

    @property
    def key(self) -> Key:
        """Who and where: what an invitation stands for."""
        return self.person, self.session

    def differs_from(self, other: Place) -> bool:
        """Whether its person must be told: another time, another place, or another address to write to."""
        here, there = ((place.start, place.end, place.address) for place in (self, other))
        return here != there or self._is_elsewhere(other)

    def reads_differently_from(self, other: Place) -> bool:
        """Whether the entry of the same time and place has other words in it."""
        return (self.location, self.wording) != (other.location, other.wording)

    def _is_elsewhere(self, other: Place) -> bool:
        if self.location == other.location:
            return False
        same_venue = self.venue is not None and self.venue == other.venue
        return not same_venue or is_online(self.location) != is_online(other.location)


def is_online(location: str) -> bool:
    """Whether a place is a joining link."""
    return location.startswith(("https://", "http://"))


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with one invitation.

    ``told`` is what the last message that may have left said (None: none did); ``written`` what its person will have
    been told once all that waits has left too (None: a cancellation waits).
    """

    told: Place | None
    written: Place | None


@dataclass(frozen=True, slots=True)
class Move:
    """A place that takes the place of another."""

    was: Place
    now: Place


@dataclass(frozen=True, slots=True)
class Changes:
    """Who is told what; everyone else hears nothing."""

    new: tuple[Place, ...] = ()
    moved: tuple[Move, ...] = ()  # to another session of the event
    changed: tuple[Move, ...] = ()  # the same session at another time or place
    readdressed: tuple[Move, ...] = ()  # the same session, but its person has another address
    gone: tuple[Place, ...] = ()
    reworded: tuple[Move, ...] = ()  # the same time and place in new words, where the organiser wants them sent
    # Nobody hears of these: what waits is taken back, and with it all that would have been said.
    restored: tuple[Place, ...] = ()  # people were told this very place, then something else was written
    dropped: tuple[Place, ...] = ()  # no message about it ever left
    same: tuple[Place, ...] = ()
    unsaid: tuple[Place, ...] = ()  # the same time and place; their new words are not sent
    past: tuple[Place, ...] = ()  # over by now: nothing is sent about it, whatever the plan says

    @property
    def invitations(self) -> int:
        """How many invitations leave."""
        return len(self.new) + len(self.moved) + len(self.readdressed)

    @property
    def cancellations(self) -> int:
        """How many cancellations leave."""
        return len(self.gone) + len(self.moved) + len(self.readdressed)

    @property
    def messages(self) -> int:
        """How many messages leave in all."""
        return self.invitations + self.cancellations + len(self.changed) + len(self.reworded)

    @property
    def moves(self) -> tuple[Move, ...]:
        """All that turns one place into another, or into other words."""
        return (*self.moved, *self.changed, *self.readdressed, *self.reworded)

    @property
    def places(self) -> frozenset[Key]:
        """Who is where once this is published; what is over is left out."""
        lasting = (*self.new, *self.same, *self.unsaid, *self.restored, *(move.now for move in self.moves))
        return frozenset(place.key for place in lasting)

    @property
    def people_told(self) -> frozenset[int]:
        """Everyone who gets a message."""
        return frozenset(place.person for place in (*self.new, *self.gone, *(move.now for move in self.moves)))

    @property
    def people_untouched(self) -> frozenset[int]:
        """Everyone who has a place and hears nothing."""
        quiet = (*self.same, *self.unsaid, *self.restored, *self.past)
        return frozenset(place.person for place in quiet) - self.people_told

    @property
    def overtaken(self) -> frozenset[Key]:
        """The invitations of which nothing that still waits may leave."""
        was = (*self.gone, *self.dropped, *self.restored, *self.new, *(move.was for move in self.moves))
        return frozenset(place.key for place in was)

    def of(self, person: int) -> Changes:
        """The messages of one person alone."""
        return Changes(
            new=tuple(place for place in self.new if place.person == person),
            moved=tuple(move for move in self.moved if move.now.person == person),
            changed=tuple(move for move in self.changed if move.now.person == person),
            readdressed=tuple(move for move in self.readdressed if move.now.person == person),
            gone=tuple(place for place in self.gone if place.person == person),
            reworded=tuple(move for move in self.reworded if move.now.person == person),
        )


def between(
    standing: Mapping[Key, Standing], wanted: Mapping[Key, Place], at: datetime, *, reword: bool = False
) -> Changes:
    """Compare how invitations stand with the places wanted; both are keyed by person and session.

    What is over at ``at`` is history: it is neither cancelled nor asked for. With ``reword``, those are told too whose
    entry has nothing but new words.
    """
    found = _Sorted(at, reword)
    for key in sorted(standing.keys() | wanted.keys()):
        found.sort(standing.get(key), wanted.get(key))
    moved, new, gone = _paired(found.new, found.gone)
    return Changes(
        new=tuple(new),
        moved=tuple(moved),
        changed=tuple(found.changed),
        readdressed=tuple(found.readdressed),
        gone=tuple(gone),
        reworded=tuple(found.reworded),
        restored=tuple(found.restored),
        dropped=tuple(found.dropped),
        same=tuple(found.same),
        unsaid=tuple(found.unsaid),
        past=tuple(found.past),
    )


class _Sorted:
    """Places, each under what happens to it."""

    def __init__(self, at: datetime, reword: bool) -> None:
        self.at, self.reword = at, reword
        self.new: list[Place] = []
        self.gone: list[Place] = []
        self.changed: list[Move] = []
        self.readdressed: list[Move] = []
        self.reworded: list[Move] = []
        self.unsaid: list[Place] = []
        self.restored: list[Place] = []
        self.dropped: list[Place] = []
        self.same: list[Place] = []
        self.past: list[Place] = []

    def sort(self, stands: Standing | None, wanted: Place | None) -> None:
        """Put one invitation, or one place without any, where it belongs."""
        told, written = (stands.told, stands.written) if stands is not None else (None, None)
        known = [place for place in (told, written, wanted) if place is not None]
        if all(place.end <= self.at for place in known):
            self.past.extend(known[-1:])
        elif wanted is None:
            self._is_not_wanted(told, written)
        elif written is not None and not wanted.differs_from(written) and not self._says_new_words(written, wanted):
            quiet = self.unsaid if wanted.reads_differently_from(written) else self.same
            quiet.append(wanted)
        elif told is None:
            self.new.append(wanted)
        elif not wanted.differs_from(told):
            if self._says_new_words(told, wanted):
                self.reworded.append(Move(told, wanted))
            else:
                self.restored.append(wanted)
        elif wanted.address != told.address:
            self.readdressed.append(Move(told, wanted))
        else:
            self.changed.append(Move(told, wanted))

    def _says_new_words(self, before: Place, wanted: Place) -> bool:
        return self.reword and wanted.reads_differently_from(before)

    def _is_not_wanted(self, told: Place | None, written: Place | None) -> None:
        if told is None and written is not None:
            self.dropped.append(written)
        elif told is not None and written is not None:
            self.gone.append(told)
        # else its cancellation waits already, and may leave


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
