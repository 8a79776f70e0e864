"""A person's own page: their dates to answer, the dates they have, their calendar; and the way back to a lost link."""

from __future__ import annotations

from dataclasses import dataclass

import flask
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import background
from scheduler.clock import now
from scheduler.collect import directory, intentions, notes, sponsors
from scheduler.collect.answers import last_undoable
from scheduler.collect.dates import AskedEvent, asked_of
from scheduler.collect.links import LinkRevoked, LinkUnknown, known_url, person_for
from scheduler.collect.presence import attended_by
from scheduler.follow.encounters import met_in_short
from scheduler.follow.sponsored import sponsored_pairs
from scheduler.invite.seats import open_offers_to
from scheduler.models import Pair, Person, Purpose, Session
from scheduler.names import first_name
from scheduler.transaction import transaction
from scheduler.web import answering, limits, own_dates
from scheduler.web.access import public
from scheduler.web.answer_page import CHOICES, AnswerPage, role_at
from scheduler.web.forms.answers import AwayForm, FindLinkForm, NoteForm, PartnerForm, written_state
from scheduler.web.set_notices import set_notices
from scheduler.words import ANSWERS, PAIR_ROLES

bp = Blueprint("participant", __name__)


@bp.errorhandler(LinkUnknown)
def link_is_wrong(error: LinkUnknown) -> ResponseReturnValue:
    """ "This link no longer works": the possible reasons, and a box for the address."""
    page = render_template("participant/wrong_link.html", form=FindLinkForm(formdata=None))
    return page, 410 if isinstance(error, LinkRevoked) else 404


@bp.route("/p/<token>")
@public
def page(token: str) -> ResponseReturnValue:
    """Show one person's dates. A GET changes nothing: mail scanners follow links."""
    return show(person_for(token, Purpose.PAGE), token)


@bp.route("/p/<token>", methods=["POST"])
@public
def post(token: str) -> ResponseReturnValue:
    """Take in whatever a button of the page posts."""
    person = person_for(token, Purpose.PAGE)
    button, _, about = request.form.get("do", "save").partition(":")
    if button in LETTERS:
        return LETTERS[button](person, token, about)
    outcome = answering.take(person)
    if request.headers.get("X-Requested-With") == "fetch":
        return saved_by_script(person, outcome)
    if outcome.faults:
        return show(person, token, outcome)
    if outcome.closed:
        return show_too_late(person, token, outcome)
    flask.flash(outcome.said)
    return back(token)


@bp.route("/find-my-link", methods=["GET", "POST"])
@public
def find_my_link() -> ResponseReturnValue:
    """Send the link of an address to that address. The answer is the same for every address, in text and in time."""
    form = FindLinkForm()
    if form.validate_on_submit():
        limits.count(limits.LINKS_ASKED_FOR)
        with transaction():
            background.enqueue("mail-page-link", form.email.data)
        return redirect(url_for(".link_is_on_its_way"))
    return render_template("participant/find_my_link.html", form=form)


@bp.route("/find-my-link/sent")
@public
def link_is_on_its_way() -> ResponseReturnValue:
    """Say that the link is on its way, if the address is one we know."""
    return render_template("participant/link_sent.html")


@dataclass(frozen=True)
class PartnerLeft:
    """How many dates a partner has left, and whether "Remind Tom" may be pressed."""

    person: Person
    left: int
    may_nudge: bool


def show(
    person: Person,
    token: str,
    outcome: answering.Outcome | None = None,
    note_form: NoteForm | None = None,
    partner_form: PartnerForm | None = None,
) -> ResponseReturnValue:
    """The page as it stands now, or as it was typed where something has to be mended."""
    asked = asked_of(person)
    typed = outcome.typed if outcome else None
    faults = list(outcome.faults if outcome else [])
    for form in (note_form, partner_form):
        faults += form.error_summary if form else []
    return render_template(
        "participant/page.html",
        programme=person.programme,
        person=person,
        token=token,
        asked=asked,
        page=AnswerPage(
            asked,
            by_date=request.args.get("show") == "date",
            chosen=typed.chosen if typed else {},
            faults=typed.faults if typed else {},
        ),
        comment=typed.comment if typed and typed.comment is not None else person.answer_comment,
        away=outcome.away if outcome else None,
        away_form=AwayForm(formdata=None),
        choices=CHOICES,
        made=now().isoformat(),
        state=written_state(asked),
        undoable=last_undoable(person),
        said_of=answering.said_of,
        done=[_left_of(partner, person) for partner in asked.partners] if asked.total and not asked.left else [],
        closed=[_closed(event) for event in asked.closed],
        own=own_dates.dates_of(person),
        sets=set_notices(person, token),
        attended=attended_by(person),
        met=met_in_short(person),
        offers=open_offers_to(person),
        vacant=[(pair, vacant_role(pair)) for pair in asked.pairs if vacant_role(pair)],
        note_form=note_form or NoteForm(formdata=None),
        partner_form=partner_form or PartnerForm(formdata=None),
        feed=known_url(person, Purpose.CALENDAR),
        sponsored=sponsored_pairs(person),
        listed=directory.entry_of(person) is not None,
        silent=[pair for pair in asked.pairs if pair.intention and not intentions.said_this_quarter(pair)],
        has_ended=person.programme.has_ended(),
        first_name=first_name,
        role_at=role_at,
        errors=faults,
    )


