"""``convene doctor``: what is well and what is not, for the operator."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import click
import sqlalchemy as sa

from scheduler.cli.context import application, json_option, print_json, printable
from scheduler.config import Settings
from scheduler.health import Finding, findings


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check settings, database, worker, queue, mail and disk. Exit 0: all is well; 1: something is not."""
    with application(migrate=False) as app:
        found = [*_settings(app.settings), *findings()]
        if all(each.well for each in found if each.check in ("database", "migrations")):
            found += _outbox()
    if as_json:
        print_json({"checks": [{"check": each.check, "well": each.well, "says": each.says} for each in found]})
    for each in found if not as_json else ():
        click.echo(f"{'well' if each.well else 'NOT WELL':<9} {each.check}: {printable(each.says)}")
    if not all(each.well for each in found):
        raise SystemExit(1)


def _settings(settings: Settings) -> Iterator[Finding]:
    """What only the operator may read."""
    kind = sa.make_url(settings.database).get_backend_name()
    says = f"instance folder {settings.instance}, links begin with {settings.origin}, database {kind}"
    yield Finding("settings", True, says)
    mailbox = settings.inbox
    says = f"{mailbox.scheme}, {mailbox.name}" if mailbox else "not connected: replies come by convene receive alone"
    yield Finding("mailbox server", True, says)
    server = settings.mail_server
    if server is None:
        yield Finding("mail server", True, f"not connected: written to {settings.mail_folder}")
        return
    yield Finding("mail server", True, f"{server.scheme}://{server.host}:{server.port}")
    domain = settings.sender[1].rpartition("@")[2].lower()
    if not _is_below(urlsplit(f"//{server.host}").hostname or "", domain):
        says = (
            f"WARNING: mail comes from {domain} and leaves by {server.host}, which is not of that domain. It is "
            "trusted only if the SPF record of the domain names that server: see docs/calendars.md"
        )
        yield Finding("sender", True, says)


def _is_below(host: str, domain: str) -> bool:
    """Whether a host is of a domain, or the domain of an address is below that of a relay (a@team.trust.nhs.uk)."""
    relay = host.partition(".")[2]
    return f".{host}".endswith(f".{domain}") or ("." in relay and f".{domain}".endswith(f".{relay}"))


def _outbox() -> Iterator[Finding]:
    from scheduler.extensions import db
    from scheduler.models import MessageState, OutboxMessage

    failures = sa.select(sa.func.count()).select_from(OutboxMessage).where(OutboxMessage.state == MessageState.FAILED)
    failed = db.session.scalar(failures)
    yield Finding("outbox", not failed, f"{failed} failed. See: convene outbox" if failed else "nothing failed")
