"""``convene import``: Trusts, pairs and people from a file; rows without a fault are written, the others listed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from scheduler import Convene
    from scheduler.collect.importing.checking import Check
    from scheduler.models import Programme


class Refused(click.ClickException):
    """The file as a whole is refused, or the command is used wrongly: one line, exit 2."""

    exit_code = 2


@click.command("import")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--programme", "slug", help="The programme to import into; left out where there is one.")
@click.option("--dry-run", is_flag=True, help="Check the file and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print every row as JSON.")
@click.option("--template", "only_template", is_flag=True, help="Print an empty file to fill in.")
def import_file(file: Path | None, slug: str | None, dry_run: bool, as_json: bool, only_template: bool) -> None:
    """Import Trusts, pairs and people from FILE: CSV, XLSX, XLS or ODS.

    Ends with 0 where no row has a fault, 1 where some have, 2 where the file as a whole is refused.
    """
    if only_template:
        from scheduler.collect.importing.template import template

        click.echo(template(), nl=False)
        return
    if file is None:
        raise Refused("Say which file to import, as in: convene import people.xlsx")
    content = _content_of(file)

    with _application().app_context():
        check = _imported(_programme(slug), file.name, content, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(check.as_json(), indent=2))
    else:
        _say(check, dry_run=dry_run)
    sys.exit(1 if check.as_json()["faults"] else 0)


def _application() -> Convene:
    from scheduler import create_app, upgrading
    from scheduler.config import SettingRefused

    try:
        app = create_app()
    except SettingRefused as error:
        raise Refused(str(error)) from None
    with app.app_context():
        if not upgrading.up_to_date():
            raise Refused("The database is not ready for this version of Convene. Run: convene db upgrade")
    return app


def _content_of(file: Path) -> bytes:
    from scheduler.collect.importing.files import LARGEST_FILE

    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Refused(
            f"{click.format_filename(file)} cannot be read: {(error.strerror or str(error)).lower()}."
        ) from None


def _imported(programme: Programme, file_name: str, content: bytes, *, dry_run: bool) -> Check:
    """Check the file and, unless this is a dry run, write its good rows; what the check said is what was written."""
    from scheduler.collect.importing.applying import apply_import, keep_import
    from scheduler.collect.importing.checking import check_sheets
    from scheduler.collect.importing.files import FileRefused, read_file

    try:
        sheets = read_file(content)
        check = check_sheets(programme, sheets)
    except FileRefused as refusal:
        _refuse(file_name, [str(refusal)])
    if check.faults:
        _refuse(file_name, check.faults)
    if check.to_import and not dry_run:
        apply_import(keep_import(programme, file_name, sheets, by=None), by=None)
    return check


def _refuse(file_name: str, sentences: list[str]) -> NoReturn:
    raise Refused(f"{click.format_filename(file_name)}: {' '.join(sentences)}")


def _programme(slug: str | None) -> Programme:
    from sqlalchemy import select

    from scheduler.extensions import db
    from scheduler.models import Programme

    programmes = db.session.scalars(select(Programme).order_by(Programme.slug)).all()
    if slug is None and len(programmes) == 1:
        return programmes[0]
    found = next((programme for programme in programmes if programme.slug == slug), None)
    if found:
        return found
    known = ", ".join(programme.slug for programme in programmes)
    if not known:
        raise Refused("There is no programme yet. Make one with: convene programme add SLUG NAME")
    what = "Say which programme with --programme" if slug is None else f"There is no programme {slug}"
    raise Refused(f"{what}: {known}")


def _say(check: Check, *, dry_run: bool) -> None:
    from scheduler.collect.importing.checking import Status
    from scheduler.formatting import count

    for table in check.tables:
        for sentence in table.reads():
            click.echo(sentence)
    for row in check.rows:
        for fault in row.faults:
            where = f"{row.row.place}, {fault.column}" if fault.column else row.row.place
            click.echo(f"{where[:1].upper()}{where[1:]}: {fault.message}")
    counts = (f"{status.value} {check.count(status)}" for status in Status)
    done = "would be imported" if dry_run else "imported"
    click.echo(f"{count(check.to_import, 'row')} {done} ({', '.join(counts)}).")
    if check.absent:
        people = "1 person is" if check.absent == 1 else f"{check.absent:,} people are"
        click.echo(f"{people} in Convene but not in this file. Nothing happens to them.")
