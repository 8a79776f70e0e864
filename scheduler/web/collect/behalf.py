"""Answering for somebody who told an organiser: their own page, with how they told and a receipt to them."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.collect import notes
from scheduler.collect.answers import Hand, history_of, last_undoable
from scheduler.collect.dates import asked_of
from scheduler.models import Person
from scheduler.names import first_name
from scheduler.web import answering
from scheduler.web.access import WORK, allow, caller, of_programme
from scheduler.web.answer_page import CHOICES, AnswerPage, role_at
from scheduler.web.collect.blueprint import bp
from scheduler.web.forms.answers import AwayForm, OnBehalfForm, written_state

NO_DATES = "Nobody has asked them for dates yet."


@bp.route("/people/<int:person_id>", methods=["GET", "POST"])
@allow(WORK)
def person(slug: str, person_id: int) -> ResponseReturnValue:
    """Answer for a person: kept in the history with who and how, and they get a receipt."""
    found = of_programme(Person, person_id)
    how = OnBehalfForm()
    outcome = None
    if request.method == "POST" and how.validate():
        outcome = answering.take(found, Hand.on_behalf(caller(), how.heard_how.data))
        if not outcome.faults:
            if outcome.changed:
                notes.send_receipt(found, given_by=caller(), heard_how=how.heard_how.data)
                outcome.said += f" {first_name(found.name)} gets a receipt by email."
            flash(outcome.said)
            return redirect(url_for(".person", slug=slug, person_id=person_id, show=request.args.get("show")))
    asked = asked_of(found, also_closed=True)
    typed = outcome.typed if outcome else answering.as_typed(asked)
    return render_template(
        "organiser/collect/person.html",
        person=found,
        asked=asked,
        page=AnswerPage(asked, by_date=request.args.get("show") == "date", chosen=typed.chosen, faults=typed.faults),
        comment=typed.comment if typed.comment is not None else found.answer_comment,
        how=how,
        away=outcome.away if outcome else None,
        away_form=AwayForm(formdata=None),
        state=written_state(asked),
        undoable=last_undoable(found),
        said_of=answering.said_of,
        done=[],
        history=history_of(found)[:20],
        choices=CHOICES,
        made="",
        first_name=first_name,
        role_at=role_at,
        errors=how.error_summary + (outcome.faults if outcome else []),
        programme=g.programme,
    )
