"""Asking for dates, reminding who is missing, and when answers close: what leaves the house is shown before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect import closing, reminders
from scheduler.collect.closing import ClosingDateRefused, NothingToAsk
from scheduler.collect.deciding import Undecided
from scheduler.collect.events import SavedMeanwhile, last_change
from scheduler.collect.progress import Stage, collections_of, people_in
from scheduler.collect.reminders import Asked
from scheduler.collect.sponsors import ToAsk
from scheduler.invite.not_placed import Without
from scheduler.models import Event, Person
from scheduler.web import errors
from scheduler.web.access import WORK, allow, caller, of_programme
from scheduler.web.collect.blueprint import bp, chosen_of
from scheduler.web.forms.collect import AskForm, ClosingForm, DecideForm, RemindForm, TellForm
from scheduler.web.forms.community import AskSponsorsForm

MOST_TICKS = 250
Addressee = TypeVar("Addressee", Asked, Undecided, ToAsk, Without)
Ticked = TypeVar("Ticked", RemindForm, DecideForm, AskSponsorsForm, TellForm)


@bp.route("/ask", methods=["GET", "POST"])
@allow(WORK)
def ask(slug: str) -> ResponseReturnValue:
    """Open events for answers and write to everyone they are for; first shown, then sent."""
    events = _events_with_dates_ahead()
    form = AskForm() if request.method == "POST" else AskForm(formdata=None, events=_not_asked(events))
    form.offer(events)
    preview = None
    if form.validate_on_submit() and (closes_at := form.moment(g.programme.time_zone)):
        chosen = [event for event in events if event.id in form.events.data]
        try:
            closing.check_closing_date(chosen, closes_at)
            if request.form.get("do") == "send":
                asked = reminders.ask(chosen, closes_at, by=caller(), opening=form.opening.data or "")
                flash(f"{formatting.count(asked, 'email')} queued. Each person has their own link.")
                return redirect(url_for(".table", slug=slug))
        except ClosingDateRefused as refused:
            form.refuse("day", str(refused))
        except NothingToAsk as refused:
            form.refuse("events", str(refused))
        else:
            everyone = reminders.asked_by(chosen)
            one = shown_of(everyone)
            preview = one and reminders.draft("ask", one, form.opening.data or "", closes_at)
            if not everyone:
                form.refuse("events", "Nobody is asked to these events yet. Add people first")
            return render_template(
                "organiser/collect/ask.html", form=form, events=events, everyone=everyone, preview=preview
            )
    return render_template("organiser/collect/ask.html", form=form, events=events, everyone=[], preview=None)


@bp.route("/remind", methods=["GET", "POST"])
@allow(WORK)
def remind(slug: str) -> ResponseReturnValue:
    """Remind the people who have dates left: who, and the mail as one of them gets it, before anything is sent."""
    collections = collections_of(g.programme)
    waiting = reminders.missing(g.programme, collections)
    form = ticked_form(RemindForm, waiting)
    if form.validate_on_submit() and request.form.get("do") != "preview":
        reminded = reminders.remind(g.programme, set(form.people.data), by=caller(), opening=form.opening.data or "")
        flash(queued(formatting.count(reminded, "reminder"), len(people_in(collections)) - reminded))
        return redirect(url_for(".table", slug=slug))
    shown = before_sending(form, waiting, everyone=len(people_in(collections)))
    one = shown["shown"]
    preview = reminders.draft("reminder", one, form.opening.data or "") if one else None
    return render_template("organiser/collect/remind.html", preview=preview, **shown)


@bp.route("/close", methods=["GET", "POST"])
@allow(WORK)
def close(slug: str) -> ResponseReturnValue:
    """Change when an event's answers close, or close them now: the page says what that means before it is done."""
    collections = collections_of(g.programme)
    if not collections:
        abort(404)
    chosen = chosen_of(collections)
    event = chosen.event
    form = ClosingForm() if request.method == "POST" else ClosingForm.of(event)
    if request.method == "POST" and request.form.get("do") == "now":
        closing.close_now(event, by=caller())
        flash(f"{event.title} is closed. Its answers are read only.")
        return redirect(url_for(".table", slug=slug, event=event.id))
    if request.form.get("use") == "theirs":
        return redirect(url_for(".close", slug=slug, event=event.id))
    sent = form.validate_on_submit() and request.form.get("use") != "edit"
    if sent and (closes_at := form.moment(g.programme.time_zone)):
        try:
            closing.change_closing_date(event, closes_at, by=caller(), version=form.version.data or 0)
        except ClosingDateRefused as refused:
            form.refuse("day", str(refused))
        except SavedMeanwhile:
            return _conflict(event, form)
        else:
            when = formatting.day_and_time(closes_at, g.programme.time_zone)
            flash(f"{event.title} closes {when} {formatting.zone_name(g.programme.time_zone)}.")
            return redirect(url_for(".table", slug=slug, event=event.id))
    incomplete = len(chosen.parties) - chosen.stages[Stage.COMPLETE]
    return render_template("organiser/collect/close.html", form=form, chosen=chosen, incomplete=incomplete)


