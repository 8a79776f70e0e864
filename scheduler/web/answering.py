"""Taking in what the answers page posts: for a participant at their own page, for an organiser on behalf."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from flask import request

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect import answers
from scheduler.collect.answers import Hand, NothingToUndo, Saved
from scheduler.collect.dates import Questions, asked_of
from scheduler.models import AnswerChange, Person, Session
from scheduler.names import first_name
from scheduler.transaction import transaction
from scheduler.web.forms.answers import AwayForm, TypedAnswers, read_answers
from scheduler.web.forms.base import Fault

NOTHING_TO_UNDO = "That can no longer be undone: answers have changed since."


@dataclass
class Outcome:
    """What became of a post: the sentence to say, or the faults to show with everything that was typed."""

    said: str = ""
    changed: bool = False
    typed: TypedAnswers = field(default_factory=TypedAnswers)
    away: AwayForm | None = None
    refused: tuple[Session, ...] = ()

    @property
    def faults(self) -> list[Fault]:
        """What has to be mended before anything is saved."""
        return self.typed.error_summary + (self.away.error_summary if self.away else [])

    @property
    def closed(self) -> tuple[Session, ...]:
        """Dates that were answered after their closing date."""
        return tuple(session for session in self.refused if session.withdrawn_at is None)


def take(person: Person, hand: Hand = answers.OWN_HAND) -> Outcome:
    """Save what this request posts: the radios and the comment first, then what the pressed button asks for."""
    asked = asked_of(person, also_closed=hand.by is not None)
    outcome = Outcome(typed=read_answers(request.form, asked))
    button, _, about = request.form.get("do", "save").partition(":")
    away = AwayForm()
    if button == "away" or (button == "save" and not away.is_empty):
        outcome.away = away
        away.validate()
        button = "away"
    if outcome.faults:
        return outcome
    if button == "clear":
        outcome.typed.taps.pop(_number(about), None)
    before = answers.changes_made(person)
    with transaction():
        if outcome.typed.comment is not None and outcome.typed.comment != person.answer_comment:
            answers.save_comment(person, outcome.typed.comment)
        saved = answers.save_answers(person, outcome.typed.taps, tapped_at=outcome.typed.tapped_at, hand=hand)
        outcome.refused = saved.refused
        deed = DEEDS.get(button)
        outcome.said = deed(Pressed(person, asked, about, away, hand)) if deed else f"Saved at {_clock(person)}"
    if overtaken := _overtaken(person, outcome.typed, saved):
        outcome.said = f"{overtaken} was answered elsewhere later. That answer stands."
    outcome.changed = answers.changes_made(person) > before
    gone = [session for session in outcome.refused if session.withdrawn_at is not None]
    if gone:
        names = formatting.listed(formatting.day(session.local_start, year=False) for session in gone)
        verb = "is" if len(gone) == 1 else "are"
        outcome.said = f"{names} {verb} no longer offered. Your other answers are saved."
    return outcome


def _overtaken(person: Person, typed: TypedAnswers, saved: Saved) -> str:
    """The day of a date whose tap came after a later change that says something else; "" where there is none."""
    if not saved.late:
        return ""
    now_stands = asked_of(person).by_session
    for session_id in sorted(saved.late & now_stands.keys()):
        if now_stands[session_id].answer != typed.taps[session_id]:
            return formatting.day(now_stands[session_id].session.local_start, year=False)
    return ""


def as_typed(asked: Questions) -> TypedAnswers:
    """What this request posts, read without saving it: for a page that is shown again for another fault."""
    return read_answers(request.form, asked) if request.method == "POST" else TypedAnswers()


@dataclass(frozen=True)
class Pressed:
    """The button that was pressed, with what it is about."""

    person: Person
    asked: Questions
    about: str
    away: AwayForm
    hand: Hand


def _clear(pressed: Pressed) -> str:
    session_id = _number(pressed.about)
    answers.save_answers(pressed.person, {session_id: None}, hand=pressed.hand)
    found = pressed.asked.by_session.get(session_id)
    which = formatting.day(found.session.local_start, year=False) if found else "The date"
    return f"{which} is back to Not answered."


def _week(pressed: Pressed) -> str:
    try:
        monday = date.fromisoformat(pressed.about)
    except ValueError:
        return "That week has no dates."
    return _set_to_no(answers.no_to_week(pressed.person, monday, hand=pressed.hand))


def _away(pressed: Pressed) -> str:
    first, last = pressed.away.first.data, pressed.away.last.data
    saved = answers.away(pressed.person, first, last, hand=pressed.hand)
    return _set_to_no(saved) if saved.changed else "No other dates are in those days. Nothing has changed."


def _fill_in(pressed: Pressed) -> str:
    partner = next((one for one in pressed.asked.partners if one.id == _number(pressed.about)), None)
    if partner is None:
        return "Nothing has changed."
    saved = answers.fill_in_from(pressed.person, partner, hand=pressed.hand)
    return f"{formatting.count(saved.changed, 'date')} filled in from what {first_name(partner.name)} said."


def _rest(pressed: Pressed) -> str:
    return _set_to_no(answers.no_to_the_rest(pressed.person, hand=pressed.hand))


def _undo(pressed: Pressed) -> str:
    try:
        answers.undo(pressed.person, _number(pressed.about), hand=pressed.hand)
    except NothingToUndo:
        return NOTHING_TO_UNDO
    return "Undone. The answers are as they were before."


def _set_to_no(saved: Saved) -> str:
    return f"{formatting.count(saved.changed, 'date')} set to No."


DEEDS: dict[str, Callable[[Pressed], str]] = {
    "clear": _clear,
    "week": _week,
    "away": _away,
    "fill": _fill_in,
    "rest": _rest,
    "undo": _undo,
}


def said_of(change: AnswerChange) -> str:
    """What a shortcut did, for the button that undoes it later."""
    dates = formatting.count(len(change.after), "date")
    if change.deed == answers.Deed.FILL_IN:
        return f"{dates} filled in"
    return f"{dates} cleared" if change.deed == answers.Deed.CLEAR else f"{dates} set to No"


def _clock(person: Person) -> str:
    return formatting.clock_time(now(), person.programme.time_zone)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
