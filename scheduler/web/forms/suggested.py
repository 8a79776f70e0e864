"""A form that a link has filled in: what advice would change stands in it, and nothing is changed until it is saved."""

from __future__ import annotations

from collections.abc import Mapping

from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import WholeNumberField


def fill_in(form: Form, wanted: Mapping[str, str]) -> list[str]:
    """Put the whole numbers that an address names into their fields; says each that differs from what stood there.

    What names no such field, or is no number, is passed over: an address is anybody's to write.
    """
    said = []
    for field in form:
        if not isinstance(field, WholeNumberField) or field.name == "version" or field.name not in wanted:
            continue
        try:
            number = field.read(wanted[field.name])
        except ValueError:
            continue
        if number != field.data:
            before = "empty" if field.data is None else field.typed
            field.data = number
            said.append(f"{field.label.text}: {field.typed}{field.suffix}, was {before}{field.suffix}")
    return said
