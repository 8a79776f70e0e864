"""Settings of a programme: its details, and the wording of its mails."""

from __future__ import annotations

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect import wording
from scheduler.collect.mails import MAILS, Mail
from scheduler.collect.people import ChangedMeanwhile
from scheduler.collect.programme import last_saved, save_settings
from scheduler.extensions import db
from scheduler.models import OwnWording
from scheduler.web import errors
from scheduler.web.access import OWN, allow, caller
from scheduler.web.forms.settings import ProgrammeForm
from scheduler.web.forms.wording import WordingForm

bp = Blueprint("settings", __name__, url_prefix="/programmes/<slug>/settings")


@bp.route("")
@allow(OWN)
def every(slug: str) -> ResponseReturnValue:
    """What can be set."""
    return render_template("organiser/settings/every.html", changed=len(g.programme.wordings))


@bp.route("/programme", methods=["GET", "POST"])
@allow(OWN)
def programme(slug: str) -> ResponseReturnValue:
    """What the programme is called, whom its mails name, and its hours."""
    form = ProgrammeForm() if request.method == "POST" else ProgrammeForm.of(g.programme)
    if form.validate_on_submit() and request.form.get("use") != "edit":
        try:
            saved = save_settings(g.programme, form.settings(), version=form.version.data or 0, by=caller())
        except ChangedMeanwhile:
            return _settings_conflict(form)
        flash("Saved." if saved else "Nothing was changed.")
        return redirect(url_for(".every", slug=slug))
    return render_template("organiser/settings/programme.html", form=form)


def _settings_conflict(form: ProgrammeForm) -> ResponseReturnValue:
    """Both versions side by side. The row is read anew: it is what the other one saved."""
    db.session.refresh(g.programme)
    saved = last_saved(g.programme)
    return errors.conflict(
        "Programme",
        saved_by=saved[0] if saved else "Somebody",
        saved_at=formatting.clock_time(saved[1], g.programme.time_zone) if saved else "an earlier time",
        differences=[
            errors.Difference(theirs.label.text, theirs.typed, form[theirs.name].typed)
            for theirs in ProgrammeForm.of(g.programme)
            if theirs.name != "version"
        ],
        version=g.programme.version,
    )


@bp.route("/wording")
@allow(OWN)
def wordings(slug: str) -> ResponseReturnValue:
    """Every mail, and whose words it has."""
    mails = [(mail, wording.own(g.programme, mail)) for mail in MAILS.values()]
    return render_template("organiser/settings/wordings.html", mails=mails)


@bp.route("/wording/<mail>", methods=["GET", "POST"])
@allow(OWN)
def one(slug: str, mail: str) -> ResponseReturnValue:
    """One mail: its words, its fields, and how it reads. "Preview" shows what was typed and keeps nothing."""
    known = _mail(mail)
    own = wording.own(g.programme, known)
    words = wording.Words(own.subject, own.text) if own else wording.ours(known)
    form = WordingForm() if request.method == "POST" else WordingForm.of(words, own.version if own else 0)
    saves = request.form.get("do") == "save" and request.form.get("use") != "edit"
    if form.validate_on_submit() and form.fits(known) and saves:
        try:
            wording.save(g.programme, known, form.words(), version=form.version.data or 0, by=caller())
        except wording.SavedMeanwhile as meanwhile:
            return _conflict(known, form, meanwhile.saved)
        flash(f"Saved. {known.title} is sent in your words from now on.")
        return redirect(url_for(".wordings", slug=slug))
    read = form.words() if request.method == "POST" else words
    sample = None if form.errors else wording.sample(known, read, g.programme)
    return render_template("organiser/settings/wording.html", mail=known, own=own, form=form, sample=sample)


@bp.route("/wording/<mail>/ours", methods=["POST"])
@allow(OWN)
def ours(slug: str, mail: str) -> ResponseReturnValue:
    """Use our own words again."""
    known = _mail(mail)
    done = wording.use_ours_again(g.programme, known, by=caller())
    flash(f"{known.title} is sent in our words again." if done else f"{known.title} had our words already.")
    return redirect(url_for(".wordings", slug=slug))


def _mail(key: str) -> Mail:
    return MAILS.get(key) or abort(404)


def _conflict(mail: Mail, form: WordingForm, saved: OwnWording | None) -> ResponseReturnValue:
    """Both wordings side by side."""
    theirs = wording.Words(saved.subject, saved.text) if saved else wording.ours(mail)
    zone = g.programme.time_zone
    return errors.conflict(
        mail.title,
        saved_by=saved.changed_by.name if saved and saved.changed_by else "Somebody",
        saved_at=formatting.clock_time(saved.changed_at, zone) if saved else "an earlier time",
        differences=[
            errors.Difference("Subject", theirs.subject or mail.subject, form.subject.typed),
            errors.Difference("Text", theirs.text, form.text.typed),
        ],
        version=saved.version if saved else 0,
    )
