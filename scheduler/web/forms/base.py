"""The form all others inherit from: what was typed stays, and what is wrong is said in one summary and at its field."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import CombinedMultiDict, MultiDict


class Fault(NamedTuple):
    """One entry of the error summary: what to do, and the id of the input where to do it ("" for the whole form)."""

    href: str
    text: str


class Form(FlaskForm):  # type: ignore[misc, unused-ignore]
    """A form of ours.

    The token against forged posts is checked once for every request (``extensions.csrf``), not in each form, so that
    several forms share a page without sharing an id.
    """

    class Meta(FlaskForm.Meta):  # type: ignore[misc, unused-ignore]
        csrf = False

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """Read what was posted, even where it is empty: an empty form is wrong, not unsent."""
            if isinstance(formdata, MultiDict) or formdata is None:
                return formdata
            if form.is_submitted():
                return CombinedMultiDict((request.files, request.form))
            return None

    @property
    def error_summary(self) -> list[Fault]:
        """Every fault in the order of the fields, each leading to its input, then those of the form as a whole."""
        faults = [
            Fault(f"#{getattr(field, 'first_id', field.id)}", str(text)) for field in self for text in field.errors
        ]
        return faults + [Fault("", str(text)) for text in self.form_errors]

    def refuse(self, field: str, message: str) -> None:
        """Put a fault found after validation (by a stage, in the database) at its field; "" is the form as a whole."""
        if field:
            self[field].errors = [*self[field].errors, message]
        else:
            self.form_errors.append(message)
