"""``convene import``: Trusts, pairs and people from a file; rows without a fault are written, the others listed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from scheduler.cli.context import (
    Refused,
    application,
    json_option,
    print_json,
    printable,
    programme_named,
    programme_option,
)
from scheduler.collect.importing.applying import apply_import, keep_import
from scheduler.collect.importing.checking import Check, Status, check_sheets
from scheduler.collect.importing.files import LARGEST_FILE, FileRefused, read_file
from scheduler.collect.importing.template import template
from scheduler.formatting import count
from scheduler.models import Programme


@click.command("import")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@programme_option
@click.option("--dry-run", is_flag=True, help="Check the file and write nothing.")
@json_option
@click.option("--template", "only_template", is_flag=True, help="Print an empty file to fill in.")
def import_file(file: Path | None, programme: str | None, dry_run: bool, as_json: bool, only_template: bool) -> None:
    """Import Trusts, pairs and people from FILE: CSV, XLSX, XLS or ODS.

    Ends with 0 where no row has a fault, 1 where some have, 2 where the file as a whole is refused.
    """
    if only_template:
        click.echo(template(), nl=False)
        return
    if file is None:
        raise Refused("Say which file to import, as in: convene import people.xlsx")
    content = _content_of(file)
    with application():
        check = _imported(programme_named(programme), file.name, content, dry_run=dry_run)
    if as_json:
        print_json(check.as_json())
    else:
        _say(check, dry_run=dry_run)
    sys.exit(1 if check.count(Status.FAULT) else 0)


def _content_of(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Refused(f"{printable(file)} cannot be read: {(error.strerror or str(error)).lower()}.") from None


def _imported(programme: Programme, file_name: str, content: bytes, *, dry_run: bool) -> Check:
    """Check the file and, unless this is a dry run, write its good rows: what the check says is what is written."""
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
    raise Refused(printable(f"{file_name}: {' '.join(sentences)}"))


def _say(check: Check, *, dry_run: bool) -> None:
    for table in check.tables:
        for sentence in table.reads():
            click.echo(printable(sentence))
    for row in check.rows:
        for fault in row.faults:
            where = f"{row.row.place}, {fault.column}" if fault.column else row.row.place
            _say_of(where, fault.message)
        if row.row.estimates and row.status is Status.NEW:
            estimates = (f"{what} {value}" for what, value in row.row.estimates.items())
            _say_of(f"{row.row.place}, estimated", ", ".join(estimates))
    counts = ", ".join(f"{status.value} {check.count(status)}" for status in Status)
    click.echo(f"{count(check.to_import, 'row')} {'would be imported' if dry_run else 'imported'} ({counts}).")
    if check.absent:
        people = count(check.absent, "person is", "people are")
        click.echo(f"{people} in Convene but not in this file. Nothing happens to them.")


def _say_of(place: str, sentence: str) -> None:
    click.echo(printable(f"{place[:1].upper()}{place[1:]}: {sentence}"))
