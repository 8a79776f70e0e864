"""A set that runs itself, on its members' own pages: its meetings, choosing the next date, moving and cancelling."""

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
from scheduler.invite import choosing, own_meetings, own_sets
from scheduler.invite.choosing import MOST_OFFERED, Tally
from scheduler.invite.own_meetings import MovedMeanwhile, NotPossible, SettledBefore
from scheduler.invite.replies import InvitationReplies, replies_in
from scheduler.models import Answer, AskedToJoin, DateChoice, OfferedDate, OwnSet, Person, Purpose, Session
from scheduler.plan.shown_sets import lines_of_people
from scheduler.web import participant
from scheduler.web.access import public
from scheduler.web.answer_page import CHOICES, DateLine
from scheduler.web.forms.answers import date_field
from scheduler.web.forms.base import Fault
from scheduler.web.forms.own_sets import AskForm, MeetingForm, OfferDatesForm
from scheduler.words import REPLIES

bp = Blueprint("own_sets", __name__, url_prefix="/p/<token>/set/<int:set_id>")
bp.register_error_handler(LinkUnknown, participant.link_is_wrong)

_CALLED_OFF = "{who} has stopped choosing a date. Nothing was changed."
_SETTLED = "{who} was quicker and settled {day}. Nothing of yours was changed."
_OUT_OF_DATE = "Somebody moved or cancelled this meeting since you opened this page. Look at it again."


@dataclass(frozen=True)
class OfferedLine:
    """One offered date: the question, what all say, and whether it may be settled."""

    line: DateLine
    tally: Tally
    says: str
    detail: str


@dataclass(frozen=True)
class MeetingLine:
    """One meeting ahead, with who said what to its invitation."""

    session: Session
    when: str
    place: str
    is_link: bool
    replies: str
    invitation_id: int | None  # the reader's own
    own_reply: str


@bp.route("", methods=["GET", "POST"])
@public
def page(token: str, set_id: int) -> ResponseReturnValue:
    """Show a set that runs itself; a post saves the reader's answers to the offered dates."""
    person = person_for(token, Purpose.PAGE)
    own_set = own_sets.set_with(person, set_id)
    if own_set is None:
        return _asked(token, person, set_id)
    if request.method == "GET":
        return _show(token, person, own_set)
    choice = choosing.open_choice(own_set)
    if choice is None:
        flask.flash("This choice is over. Nothing was changed.")
        return back(token, set_id)
    answers, faults = _read(choice)
    if faults:
        return _show(token, person, own_set, faults=faults)
    try:
        changed = choosing.save_answers(choice, answers, by=person)
    except SettledBefore as before:
        flask.flash(_said(before))
    except NotPossible as why:
        flask.flash(str(why))
    else:
        at = formatting.clock_time(now(), person.programme.time_zone)
        flask.flash(f"Saved at {at}" if changed else "Nothing has changed.")
    return back(token, set_id)


@bp.route("/dates", methods=["GET", "POST"])
@public
def offer(token: str, set_id: int) -> ResponseReturnValue:
    """ "Choose the next date": offer up to six dates to the set."""
    person, own_set = member(token, set_id)
    form = OfferDatesForm() if request.method == "POST" else OfferDatesForm.after(_last_meeting(own_set))
    choice = choosing.open_choice(own_set)
    if form.validate_on_submit() and (dates := form.dates(own_set.programme.time_zone)):
        try:
            made = choosing.offer_dates(own_set, dates, by=person)
        except NotPossible as why:
            form.refuse("day_1", str(why))
        else:
            others = len(own_set.members) - 1
            told = formatting.count(others, "other person was", "others were") if made and others else ""
            flask.flash(
                f"{formatting.count(len(made), 'date')} offered. {told} written to."
                if told
                else "These dates are offered already."
            )
            return back(token, set_id)
    return render_template(
        "participant/own_set/offer.html",
        programme=person.programme,
        token=token,
        own_set=own_set,
        form=form,
        offered=[] if choice is None else choosing.tallies(choice, own_set.members),
        most=MOST_OFFERED,
    )


