"""``convene db upgrade`` and ``convene doctor``: what an operator runs."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import click
import sqlalchemy as sa

from scheduler.cli.context import application, json_option, print_json, printable


@click.group("db")
def database() -> None:
    """The database."""


@database.command()
def upgrade() -> None:
    """Run the migrations that are missing (`run` does it by itself on SQLite)."""
    with application(migrate=False):
        from scheduler import upgrading

        upgrading.upgrade()
        click.echo("The database is as this version of Convene needs it.")


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check settings, database, worker and mail. Exit 0: all is well; 1: something is not."""
    with application(migrate=False) as app:
        found = list(_findings(app.settings))
    if as_json:
        print_json({"checks": [{"check": name, "well": well, "says": says} for name, well, says in found]})
    for name, well, says in found if not as_json else ():
        click.echo(f"{'well' if well else 'NOT WELL':<9} {name}: {printable(says)}")
    if not all(well for _, well, _ in found):
        raise SystemExit(1)


def _findings(settings: object) -> Iterator[tuple[str, bool, str]]:
    from scheduler import upgrading
    from scheduler.config import Settings
    from scheduler.extensions import db
    from scheduler.heartbeats import living
    from scheduler.models import MessageState, OutboxMessage

    assert isinstance(settings, Settings)  # noqa: S101
    yield "settings", True, f"instance folder {settings.instance}, links begin with {settings.origin}"
    current = upgrading.up_to_date()
    kind = db.engine.dialect.name
    yield (
        "database",
        current,
        f"{kind}, {'migrated' if current else 'older or newer than this version: convene db upgrade'}",
    )
    if not current:
        return
    workers = living()
    alive = (
        f"{len(workers)} alive" if workers else "none was heard of in the last 30 seconds. Start one: convene worker"
    )
    yield "worker", bool(workers), alive
    server = settings.mail_server
    if server is None:
        yield "mail", True, f"not connected: written to {settings.mail_folder}"
    else:
        yield "mail", True, f"{server.scheme}://{server.host}:{server.port}"
        domain = settings.sender[1].rpartition("@")[2]
        if not (urlsplit(f"//{server.host}").hostname or "").endswith(domain):
            yield "sender", True, f"{domain} is not the mail server's own domain: see SPF in docs/calendars.md"
    failed = db.session.scalar(
        sa.select(sa.func.count()).select_from(OutboxMessage).where(OutboxMessage.state == MessageState.FAILED)
    )
    yield "outbox", not failed, f"{failed} failed" if failed else "nothing failed"
