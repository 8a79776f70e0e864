"""Where earlier encounters come from: a file, pasted cells, or an earlier programme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scheduler.models import Programme
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import FileField, SelectField
from scheduler.web.forms.people import MOST_PASTED, SPREADSHEETS, PastedField


class EarlierForm(Form):
    """One of the three."""

    programme = SelectField("An earlier programme in Convene", choices=[("", "No programme")])
    file = FileField("Or a file", endings=SPREADSHEETS, hint="CSV, XLSX, XLS or ODS, up to 10 MB")
    pasted = PastedField(
        "Or paste cells", most=MOST_PASTED, rows=4, hint="Two ODS codes, when, and where: a row for each two Trusts"
    )

    def offer(self, programmes: Sequence[Programme]) -> None:
        """Fill in the programmes that the organiser may see."""
        self.programme.offer([("", "No programme"), *((str(each.id), each.name) for each in programmes)])

    def validate(self, extra_validators: Any = None) -> bool:
        """Exactly one is given."""
        if not super().validate(extra_validators):
            return False
        given = sum(bool(field.data) for field in (self.programme, self.file, self.pasted))
        if given != 1:
            several, nothing = "Choose one: a programme, a file or pasted cells", "Choose a file or paste cells"
            self.refuse("file", several if given else nothing)
            return False
        return True
