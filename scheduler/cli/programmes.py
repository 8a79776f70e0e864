"""``convene demo``, ``programme``, ``organiser`` and ``links``: what a programme starts with."""

from __future__ import annotations

from typing import Any

import click
import sqlalchemy as sa

from scheduler.cli.context import (
    AnswerIsNo,
    Refused,
    application,
    json_option,
    print_json,
    printable,
    programme_named,
    programme_option,
)

FIRST_OWNER = "organiser@programme.example"


@click.command()
def demo() -> None:
    """Create the demo programme: 64 real Trusts, made-up people, dates counted from today."""
    with application():
        from scheduler.demo import AnotherProgramme, create_demo

        try:
            programme = create_demo()
        except AnotherProgramme:
            raise AnswerIsNo("The database holds a programme already, so nothing was changed.") from None
        click.echo(f"Created {programme.name}. Links: convene links")


@click.group()
def programme() -> None:
    """Programmes: add one, list them."""


@programme.command()
@click.argument("slug")
@click.argument("name")
@click.option("--owner", metavar="EMAIL", help="Who owns it. Left out: the first organiser there is.")
def add(slug: str, name: str, owner: str | None) -> None:
    """Add an empty programme. SLUG is its part of the address: lower case letters, digits, hyphens."""
    with application():
        from scheduler import organisers, programmes
        from scheduler.extensions import db
        from scheduler.mailboxes import AddressRefused
        from scheduler.models import Organiser
        from scheduler.text import clean_line
        from scheduler.transaction import transaction

        if not programmes.is_slug(slug):
            raise Refused(f"SLUG {printable(slug)}: {programmes.SLUG_FAULT}")
        title = clean_line(name)
        if not 1 <= len(title) <= 200:
            raise Refused("NAME: use 1 to 200 characters. For example: R&D leadership programme 2027")
        first = db.session.scalar(sa.select(Organiser.email).order_by(Organiser.id).limit(1))
        try:
            with transaction():
                made = programmes.add_programme(slug, title)
                organisers.add_organiser(owner or first or FIRST_OWNER, programme=made)
        except programmes.SlugTaken:
            raise Refused(f"There is a programme {slug} already.") from None
        except AddressRefused as error:
            raise Refused(f"--owner {printable(error)}") from None
        click.echo(f"Added {slug}. Log in: convene links --programme {slug}")


@programme.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the programmes."""
    with application():
        from scheduler.extensions import db
        from scheduler.models import Programme

        rows = db.session.scalars(sa.select(Programme).order_by(Programme.slug)).all()
        if as_json:
            print_json({"programmes": [{"slug": row.slug, "name": row.name} for row in rows]})
        for row in rows if not as_json else ():
            click.echo(f"{row.slug}  {printable(row.name)}")


@click.group()
def organiser() -> None:
    """People who run programmes."""


@organiser.command("add")
@click.argument("email")
@click.option("--name", default="", help="Their name.")
@click.option(
    "--role",
    type=click.Choice(["owner", "planner", "facilitator", "viewer", "evaluator"]),
    default="owner",
    show_default=True,
)
@programme_option
def add_organiser(email: str, name: str, role: str, programme: str | None) -> None:
    """Let EMAIL log in and work on a programme."""
    with application():
        from scheduler import organisers
        from scheduler.mailboxes import AddressRefused
        from scheduler.models import Role
        from scheduler.text import clean_line

        of = programme_named(programme)
        try:
            added = organisers.add_organiser(email, name=clean_line(name), programme=of, role=Role(role))
        except AddressRefused as error:
            raise Refused(printable(error)) from None
        except organisers.LastOwner:
            raise AnswerIsNo(f"{printable(email)} is the only owner of {of.slug}: make another owner first.") from None
        click.echo(f"{added.email} is {role} of {of.slug}.")


@click.command()
@click.option("--person", metavar="EMAIL", help="The links of this person alone.")
@programme_option
@json_option
def links(person: str | None, programme: str | None, as_json: bool) -> None:
    """Print a fresh log-in link of the organiser, and the links of participants."""
    with application():
        found = fresh_links(programme, person)
        if as_json:
            print_json(found)
            return
        click.echo(f"Organiser: {found['organiser'] or 'none: convene organiser add EMAIL'}")
        for each in found["participants"]:
            click.echo(f"{printable(each['person'])} <{printable(each['email'])}>: {each['url']}")


def fresh_links(slug: str | None = None, email: str | None = None) -> dict[str, Any]:
    """A log-in link of the programme's first owner and the page and feed of everyone, or of one address.

    Raises Refused where there is no such person.
    """
    from flask import current_app

    from scheduler import organisers
    from scheduler.collect.links import calendar_url, page_url
    from scheduler.extensions import db
    from scheduler.models import Organiser, OrganiserRole, Person, Role, Standing

    programme = programme_named(slug)
    people = sa.select(Person).where(Person.programme_id == programme.id, Person.left_on.is_(None)).order_by(Person.id)
    # Board sponsors are asked for no dates: their links are printed where one is asked for.
    if email is not None:
        people = people.where(Person.email == email.strip().lower())
    else:
        people = people.where(Person.standing != Standing.SPONSOR)
    found = db.session.scalars(people).all()
    if email is not None and not found:
        raise Refused(f"Nobody in {programme.slug} has the address {printable(email)}.")
    owner = db.session.scalar(
        sa.select(Organiser)
        .join(OrganiserRole, OrganiserRole.organiser_id == Organiser.id)
        .where(OrganiserRole.programme_id == programme.id)
        .order_by(OrganiserRole.role != Role.OWNER, Organiser.id)
    )
    return {
        "base_url": current_app.settings.origin,  # type: ignore[attr-defined]
        "organiser": organisers.printed_link(owner) if owner else None,
        "participants": [
            {"person": each.name, "email": each.email, "url": page_url(each), "feed": calendar_url(each)}
            for each in found
        ],
    }
