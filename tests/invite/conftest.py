from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.invite.dovecot import Dovecot, Inbox, running_dovecot

# No test of this house asserts a time: a slow machine is not a fault.
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real mailbox server; without Dovecot the test says so loudly, and in CI fails."""
    with running_dovecot() as server:
        yield server


@pytest.fixture
def inbox(dovecot: Dovecot) -> Inbox:
    """An empty mailbox on a real server."""
    return dovecot.new_inbox()
