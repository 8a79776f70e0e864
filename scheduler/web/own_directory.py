"""The directory on a person's own page: off until they turn it on, and a search among those who did."""

from __future__ import annotations

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.collect import directory
from scheduler.collect.links import LinkUnknown, person_for
from scheduler.models import Person, Purpose
from scheduler.web import participant
from scheduler.web.access import public
from scheduler.web.forms.community import DirectorySearch, ListingForm

bp = Blueprint("own_directory", __name__)
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)
PAGE = 50


@bp.route("/p/<token>/directory")
@public
def page(token: str) -> ResponseReturnValue:
    """One's own entry, and for who has one the others."""
    return _show(person_for(token, Purpose.PAGE), token)


@bp.route("/p/<token>/directory", methods=["POST"])
@public
def post(token: str) -> ResponseReturnValue:
    """Be listed, change what is shown, or leave at once."""
    person = person_for(token, Purpose.PAGE)
    if request.form.get("do") == "leave":
        directory.leave(person)
        flask.flash("You have left the directory. Nobody sees you in it any more.")
        return redirect(url_for(".page", token=token))
    form = ListingForm()
    if not form.validate_on_submit():
        return _show(person, token, form)
    directory.list_person(person, form.shown())
    flask.flash("Saved. Others who are listed now see what is shown below.")
    return redirect(url_for(".page", token=token))


def _show(person: Person, token: str, form: ListingForm | None = None) -> ResponseReturnValue:
    entry = directory.entry_of(person)
    # Who is not listed is told how many are, and reads of nobody.
    listed = directory.listed_in(person.programme) if entry else []
    search = DirectorySearch.among(directory.themes_shown(listed), request.args)
    wanted = search.search()
    found = [one for one in listed if one.fits(wanted)]
    page_number = min(max(1, request.args.get("page", 1, type=int)), max(1, -(-len(found) // PAGE)))
    first = (page_number - 1) * PAGE
    return render_template(
        "participant/directory.html",
        programme=person.programme,
        token=token,
        form=form or ListingForm.of(entry),
        entry=entry,
        mine=directory.own_view(person),
        number=len(listed) if entry else directory.number_listed(person.programme),
        search=search,
        narrowed=wanted != directory.Search(),
        found=found[first : first + PAGE],
        total=len(found),
        first=first + 1,
        page=page_number,
        query={name: value for name, value in request.args.items() if value and name != "page"},
        kind_in_words=directory.kind_in_words,
        errors=form.error_summary if form else [],
    )
