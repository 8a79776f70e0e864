"""What the answers page posts: radios by date, a comment, and the days somebody is away."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from scheduler import formatting
from scheduler.collect.answers import MOST_COMMENT
from scheduler.collect.dates import Questions
from scheduler.models import Answer
from scheduler.text import clean_text
from scheduler.web.forms.base import Fault, Form
from scheduler.web.forms.fields import ChoiceField, DayField, LineField, TextField
from scheduler.web.forms.typed import moment as typed_moment

# Nine digits at most: a number that no database refuses as too large.
_DATE_FIELD = re.compile(r"date-([0-9]{1,9})")
_WAS = re.compile(r"([0-9]{1,9}):([a-z-]*)")


def date_field(session_id: int) -> str:
    """The name of the radios of one date, and the id of the first of them."""
    return f"date-{session_id}"


def written_state(asked: Questions) -> str:
    """The answers as the page shows them, to be posted back: what differs then is what was tapped."""
    return " ".join(f"{found.session.id}:{found.answer.value}" for found in asked.dates if found.answer)


@dataclass
class TypedAnswers:
    """What was posted. ``taps`` are the answers that differ from what the page showed; ``chosen`` all radios as they
    stood, for a page that is shown again."""

    taps: dict[int, Answer | None] = field(default_factory=dict)
    chosen: dict[int, str] = field(default_factory=dict)
    comment: str | None = None
    tapped_at: datetime | None = None
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def error_summary(self) -> list[Fault]:
        """Every fault, each leading to its first radio or its field."""
        return [Fault(f"#{name}", text) for name, text in self.faults.items()]


def read_answers(posted: MultiDict[str, str], asked: Questions) -> TypedAnswers:
    """Read the radios of a whole page, or, from a script, of one date; faults are kept at their fields."""
    typed = TypedAnswers(tapped_at=typed_moment(posted))
    was = {int(number): value for number, value in _WAS.findall(posted.get("was", ""))}
    for name, value in posted.items():
        found = _DATE_FIELD.fullmatch(name)
        if not found:
            continue
        session_id = int(found[1])
        typed.chosen[session_id] = value
        if value not in ("", *Answer):
            typed.faults[name] = _ask_again(asked, session_id)
        elif value != was.get(session_id, "") or "was" not in posted:
            typed.taps[session_id] = Answer(value) if value else None
    if "comment" in posted:
        typed.comment = clean_text(posted["comment"])
        if len(typed.comment) > MOST_COMMENT:
            length = formatting.number(len(typed.comment))
            most = formatting.number(MOST_COMMENT)
            typed.faults["comment"] = f"Your comment must be {most} characters or fewer, it has {length}"
    return typed


def _ask_again(asked: Questions, session_id: int) -> str:
    found = asked.by_session.get(session_id)
    which = formatting.day(found.session.local_start, year=False) if found else "this date"
    return f"Select Yes, If need be or No for {which}"


class AwayForm(Form):
    """The days somebody is away, first and last."""

    first = DayField("First day away", ask="Enter the first day you are away")
    last = DayField("Last day away", ask="Enter the last day you are away")

    def __init__(self, **given: Any) -> None:
        super().__init__(prefix="away-", **given)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was entered."""
        return not any((*self.first.typed_parts.values(), *self.last.typed_parts.values()))

    def validate_last(self, field: DayField) -> None:
        """The last day is not before the first."""
        if self.first.data and field.data and field.data < self.first.data:
            raise ValidationError(f"Last day away must be the same as or after {formatting.day(self.first.data)}")


class NoteForm(Form):
    """A few words to the organisers."""

    note = TextField("What has changed", ask="Enter what the organisers should know", most=MOST_COMMENT, rows=4)


class PartnerForm(Form):
    """Who the other person of the pair is, as far as one knows."""

    partner = LineField("Their name and email address", ask="Enter who they are")


class OnBehalfForm(Form):
    """How the person told the organiser what is entered for them."""

    heard_how = ChoiceField(
        "How did they tell you?",
        ask="Select how they told you",
        choices=[
            ("by phone", "By phone"),
            ("by email", "By email"),
            ("in person", "In person"),
            ("other", "Another way"),
        ],
    )


class FindLinkForm(Form):
    """The address to which a lost link is sent again."""

    email = LineField("Email address", ask="Enter your email address", hint="The address we write to you at")
