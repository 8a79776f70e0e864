"""``convene erase`` and ``convene export-person``: data protection from the command line."""

from __future__ import annotations

import click
import sqlalchemy as sa

from scheduler.cli.context import AnswerIsNo, Refused, application, print_json, printable, programme_option
from scheduler.models import Person


@click.command("export-person")
@click.argument("email")
@programme_option
def export_person(email: str, programme: str | None) -> None:
    """Print all that is held on a person, as JSON: what they can download on their own page."""
    with application():
        from scheduler.follow.held_on import held_on

        found = _people(email, programme)
        print_json([held_on(person) for person in found] if len(found) > 1 else held_on(found[0]))


@click.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask: an erasure cannot be taken back.")
@programme_option
def erase(email: str, yes: bool, programme: str | None) -> None:
    """Let a person leave and erase them, as the page does; the last mail to them leaves first."""
    with application():
        from scheduler.invite import erasing, leaving

        found = _people(email, programme)
        if not yes:
            click.confirm(f"Erase {email} in {len(found)} programme(s)? This cannot be taken back", abort=True)
        for person in found:
            where = printable(person.programme.slug)
            try:
                done = erasing.erase(person, by=None)
            except leaving.CannotGo as why:
                raise AnswerIsNo(printable(why)) from None
            said = "Erased" if done else "Left, and erased when the last mail to them has left"
            click.echo(f"{said}: {printable(email)} in {where}.")


def _people(email: str, programme: str | None) -> list[Person]:
    """Whoever has an address, in one programme or in all. Raises Refused where nobody has."""
    from scheduler.cli.context import programme_named
    from scheduler.extensions import db

    wanted = sa.select(Person).where(Person.email == email.strip().lower())
    if programme is not None:
        wanted = wanted.where(Person.programme_id == programme_named(programme).id)
    found = list(db.session.scalars(wanted.order_by(Person.id)))
    if not found:
        raise Refused(f"Nobody has the address {printable(email)}.")
    return found
