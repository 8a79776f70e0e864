"""What ``convene explain`` prints: sentences for an organiser, or JSON as the problem format says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from solver.faults import printable
from solver.places import Place
from solver.problem import Problem

ANSWERS = {"yes": "yes", "if-need-be": "if need be", "no": "no"}


def places_as_json(party: str, places: Iterable[Place]) -> Iterator[str]:
    """One JSON object; to have no place stands beside ``places``, as it is none."""
    known = list(places)
    made = {
        "party": party,
        "places": [place.as_json() for place in known if not place.is_none],
        "unplaced": [place.as_json() for place in known if place.is_none],
    }
    yield json.dumps(made, ensure_ascii=True, indent=2)


def places_in_words(problem: Problem, party: str, places: Iterable[Place]) -> Iterator[str]:
    """Each event with where the party is, then each other place on a line of its own."""
    known = list(places)
    if not known:
        yield f"{printable(party)} is asked to come to nothing."
    for event in dict.fromkeys(place.event for place in known):
        here = [place for place in known if place.event == event]
        for place in here:
            if place.now:
                yield f"{printable(event)}: {printable(party)} is {_at(problem, party, place)}"
        for place in here:
            if not place.now:
                yield f"  {_at(problem, party, place)}: {_price(place)}"


def _at(problem: Problem, party: str, place: Place) -> str:
    if place.session is not None:
        answer = ANSWERS[problem.answer(party, place.session)]
        return f"in {printable(place.session)} ({answer})"
    return "unplaced" if place.number is None else f"in set {place.number}"


def _price(place: Place) -> str:
    if place.broken:
        return "not possible: " + "; ".join(printable(sentence, most=None) for sentence in place.broken)
    if place.change == 0:
        return "would cost the same"
    return f"would cost {abs(place.change):,} {'more' if place.change > 0 else 'less'}"
