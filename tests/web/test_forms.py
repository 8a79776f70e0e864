"""Our fields: each fault in our words at its field, the words as typed kept, the value as meant read."""

from __future__ import annotations

import io
from datetime import date, time
from enum import StrEnum
from typing import Any

import pytest
from flask import render_template_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms.validators import ValidationError

from scheduler import Convene
from scheduler.formatting import clock_time
from scheduler.web.access import public
from scheduler.web.forms import typed
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import (
    ChoiceField,
    ClockField,
    DayField,
    EmailField,
    FileField,
    LineField,
    ManyField,
    SelectField,
    TextField,
    TickField,
    WholeNumberField,
)
from tests.web.page import Visitor


class Answer(StrEnum):
    YES = "yes"
    NO = "no"


class EveryField(Form):
    """One field of each kind, all to be filled in."""

    day = DayField("Date", ask="Enter the date of the session")
    starts = ClockField("Start time", ask="Enter when the session starts")
    ends = ClockField("End time", ask="Enter when the session ends")
    seats = WholeNumberField("Most seats", ask="Enter the most seats", least=1, most=500)
    name = LineField("Name", ask="Enter a name", most=20)
    email = EmailField("Email address", ask="Enter an email address")
    note = TextField("Note", ask="Enter a note", most=30)
    answer = ChoiceField("Answer", ask="Choose an answer", choices=[("yes", "Yes"), ("no", "No")], of=Answer)
    zone = SelectField("Time zone", ask="Choose a time zone", choices=[("", "Choose"), ("Europe/London", "London")])
    regions = ManyField("Regions", ask="Choose a region", choices=[("N", "North"), ("S", "South")])
    told = TickField("I have told them", ask="Tick when you have told them")
    file = FileField("Spreadsheet", ask="Choose a file", endings=(".csv", ".xlsx"), most_bytes=2000)

    def validate_ends(self, field: ClockField) -> None:
        if self.starts.data and field.data <= self.starts.data:
            raise ValidationError(f"End time must be after {clock_time(self.starts.data)}")


HIDES_SOMETHING = "The email address holds characters that cannot be seen. Type it again"
NOT_AN_ADDRESS = "Enter an email address in the correct format, like name@example.com"
RIGHT = {
    "day-day": "12",
    "day-month": "January",
    "day-year": "2027",
    "starts": "9:30am",
    "ends": "16.30",
    "seats": "48",
    "name": "  Amara   Okafor ",
    "email": "Amara@Trust.Example",
    "note": "one\r\ntwo",
    "answer": "yes",
    "zone": "Europe/London",
    "regions": "S",
    "told": "yes",
}


def filled_in(**changes: Any) -> EveryField:
    values = MultiDict(RIGHT | {"file": FileStorage(io.BytesIO(b"a,b"), "people.CSV")} | changes)
    form = EveryField(values)
    form.validate()
    return form


@pytest.fixture(autouse=True)
def _request(app: Convene) -> Any:
    with app.test_request_context():
        yield


def test_what_is_typed_is_read_as_it_is_meant() -> None:
    form = filled_in()

    assert form.errors == {}
    assert form.day.data == date(2027, 1, 12)
    assert (form.starts.data, form.ends.data) == (time(9, 30), time(16, 30))
    assert form.seats.data == 48
    assert form.name.data == "Amara Okafor"
    assert form.email.data == "amara@trust.example"
    assert form.note.data == "one\ntwo"
    assert form.answer.data is Answer.YES
    assert form.regions.data == ("S",)
    assert form.told.data is True
    assert form.file.data.filename == "people.CSV"


