"""The panel of the board: every place that a party, or a set's leader or meeting, could have, before the choice."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import g, url_for
from sqlalchemy import select

from scheduler import formatting
from scheduler.extensions import db
from scheduler.models import Event, MoveKind, Person
from scheduler.plan.board import Board, Column
from scheduler.plan.editing import UNPLACED, Choice, Draft, Step
from scheduler.plan.leading import choices_for_set
from scheduler.plan.naming import Names, session_name
from scheduler.web.access import OWN, may
from scheduler.web.forms.plans import BoardMoveForm

ANSWERS = {"yes": "Yes", "if-need-be": "If need be", "no": "No", "": "Not answered"}


@dataclass(frozen=True)
class Way:
    """Where a fact can be changed that stands against a place."""

    words: str
    href: str


@dataclass(frozen=True)
class Offer:
    """A place in words: what it is called, what it costs, or the rules against it and where they can be changed."""

    choice: Choice
    name: str
    says: str
    price: str
    broken: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    can_be_overruled: bool = False

    @property
    def words(self) -> str:
        """What a column says of itself while a card is dragged."""
        if self.broken and not self.can_be_overruled:
            return " ".join(self.broken)
        rest = " ".join((*self.broken, "It can be overruled, with a reason.")) if self.broken else "No rule broken."
        return f"{self.says}{', ' if self.says else ''}{self.price}. {rest}"


class Panel:
    """What can be changed of one party or set of an event of a draft."""

    def __init__(self, draft: Draft, board: Board, subject: str, *, kind: MoveKind, round_key: str | None) -> None:
        self.draft, self.board = draft, board
        self.event: Event = board.event
        self.subject, self.kind, self.round_key = subject, kind, round_key
        self.names = Names(draft.plan)

    @cached_property
    def choices(self) -> list[Choice]:
        """Every place, priced. Raises NotEditable where there is no such set or round."""
        if self.kind is MoveKind.PARTY:
            return self.draft.choices(self.event, self.subject)
        return choices_for_set(self.draft, self.event, self.subject, self.round_key)

    @cached_property
    def offers(self) -> list[Offer]:
        """The same in words."""
        return [self._offer(choice) for choice in self.choices]

    @property
    def now(self) -> Offer | None:
        """Where it is."""
        return next((offer for offer in self.offers if offer.choice.now), None)

    @property
    def open(self) -> list[Offer]:
        """The places that can be chosen."""
        return [o for o in self.offers if not o.choice.now and (not o.broken or o.can_be_overruled)]

    @property
    def closed(self) -> list[Offer]:
        """The places that cannot."""
        return [o for o in self.offers if o.broken and not o.choice.now and not o.can_be_overruled]

    @property
    def asks_for_reason(self) -> bool:
        """Whether a place is offered that breaks a mix rule."""
        return any(offer.broken for offer in self.open)

    @cached_property
    def title(self) -> str:
        """What is moved."""
        if self.kind is MoveKind.PARTY:
            return f"Move {self.who}"
        if self.kind is MoveKind.FACILITATOR:
            return f"Who leads set {self.subject}?"
        return f"When does set {self.subject} meet in {self.names.by_id.get(self.round_key or '', 'this round')}?"

    @cached_property
    def who(self) -> str:
        """What the party or set is called."""
        if self.kind is not MoveKind.PARTY:
            return f"Set {self.subject}"
        return self.names.by_id.get(self.subject, self.subject)

    def form(self) -> BoardMoveForm:
        """The form with these places; one that was posted keeps what was chosen."""
        form = BoardMoveForm()
        form.place.offer([(o.choice.place, o.name, self._hint(o)) for o in self.open])
        return form

    def step(self, place: str) -> Step:
        """The choice of a place as a step of the draft."""
        return Step(self.event, self.subject, place, self.kind, self.round_key)

    def offer(self, place: str) -> Offer | None:
        """What was offered at a place."""
        return next((offer for offer in self.offers if offer.choice.place == place), None)

    def _hint(self, offer: Offer) -> str:
        says = f"{offer.says}, {offer.price}" if offer.says else offer.price
        if not offer.broken:
            return f"{says}. No rule broken"
        return f"{says}. {' '.join(offer.broken)} You can overrule it with a reason"

    def _offer(self, choice: Choice) -> Offer:
        name = self.place_name(choice.place)
        column = self.board.column(choice.place) if self.kind is MoveKind.PARTY else None
        says = ANSWERS[self._said(choice.place)] if column is not None and column.session is not None else ""
        price = _price(choice.more)
        if choice.now or not choice.broken:
            return Offer(choice, name, says, price)
        here = {choice.place: "this one"} if column is not None and column.session is not None else {}
        broken = tuple(self.names.in_words(sentence, here) for sentence in choice.broken)
        if says in ("No", "Not answered"):
            why = "says No" if says == "No" else "has not answered this date, which counts as No"
            at_home = f'"{self.subject}" is not available for "{choice.place}"'
            rest = (self.names.in_words(s, here) for s in choice.broken if s != at_home)
            broken = (f"{self.who} {why}: it cannot go there.", *rest)
        overrule = choice.can_be_overruled and may(OWN)
        ways = () if overrule else tuple(self._ways(choice, column))
        return Offer(choice, name, says, price, broken, ways, overrule)

    def _said(self, session: str) -> str:
        found = self.draft.plan.problem["availability"].get(self.subject, {}).get(session, "")
        return found if found in ANSWERS else ""

    def place_name(self, place: str) -> str:
        """What a place is called."""
        if self.kind is not MoveKind.PARTY:
            return self.names.by_id.get(place, "").removeprefix(f"{self.event.title}, ") or "Nobody"
        if place == UNPLACED:
            return "Unplaced"
        column = self.board.column(place)
        if column is not None and column.session is not None:
            return session_name(column.session)
        if column is None or column.learning_set is None:
            return f"Set {place}"
        leader = column.learning_set.facilitator
        return f"Set {place}: {formatting.count(column.there, 'pair')}{f', {leader.person.name}' if leader else ''}"

    def _ways(self, choice: Choice, column: Column | None) -> list[Way]:
        """Where to change what stands against a place: nothing but the mix can be overruled."""
        slug, number = g.programme.slug, self.draft.plan.number
        ways = []
        if "availability" in choice.rules and column is not None and column.session is not None:
            ways += [
                Way(f"Answer for {person.name}", url_for("collect.person", slug=slug, person_id=person.id))
                for person in self._people
            ]
        if "seats" in choice.rules and column is not None and column.session is not None:
            needed = column.seats + self.board.seats_of(self.subject)
            session = column.session
            where: dict[str, Any] = {"event_id": self.event.id, "session_id": session.id, "max_seats": needed}
            if session.max_seats is not None and session.max_seats < needed:
                href = url_for("events.session", slug=slug, **where, _anchor="max_seats")
                ways.append(Way(f"Raise seats to {needed}", href))
        if choice.rules & {"seats", "opening"} and not ways:
            ways.append(Way("Change the event", url_for("events.change", slug=slug, event_id=self.event.id)))
        if "locks" in choice.rules:
            ways.append(Way("See the locks", url_for(".locks", slug=slug, number=number)))
        return ways

    @cached_property
    def _people(self) -> list[Person]:
        asked = next((p for p in self.draft.plan.problem["parties"] if p["id"] == self.subject), None)
        ids = [int(person.removeprefix("P")) for person in asked["people"]] if asked else []
        of_programme = Person.programme_id == self.draft.plan.programme_id
        rows = select(Person).where(of_programme, Person.id.in_(ids)).order_by(Person.id)
        return list(db.session.scalars(rows))


def _price(more: int) -> str:
    if more == 0:
        return "costs the same"
    return f"{formatting.number(abs(more))} {'more' if more > 0 else 'less'}"