@bp.route("/settle/<int:offered_id>", methods=["GET", "POST"])
@public
def settle(token: str, set_id: int, offered_id: int) -> ResponseReturnValue:
    """Say whom "Settle this date" invites, then do it."""
    person, own_set = member(token, set_id)
    offered = _offered(own_set, offered_id)
    if request.method == "POST":
        try:
            session = own_meetings.settle(offered, by=person)
        except SettledBefore as before:
            flask.flash(_said(before))
        except NotPossible as why:
            flask.flash(str(why))
        else:
            day = formatting.day(session.starts_at, session.time_zone)
            flask.flash(f"{day} is settled. Invitations are on their way.")
        return back(token, set_id)
    choice = offered.choice
    tally = Tally(offered, tuple(sorted(own_set.members, key=lambda each: each.name)))
    return render_template(
        "participant/own_set/settle.html",
        programme=person.programme,
        token=token,
        own_set=own_set,
        offered=offered,
        choice=choice,
        over=choice.ended_at is not None,
        day=formatting.day(offered.starts_at, choice.time_zone),
        says=_in_words(tally),
        detail=_detail(tally),
        invited=len(own_set.members) + (own_set.facilitator is not None),
    )


@bp.route("/call-off", methods=["POST"])
@public
def call_off(token: str, set_id: int) -> ResponseReturnValue:
    """Stop choosing, without a date."""
    person, own_set = member(token, set_id)
    choice = choosing.open_choice(own_set)
    if choice is not None:
        try:
            choosing.call_off(choice, by=person)
            flask.flash("The choice is called off. Nobody was invited.")
        except SettledBefore as before:
            flask.flash(_said(before))
        except NotPossible as why:
            flask.flash(str(why))
    return back(token, set_id)


@bp.route("/meetings/<int:session_id>", methods=["GET", "POST"])
@public
def move(token: str, set_id: int, session_id: int) -> ResponseReturnValue:
    """Give a meeting another time or place."""
    person, own_set = member(token, set_id)
    session = _meeting(own_set, session_id)
    form = MeetingForm() if request.method == "POST" else MeetingForm.of(session)
    if form.validate_on_submit() and (to := form.when(session.time_zone)) is not None:
        try:
            moved = own_meetings.move(session, to, by=person, version=form.version.data or 0)
        except MovedMeanwhile:
            db.session.rollback()
            return _moved_meanwhile(token, person, own_set, session_id, form)
        except NotPossible as why:
            form.refuse("day", str(why))
        else:
            flask.flash("Moved. The others get an update." if moved else "Nothing has changed.")
            return back(token, set_id)
    return _move_page(token, person, own_set, session, form)


@bp.route("/meetings/<int:session_id>/cancel", methods=["GET", "POST"])
@public
def cancel(token: str, set_id: int, session_id: int) -> ResponseReturnValue:
    """Ask, then call a meeting off."""
    person, own_set = member(token, set_id)
    session = _meeting(own_set, session_id)
    if request.method == "POST":
        try:
            own_meetings.cancel(session, by=person, version=request.form.get("version", 0, int))
        except MovedMeanwhile:
            flask.flash(_OUT_OF_DATE)
        except NotPossible as why:
            flask.flash(str(why))
        else:
            flask.flash("Cancelled. Everybody gets a cancellation.")
        return back(token, set_id)
    return render_template(
        "participant/own_set/cancel.html",
        programme=person.programme,
        token=token,
        own_set=own_set,
        session=session,
        day=formatting.day(session.starts_at, session.time_zone),
        meeting_when=_when(session, person),
    )


