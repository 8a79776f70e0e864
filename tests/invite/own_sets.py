"""A set that runs itself, for the tests of what its members do with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.clock import now
from scheduler.invite import outbox, publishing
from scheduler.invite.choosing import offer_dates
from scheduler.invite.own_meetings import When, settle
from scheduler.invite.own_sets import release
from tests.builders import a_facilitator, a_pair, a_programme, an_organiser, sets_event
from tests.invite.plans import a_plan

LONDON = "Europe/London"
LINK = "https://meet.example/set-3"


def at_one(days: int) -> datetime:
    """1pm in London so many days from today."""
    day = (now() + timedelta(days=days)).astimezone(ZoneInfo(LONDON))
    return day.replace(hour=13, minute=0, second=0, microsecond=0)


def a_date(days: int, *, place: str = LINK, hours: int = 3) -> When:
    """An afternoon so many days from today."""
    return When(at_one(days), at_one(days) + timedelta(hours=hours), LONDON, place)


class ASet:
    """Set 3 of a published plan: three pairs and who leads them; its letters so far have left."""

    def __init__(self, pairs: int = 3) -> None:
        self.programme = a_programme()
        self.aisha = an_organiser(self.programme, name="Aisha Khan")
        self.event = sets_event(self.programme, rounds=1)
        self.pairs = [a_pair(self.programme) for _ in range(pairs)]
        self.leader = a_facilitator(self.programme, name="Jo Hale")
        slot = self.event.sessions[0]
        self.plan = a_plan(self.programme, sets=[(self.event, 3, self.leader, self.pairs, [slot])])
        publishing.publish(self.plan, by=self.aisha)
        outbox.send_due()
        self.learning_set = self.plan.sets[0]
        self.amara, self.tom = self.pairs[0].people

    def released(self):
        """The set, running itself."""
        own_set = release(self.learning_set, by=self.aisha)
        outbox.send_due()
        return own_set

    def settled(self, own_set, days: int = 200):
        """The session of a date that was offered and settled, its invitations sent."""
        (offered,) = offer_dates(own_set, [a_date(days)], by=self.amara)
        session = settle(offered, by=self.tom)
        outbox.send_due()
        return session
