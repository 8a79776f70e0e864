"""Two rows of one person made one: choose them, see what it does, do it; and take it back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect.people import people_taking_part
from scheduler.invite import merging
from scheduler.models import Merging, Person
from scheduler.web.access import WORK, allow, caller, of_programme
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import ChoiceField, SelectField

bp = Blueprint("merging", __name__, url_prefix="/programmes/<slug>/people/merge")


class MergeForm(Form):
    """Which row stays, and which one goes into it."""

    kept = SelectField("Row that stays", ask="Select the row that stays")
    gone = SelectField("Row that goes into it", ask="Select the row that goes")
    give_up = ChoiceField("Two places at the same time", ask="Select which place stays")

    def offer_clashes(self, clashes: list[merging.Clash]) -> None:
        """The choice between places that one person cannot have both; without a clash nothing is asked."""
        choices = [("none", "Keep both for now: I settle it on the plan")]
        for clash in clashes:
            choices += [(str(each.id), _give_up_words(each)) for each in (clash.of_kept, clash.of_gone)]
        self.give_up.offer(dict.fromkeys(choices))
        self.give_up.ask = "Select which place stays" if clashes else None


def _give_up_words(session: Any) -> str:
    day = formatting.short_day(session.starts_at, session.time_zone)
    return f"Give up {session.event.title} on {day}"


@bp.route("", methods=["GET", "POST"])
@allow(WORK)
def merge(slug: str) -> ResponseReturnValue:
    """Choose two rows; with both chosen, say what it does; then do it."""
    form = MergeForm() if request.method == "POST" else MergeForm(request.args)
    people = [(str(person.id), f"{person.name}, {person.email}") for person in people_taking_part(g.programme)]
    form.kept.offer([("", "Select a person"), *people])
    form.gone.offer([("", "Select a person"), *people])
    form.offer_clashes([])
    outcome: merging.Outcome | None = None
    clashes: list[merging.Clash] = []
    changed = False
    if request.method == "POST" and request.form.get("do") != "edit" and form.kept.data and form.gone.data:
        kept, gone = of_programme(Person, int(form.kept.data)), of_programme(Person, int(form.gone.data))
        clashes = merging.clashes_of(kept, gone) if kept is not gone else []
        form.offer_clashes(clashes)
        asks = not clashes or "give_up" in request.form
        if asks and form.validate():
            give_up = int(form.give_up.data) if form.give_up.data and form.give_up.data != "none" else None
            try:
                if request.form.get("do") == "confirm":
                    said = request.form.get("messages", -1, type=int)
                    done = merging.merge(kept, gone, messages=said, give_up=give_up, by=caller())
                    flash(f"Merged. {formatting.count(done.messages, 'message')} queued")
                    return redirect(url_for("people.person", slug=slug, person_id=int(form.kept.data)))
                outcome = merging.preview(kept, gone, give_up=give_up, by=caller())
            except merging.SomethingElse as other:
                outcome, changed = other.outcome, True
            except merging.CannotMerge as why:
                form.refuse("", str(why))
    elif request.method == "POST":
        form.validate()
    return render_template(
        "organiser/people/merge.html",
        form=form,
        outcome=outcome,
        clashes=clashes,
        changed=changed,
        likely=[] if form.gone.data else merging.likely_same(g.programme),
    )


@bp.route("/<int:merging_id>/undo", methods=["GET", "POST"])
@allow(WORK)
def undo(slug: str, merging_id: int) -> ResponseReturnValue:
    """Say what taking a merging back sends, then do it."""
    row = of_programme(Merging, merging_id)
    if row.undone_at is not None:
        abort(404)
    why, outcome, kept_id = "", None, row.kept_id
    try:
        if request.method == "POST":
            said = request.form.get("messages", -1, type=int)
            merging.undo(row, messages=said, by=caller())
            flash("Taken back: they are two people again")
            return redirect(url_for("people.person", slug=slug, person_id=kept_id))
        outcome = merging.preview_undo(row, by=caller())
    except merging.SomethingElse as other:
        outcome = other.outcome
    except merging.CannotMerge as error:
        why = str(error)
    row = of_programme(Merging, merging_id)
    return render_template("organiser/people/merge_undo.html", merging=row, outcome=outcome, why=why)