def _show(token: str, person: Person, own_set: OwnSet, *, faults: Mapping[str, str] | None = None) -> str:
    choice = choosing.open_choice(own_set)
    faults = faults or {}
    said = choosing.tallies(choice, own_set.members) if choice is not None else []
    members = own_set.members
    return render_template(
        "participant/own_set/page.html",
        programme=person.programme,
        token=token,
        person=person,
        own_set=own_set,
        is_member=person in members,
        choice=choice,
        offered=[_offered_line(tally, person, faults) for tally in said],
        choices=CHOICES,
        best=_in_words(best) if (best := _best(said)) is not None else "",
        ahead=_meeting_lines(own_set, person),
        held=own_meetings.meetings_held(own_set),
        lines=lines_of_people(members),
        members=members,
        lost_half=own_sets.has_lost_half(own_set),
        may_offer=len(said) < MOST_OFFERED,
        ask_form=AskForm(formdata=None),
        errors=[Fault(f"#{name}", text) for name, text in faults.items()],
    )


def _asked(token: str, person: Person, set_id: int) -> ResponseReturnValue:
    """The question to somebody who was asked to join; nobody else finds anything here."""
    asked = next((each for each in own_sets.asked_to_join(person) if each.set_id == set_id), None)
    if asked is None:
        abort(404)
    return _join_page(token, asked)


def _join_page(token: str, asked: AskedToJoin) -> str:
    return render_template(
        "participant/own_set/join.html",
        programme=asked.person.programme,
        token=token,
        asked=asked,
        own_set=asked.own_set,
        lines=lines_of_people(asked.own_set.members),
    )


def _offered_line(tally: Tally, person: Person, faults: Mapping[str, str]) -> OfferedLine:
    offered, zone = tally.offered, tally.offered.choice.time_zone
    field = date_field(offered.id)
    chosen = tally.said.get(person.id)
    typed = request.form.get(field, "") if request.method == "POST" else (chosen.value if chosen else "")
    says = _in_words(tally)
    when = formatting.when(
        offered.starts_at, offered.ends_at, zone, reader=person.programme.time_zone, year=_is_next_year(offered)
    )
    line = DateLine(offered.id, field, when, "", typed, says, error=faults.get(field, ""))
    return OfferedLine(line, tally, says, _detail(tally))


def _is_next_year(offered: OfferedDate) -> bool:
    return offered.starts_at.year != now().year


def _in_words(tally: Tally) -> str:
    """ "All 7 can come on Wednesday 14 April", or how many can."""
    all_of_them = len(tally.members)
    day = formatting.day(tally.offered.starts_at, tally.offered.choice.time_zone, year=False)
    if tally.suits_all:
        everybody = "All" if all_of_them > 2 else "Both" if all_of_them == 2 else "You"
        number = f" {all_of_them}" if all_of_them > 2 else ""
        bent = len(tally.who(Answer.IF_NEED_BE))
        return f"{everybody}{number} can come on {day}{f', {bent} if need be' if bent else ''}."
    return f"{formatting.of(tally.can_come, all_of_them)} can come on {day}."


def _detail(tally: Tally) -> str:
    """Who cannot come, and who has not said."""
    parts = []
    for answer, words in ((Answer.NO, "Cannot come"), (None, "Not answered")):
        if who := tally.who(answer):
            parts.append(f"{words}: {formatting.listed(person.name for person in who)}.")
    return " ".join(parts)


def _best(said: list[Tally]) -> Tally | None:
    """The first date that suits everybody, those that ask nobody to bend before the others."""
    all_can = [tally for tally in said if tally.suits_all]
    return min(all_can, key=lambda tally: len(tally.who(Answer.IF_NEED_BE)), default=None)


def _meeting_lines(own_set: OwnSet, person: Person) -> list[MeetingLine]:
    sessions = own_meetings.meetings_ahead(own_set)
    lines = []
    for session in sessions:
        invited = replies_in(own_set.programme, session=session)
        mine = next((each for each in invited if each.invitation.person_id == person.id), None)
        place = session.own_meeting.place if session.own_meeting is not None else ""
        lines.append(
            MeetingLine(
                session,
                _when(session, person),
                place,
                place.startswith(("https://", "http://")),
                _replies_in_words(invited),
                mine.invitation.id if mine is not None else None,
                REPLIES[mine.invitation.partstat.value] if mine is not None else "",
            )
        )
    return lines


