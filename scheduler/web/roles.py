"""Who runs a programme, and what each of them may do."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from scheduler import organisers, words
from scheduler.mailboxes import AddressRefused
from scheduler.models import Organiser, OrganiserRole, Role
from scheduler.web.access import OWN, allow, caller, of_programme
from scheduler.web.forms.settings import AddOrganiserForm, RoleForm

bp = Blueprint("roles", __name__, url_prefix="/programmes/<slug>/settings/people-and-roles")
ONLY_OWNER = "{name} is the only owner. Make somebody else an owner first"


@bp.route("", methods=["GET", "POST"])
@allow(OWN)
def every(slug: str) -> ResponseReturnValue:
    """Who has which role; a post lets somebody new in."""
    form = AddOrganiserForm()
    if form.validate_on_submit():
        try:
            organisers.let_in(form.email.data, form.name.data, g.programme, form.role.data, by=caller())
        except AddressRefused as refused:
            form.refuse("email", str(refused))
        except organisers.HasRole as has:
            form.refuse("email", f"{has.organiser.name} has a role here already. Change it in the list")
        else:
            flash(f"{form.name.data} can log in now, and has been told so by email.")
            return redirect(url_for(".every", slug=slug))
    return render_template("organiser/settings/roles.html", form=form, held=organisers.roles_in(g.programme))


@bp.route("/<int:role_id>", methods=["GET", "POST"])
@allow(OWN)
def one(slug: str, role_id: int) -> ResponseReturnValue:
    """Change one organiser's role, or take it away."""
    held = of_programme(OrganiserRole, role_id)
    form = RoleForm(role=held.role, was=held.role.value)
    if form.validate_on_submit():
        return _change(slug, held.organiser, form)
    return render_template("organiser/settings/role.html", form=form, held=held)


def _change(slug: str, organiser: Organiser, form: RoleForm) -> ResponseReturnValue:
    name = organiser.name
    try:
        organisers.set_role(organiser, g.programme, form.wanted, by=caller(), was=form.known)
    except organisers.LastOwner:
        form.refuse("role", ONLY_OWNER.format(name=name))
    except organisers.RoleChangedMeanwhile as meanwhile:
        now = in_words(meanwhile.role)
        form.refuse("role", f"Somebody else changed this meanwhile: {name} is {now}. Choose again")
        form.read(meanwhile.role)
    else:
        flash(f"{name} is {in_words(form.wanted)} now.")
        if organiser == caller() and form.wanted is not Role.OWNER:
            return redirect(url_for("programmes.every"))
        return redirect(url_for(".every", slug=slug))
    held = next((role for role in organisers.roles_in(g.programme) if role.organiser_id == organiser.id), None)
    if held is None:
        return redirect(url_for(".every", slug=slug))
    return render_template("organiser/settings/role.html", form=form, held=held)


def in_words(role: Role | None) -> str:
    """What somebody is in a programme: "an owner", "a planner", "no longer part of it"."""
    if role is None:
        return "no longer part of this programme"
    name = words.ROLES[role.value].lower()
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
