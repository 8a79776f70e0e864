"""``convene db upgrade``: what an operator runs."""

from __future__ import annotations

import click

from scheduler.cli.context import application


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
