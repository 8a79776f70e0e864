"""The empty file that organisers fill in, and text as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence

from scheduler.collect.importing.cells import guarded
from scheduler.collect.importing.columns import COLUMNS

TEMPLATE = (
    "ods_code",
    "trust_name",
    "region",
    "trust_type",
    "research_activity",
    "cohort",
    "director.name",
    "director.email",
    "director.phone",
    "manager.name",
    "manager.email",
    "manager.phone",
    "sponsor.name",
    "sponsor.email",
)
PEOPLE_TEMPLATE = ("ods_code", "trust_name", "role", "name", "email", "phone")


def template(keys: Sequence[str] = TEMPLATE) -> str:
    """An empty file for an import: one row per Trust, or with PEOPLE_TEMPLATE one row per person."""
    return csv_text([[COLUMNS[key].label for key in keys]])


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV (RFC 4180) that no spreadsheet program reads as formulas."""
    text = io.StringIO()
    csv.writer(text).writerows([[guarded(cell) for cell in row] for row in rows])
    return text.getvalue()