@bp.route("/people/<int:person_id>/remind", methods=["POST"])
@allow(WORK)
def remind_one(slug: str, person_id: int) -> ResponseReturnValue:
    """Remind one person, from the line that says they are missing."""
    found = of_programme(Person, person_id)
    sent = reminders.remind(g.programme, {found.id}, by=caller())
    flash("1 reminder queued." if sent else "Nothing was sent: they have answered, or were written to just now.")
    return redirect(url_for(".missing_people", slug=slug))


def _events_with_dates_ahead() -> list[Event]:
    return [collection.event for collection in collections_of(g.programme, asked_only=False)]


def _not_asked(events: Sequence[Event]) -> list[int]:
    return [event.id for event in events if event.opened_at is None]


def ticked_form(kind: type[Ticked], waiting: Sequence[Addressee]) -> Ticked:
    """The form with a tick for each of these people, set unless they were written to lately.

    With too many names for one page it is for everyone whose tick would be set, whatever was sent.
    """
    posted = request.method == "POST"
    form = kind() if posted else kind(formdata=None, people=to_be_ticked(waiting))
    form.people.offer([(str(one.person.id), one.person.name) for one in waiting])
    if posted and len(waiting) > MOST_TICKS:
        form.people.data, form.people.process_errors = tuple(to_be_ticked(waiting)), []
    return form


def before_sending(form: Ticked, waiting: Sequence[Addressee], *, everyone: int) -> dict[str, Any]:
    """What a page shows before letters leave: whose is shown, who is next, how many hear nothing of ``everyone``."""
    ticked = set(form.people.data or ())
    chosen = [one for one in waiting if one.person.id in ticked]
    shown = shown_of(chosen or waiting)
    return {
        "form": form,
        "people": waiting,
        "ticked": ticked,
        "many": len(waiting) > MOST_TICKS,
        "shown": shown,
        "another": one_after(shown, chosen),
        "others": everyone - len(ticked),
    }


def queued(letters: str, others: int) -> str:
    """What is said once letters ("26 reminders") are queued: so many, and who hears nothing."""
    return f"{letters} queued. {formatting.count(others, 'person hears', 'people hear')} nothing."


def to_be_ticked(waiting: Sequence[Addressee]) -> list[int]:
    """Everyone who was not written to within three days."""
    return [one.person.id for one in waiting if not one.left_alone()]


def shown_of(asked: Sequence[Addressee]) -> Addressee | None:
    """Whose mail the preview shows: whom the address or the form names, else the first."""
    number = request.values.get("preview", type=int)
    return next((one for one in asked if one.person.id == number), asked[0] if asked else None)


def one_after(shown: Addressee | None, ticked: Sequence[Addressee]) -> Addressee | None:
    """The next one to look at, round and round; None where there is only one."""
    if shown not in ticked or len(ticked) < 2:
        return None
    return ticked[(ticked.index(shown) + 1) % len(ticked)]


def _conflict(event: Event, form: ClosingForm) -> ResponseReturnValue:
    saved = ClosingForm.of(event)
    last = last_change(g.programme, event.title)
    return errors.conflict(
        f"{event.title}, closing date",
        saved_by=last.organiser.name if last and last.organiser else "Somebody",
        saved_at=formatting.clock_time(last.at, g.programme.time_zone) if last else "an earlier time",
        differences=[
            errors.Difference("Closing date", formatting.day(saved.day.data), formatting.day(form.day.data)),
            errors.Difference(
                "Closing time", formatting.clock_time(saved.at.data), formatting.clock_time(form.at.data)
            ),
        ],
        version=event.version,
    )
