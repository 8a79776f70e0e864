"""Any story of publishing, moving, withdrawing, crashing and refusing ends with everyone's diary as the plan has it.

The diaries are those of a model of RFC 5546 which is fed the mails as they arrived over SMTP, once in order, once with
repeats and neighbours swapped (calendar-rules 88). What each has subscribed to shows the same.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from random import Random

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.invite import outbox, publishing
from scheduler.invite.feeds import feed_of
from scheduler.invite.places import wanted_by
from scheduler.models import MessageState, OutboxMessage, Person
from tests.builders import a_pair, a_programme, a_session, a_venue, an_event
from tests.invite.calendar_program import dates_in, diaries_after
from tests.invite.plans import a_plan
from tests.invite.postbox import open_postbox

PEOPLE, SESSIONS = 3, 4
person, session = st.integers(0, PEOPLE - 1), st.integers(0, SESSIONS - 1)


class Story(RuleBasedStateMachine):
    """Three people, two workshops of two sessions, one mail server with moods, one worker that may die."""

    def __init__(self, postbox):
        super().__init__()
        self.postbox, self.begins_at = postbox, len(postbox.arrived)
        self.well()
        self.programme = a_programme()
        events = [an_event(self.programme, title=title) for title in ("Workshop 1", "Workshop 2")]
        self.sessions = [
            a_session(events[n % 2], f"2027-03-2{n} 09:30", venue=a_venue(self.programme)) for n in range(4, 8)
        ]
        self.pairs = [a_pair(self.programme, manager=None) for _ in range(PEOPLE)]
        self.plans = []
        self.published = None

    # The organisers.

    @rule(places=st.dictionaries(st.tuples(person, st.integers(0, 1)), st.integers(0, 1)), hold=st.booleans())
    def publish(self, places, hold):
        """A new plan: each person in at most one of the two sessions of each workshop."""
        places = [(self.pairs[who], self.sessions[event + 2 * which]) for (who, event), which in places.items()]
        self.plans.append(a_plan(self.programme, places))
        self.publish_again(len(self.plans) - 1, hold)

    @precondition(lambda self: self.plans)
    @rule(which=st.integers(0, 50), hold=st.booleans(), reword=st.booleans())
    def publish_again(self, which, hold, reword=False):
        """An older plan, or the same once more; new words alone are sent or not."""
        self.published = self.plans[which % len(self.plans)]
        before = db.session.scalar(sa.select(sa.func.count(OutboxMessage.id)))
        seen = publishing.preview(self.published, reword=reword).changes
        made = publishing.publish(self.published, by=None, hold=hold, reword=reword).changes
        after = db.session.scalar(sa.select(sa.func.count(OutboxMessage.id)))
        assert made.messages == seen.messages == after - before

    @rule(which=session, hours=st.integers(-2, 2))
    def move(self, which, hours):
        moved = self.sessions[which]
        moved.starts_at += timedelta(hours=hours)
        moved.ends_at += timedelta(hours=hours)
        db.session.commit()

    @rule(which=session, name=st.sampled_from(["The Carriageworks", "Town Hall; Room 2, north", "Haus „Köln“"]))
    def rename(self, which, name):
        self.sessions[which].venue.name = name
        db.session.commit()

    @rule(which=session, online=st.booleans())
    def go_online(self, which, online):
        self.sessions[which].venue.joining_url = "https://meet.example/1" if online else ""
        db.session.commit()

    @rule(which=session, whole=st.booleans())
    def take_whole_days(self, which, whole):
        """All day over the change to summer time, or from half past nine again."""
        moved = self.sessions[which]
        day = moved.local_start.replace(hour=0, minute=0)
        moved.starts_at = (day if whole else day.replace(hour=9, minute=30)).astimezone(UTC)
        moved.ends_at = (day + timedelta(days=2) if whole else day.replace(hour=16)).astimezone(UTC)
        db.session.commit()

    @rule(which=st.integers(0, 1), title=st.sampled_from(["Workshop", "Worksop"]))
    def retitle(self, which, title):
        self.sessions[which].event.title = title
        db.session.commit()

    @rule(which=session, back=st.booleans())
    def withdraw(self, which, back):
        self.sessions[which].withdrawn_at = None if back else now()
        db.session.commit()

    @rule(who=person, number=st.integers(0, 2))
    def readdress(self, who, number):
        director = self.pairs[who].director
        director.email = f"person-{director.id}-{number}@trust.example"
        db.session.commit()

    @rule(release=st.booleans())
    def hold_or_release(self, release):
        (outbox.release if release else outbox.stop)(self.programme, by=None)

    @rule()
    def send_again(self):
        for message in self.messages():
            if outbox.may_go_again(message):
                outbox.send_again(message, by=None)
                break

    # The mail server.

    @rule()
    def well(self):
        self.postbox.rcpt_says = lambda address: "250 OK"
        self.postbox.hangs_up, self.postbox.takes = False, True

    @rule(takes=st.booleans())
    def hangs_up(self, takes):
        self.postbox.hangs_up, self.postbox.takes = True, takes

    @rule(says=st.sampled_from(["450 4.2.0 later", "550 5.1.1 no such person"]))
    def refuses(self, says):
        self.postbox.rcpt_says = lambda address: says

    # The worker.

    @rule(minutes=st.sampled_from([0, 300]))
    def work(self, minutes):
        if minutes:
            db.session.execute(sa.update(OutboxMessage).values(due_at=now()))
            db.session.commit()
        outbox.send_due()

    @precondition(lambda self: self.messages())
    @rule(which=st.integers(0, 50), data_sent=st.booleans(), arrived=st.booleans())
    def die(self, which, data_sent, arrived):
        """What stands in the database after kill -9 with a message in hand, before or after the end of DATA."""
        due = [m for m in self.messages() if m.state in outbox.DUE and m.id == min(x.id for x in self.lane(m))]
        if not due:
            return
        message = due[which % len(due)]
        if outbox._why_not(message):
            return
        body, to = message.body, message.to_address
        message.state, message.claimed_by, message.claimed_at = MessageState.SENDING, "vm/dead", now()
        if data_sent:
            message.data_at = now()
            if arrived:
                self.postbox.arrived.append((to, body))
        db.session.commit()

    def messages(self):
        db.session.rollback()
        rows = sa.select(OutboxMessage).where(OutboxMessage.programme_id == self.programme.id)
        return list(db.session.scalars(rows.order_by(OutboxMessage.id)))

    def lane(self, message):
        return [m for m in self.messages() if m.uid == message.uid and m.state in outbox.UNDER_WAY]

    @invariant()
    def no_cancellation_came_where_no_invitation_did(self):
        told = set()
        for _, body in self.arrived():
            text = body.decode()
            uid = next(m.uid for m in self.messages() if m.message_id in text)
            if 'method="CANCEL"' in text:
                assert uid in told
            told.add(uid)

    @invariant()
    def each_version_is_one_message(self):
        versions = [(m.uid, m.sequence, m.method, m.dtstamp) for m in self.messages() if m.uid]
        assert len(versions) == len(set(versions))

    def arrived(self):
        return self.postbox.arrived[self.begins_at :]

    def teardown(self):
        """All is well again, the organiser sends again what failed, and everybody's diary is as the plan has it."""
        self.well()
        if self.published is not None:
            publishing.publish(self.published, by=None, reword=True)
        outbox.release(self.programme, by=None)
        for _ in range(3):
            self.work(minutes=300)
            for message in self.messages():
                if message.state is MessageState.FAILED and outbox.may_go_again(message):
                    outbox.send_again(message, by=None)
        assert {m.state for m in self.messages()} <= {MessageState.SENT, MessageState.WITHDRAWN, MessageState.FAILED}
        wanted = {}
        for place in wanted_by(self.published).values() if self.published is not None else ():
            address = db.session.get(Person, place.person).email
            wanted.setdefault(address, []).append((place.start, place.end, place.location))
        wanted = {address: sorted(dates) for address, dates in wanted.items()}
        assert diaries_after(self.arrived()) == wanted
        assert diaries_after(shuffled(self.arrived())) == wanted
        assert self.subscribed() == wanted

    def subscribed(self):
        """What the feed of each person shows, by their address."""
        people = [person for pair in self.pairs for person in pair.people]
        shown = {person.email: dates_in(feed_of(person).body) for person in people}
        return {address: dates for address, dates in shown.items() if dates}


def shuffled(mails):
    """Some repeated, and some neighbours swapped."""
    chance = Random(len(mails))
    mails = [mail for mail in mails for _ in range(chance.choice([1, 1, 2]))]
    for n in range(0, len(mails) - 1, 2):
        if chance.random() < 0.5:
            mails[n], mails[n + 1] = mails[n + 1], mails[n]
    return mails


def test_every_story_ends_with_the_published_plan_in_every_diary(app):
    with open_postbox() as postbox:
        app.settings = app.settings.model_copy(update={"smtp_url": postbox.url})
        run_state_machine_as_test(
            lambda: Story(postbox),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=14,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


EXAMPLES = 12