def test_an_empty_form_asks_for_each_field_once_in_order_and_leads_to_its_input() -> None:
    form = EveryField(MultiDict())
    form.validate()

    assert [(fault.href, fault.text) for fault in form.error_summary] == [
        ("#day-day", "Enter the date of the session"),
        ("#starts", "Enter when the session starts"),
        ("#ends", "Enter when the session ends"),
        ("#seats", "Enter the most seats"),
        ("#name", "Enter a name"),
        ("#email", "Enter an email address"),
        ("#note", "Enter a note"),
        ("#answer", "Choose an answer"),
        ("#zone", "Choose a time zone"),
        ("#regions", "Choose a region"),
        ("#told", "Tick when you have told them"),
        ("#file", "Choose a file"),
    ]


def test_fields_that_may_be_left_empty_are_none_and_no_fault() -> None:
    class Filters(Form):
        day = DayField("Date")
        starts = ClockField("Time")
        seats = WholeNumberField("Seats")
        name = LineField("Name")
        region = SelectField("Region", choices=[("N", "North")])
        regions = ManyField("Regions", choices=[("N", "North")])
        all = TickField("All")
        file = FileField("File")

    form = Filters(MultiDict({"name": "  ", "region": ""}))

    assert form.validate()
    assert form.data == {
        "day": None,
        "starts": None,
        "seats": None,
        "name": None,
        "region": None,
        "regions": (),
        "all": False,
        "file": None,
    }


@pytest.mark.parametrize(
    ("changes", "href", "message"),
    [
        ({"day-day": "31", "day-month": "2"}, "#day-day", "Date must be a real date, like 12 1 2027"),
        ({"day-day": "1_2"}, "#day-day", "Date must be a real date, like 12 1 2027"),
        ({"day-month": "13"}, "#day-month", "Date must have a month from 1 to 12, like 12 1 2027"),
        ({"day-month": "J"}, "#day-month", "Date must have a month from 1 to 12, like 12 1 2027"),
        ({"day-year": "27"}, "#day-year", "Year must include 4 numbers"),
        ({"day-month": "", "day-year": " "}, "#day-month", "Date must include a month and year"),
        ({"starts": "25:00"}, "#starts", "Start time must be a time, like 9:30am or 2pm"),
        ({"starts": "13pm"}, "#starts", "Start time must be a time, like 9:30am or 2pm"),
        ({"ends": "9am"}, "#ends", "End time must be after 9:30am"),
        ({"seats": "many"}, "#seats", "Most seats must be a whole number, like 12"),
        ({"seats": "4.5"}, "#seats", "Most seats must be a whole number, like 12"),
        ({"seats": "0"}, "#seats", "Most seats must be between 1 and 500"),
        ({"seats": "9" * 5000}, "#seats", "Most seats must be a whole number, like 12"),
        ({"name": "x" * 21}, "#name", "Name must be 20 characters or fewer, it has 21"),
        ({"email": "amara@"}, "#email", NOT_AN_ADDRESS),
        ({"email": "zoë@trust.example"}, "#email", NOT_AN_ADDRESS),
        ({"email": "ama\u200bra@trust.example"}, "#email", HIDES_SOMETHING),
        ({"email": "\u202eamara@trust.example"}, "#email", HIDES_SOMETHING),
        ({"email": "a@b.example\r\nBcc: x@y.example"}, "#email", NOT_AN_ADDRESS),
        ({"answer": "maybe"}, "#answer", "Choose an answer"),
        ({"zone": "Mars/Phobos"}, "#zone", "Choose a time zone"),
        ({"regions": "X"}, "#regions", "Regions: some choices are no longer offered. Check what is ticked"),
        ({"file": FileStorage(io.BytesIO(b"x"), "people.pdf")}, "#file", "The file must be CSV or XLSX"),
        ({"file": FileStorage(io.BytesIO(b""), "people.csv")}, "#file", "The file is empty. Choose another one"),
        ({"file": FileStorage(io.BytesIO(b"x" * 2001), "people.csv")}, "#file", "The file must be smaller than 2 kB"),
    ],
)  # fmt: skip
def test_one_wrong_field_says_how_to_mend_it_and_nothing_else_is_said(
    changes: dict[str, Any], href: str, message: str
) -> None:
    form = filled_in(**changes)

    assert [(fault.href, fault.text) for fault in form.error_summary] == [(href, message)]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("9:30am", time(9, 30)),
        ("9.30 AM", time(9, 30)),
        ("9.30 a.m.", time(9, 30)),
        ("0930", time(9, 30)),
        ("2pm", time(14)),
        ("14:00", time(14)),
        ("12am", time(0)),
        ("12pm", time(12)),
        ("midday", time(12)),
        ("Midnight", time(0)),
        ("00:00", time(0)),
    ],
)
def test_times_are_read_as_people_write_them(text: str, meant: time) -> None:
    assert filled_in(starts=text).starts.data == meant


