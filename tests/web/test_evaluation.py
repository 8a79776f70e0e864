"""The evaluation: asked with consent, answered and taken back, and downloaded without a name by the evaluator alone."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from scheduler.clock import now
from scheduler.collect import relations
from scheduler.collect.links import token_of
from scheduler.extensions import db
from scheduler.follow.evaluation import FEWEST, JOINED, files, joined
from scheduler.models import Attendance, EvaluationAnswer, OutboxMessage, Presence, Purpose, Relation, Role, Wave
from tests.builders import a_pair, a_session, an_event, an_organiser, keep
from tests.web.page import Visitor


@pytest.fixture
def pairs(programme):
    return [a_pair(programme, region=region) for region in ("London", "London", "Midlands")]


@pytest.fixture
def wave(programme, pairs):
    return relations.open_wave(programme, Wave.BEFORE, by=programme.roles[0].organiser if programme.roles else None)


def page_of(person):
    return f"/p/{token_of(person, Purpose.PAGE)}/evaluation"


def said_by(person):
    rows = sa.select(Relation.trust_id, Relation.tie).join(Relation.answer)
    return {trust: tie.value for trust, tie in db.session.execute(rows.where(EvaluationAnswer.person_id == person.id))}


def test_a_person_who_agrees_answers_sees_what_they_said_and_takes_it_back(visitor, wave, pairs):
    me, other = pairs[0].director, pairs[2]
    page = visitor.get(page_of(me))
    assert pairs[0].trust.name not in page.text

    without = visitor.post(page.address, {f"trust_{other.trust_id}": "know"})
    assert "voluntary" in without.error_at("agree")
    assert without.form_values[f"trust_{other.trust_id}"] == "know"
    visitor.post(page.address, without.form_values | {"agree": "y"})
    assert said_by(me) == {other.trust_id: "know"}
    again = visitor.get(page.address)
    visitor.post(page.address, again.form_values | {f"trust_{other.trust_id}": "would call"})
    assert said_by(me) == {other.trust_id: "would call"}

    gone = visitor.post(page.address, {"do": "forget"})
    assert gone.said == "Your answers have been deleted."
    assert db.session.scalars(sa.select(EvaluationAnswer)).all() == []


def test_a_closed_question_takes_nothing_and_still_lets_answers_be_taken_back(visitor, wave, pairs):
    me = pairs[0].director
    relations.answer(me, wave, {})
    relations.close_wave(wave, by=None)

    late = visitor.post(page_of(me), {"agree": "y"})

    assert late.h1 == "There is no question to answer now"
    assert visitor.post(page_of(me), {"do": "forget"}).said == "Your answers have been deleted."


def test_the_missing_are_written_to_and_nobody_twice_in_three_days(organiser, programme, wave, pairs):
    relations.answer(pairs[0].director, wave, {})
    ask = f"/programmes/{programme.slug}/evaluation/waves/{wave.id}/ask"
    assert "5 people will be written to" in organiser.get(ask).text

    first, second = organiser.post(ask), organiser.post(ask)

    assert (first.said, second.said) == ("5 messages queued.", "0 messages queued.")
    assert pairs[0].director.email not in db.session.scalars(sa.select(OutboxMessage.to_address)).all()
    standing = relations.standing(wave)
    assert len(standing.to_write(now() + timedelta(days=4))) == 5


def test_organisers_see_who_answered_and_only_the_evaluator_downloads(app, organiser, programme, wave, pairs):
    relations.answer(pairs[0].director, wave, {})
    top = f"/programmes/{programme.slug}/evaluation"
    evaluator = Visitor(app).log_in(an_organiser(programme, role=Role.EVALUATOR))

    assert "Answered: 1 of 6 people." in organiser.get(top).text
    assert organiser.get(f"{top}/download.zip").status == 403
    packed = zipfile.ZipFile(io.BytesIO(evaluator.get(f"{top}/download.zip").response.data))
    assert set(packed.namelist()) == set(files(programme))
    assert evaluator.post(f"{top}/waves/{wave.id}/close").status == 403


def test_the_files_hold_ties_and_attendance_by_stable_pseudonyms_and_no_name(programme, wave, pairs):
    relations.answer(pairs[0].director, wave, {pairs[2].trust_id: relations.Tie.WORKED_WITH})
    session = a_session(an_event(programme), "2026-01-12 09:30")
    for pair in pairs[:2]:
        keep(
            Attendance(
                programme=programme, session=session, person=pair.director, trust=pair.trust, state=Presence.PRESENT,
                marked_at=now(),
            )
        )  # fmt: skip

    found = files(programme)

    (_, person, home, to, strength) = found["relations.csv"][1]
    assert (strength, len(found["relations.csv"])) == (3, 2)
    assert found["answered.csv"][1:] == [["before", person, home]]
    assert {home, to} < {row[0] for row in found["trusts.csv"][1:]}
    assert [row[2] for row in found["attended_together.csv"][1:]] == [1]
    assert home in found["attended_together.csv"][1][:2]
    assert files(programme) == found
    text = io.StringIO()
    for rows in found.values():
        csv.writer(text).writerows(rows)
    for pair in pairs:
        for secret in (pair.trust.name, pair.trust.ods_code, pair.director.name, pair.director.email):
            assert secret not in text.getvalue()


@given(st.lists(st.sampled_from("abcdefg"), max_size=40))
def test_no_published_value_is_shared_by_fewer_than_five(values):
    published = joined(values)

    numbers = Counter(published)
    assert all(number >= FEWEST for number in numbers.values()) or set(numbers) <= {JOINED}
    for value, number in Counter(values).items():
        if number >= FEWEST:
            assert numbers[value] in (0, number)
