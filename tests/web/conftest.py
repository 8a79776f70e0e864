"""Who looks at the pages: a visitor without a log-in, and an organiser who owns a programme."""

from __future__ import annotations

import pytest

from scheduler import Convene
from scheduler.models import Programme
from tests.builders import a_programme, an_organiser
from tests.web.page import Visitor


@pytest.fixture
def visitor(app: Convene) -> Visitor:
    """Someone who has not logged in."""
    return Visitor(app)


@pytest.fixture
def programme(app: Convene) -> Programme:
    """The programme that ``organiser`` owns."""
    return a_programme()


@pytest.fixture
def organiser(app: Convene, programme: Programme) -> Visitor:
    """An owner of ``programme``, logged in."""
    return Visitor(app).log_in(an_organiser(programme))
