"""Logging in by an emailed link, and out again."""

from __future__ import annotations

from urllib.parse import urlsplit

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from scheduler import background, organisers
from scheduler.transaction import transaction
from scheduler.web import limits, log_in
from scheduler.web.access import log_in_only, public
from scheduler.web.forms.sign_in import AddressForm

bp = Blueprint("sign_in", __name__)


@bp.route("/")
@public
def start() -> ResponseReturnValue:
    """The front door: to the programmes, or to the log-in page."""
    return redirect("/programmes" if current_user.is_authenticated else url_for(".ask"))


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def ask() -> ResponseReturnValue:
    """Ask for the address and mail a link. The answer is the same for every address, known or not, in text and time:
    who it belongs to is looked up by the worker (abuse case A3)."""
    form = AddressForm()
    if form.validate_on_submit():
        limits.count(limits.LINKS_ASKED_FOR)
        with transaction():
            background.enqueue("mail-log-in-link", form.email.data)
        flask.session["next"] = _inside(request.args.get("next", ""))
        return redirect(url_for(".asked"))
    return render_template("sign_in/ask.html", form=form)


@bp.route("/sign-in/asked")
@public
def asked() -> ResponseReturnValue:
    """Say that a link is on its way if the address can log in."""
    return render_template("sign_in/asked.html")


@bp.route("/sign-in/<token>", methods=["GET", "POST"])
@public
def use(token: str) -> ResponseReturnValue:
    """A page with one button; the press logs in. A GET changes nothing: mail scanners follow links."""
    if request.method == "POST":
        onward = _inside(str(flask.session.get("next", "")))
        try:
            log_in.begin(token)
        except organisers.LinkSpent:
            return spent(token)
        # The address bar holds no token after this.
        return redirect(onward or "/programmes")
    if not organisers.link_is_fresh(token):
        return spent(token)
    return render_template("sign_in/use.html")


def spent(token: str) -> ResponseReturnValue:
    """ "This link no longer works": gone, or not found where it never was, so that guesses are counted (``limits``)."""
    return render_template("sign_in/spent.html"), 410 if organisers.link_was_made(token) else 404


@bp.route("/sign-out", methods=["POST"])
@log_in_only
def leave() -> ResponseReturnValue:
    """End the stay."""
    log_in.end()
    flask.flash("You have logged out")
    return redirect(url_for(".ask"))


def _inside(address: str) -> str:
    """A path of ours, or "" for whatever would lead elsewhere (CWE-601)."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    plain = address.isprintable() and "\\" not in address and "%" not in parts.path
    ours = plain and not parts.scheme and not parts.netloc and address.startswith("/") and not address.startswith("//")
    return address if ours else ""