def show_too_late(person: Person, token: str, outcome: answering.Outcome) -> ResponseReturnValue:
    """Keep what was chosen after the closing date on the page, and offer to send it to the organisers as a note."""
    lines = [_chosen_line(session, outcome) for session in outcome.closed]
    form = NoteForm(formdata=None, note="\n".join(lines))
    return render_template(
        "participant/too_late.html", programme=person.programme, token=token, form=form, lines=lines
    ), 409


def saved_by_script(person: Person, outcome: answering.Outcome) -> ResponseReturnValue:
    """Tell a script what was saved, and the words of the page that this changes."""
    asked = asked_of(person)
    if outcome.faults:
        return {"said": outcome.faults[0].text, "saved": False}, 422
    if outcome.closed:
        return {"said": "Not saved: answers are closed. Select Save my answers to send a note.", "saved": False}, 409
    parts = AnswerPage(asked).fresh_parts()
    return {
        "said": outcome.said,
        "saved": True,
        "parts": parts,
        "state": written_state(asked),
        "done": asked.total > 0 and asked.left == 0,
    }


def remind_partner(person: Person, token: str, about: str) -> ResponseReturnValue:
    """Write to a partner who has dates left: once a day."""
    partner = next((one for one in asked_of(person).partners if str(one.id) == about), None)
    if partner is not None:
        name = first_name(partner.name)
        sent = notes.nudge(person, partner)
        flask.flash(f"We have written to {name}." if sent else f"{name} was reminded today already, or has answered.")
    return back(token)


def send_receipt(person: Person, token: str, about: str) -> ResponseReturnValue:
    """Mail a copy of all answers."""
    notes.send_receipt_once(person)
    flask.flash("A copy of your answers is on its way to you by email.")
    return back(token)


def write_note(person: Person, token: str, about: str) -> ResponseReturnValue:
    """Send a few words to the organisers."""
    form = NoteForm()
    if not form.validate():
        return show(person, token, note_form=form)
    notes.tell_organisers(person, str(form.note.data))
    flask.flash("We have told the organisers.")
    return back(token)


def name_partner(person: Person, token: str, about: str) -> ResponseReturnValue:
    """Tell the organisers who the other person of the pair is."""
    form = PartnerForm()
    if not form.validate():
        return show(person, token, partner_form=form)
    pair = next((pair for pair in asked_of(person).pairs if vacant_role(pair)), None)
    role = vacant_role(pair) if pair else "partner"
    trust = f" of {pair.trust.name}" if pair else ""
    notes.tell_organisers(person, f"The {role}{trust} is: {form.partner.data}")
    flask.flash("We have told the organisers.")
    return back(token)


def confirm_pair(person: Person, token: str, about: str) -> ResponseReturnValue:
    """Keep that a board sponsor confirms the two people whose names the button said."""
    ids = [int(part) if part.isdecimal() else 0 for part in about.split("-")]
    pair = next((pair for pair in sponsors.sponsored_by(person) if [pair.id] == ids[:1]), None)
    try:
        if pair is None or len(ids) != len(("pair", "director", "manager")):
            raise sponsors.PairChanged
        sponsors.confirm(pair, director_id=ids[1] or None, manager_id=ids[2] or None, by=person)
    except sponsors.PairChanged:
        flask.flash("Nothing was confirmed: the pair has changed since you opened this page. It is shown as it is now.")
    else:
        flask.flash("Thank you. The organisers see that you confirmed.")
    return back(token)


LETTERS = {
    "remind": remind_partner,
    "receipt": send_receipt,
    "note": write_note,
    "partner": name_partner,
    "confirm": confirm_pair,
}


def back(token: str) -> ResponseReturnValue:
    """To the page again, in the order it was shown in."""
    return redirect(url_for("participant.page", token=token, show=request.args.get("show")))


def vacant_role(pair: Pair) -> str:
    """The role of a pair that nobody holds, as a reader knows it; "" where both are held."""
    if pair.director is None:
        return PAIR_ROLES["director"]
    return PAIR_ROLES["manager"] if pair.manager is None else ""


def _left_of(partner: Person, person: Person) -> PartnerLeft:
    return PartnerLeft(partner, asked_of(partner).left, notes.may_nudge(person, partner))


def _closed(event: AskedEvent) -> tuple[AskedEvent, list[str]]:
    return event, notes.answer_lines(event)


def _chosen_line(session: Session, outcome: answering.Outcome) -> str:
    answer = outcome.typed.taps[session.id]
    return f"{session.event.title}, {notes.date_words(session)}: {ANSWERS[answer]}"
