"""Encounters of earlier years: brought from a file or from an earlier programme, checked row by row, then kept.

They count in the ledger and in every new problem, so that next year's plan does not begin as if nobody had met.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from scheduler.clock import now, today
from scheduler.collect.importing.files import FileRefused, Row, Sheet
from scheduler.extensions import db
from scheduler.formatting import MONTHS
from scheduler.models import EarlierEncounter, EncountersBrought, Organiser, Programme, Trust, record
from scheduler.plan.encounters import How, gatherings_of, pairs_among
from scheduler.text import clean_line
from scheduler.transaction import rows_changed, transaction

TEMPLATE = ("ODS code", "ODS code of the other", "When", "Where")
# Which headings name a column; our own file of the ledger is read as it is.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "one": ("ods code", "ods", "first ods code", "trust code"),
    "other": ("ods code of the other", "other ods code", "second ods code", "ods code 2"),
    "held_on": ("when", "date", "year"),
    "occasion": ("occasion", "event", "where", "place"),
}


class AlreadyBrought(Exception):
    """Somebody else has brought this in, or taken it back, meanwhile."""


@dataclass(frozen=True)
class CheckedRow:
    """One row as it was understood: a fault in words, or ``known`` where the ledger has it already."""

    line: int
    one: str
    other: str
    held_on: str
    occasion: str
    fault: str = ""
    known: bool = False

    @property
    def is_new(self) -> bool:
        """Whether it would be brought in."""
        return not self.fault and not self.known


def keep_file(programme: Programme, source: str, sheets: Sequence[Sheet], *, by: Organiser | None) -> EncountersBrought:
    """Keep the rows of a file to be checked; nothing counts yet. Raises FileRefused where it has no rows."""
    rows = [row for sheet in sheets for row in _rows_in(sheet)]
    if not rows:
        raise FileRefused("This file has no rows of encounters. Use the columns of the template.")
    return _keep(programme, source, rows, by)


def keep_programme(programme: Programme, earlier: Programme, *, by: Organiser | None) -> EncountersBrought:
    """Keep the encounters of an earlier programme between Trusts that are in this one, to be checked."""
    here = set(_codes(programme))
    found: dict[tuple[object, str, str], list[str]] = {}
    for gathering in gatherings_of(earlier, now()):
        if gathering.how is not How.WILL_MEET:
            session = gathering.sitting.session
            day, title = session.local_start.date().isoformat(), f"{session.event.title}, {earlier.name}"[:200]
            for one, other in pairs_among(gathering.trusts & here):
                found.setdefault((gathering.key, one, other), [one, other, day, title])
    return _keep(programme, earlier.name, [[line, *row] for line, row in enumerate(found.values(), start=1)], by)


def checked_rows(brought: EncountersBrought) -> list[CheckedRow]:
    """What each row says by now: faults, what the ledger has already, and what is new."""
    programme = brought.programme
    codes = _codes(programme)
    rows = db.session.execute(
        sa.select(
            EarlierEncounter.one_id, EarlierEncounter.other_id, EarlierEncounter.held_on, EarlierEncounter.occasion
        ).where(EarlierEncounter.programme_id == programme.id)
    )
    seen = {(one, other, held_on, occasion) for one, other, held_on, occasion in rows}
    found = []
    for line, *cells in brought.rows:
        row = _checked(line, cells, codes, today(programme.time_zone))
        if not row.fault:
            place = codes[row.one], codes[row.other], row.held_on, row.occasion
            row = CheckedRow(row.line, row.one, row.other, row.held_on, row.occasion, known=place in seen)
            seen.add(place)
        found.append(row)
    return found


def bring_in(brought: EncountersBrought, *, by: Organiser | None) -> int:
    """Write the rows that are new, and say how many. Raises AlreadyBrought."""
    with transaction() as tx:
        waits = EncountersBrought.id == brought.id, EncountersBrought.written_at.is_(None)
        if not rows_changed(sa.update(EncountersBrought).where(*waits).values(written_at=now())):
            raise AlreadyBrought
        codes = _codes(brought.programme)
        rows = [
            {
                "programme_id": brought.programme_id,
                "brought_id": brought.id,
                "one_id": codes[row.one],
                "other_id": codes[row.other],
                "held_on": row.held_on,
                "occasion": row.occasion,
            }
            for row in checked_rows(brought)
            if row.is_new
        ]
        if rows:
            tx.execute(sa.insert(EarlierEncounter), rows)
        record("encounters.brought", programme=brought.programme, by=by, thing=brought.source, encounters=len(rows))
    return len(rows)


def take_back(brought: EncountersBrought, *, by: Organiser | None) -> None:
    """Take out what was brought, or put away what was only checked. Raises AlreadyBrought where it is gone."""
    with transaction():
        programme, source, was_in = brought.programme, brought.source, brought.written_at is not None
        if not rows_changed(sa.delete(EncountersBrought).where(EncountersBrought.id == brought.id)):
            raise AlreadyBrought
        if was_in:
            record("encounters.taken-back", programme=programme, by=by, thing=source)


def partial_date(text: str) -> str | None:
    """A date as people type it, as far as it is known: "2025", "2025-03" or "2025-03-12"; None for anything else."""
    words = clean_line(text).casefold().replace(",", " ")
    months = {name.casefold()[:3]: place for place, name in enumerate(MONTHS, start=1)}
    patterns = (
        (r"(?P<y>\d{4})(?:-(?P<m>\d{1,2})(?:-(?P<d>\d{1,2}))?)?(?:[t ]00:00(?::00)?)?", False),
        (r"(?P<d>\d{1,2})[/.](?P<m>\d{1,2})[/.](?P<y>\d{4})", False),
        (r"(?:(?P<d>\d{1,2})(?:st|nd|rd|th)? +)?(?P<m>[a-z]{3,9}) +(?P<y>\d{4})", True),
    )
    for pattern, is_named in patterns:
        found = re.fullmatch(pattern, words)
        if not found:
            continue
        year, month, day = int(found["y"]), found["m"], found["d"]
        if month is None:
            return f"{year}" if 1990 <= year <= 2100 else None
        number = months.get(month[:3], 0) if is_named else int(month)
        with suppress(ValueError):
            whole = date(year, number, int(day or 1))
            return whole.isoformat() if day else whole.isoformat()[:7]
    return None


def _keep(programme: Programme, source: str, rows: list[list[object]], by: Organiser | None) -> EncountersBrought:
    with transaction() as tx:
        brought = EncountersBrought(programme=programme, source=source[:200], rows=rows, made_by=by)
        tx.add(brought)
    return brought


def _codes(programme: Programme) -> dict[str, int]:
    rows = db.session.execute(sa.select(Trust.ods_code, Trust.id).where(Trust.programme_id == programme.id))
    return {code: trust_id for code, trust_id in rows}  # noqa: C416 - rows are no pairs to dict()


def _rows_in(sheet: Sheet) -> list[list[object]]:
    """The rows below the headings: line and four cells. Without headings the columns stand as in the template."""
    if not sheet.rows:
        return []
    places = _places(sheet.rows[0])
    rows: Iterable[Row] = sheet.rows[1:] if places else sheet.rows
    columns = places or dict(zip(HEADINGS, range(len(HEADINGS)), strict=True))
    return [[row.line, *(row.cell(columns[name]) if name in columns else "" for name in HEADINGS)] for row in rows]


def _places(head: Row) -> dict[str, int]:
    """Where each column stands, by its heading; nothing where this row names none of both Trusts."""
    words = [clean_line(cell).casefold() for cell in head.cells]
    places = {}
    for name, headings in HEADINGS.items():
        found = [words.index(heading) for heading in headings if heading in words]
        if found:
            places[name] = found[0]
    return places if {"one", "other"} <= places.keys() else {}


def _checked(line: int, cells: Sequence[str], codes: Mapping[str, int], day: date) -> CheckedRow:
    first, second = (clean_line(cell).upper() for cell in cells[:2])
    typed, occasion = clean_line(cells[2]), clean_line(cells[3])[:200]
    one, other = sorted((first, second))
    held_on = partial_date(typed)

    def faulty(fault: str) -> CheckedRow:
        return CheckedRow(line, first, second, typed, occasion, fault)

    for code in (first, second):
        if not code:
            return faulty("An ODS code is missing")
        if code not in codes:
            return faulty(f'"{code}" is not the ODS code of a Trust in this programme')
    if one == other:
        return faulty("A Trust cannot meet itself")
    if held_on is None:
        return faulty("When must be a year, a month or a day, like 2025, March 2025 or 12 March 2025")
    if held_on > day.isoformat():
        return faulty("This lies ahead: only what has been counts as met")
    return CheckedRow(line, one, other, held_on, occasion)
