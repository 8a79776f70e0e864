"""A person's sets on their own page: proposed, of the published plan, running themselves, and those they lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import flask
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.links import LinkUnknown, person_for
from scheduler.extensions import db
from scheduler.invite import own_sets
from scheduler.invite.own_meetings import NotPossible
from scheduler.invite.set_messages import message_set
from scheduler.models import Event, Person, Purpose
from scheduler.plan import objections, proposing
from scheduler.plan.shown_sets import ShownSet, sets_published_to
from scheduler.web import participant
from scheduler.web.access import public
from scheduler.web.forms.own_sets import MessageForm, ObjectionForm

bp = Blueprint("set_page", __name__, url_prefix="/p/<token>/set")
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)

_NO_LONGER = "No set is proposed to you any more, so nothing was kept."


@dataclass(frozen=True)
class Proposed:
    """A set that is proposed to the reader, with what they have said against it."""

    shown: ShownSet
    leads: bool
    said: str
    form: ObjectionForm


@bp.route("")
@public
def mine(token: str) -> ResponseReturnValue:
    """Every set of the reader's: a GET changes nothing."""
    return _show(token, person_for(token, Purpose.PAGE))


@bp.route("/objection/<int:event_id>", methods=["POST"])
@public
def objection(token: str, event_id: int) -> ResponseReturnValue:
    """Keep, change or take back what the reader says in confidence against the set that is proposed to them."""
    person = person_for(token, Purpose.PAGE)
    event = db.session.get(Event, event_id)
    if event is None or event.programme_id != person.programme_id:
        abort(404)
    form = ObjectionForm()
    try:
        if request.form.get("do") == "withdraw":
            taken_back = objections.withdraw(person, event)
            flask.flash("Taken back. Your words are forgotten." if taken_back else "Nothing has changed.")
        elif form.validate():
            objections.object_to(person, event, form.reason.data)
            flask.flash("Kept. Only the programme's owners read it.")
        else:
            return _show(token, person, forms={event_id: form})
    except objections.NotProposed:
        flask.flash(_NO_LONGER)
    return redirect(url_for(".mine", token=token))


@bp.route("/led/<int:event_id>/<int:number>/message", methods=["GET", "POST"])
@public
def message(token: str, event_id: int, number: int) -> ResponseReturnValue:
    """ "Message the set": a few words from who leads it to everybody in it."""
    person = person_for(token, Purpose.PAGE)
    event, people = _led(person, event_id, number)
    form = MessageForm()
    if form.validate_on_submit():
        try:
            told = message_set(number, event, people, form.message.data, by=person)
        except NotPossible as why:
            form.refuse("message", str(why))
        else:
            flask.flash(f"Your message goes to {formatting.count(told, 'person', 'people')}.")
            return redirect(url_for(".mine", token=token))
    return render_template(
        "participant/set_message.html",
        programme=person.programme,
        token=token,
        number=number,
        event=event,
        people=people,
        form=form,
    )


def _show(token: str, person: Person, forms: Mapping[int, ObjectionForm] | None = None) -> str:
    forms = forms or {}
    published = sets_published_to(person)
    own = own_sets.sets_with(person)
    # What a set came from is over once it runs itself and the plan has no more meetings for it.
    running = {(each.event_id, each.number) for each in own}
    proposed = proposing.sets_proposed_to(person)
    at = now()
    meets = [each for each in published if each.ahead(at) or (each.event.id, each.number) not in running]
    shown = sorted(meets, key=lambda each: (not each.ahead(at), *(m.starts_at for m in each.ahead(at)[:1])))
    return render_template(
        "participant/set.html",
        programme=person.programme,
        token=token,
        person=person,
        at=at,
        proposed=_proposed(person, *proposed, forms) if proposed is not None else [],
        in_sets=[each for each in shown if person in each.people],
        led=[each for each in shown if person not in each.people],
        own=own,
        asked=own_sets.asked_to_join(person),
        errors=[fault for form in forms.values() for fault in form.error_summary],
    )


def _proposed(
    person: Person,
    proposal: proposing.SetProposal,
    sets: list[ShownSet],
    forms: Mapping[int, ObjectionForm],
) -> list[Proposed]:
    found = []
    for shown in sets:
        row = objections.own_objection(person, shown.event, proposal)
        said = row.text if row is not None else ""
        form = forms.get(shown.event.id) or ObjectionForm(formdata=None, reason=said or None)
        found.append(Proposed(shown, person not in shown.people, said, form))
    return found


def _led(person: Person, event_id: int, number: int) -> tuple[Event, list[Person]]:
    """The event and the people of a set that the reader leads; 404 for every other."""
    for own_set in own_sets.sets_with(person):
        leads = own_set.facilitator is not None and own_set.facilitator.person_id == person.id
        if leads and (own_set.event_id, own_set.number) == (event_id, number) and own_set.members:
            return own_set.event, own_set.members
    for shown in sets_published_to(person):
        if shown.facilitator == person and (shown.event.id, shown.number) == (event_id, number) and shown.people:
            return shown.event, shown.people
    abort(404)
