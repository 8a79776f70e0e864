"""The public holidays of England, by name: a date on one is named, never refused."""

from __future__ import annotations

from datetime import date
from functools import cache

from holidays import HolidayBase, country_holidays


def holiday_on(day: date) -> str | None:
    """ "Good Friday", or None on a day that is no public holiday."""
    name = _england(day.year).get(day)
    return name.replace(" (observed)", " (in lieu)") if name else None


@cache
def _england(year: int) -> HolidayBase:
    return country_holidays("GB", subdiv="ENG", years=year, expand=False)
