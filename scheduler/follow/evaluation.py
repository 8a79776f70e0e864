"""The evaluator's data: relations, Trusts, who attended together, and a codebook; no name, no group under five.

Names and ODS codes are replaced by pseudonyms that only this instance's signing key can make again: stable from one
download to the next, so that before and after can be laid side by side. A value that fewer than five Trusts share is
joined with others, as region, type and research activity together would name a Trust.
"""

from __future__ import annotations

import csv
import hmac
import io
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import joinedload, selectinload

from scheduler.collect.audience import living_pairs
from scheduler.collect.presence import present_at
from scheduler.extensions import db
from scheduler.models import EvaluationAnswer, EvaluationWave, Event, Person, Programme, Session, Tie, Trust

FEWEST = 5
JOINED = "other (joined)"
STRENGTH = {Tie.KNOW: 1, Tie.WOULD_CALL: 2, Tie.WORKED_WITH: 3}
ATTRIBUTES = ("region", "trust_type", "research_activity")
CODEBOOK = (
    ("relations.csv", "wave", "before, or after the programme"),
    ("relations.csv", "from_person", "pseudonym of the person who answered; the same in every wave"),
    ("relations.csv", "from_trust", "pseudonym of their Trust"),
    ("relations.csv", "to_trust", "pseudonym of the Trust at which they know somebody"),
    ("relations.csv", "strength", "1 know somebody, 2 would call them for advice, 3 have worked with them"),
    ("answered.csv", "wave", "before, or after the programme"),
    ("answered.csv", "person", "pseudonym of each person who agreed and answered, also those who know nobody"),
    ("answered.csv", "trust", "pseudonym of their Trust"),
    ("trusts.csv", "trust", "pseudonym"),
    ("trusts.csv", "region", f"NHS England region; values of fewer than {FEWEST} Trusts are joined"),
    ("trusts.csv", "trust_type", f"main kind of service; values of fewer than {FEWEST} Trusts are joined"),
    ("trusts.csv", "research_activity", f"high, medium, low; values of fewer than {FEWEST} Trusts are joined"),
    ("attended_together.csv", "trust_a, trust_b", "two Trusts, each pair once"),
    ("attended_together.csv", "sessions", "at how many sessions somebody of both was marked as there"),
)


def files(programme: Programme) -> dict[str, list[list[Any]]]:
    """Every file as rows, the first its header, by name."""
    trusts = sorted((pair.trust for pair in living_pairs(programme)), key=lambda trust: pseudonym(programme, trust))
    return {
        "relations.csv": _relations(programme),
        "answered.csv": _answered(programme),
        "trusts.csv": _trusts(programme, trusts),
        "attended_together.csv": _together(programme, trusts),
        "codebook.csv": [["file", "column", "meaning"], *(list(row) for row in CODEBOOK)],
    }


def archive(programme: Programme) -> bytes:
    """All files in one ZIP, UTF-8 with a byte order mark so that spreadsheets read them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name, rows in files(programme).items():
            text = io.StringIO(newline="")
            csv.writer(text).writerows(rows)
            out.writestr(name, "\ufeff" + text.getvalue())
    return packed.getvalue()


def pseudonym(programme: Programme, of: Person | Trust) -> str:
    """ "T-3f9a1c20b4": the same for the same Trust or person each time, and told by nobody without the key."""
    key = str(current_app.secret_key).encode()
    letter = "T" if isinstance(of, Trust) else "P"
    digest = hmac.digest(key, f"evaluation:{programme.id}:{letter}:{of.id}".encode(), "sha256")
    return f"{letter}-{digest[:5].hex()}"


def joined(values: Sequence[str]) -> list[str]:
    """The values, with those of fewer than five joined to one; that one takes the smallest others until it has five."""
    numbers = Counter(values)
    small = {value for value, number in numbers.items() if number < FEWEST}
    large = sorted((number, value) for value, number in numbers.items() if value not in small)
    while small and sum(numbers[value] for value in small) < FEWEST and large:
        small.add(large.pop(0)[1])
    return [JOINED if value in small else value for value in values]


def _answers(programme: Programme) -> Iterable[tuple[str, EvaluationAnswer]]:
    rows = db.session.scalars(
        sa.select(EvaluationAnswer)
        .join(EvaluationAnswer.wave)
        .where(EvaluationWave.programme_id == programme.id)
        .options(
            joinedload(EvaluationAnswer.wave),
            joinedload(EvaluationAnswer.person),
            joinedload(EvaluationAnswer.trust),
            selectinload(EvaluationAnswer.relations),
        )
    )
    return sorted(
        ((pseudonym(programme, row.person), row) for row in rows), key=lambda each: (each[1].wave_id, each[0])
    )


def _relations(programme: Programme) -> list[list[Any]]:
    rows = [
        [
            given.wave.wave.value,
            person,
            pseudonym(programme, given.trust),
            pseudonym(programme, relation.trust),
            STRENGTH[relation.tie],
        ]
        for person, given in _answers(programme)
        for relation in given.relations
    ]
    return [["wave", "from_person", "from_trust", "to_trust", "strength"], *sorted(rows)]


def _answered(programme: Programme) -> list[list[Any]]:
    rows = [[given.wave.wave.value, who, pseudonym(programme, given.trust)] for who, given in _answers(programme)]
    return [["wave", "person", "trust"], *sorted(rows)]


def _trusts(programme: Programme, trusts: Sequence[Trust]) -> list[list[Any]]:
    columns = [joined([str(getattr(trust, attribute)) for trust in trusts]) for attribute in ATTRIBUTES]
    rows = [[pseudonym(programme, trust), *values] for trust, *values in zip(trusts, *columns, strict=True)]
    return [["trust", *ATTRIBUTES], *rows]


def _together(programme: Programme, trusts: Sequence[Trust]) -> list[list[Any]]:
    held = sa.select(Session.id).join(Session.event).where(Event.programme_id == programme.id)
    names = {trust.id: pseudonym(programme, trust) for trust in trusts}
    met: Counter[tuple[str, str]] = Counter()
    for there in present_at(db.session.scalars(held)).values():
        met.update(combinations(sorted(names[trust] for trust in there if trust in names), 2))
    return [["trust_a", "trust_b", "sessions"], *([a, b, number] for (a, b), number in sorted(met.items()))]