def _replies_in_words(invited: list[InvitationReplies]) -> str:
    """ "7 invited: 3 accepted, 1 declined, 3 no reply"."""
    counts: dict[str, int] = {}
    for each in invited:
        label = REPLIES[each.invitation.partstat.value].lower()
        counts[label] = counts.get(label, 0) + 1
    parts = ", ".join(f"{number} {label}" for label, number in sorted(counts.items()))
    return f"{len(invited)} invited: {parts}." if parts else ""


def _read(choice: DateChoice) -> tuple[dict[int, Answer | None], dict[str, str]]:
    """The radios as posted, by offered date's id, and what is wrong, by field; "Clear" takes one answer back."""
    answers: dict[int, Answer | None] = {}
    faults = {}
    for offered in choice.offered:
        field = date_field(offered.id)
        posted = request.form.get(field)
        if posted is None:
            continue
        if posted in tuple(Answer):
            answers[offered.id] = Answer(posted)
        else:
            day = formatting.day(offered.starts_at, choice.time_zone, year=False)
            faults[field] = f"Select Yes, If need be or No for {day}"
    button, _, about = request.form.get("do", "save").partition(":")
    if button == "clear" and about.isascii() and about.isdigit():
        answers[int(about)] = None
    return answers, faults


def _moved_meanwhile(
    token: str, person: Person, own_set: OwnSet, session_id: int, form: MeetingForm
) -> ResponseReturnValue:
    """Say what the meeting is now, beside what was typed: the next press moves it from there."""
    session = db.session.get(Session, session_id, populate_existing=True)
    if session is None or session.withdrawn_at is not None:
        flask.flash(_OUT_OF_DATE)
        return back(token, own_set.id)
    form.refuse("day", f"Somebody moved this meeting since you opened this page. It is now {_when(session, person)}")
    form.version.data, form.version.raw_data = session.version, None
    return _move_page(token, person, own_set, session, form), 409


def _move_page(token: str, person: Person, own_set: OwnSet, session: Session, form: MeetingForm) -> str:
    return render_template(
        "participant/own_set/move.html",
        programme=person.programme,
        token=token,
        own_set=own_set,
        session=session,
        form=form,
        day=formatting.day(session.starts_at, session.time_zone),
    )


def member(token: str, set_id: int) -> tuple[Person, OwnSet]:
    """Whose page it is, and the set they are in; 404 for everybody else, who leads it too."""
    person = person_for(token, Purpose.PAGE)
    own_set = own_sets.set_with(person, set_id)
    if own_set is None or person not in own_set.members:
        abort(404)
    return person, own_set


def _offered(own_set: OwnSet, offered_id: int) -> OfferedDate:
    offered = db.session.get(OfferedDate, offered_id)
    if offered is None or offered.choice.set_id != own_set.id:
        abort(404)
    return offered


def _meeting(own_set: OwnSet, session_id: int) -> Session:
    """A meeting of the set that has not begun; 404 for any other."""
    session = next((each for each in own_meetings.meetings_ahead(own_set) if each.id == session_id), None)
    if session is None or session.starts_at <= now():
        abort(404)
    return session


def _last_meeting(own_set: OwnSet) -> Session | None:
    return next(iter([*own_meetings.meetings_ahead(own_set), *own_meetings.meetings_held(own_set)]), None)


def _when(session: Session, person: Person) -> str:
    return formatting.when(session.starts_at, session.ends_at, session.time_zone, reader=person.programme.time_zone)


def _said(before: SettledBefore) -> str:
    return (_SETTLED if before.day else _CALLED_OFF).format(who=before.who, day=before.day)


def back(token: str, set_id: int) -> ResponseReturnValue:
    """To the page of the set."""
    return redirect(url_for("own_sets.page", token=token, set_id=set_id))
