"""Board sponsors: one page, one button; asked with a preview; what they confirmed ends when the pair changes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scheduler.clock import now
from scheduler.collect import sponsors
from scheduler.collect.links import page_url
from scheduler.extensions import db
from scheduler.invite.finished import read_letter
from scheduler.models import Attendance, Headway, IntentionWord, OutboxMessage, PlanStatus, Presence, Standing
from tests.builders import a_pair, a_person, a_session, a_trust, an_event, answered, keep, sets_event
from tests.invite.plans import a_plan


@pytest.fixture
def pair(programme):
    return a_pair(
        programme,
        trust=a_trust(programme, ods_code="R1H", name="Barts Health NHS Trust"),
        director=a_person(programme, "Amara Okafor"),
        manager=a_person(programme, "Tom Reid"),
        sponsor=a_person(programme, "Ruth Bell", standing=Standing.SPONSOR),
        intention="Halve set-up times",
    )


def own(person):
    return "/" + page_url(person).split("/", 3)[3]


def button(page):
    return page.soup.find("button", attrs={"name": "do", "value": lambda value: value.startswith("confirm:")})


def test_a_sponsor_confirms_their_pair_with_one_button(visitor, organiser, programme, pair):
    page = visitor.get(own(pair.sponsor))

    assert page.h1 == "Your pair"
    assert button(page).text.strip() == "Confirm that Amara Okafor and Tom Reid represent Barts Health NHS Trust"
    done = visitor.post(own(pair.sponsor), {"do": button(page)["value"]})
    again = visitor.post(own(pair.sponsor), {"do": button(page)["value"]})
    assert "The organisers see that you confirmed" in done.said
    assert button(again) is None
    assert len(sponsors.last_confirmations([pair])) == 1
    listed = organiser.get(f"/programmes/{programme.slug}/sponsors").table("Pairs and their sponsors")
    assert "Not confirmed" not in listed[1][3]


def test_a_confirmation_ends_when_the_pair_changes_and_both_sides_read_why(visitor, organiser, programme, pair):
    sponsors.confirm(pair, director_id=pair.director_id, manager_id=pair.manager_id, by=pair.sponsor)
    pair.themes = ["data"]
    db.session.commit()
    assert pair.sponsor_confirmed_on is not None

    pair.director = a_person(programme, "Ana Costa")
    db.session.commit()

    assert pair.sponsor_confirmed_on is None
    why = "Ruth Bell confirmed Amara Okafor and Tom Reid on"
    for page in (
        visitor.get(own(pair.sponsor)),
        organiser.get(f"/programmes/{programme.slug}/sponsors"),
        organiser.get(f"/programmes/{programme.slug}/trusts/R1H"),
    ):
        assert why in page.text
        assert "The pair has changed since, so this no longer holds" in page.text


def test_a_page_opened_before_the_pair_changed_confirms_nobody(visitor, programme, pair):
    value = button(visitor.get(own(pair.sponsor)))["value"]
    pair.manager = a_person(programme, "Kit Vale")
    db.session.commit()

    page = visitor.post(own(pair.sponsor), {"do": value})

    assert page.said.startswith("Nothing was confirmed: the pair has changed")
    assert pair.sponsor_confirmed_on is None
    assert "Kit Vale" in page.text


def test_only_the_sponsor_of_a_pair_can_confirm_it(visitor, programme, pair):
    stranger = a_person(programme, standing=Standing.SPONSOR)

    visitor.post(own(stranger), {"do": f"confirm:{pair.id}-{pair.director_id}-{pair.manager_id}"})
    visitor.post(own(stranger), {"do": "confirm:x"})

    assert pair.sponsor_confirmed_on is None


def test_a_sponsor_reads_dates_and_progress_but_no_answers_and_nobody_else_of_a_set(visitor, programme, pair):
    other = a_pair(programme)
    past = a_session(an_event(programme, title="Workshop 1"), now() - timedelta(days=9))
    sets = sets_event(programme, rounds=1, slots=1)
    answered(pair.director, sets.sessions[0], "if-need-be")
    plan = a_plan(programme, [(pair, past), (other, past)], sets=[(sets, 3, None, [pair, other], [sets.sessions[0]])])
    plan.status = PlanStatus.PUBLISHED
    keep(IntentionWord(programme=programme, pair=pair, person=pair.director, headway=Headway.STARTED, words="So far"))

    page = visitor.get(own(pair.sponsor))

    assert [row[1] for row in page.table("Dates so far")[1:]] == ["Workshop 1"]
    assert "Action learning sets" in page.text
    assert "Halve set-up times" in page.text
    assert "So far" in page.text
    assert other.trust.name not in page.text
    assert "need be" not in page.text.lower()


def test_sponsors_are_asked_once_after_a_preview_and_again_only_when_ticked(organiser, programme, pair):
    confirmed = a_pair(programme, sponsor=a_person(programme, standing=Standing.SPONSOR))
    confirmed.sponsor_confirmed_on = now().date()
    a_pair(programme)
    db.session.commit()
    top = f"/programmes/{programme.slug}/sponsors"

    page = organiser.get(f"{top}/ask")
    assert "- Barts Health NHS Trust: Amara Okafor, R&D director, and Tom Reid, R&D manager" in page.text
    assert db.session.scalars(db.select(OutboxMessage)).all() == []

    sent = organiser.post(f"{top}/ask", {"people": [str(pair.sponsor_id)], "opening": "Well met.", "do": "send"})
    assert sent.said == "1 email queued. Each sponsor has their own link."
    message = db.session.scalars(db.select(OutboxMessage)).one()
    letter = read_letter(message.body)
    assert (message.to_address, letter.subject) == (pair.sponsor.email, "Confirm your pair – R&D leaders")
    assert own(pair.sponsor) in letter.text
    assert "Well met." in letter.text

    again = organiser.get(f"{top}/ask")
    assert again.soup.find("input", attrs={"name": "people"}).get("checked") is None
    assert "We asked you before" in again.text
    organiser.post(f"{top}/ask", {"people": [str(pair.sponsor_id)], "do": "send"})  # pressed again at once
    assert len(db.session.scalars(db.select(OutboxMessage)).all()) == 1


def test_attendance_is_a_sentence_and_a_table_of_who_came(visitor, programme, pair):
    days = [a_session(an_event(programme), now() - timedelta(days=days)) for days in (30, 20, 10)]
    plan = a_plan(programme, [(pair, session) for session in days])
    plan.status = PlanStatus.PUBLISHED
    other = a_pair(programme)
    for session, trust, person in ((days[0], pair.trust, pair.director), (days[1], other.trust, other.director)):
        keep(
            Attendance(
                programme=programme, session=session, trust=trust, person=person, state=Presence.PRESENT,
                marked_at=session.starts_at,
            )
        )  # fmt: skip

    page = visitor.get(own(pair.sponsor))

    assert "Somebody of the Trust came to 1 of 2 dates at which attendance was taken." in page.text
    assert [row[2] for row in page.table("Dates so far")[1:]] == ["Amara Okafor came", "Nobody came", "Had a place"]
    assert other.director.name not in page.text
