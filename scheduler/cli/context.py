"""What the commands that need the database share: an application, the programme meant, answers in one line or JSON."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
import sqlalchemy as sa

from scheduler import Convene, create_app, upgrading
from scheduler.config import SettingRefused, Settings
from scheduler.extensions import db
from scheduler.models import Programme

Command = TypeVar("Command", bound=Callable[..., Any])


class Refused(click.ClickException):
    """Wrong use or refused input: one line on standard error, exit status 2."""

    exit_code = 2


class AnswerIsNo(click.ClickException):
    """The command did what it was asked and the answer is no: exit status 1."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        """Print the line alone, without "Error:": nothing went wrong."""
        click.echo(self.message, err=True)


@contextmanager
def application(settings: Settings | None = None, *, migrate: bool = True) -> Iterator[Convene]:
    """An application with its context pushed and its database ready; what keeps it from starting is one line."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        app = create_app(settings)
        with app.app_context():
            if migrate:
                _ready_database(app)
            yield app
    except SettingRefused as error:
        raise Refused(str(error)) from None
    except sa.exc.OperationalError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise Refused(f"CONVENE_DATABASE_URL: the database cannot be used ({reason}).") from None
    except PermissionError as error:
        raise Refused(f"CONVENE_INSTANCE: cannot write to {error.filename}.") from None


def _ready_database(app: Convene) -> None:
    if app.settings.database.startswith("sqlite"):
        upgrading.upgrade()
    elif not upgrading.up_to_date():
        raise Refused("The database is older than this version of Convene. Run: convene db upgrade")


def programme_named(slug: str | None) -> Programme:
    """The programme with this slug, or the only one there is. Raises Refused."""
    programmes = db.session.scalars(sa.select(Programme).order_by(Programme.slug)).all()
    if slug is not None:
        found = next((programme for programme in programmes if programme.slug == slug), None)
        if found is None:
            known = ", ".join(programme.slug for programme in programmes) or "none"
            raise Refused(f"There is no programme {printable(slug)}. Known: {known}.")
        return found
    if not programmes:
        raise Refused("There is no programme yet. Run: convene demo, or: convene programme add SLUG NAME")
    if len(programmes) > 1:
        known = ", ".join(programme.slug for programme in programmes)
        raise Refused(f"There are several programmes: say which. Known: {known}.")
    return programmes[0]


def programme_option(command: Command) -> Command:
    """``--programme SLUG``, left out where there is one programme."""
    return click.option("--programme", "programme", metavar="SLUG", help="Left out: the only programme there is.")(
        command
    )


def json_option(command: Command) -> Command:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def print_json(value: Any) -> None:
    """Print a value as JSON that any reader takes."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def printable(text: object) -> str:
    """Text as one line for a terminal: no escape sequence or line end out of somebody's data (CWE-150)."""
    return "".join(c if c.isprintable() else " " for c in str(text))
