"""A session under way, with two pairs who have a place on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from scheduler import Convene
from scheduler.models import Pair, Session
from tests.builders import a_pair, a_person, a_programme, a_session, a_trust, an_event, invited

START = "2027-01-12 09:30"


@pytest.fixture
def under_way(app: Convene) -> Iterator[Session]:
    """Workshop 1 on 12 January 2027, twenty minutes before it starts."""
    session = a_session(an_event(a_programme(), title="Workshop 1"), START)
    with time_machine.travel(session.starts_at - timedelta(minutes=20), tick=False):
        yield session


@pytest.fixture
def barts(under_way: Session) -> Pair:
    """Amara Okafor and Tom Reid of Barts Health, who are expected."""
    return expected(under_way, "Amara Okafor", "Tom Reid", name="Barts Health NHS Trust", ods_code="R1H")


@pytest.fixture
def leeds(under_way: Session) -> Pair:
    """Ana Costa and Lee Grant of Leeds, who are expected."""
    return expected(under_way, "Ana Costa", "Lee Grant", name="Leeds Teaching Hospitals NHS Trust", ods_code="RR8")


def expected(session: Session, director: str, manager: str, **trust: str) -> Pair:
    """A pair with a place on a session."""
    programme = session.programme
    people = {"director": a_person(programme, director), "manager": a_person(programme, manager)}
    pair = a_pair(programme, trust=a_trust(programme, **trust), **people)
    for person in pair.people:
        invited(person, session)
    return pair
