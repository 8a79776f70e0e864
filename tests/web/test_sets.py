"""Sets from both sides: proposed, objected to, swapped, shown to members and facilitators, released by organisers."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from scheduler.collect.links import page_url
from scheduler.extensions import db
from scheduler.models import AuditEntry, Invitation, OutboxMessage, OwnSet, Role
from scheduler.plan import proposing
from tests.builders import an_organiser
from tests.invite.own_sets import ASet
from tests.plan.programmes import a_small_programme, laid_out, with_sets
from tests.web.page import Visitor

SECRET = "We are in a dispute with that Trust"


@pytest.fixture
def draft(app):
    return laid_out(with_sets(a_small_programme(), size_min=2, size_max=4, count_max=3))


@pytest.fixture
def made(app):
    return ASet(pairs=2)


def page_of(person) -> str:
    address = urlsplit(page_url(person)).path
    db.session.commit()
    return f"{address}/set"


def an_owner(app, programme, role=Role.OWNER) -> Visitor:
    return Visitor(app).log_in(an_organiser(programme, role=role))


def test_a_set_is_proposed_objected_to_in_confidence_and_swapped(app, visitor, draft):
    owner, top = an_owner(app, draft.programme), f"/programmes/{draft.programme.slug}/plans/{draft.number}"
    member = draft.sets[0].members[0]
    director, manager = member.pair.people
    others = [m.pair.trust.name for m in draft.sets[0].members[1:]]

    page = owner.get(f"{top}/propose")
    assert "12 people get an email." in page.text
    assert visitor.get(page_of(director)).text.count("Proposed for you") == 0
    done = owner.post(f"{top}/propose", {"version": str(draft.edits)})
    assert done.said == "Proposed to 12 people. Their emails are queued."

    mine = visitor.get(page_of(director))
    assert all(name in mine.text for name in others)
    assert "Nothing is settled yet" in mine.text
    address = f"{page_of(director)}/objection/{draft.sets[0].event_id}"
    empty = visitor.post(address, {"reason": " "})
    assert empty.error_at("reason") == "Enter the reason"
    assert visitor.post(address, {"reason": SECRET}).said == "Kept. Only the programme's owners read it."
    assert SECRET in visitor.get(page_of(director)).html
    assert SECRET not in visitor.get(page_of(manager)).html

    planner = an_owner(app, draft.programme, Role.PLANNER)
    assert planner.get(f"{top}/objections").status == 403
    seen = owner.get(f"{top}/objections")
    assert SECRET in seen.text
    form = seen.select("form[action$='/swap']")[0]
    taken = owner.post(form["action"], seen.form(form["action"]))
    assert "No rule broken." in taken.said
    assert SECRET not in owner.get(f"/programmes/{draft.programme.slug}/audit").html
    assert SECRET not in str([e.details for e in db.session.scalars(sa.select(AuditEntry))])
    undone = owner.post(f"{top}/undo")
    assert undone.status == 200
    assert visitor.post(address, {"do": "withdraw"}).said == "Taken back. Your words are forgotten."
    assert owner.get(f"{top}/objections").text.count(SECRET) == 0


def test_an_old_page_proposes_nothing_and_a_second_press_writes_to_nobody(app, draft):
    owner, top = an_owner(app, draft.programme), f"/programmes/{draft.programme.slug}/plans/{draft.number}"

    assert owner.post(f"{top}/propose", {"version": "7"}).said.startswith("The draft was changed")
    owner.post(f"{top}/propose", {"version": "0"})
    again = owner.post(f"{top}/propose", {"version": "0"})

    assert again.said == "Everybody has been shown these very sets already. Nobody was written to."
    assert proposing.last_proposal(draft).round == 1
    kind = sa.select(sa.func.count()).select_from(OutboxMessage).filter_by(kind="proposed-set")
    assert db.session.scalar(kind) == 12


def test_members_and_who_leads_see_their_published_set_and_the_leader_writes_to_it(visitor, made):
    mine, led = visitor.get(page_of(made.amara)), visitor.get(page_of(made.leader.person))

    assert (mine.h1, "Led by Jo Hale." in mine.text) == ("Your set", True)
    assert all(pair.trust.name in mine.text for pair in made.pairs)
    assert "You lead set 3" in led.text
    assert not [p.email for pair in made.pairs for p in pair.people if p.email in led.html + mine.html]
    address = led.links["Message the set 3"]
    assert visitor.post(address, {"message": ""}).error_at("message") == "Enter what you want to tell the set"
    sent = visitor.post(address, {"message": "Bring your question."})
    assert sent.said == "Your message goes to 4 people."
    written = db.session.scalars(sa.select(OutboxMessage).filter_by(kind="set-message")).all()
    assert len(written) == 4
    assert made.leader.person.email.encode() not in written[0].body
    for _ in range(4):
        visitor.post(address, {"message": "Again."})
    assert "5 messages today" in visitor.post(address, {"message": "Once more."}).error_at("message")
    assert visitor.get(address.replace(page_of(made.leader.person), page_of(made.amara))).status == 404


def test_organisers_see_every_set_and_let_one_run_itself_after_asking(app, made):
    owner, top = an_owner(app, made.programme), f"/programmes/{made.programme.slug}/sets"

    rows = owner.get(top).table("Every set")
    assert rows[1][1:6] == ["4", "Jo Hale", "0 of 1", "Not taken", rows[1][5]]
    assert rows[1][6] == "Not yet"
    question = owner.get(f"{top}/3/release")
    assert "4 people get an email" in question.text
    assert db.session.scalars(sa.select(OwnSet)).all() == []
    assert owner.post(f"{top}/3/release").said == "Set 3 runs itself now. Its people hear of it."
    again = owner.post(f"{top}/3/release")
    assert again.said == "There is a set 3 that runs itself already."
    assert owner.get(f"{top}/release").h1 == "No set is left to release"
    form = owner.get(f"{top}/3/facilitator")
    assert form.select("input[type=radio]")
    viewer = an_owner(app, made.programme, Role.VIEWER)
    assert "Change who leads it" not in viewer.get(f"{top}/3").links
    assert viewer.post(f"{top}/3/release").status == 403


def test_a_persons_page_says_what_of_their_sets_waits(visitor, made):
    own_set = made.released()
    session = made.settled(own_set)
    address = page_of(made.amara).removesuffix("/set")

    page = visitor.get(address)

    assert page.links["Your sets"] == f"{address}/set"
    move = next(link for words, link in page.links.items() if words.startswith("Move or cancel it on your set's page"))
    assert move == f"{address}/set/{own_set.id}"
    apologies = [link.split("/")[-2] for link in page.links.values() if link.endswith("/cannot-come")]
    own = sa.select(Invitation.id).where(Invitation.session_id == session.id)
    assert len(apologies) == 1
    assert int(apologies[0]) not in db.session.scalars(own).all()
