"""The form by which an organiser says whose answer a message is, where it does not say so itself."""

from __future__ import annotations

import sqlalchemy as sa

from scheduler.extensions import db
from scheduler.models import Person, Programme
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import LineField


class PersonForm(Form):
    """One person of the programme, by the address on record or by name."""

    person = LineField(
        "Whose message is it?",
        ask="Enter the name or email address of the person it is from",
        hint="Their name, or their email address, as People has it",
    )

    def person_in(self, programme: Programme) -> Person | None:
        """Who was meant; None, with the reason at the field, where nobody or more than one answers to it."""
        typed = str(self.person.data or "").casefold()
        fits = (sa.func.lower(Person.email) == typed) | (sa.func.lower(Person.name) == typed)
        found = db.session.scalars(
            sa.select(Person).where(Person.programme_id == programme.id, Person.left_on.is_(None), fits).limit(2)
        ).all()
        if len(found) == 1:
            return found[0]
        if found:
            self.refuse("person", f"More than one person is called {self.person.data}. Enter the email address")
        else:
            self.refuse("person", f"Nobody in this programme has the name or address {self.person.data}")
        return None
