"""A plan as the sheets of a workbook: places, sets, and who has no place."""

from __future__ import annotations

from collections.abc import Iterator

from scheduler import words
from scheduler.formatting import when
from scheduler.models import Session
from scheduler.plan.overview import Overview, PartyLine

Row = list[str | int]
PLACES = ["Event", "Date", "Venue", "Trust or person", "ODS code", "Region", "People", "Answer"]
SETS = ["Event", "Set", "Facilitator", "Trust or person", "ODS code", "Region", "People", "Meetings"]
UNPLACED = ["Event", "Trust or person", "ODS code", "Region", "People", "Why"]


def sheets_of(overview: Overview) -> dict[str, list[Row]]:
    """The sheets by title, each with its head first."""
    return {
        "Places": [[*PLACES], *_places(overview)],
        "Sets": [[*SETS], *_sets(overview)],
        "Without a place": [
            [*UNPLACED],
            *([row.event.title, *_party(row.party), " ".join(row.reasons)] for row in overview.unplaced),
        ],
    }


def _places(overview: Overview) -> Iterator[Row]:
    for event in overview.events:
        for view in event.sessions:
            for party in view.parties:
                answer = overview.answer(party.key, view.session)
                yield [
                    event.event.title,
                    _date(view.session),
                    view.session.venue.name if view.session.venue else "",
                    *_party(party),
                    words.label(words.ANSWERS, answer),
                ]


def _sets(overview: Overview) -> Iterator[Row]:
    for event in overview.events:
        for learning_set in event.sets:
            meetings = "; ".join(_date(meeting.session) for meeting in learning_set.meetings)
            leads = learning_set.facilitator.person.name if learning_set.facilitator else ""
            for party in learning_set.parties:
                yield [event.event.title, learning_set.number, leads, *_party(party), meetings]


def _party(party: PartyLine) -> Row:
    return [party.name, party.key, party.region, ", ".join(person.name for person in party.people)]


def _date(session: Session) -> str:
    return when(session.starts_at, session.ends_at, session.time_zone)
