"""Fields whose every sentence is ours: what was typed is kept as typed, and each fault says how to mend it.

``ask`` is what the field says when it is left empty; a field without ``ask`` may be left empty and is then None
(``()`` for many choices). ``kind`` tells the macro in ``templates/components/forms.html`` how to draw it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, time
from typing import Any, ClassVar

import wtforms
from werkzeug.datastructures import FileStorage
from wtforms.validators import StopValidation

from scheduler import formatting
from scheduler.invite.invitations import is_our_own_mailbox
from scheduler.mailboxes import AddressHidesSomething, AddressRefused, address_of
from scheduler.text import clean_line, clean_text
from scheduler.web.forms import typed

MIB = 1024 * 1024
Choice = tuple[str, str] | tuple[str, str, str]


class AskedField(wtforms.Field):
    """What all fields share: one sentence when empty, no second sentence after a first, the words as typed."""

    kind: ClassVar[str] = "line"

    def __init__(self, label: str, *, ask: str | None = None, hint: str = "", **kwargs: Any) -> None:
        super().__init__(label, description=hint, **kwargs)
        self.ask = ask

    @property
    def hint(self) -> str:
        """What helps to answer, shown between label and input."""
        return self.description

    @property
    def first_id(self) -> str:
        """The id of the input that the error summary leads to."""
        return self.id

    @property
    def typed(self) -> str:
        """What the input shows: what was posted, byte for byte, else the value as one would type it."""
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.write(self.data)

    @property
    def error(self) -> str:
        """What is wrong, "" where nothing is."""
        return str(self.errors[0]) if self.errors else ""

    def read(self, text: str) -> Any:
        """The value of a text that is not empty. Raises ValueError with the sentence for the screen."""
        return text

    def write(self, value: Any) -> str:
        """The value as one would type it."""
        return str(value)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        """Read the posted text (WTForms calls this)."""
        text = clean_line(str(valuelist[0])) if valuelist else ""
        self.data = None
        if text:
            self.data = self.read(text)

    def is_empty(self) -> bool:
        """Whether nothing was answered."""
        return self.data is None

    def pre_validate(self, form: wtforms.form.BaseForm) -> None:
        """Stop at the first fault of a field: a text that cannot be read needs no second opinion."""
        if self.process_errors:
            raise StopValidation()
        if self.is_empty():
            raise StopValidation(self.ask or "")


class LineField(AskedField):
    """One line of text, with surrounding white space taken off and control characters never stored."""

    def __init__(self, label: str, *, ask: str | None = None, most: int = 200, **kwargs: Any) -> None:
        super().__init__(label, ask=ask, **kwargs)
        self.most = most

    def read(self, text: str) -> str:
        return _at_most(text, self.most, self.label.text)


class TextField(AskedField):
    """Text of several lines."""

    kind = "text"

    def __init__(self, label: str, *, ask: str | None = None, most: int = 2000, rows: int = 5, **kwargs: Any) -> None:
        super().__init__(label, ask=ask, **kwargs)
        self.most = most
        self.rows = rows

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = clean_text(str(valuelist[0])) if valuelist else ""
        self.data = _at_most(text, self.most, self.label.text) if text else None


class EmailField(AskedField):
    """One email address, as Convene keeps it; nobody is asked whether it exists."""

    kind = "email"

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        # Read as typed, for what cannot be seen in an address is said and not mended.
        text = str(valuelist[0]) if valuelist else ""
        self.data = self.read(text) if clean_line(text) else None

    def read(self, text: str) -> str:
        try:
            return address_of(text)
        except AddressHidesSomething as error:
            raise ValueError(str(error)) from None
        except AddressRefused:
            raise ValueError("Enter an email address in the correct format, like name@example.com") from None


class WrittenToField(EmailField):
    """The address of somebody who is invited: not the mailbox that invitations are sent from (calendar-rules 8)."""

    def read(self, text: str) -> str:
        address = super().read(text)
        if is_our_own_mailbox(address):
            raise ValueError(
                "This is the address invitations are sent from, and calendars show no buttons to the sender. "
                "Enter another address of this person"
            )
        return address


class WholeNumberField(AskedField):
    """A whole number between ``least`` and ``most``; "1,204" is read too, and "40%" where ``suffix`` is "%"."""

    kind = "number"

    def __init__(
        self,
        label: str,
        *,
        ask: str | None = None,
        least: int | None = None,
        most: int | None = None,
        suffix: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(label, ask=ask, **kwargs)
        self.least = least
        self.most = most
        self.suffix = suffix

    def read(self, text: str) -> int:
        digits = text.removesuffix(self.suffix).strip().replace(",", "")
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", digits):
            raise ValueError(f"{self.label.text} must be a whole number, like {self._example()}")
        value = int(digits)
        if self.least is not None and self.most is not None and not self.least <= value <= self.most:
            raise ValueError(f"{self.label.text} must be between {self.least} and {self.most}")
        if self.least is not None and value < self.least:
            raise ValueError(f"{self.label.text} must be {self.least} or more")
        if self.most is not None and value > self.most:
            raise ValueError(f"{self.label.text} must be {self.most} or fewer")
        return value

    def _example(self) -> int:
        least = 1 if self.least is None else self.least
        return max(least, min(12, least + 11 if self.most is None else self.most))


class ClockField(AskedField):
    """A time of day as people write it: 9:30am, 9.30, 14:00, 2pm, midday."""

    kind = "clock"

    def read(self, text: str) -> time:
        try:
            return typed.clock(text)
        except ValueError:
            raise ValueError(f"{self.label.text} must be a time, like 9:30am or 2pm") from None

    def write(self, value: time) -> str:
        return formatting.clock_time(value)


class DayField(AskedField):
    """A date in three inputs, day, month and year; a month may be a name. Posted as ``<name>-day`` and so on."""

    kind = "day"
    parts: ClassVar[tuple[str, str, str]] = ("day", "month", "year")

    def __init__(self, label: str, *, ask: str | None = None, **kwargs: Any) -> None:
        super().__init__(label, ask=ask, **kwargs)
        self.typed_parts: dict[str, str] = dict.fromkeys(self.parts, "")
        self.wrong_parts: tuple[str, ...] = ()

    @property
    def first_id(self) -> str:
        return f"{self.id}-{self.wrong_parts[0] if self.wrong_parts else 'day'}"

    def process(self, formdata: Any, data: Any = wtforms.utils.unset_value, extra_filters: Any = None) -> None:
        """Gather the three inputs of the field; WTForms itself knows one input a field."""
        super().process(None, data, extra_filters)
        if isinstance(self.data, date):
            self.typed_parts = {part: str(getattr(self.data, part)) for part in self.parts}
        if formdata is None:
            return
        self.typed_parts = {part: str(formdata.get(f"{self.name}-{part}", "")) for part in self.parts}
        self.data = None
        self.wrong_parts = ()
        cleaned = {part: clean_line(text) for part, text in self.typed_parts.items()}
        missing = tuple(part for part, text in cleaned.items() if not text)
        try:
            if missing == self.parts:
                return
            if missing:
                self.wrong_parts = missing
                raise ValueError(f"{self.label.text} must include a {formatting.listed(missing)}")
            self.data = self._read_day(cleaned)
        except ValueError as error:
            self.process_errors = [*self.process_errors, error.args[0]]

    def _read_day(self, text: dict[str, str]) -> date:
        month = typed.month(text["month"])
        if month is None:
            self.wrong_parts = ("month",)
            raise ValueError(f"{self.label.text} must have a month from 1 to 12, like {self._example()}")
        if not re.fullmatch(r"[0-9]{4}", text["year"]):
            self.wrong_parts = ("year",)
            raise ValueError("Year must include 4 numbers")
        try:
            day = int(text["day"]) if re.fullmatch(r"[0-9]{1,2}", text["day"]) else 0
            return date(int(text["year"]), month, day)
        except ValueError:
            self.wrong_parts = ("day",)
            raise ValueError(f"{self.label.text} must be a real date, like {self._example()}") from None

    def _example(self) -> str:
        return "12 1 2027"


class ChoiceField(AskedField):
    """One of a few choices, each a radio; ``of`` turns the posted value into what the form is read for."""

    kind = "radios"

    def __init__(
        self,
        label: str,
        *,
        ask: str | None = None,
        choices: Iterable[Choice] = (),
        of: Callable[[str], Any] = str,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, ask=ask, **kwargs)
        self.choices: list[Choice] = list(choices)
        self.of = of

    @property
    def items(self) -> list[dict[str, Any]]:
        """The choices as the macros draw them."""
        chosen = {self.typed} if self.typed or self.data is not None else set()
        return _items(self.choices, chosen)

    def offer(self, choices: Iterable[Choice]) -> None:
        """Take choices that only the page knows, and read what was posted again: a form is read before it is known."""
        self.choices = [*choices]
        if self.raw_data is None:
            return
        self.process_errors = []
        try:
            self.process_formdata(self.raw_data)
        except ValueError as error:
            self.process_errors.append(error.args[0])

    def read(self, text: str) -> Any:
        if text not in {choice[0] for choice in self.choices}:
            raise ValueError(self.ask or f"{self.label.text} must be one of the choices shown")
        return self.of(text)

    def write(self, value: Any) -> str:
        return str(getattr(value, "value", value))


class SelectField(ChoiceField):
    """One of many choices, in a list that opens."""

    kind = "select"


class ManyField(ChoiceField):
    """Any of several choices, each a tick box; the value is a tuple, in the order of the choices."""

    kind = "ticks"

    def process_data(self, value: Iterable[Any] | None) -> None:
        """Take the value that a form is opened with (WTForms calls this)."""
        self.data = tuple(value or ())

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        posted = {str(value) for value in valuelist}
        known = [choice[0] for choice in self.choices]
        self.data = tuple(self.of(value) for value in known if value in posted)
        if posted - set(known):
            raise ValueError(f"{self.label.text}: some choices are no longer offered. Check what is ticked")

    @property
    def items(self) -> list[dict[str, Any]]:
        chosen = {str(v) for v in self.raw_data} if self.raw_data is not None else {self.write(v) for v in self.data}
        return _items(self.choices, chosen)

    def is_empty(self) -> bool:
        return not self.data


class TickField(AskedField):
    """One tick box: True or False; with ``ask`` it must be ticked."""

    kind = "tick"

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = bool(valuelist and str(valuelist[0]))

    @property
    def ticked(self) -> bool:
        """Whether the box shows a tick."""
        return bool(self.data)

    def is_empty(self) -> bool:
        return not self.data and self.ask is not None


class FileField(AskedField):
    """One file, as long as ``most_bytes`` at most, with one of the ``endings`` (".csv")."""

    kind = "file"

    def __init__(
        self,
        label: str,
        *,
        ask: str | None = None,
        endings: Sequence[str] = (),
        most_bytes: int = 10 * MIB,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, ask=ask, **kwargs)
        self.endings = tuple(endings)
        self.most_bytes = most_bytes

    @property
    def typed(self) -> str:
        """Always empty: a browser chooses the file again."""
        return ""

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        given = next((file for file in valuelist if isinstance(file, FileStorage) and file.filename), None)
        self.data = given
        if given is None:
            return
        if self.endings and not str(given.filename).lower().endswith(self.endings):
            raise ValueError(f"The file must be {formatting.listed(map(_kind_of_file, self.endings), 'or')}")
        size = given.stream.seek(0, 2)
        given.stream.seek(0)
        if size == 0:
            raise ValueError("The file is empty. Choose another one")
        if size > self.most_bytes:
            raise ValueError(f"The file must be smaller than {formatting.file_size(self.most_bytes)}")


def _kind_of_file(ending: str) -> str:
    return ending.removeprefix(".").upper()


def _at_most(text: str, most: int, label: str) -> str:
    if len(text) > most:
        raise ValueError(f"{label} must be {formatting.count(most, 'character')} or fewer, it has {len(text):,}")
    return text


def _items(choices: Sequence[Choice], chosen: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "value": choice[0],
            "text": choice[1],
            "hint": {"text": choice[2]} if len(choice) > 2 else None,
            "checked": choice[0] in chosen,
            "selected": choice[0] in chosen,
        }
        for choice in choices
    ]
