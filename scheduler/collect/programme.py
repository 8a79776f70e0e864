"""What a programme is called, whom its mails name, and the hours it keeps: its owners' settings."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict

from sqlalchemy.orm.exc import StaleDataError

from scheduler.collect.people import ChangedMeanwhile
from scheduler.models import Organiser, Programme, audit, record
from scheduler.transaction import transaction


class Settings(TypedDict):
    """What owners may change: ``gap_minutes`` lies at least between two dates of one person, from the next plan on."""

    name: str
    short_name: str
    purpose: str
    contact_name: str
    contact_email: str
    contact_phone: str
    time_zone: str
    gap_minutes: int
    hear_by: date | None
    ends_on: date | None


def save_settings(programme: Programme, settings: Settings, *, version: int, by: Organiser) -> bool:
    """Save what differs, and say whether anything did. Raises people.ChangedMeanwhile for an old version."""
    if programme.version != version:
        raise ChangedMeanwhile
    changed = sorted(name for name, value in settings.items() if getattr(programme, name) != value)
    if not changed:
        return False
    try:
        with transaction() as tx:
            for name, value in settings.items():
                setattr(programme, name, value)
            tx.flush()
            record("programme.changed", programme=programme, by=by, thing=programme.name, fields=changed)
    except StaleDataError:
        raise ChangedMeanwhile from None
    return True


def last_saved(programme: Programme) -> tuple[str, datetime] | None:
    """Who saved the settings last, and when; None while nobody has."""
    return audit.last_saved(programme.id, "programme.changed")
