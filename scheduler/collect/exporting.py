"""The people of a programme as a file: what an import of the same file would change is nothing."""

from __future__ import annotations

from collections.abc import Sequence

from scheduler.collect.audience import living_pairs
from scheduler.collect.importing.columns import COLUMNS
from scheduler.collect.importing.template import PEOPLE_TEMPLATE, TEMPLATE
from scheduler.collect.people import people_outside_pairs
from scheduler.models import Pair, Person, Programme, Standing

PAIRS, OUTSIDE = "Pairs", "People outside pairs"
_OUTSIDE = (Standing.STAKEHOLDER, Standing.SPEAKER, Standing.FACILITATOR)


def people_sheets(programme: Programme) -> dict[str, list[list[str]]]:
    """Two sheets, heads first: a row for each Trust with its pair, and one for each person outside pairs.

    Their headings are those of the empty file that an import gives.
    """
    outside = [person for person in people_outside_pairs(programme) if person.standing in _OUTSIDE]
    return {
        PAIRS: [_heads(TEMPLATE), *(_pair_row(pair) for pair in living_pairs(programme))],
        OUTSIDE: [_heads(PEOPLE_TEMPLATE), *(_person_row(person) for person in outside)],
    }


def _heads(keys: Sequence[str]) -> list[str]:
    return [COLUMNS[key].label for key in keys]


def _pair_row(pair: Pair) -> list[str]:
    trust = pair.trust
    return [
        trust.ods_code,
        trust.name,
        trust.region,
        trust.trust_type.value,
        trust.research_activity.value,
        pair.cohort.name if pair.cohort else "",
        *_details(pair.director, phone=True),
        *_details(pair.manager, phone=True),
        *_details(pair.sponsor, phone=False),
    ]


def _details(person: Person | None, *, phone: bool) -> list[str]:
    if person is None:
        return ["", "", ""] if phone else ["", ""]
    return [person.name, person.email, person.phone] if phone else [person.name, person.email]


def _person_row(person: Person) -> list[str]:
    return ["", person.affiliation, person.standing.value, person.name, person.email, person.phone]
