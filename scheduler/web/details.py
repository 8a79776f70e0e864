"""A person's own details, from their own page: what is kept, who gets copies, what is held, the way out."""

from __future__ import annotations

from collections.abc import Callable

import flask
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect import details
from scheduler.collect.links import LinkUnknown, person_for
from scheduler.collect.people import AddressTaken
from scheduler.follow.held_on import held_on
from scheduler.invite.retention import days_of
from scheduler.models import Person, Purpose
from scheduler.web import participant
from scheduler.web.access import public
from scheduler.web.forms.base import Form
from scheduler.web.forms.details import AssistantForm, DetailsForm, NewAddressForm

bp = Blueprint("details", __name__)
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)

SHARED_ADDRESS = "Somebody else in this programme has this address. Each person needs an address of their own"


@bp.route("/p/<token>/details", methods=["GET", "POST"])
@public
def page(token: str) -> ResponseReturnValue:
    """Show what is kept, and save one part of it: each part has a form of its own."""
    person = person_for(token, Purpose.PAGE)
    part = request.form.get("do", "") if request.method == "POST" else ""
    assistant = details.assistant_of(person)
    forms: dict[str, Form] = {
        "details": DetailsForm.of(person) if part in ("", "details") else _as_it_was(DetailsForm, person),
        "email": NewAddressForm() if part == "email" else NewAddressForm(formdata=None),
        "assistant": AssistantForm.of(assistant) if part in ("", "assistant") else AssistantForm(formdata=None),
    }
    if part in SAVED and forms[part].validate_on_submit():
        said = SAVED[part](person, forms[part])
        if said:
            flash(said)
            return redirect(url_for(".page", token=token))
    elif part == "no-assistant":
        done = details.remove_assistant(person, by=person)
        flash("Your assistant gets no more copies." if done else "Nobody gets copies.")
        return redirect(url_for(".page", token=token))
    return render_template(
        "participant/details.html",
        programme=person.programme,
        person=person,
        token=token,
        assistant=assistant,
        waiting=details.waiting_address(person),
        leaving=details.wish_to_leave(person),
        days=days_of(person.programme)[0],
        details_form=forms["details"],
        email_form=forms["email"],
        assistant_form=forms["assistant"],
        errors=[fault for form in forms.values() for fault in form.error_summary],
    )


def _as_it_was(kind: type[DetailsForm], person: Person) -> DetailsForm:
    """The form with what is known, where another form of the page was posted."""
    needs = details.needs_of(person)
    known = {"name": person.name, "access": needs.access, "dietary": needs.dietary}
    return kind(formdata=None, data={**known, "wants_receipt": person.wants_receipt})


def _save_details(person: Person, form: DetailsForm) -> str:
    changed = details.save_details(
        person, name=form.name.data, wants_receipt=bool(form.wants_receipt.data), needs=form.needs
    )
    return f"Saved: {formatting.listed(changed)}." if changed else "Nothing was changed."


def _new_address(person: Person, form: NewAddressForm) -> str:
    if form.new_email.data == person.email:
        return "This is your address already."
    try:
        details.ask_to_confirm(person, form.new_email.data)
    except AddressTaken:
        form.refuse("new_email", SHARED_ADDRESS)
        return ""
    except details.TooManyAddresses:
        form.refuse("new_email", "You gave 3 addresses today. Try again tomorrow, or write to the organisers")
        return ""
    return f"We have sent a link to {form.new_email.data}. Until you press the button there, we write to the old one."


def _set_assistant(person: Person, form: AssistantForm) -> str:
    try:
        details.set_assistant(person, form.assistant_name.data, form.assistant_email.data, by=person)
    except details.NotTheirs as why:
        form.refuse("assistant_email", str(why))
        return ""
    return f"{form.assistant_name.data} gets a copy of each invitation from now on."


SAVED: dict[str, Callable[..., str]] = {
    "details": _save_details,
    "email": _new_address,
    "assistant": _set_assistant,
}


@bp.route("/p/<token>/details/held")
@public
def held(token: str) -> ResponseReturnValue:
    """All that is held on the person, to read."""
    person = person_for(token, Purpose.PAGE)
    return render_template(
        "participant/held.html", programme=person.programme, person=person, token=token, all=held_on(person)
    )


@bp.route("/p/<token>/details/held.json")
@public
def held_as_file(token: str) -> ResponseReturnValue:
    """The same as a file for programs."""
    return as_file(person_for(token, Purpose.PAGE))


def as_file(person: Person) -> flask.Response:
    """All that is held on a person, as a file to keep."""
    response = flask.jsonify(held_on(person))
    response.headers["Content-Disposition"] = f'attachment; filename="convene-person-{person.id}.json"'
    return response


@bp.route("/p/<token>/details/leave", methods=["GET", "POST"])
@public
def leave(token: str) -> ResponseReturnValue:
    """Ask, then tell the organisers; or take it back."""
    person = person_for(token, Purpose.PAGE)
    if request.method == "POST":
        if request.form.get("do") == "stay":
            details.stay_after_all(person, by=person)
            flash("You stay in the programme. The organisers see it.")
        else:
            details.ask_to_leave(person)
            flash("We have told the organisers that you want to leave. They write to you.")
        return redirect(url_for(".page", token=token))
    return render_template("participant/leave.html", programme=person.programme, person=person, token=token)


@bp.route("/confirm-address/<token>", methods=["GET", "POST"])
@public
def confirm(token: str) -> ResponseReturnValue:
    """One button that makes the new address the one we write to; opening the page changes nothing."""
    try:
        row = details.address_to_confirm(token)
        programme, address = row.programme, row.address
        if request.method == "POST":
            details.confirm_address(token)
            return render_template("participant/address_confirmed.html", programme=programme, address=address)
    except details.LinkSpent:
        return render_template("participant/address_spent.html"), 410
    except AddressTaken:
        return render_template("participant/address_spent.html", taken=True), 409
    return render_template("participant/confirm_address.html", programme=programme, address=address)
