"""A participant answers the evaluation's question, or takes the answer back."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.collect import relations
from scheduler.collect.links import LinkUnknown, person_for
from scheduler.models import EvaluationWave, Person, Purpose
from scheduler.web import participant
from scheduler.web.access import public
from scheduler.web.forms.evaluation import RelationsForm

bp = Blueprint("relations", __name__)
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)


@bp.route("/p/<token>/evaluation", methods=["GET", "POST"])
@public
def page(token: str) -> ResponseReturnValue:
    """The question, with what the person said before; "take back" forgets all of it."""
    person = person_for(token, Purpose.PAGE)
    wave = relations.open_for(person)
    if request.method == "POST" and request.form.get("do") == "forget":
        gone = [relations.take_back(person, each) for each in relations.waves_of(person.programme)]
        flash("Your answers have been deleted." if any(gone) else "There were no answers of yours.")
        return redirect(url_for(".page", token=token))
    if wave is None:
        return render_template("participant/evaluation_closed.html", programme=person.programme, token=token)
    return _question(token, person, wave)


def _question(token: str, person: Person, wave: EvaluationWave) -> ResponseReturnValue:
    trusts = relations.trusts_asked(person)
    given = relations.answer_of(person, wave)
    said = {each.trust_id: each.tie for each in given.relations} if given else None
    form = RelationsForm.of_trusts(trusts, said)
    if form.validate_on_submit():
        try:
            relations.answer(person, wave, form.ties(trusts))
        except relations.NotOpen:
            return render_template("participant/evaluation_closed.html", programme=person.programme, token=token)
        flash("Thank you. Your answers are saved, and you can change them while the question is open.")
        return redirect(url_for(".page", token=token))
    return render_template(
        "participant/evaluation.html",
        programme=person.programme,
        token=token,
        form=form,
        wave=wave.wave.value,
        given=given,
        regions=[(region, list(among)) for region, among in groupby(trusts, key=lambda trust: trust.region)],
    )