@pytest.mark.parametrize("text", ["9", "24:00", "9:60", "0pm", "9:30m", "noonish", "٩:٣٠", "9:30am 10am", "-1:00"])
def test_what_is_no_time_is_not_guessed(text: str) -> None:
    assert filled_in(starts=text).starts.data is None


@given(st.times().map(lambda t: t.replace(second=0, microsecond=0)))
def test_every_time_that_we_write_we_also_read(moment: time) -> None:
    assert typed.clock(clock_time(moment)) == moment


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(st.sampled_from([*RIGHT]), st.text(max_size=40)))
def test_whatever_is_typed_every_sentence_is_ours_and_every_word_is_kept(changes: dict[str, str]) -> None:
    form = filled_in(**changes)

    for name, text in changes.items():
        if name in ("starts", "ends", "seats", "name", "email", "note"):
            assert form[name].typed == text
    assert form.day.typed_parts == {part: (RIGHT | changes)[f"day-{part}"] for part in ("day", "month", "year")}
    for fault in form.error_summary:
        assert not {"valid", "required", "Invalid", "This"} & set(fault.text.split()), fault.text


def test_a_form_opened_with_values_shows_them_as_one_would_type_them() -> None:
    form = EveryField(
        None,
        data={"day": date(2027, 1, 12), "starts": time(12), "seats": 48, "answer": Answer.NO, "regions": ("N",)},
    )

    assert form.day.typed_parts == {"day": "12", "month": "1", "year": "2027"}
    assert form.starts.typed == "midday"
    assert form.seats.typed == "48"
    assert [item["checked"] for item in form.answer.items] == [False, True]
    assert [item["checked"] for item in form.regions.items] == [True, False]


def test_a_fault_found_by_a_stage_stands_at_its_field_or_at_the_whole_form() -> None:
    form = filled_in()

    form.refuse("name", "Another session has this name")
    form.refuse("", "Someone else is changing this event")

    assert [tuple(fault) for fault in form.error_summary] == [
        ("#name", "Another session has this name"),
        ("", "Someone else is changing this event"),
    ]


PAGE = """{% extends "base.html" %}{% set heading = "Add a session" %}
{% from "components/forms.html" import field, post_form, buttons %}
{% block content %}{% call post_form(upload=true) %}{% for part in form %}{{ field(part) }}{% endfor %}
{{ buttons("Save and continue", back="/") }}{% endcall %}{% endblock %}"""


def test_the_page_of_a_refused_form_keeps_all_that_was_typed_and_leads_to_each_fault(
    app: Convene, visitor: Visitor
) -> None:
    def page() -> str:
        form = EveryField()
        form.validate_on_submit()
        return render_template_string(PAGE, form=form)

    app.add_url_rule("/sessions", "sessions", public(page), methods=["GET", "POST"])
    sent = RIGHT | {"ends": "9am", "name": '"><b>Amara</b>', "note": "\n two\n"}

    refused = visitor.post("/sessions", sent)

    assert refused.title == "Error: Add a session – Convene"
    assert refused.error_summary == {"#ends": "End time must be after 9:30am", "#file": "Choose a file"}
    assert refused.error_at("ends") == "End time must be after 9:30am"
    assert refused.form_values == sent
    assert not refused.select("main b")
