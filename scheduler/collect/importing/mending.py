"""What an organiser settles on the Check page: how a column is read, and what a single cell should say."""

from collections.abc import Mapping

from scheduler.collect.importing.checking import check_run
from scheduler.collect.importing.columns import COLUMNS
from scheduler.collect.importing.headers import Table
from scheduler.models import ImportRun
from scheduler.transaction import transaction


def choose_columns(run: ImportRun, table: Table, chosen: Mapping[str, str]) -> None:
    """Keep how the columns of a sheet are to be read: {position: key of COLUMNS, or "" for not read}.

    What is chosen as it is read already is no choice, so that columns settled by what is in them stay so.
    """
    read = {str(heading.position): heading.column.key if heading.column else "" for heading in table.headings}
    known = {position: key for position, key in chosen.items() if position in read and (key == "" or key in COLUMNS)}
    columns = dict(run.choices.get("columns", {}))
    kept = dict(columns.get(table.sheet, {}))
    if table.faults:
        kept |= known
    else:
        kept |= {position: key for position, key in known.items() if key != read[position]}
    _keep(run, columns=columns | {table.sheet: kept})


def mend_cell(run: ImportRun, sheet: str, line: int, position: int, value: str) -> str:
    """Let one cell say what was suggested for it; returns that, or "" if it is no longer suggested there."""
    suggested = {
        fault.suggestion
        for row in check_run(run).rows
        if (row.row.sheet, row.row.line) == (sheet, line)
        for fault in row.faults
        if fault.position == position
    }
    if not value or value not in suggested:
        return ""
    mends = dict(run.choices.get("mends", {}))
    lines = dict(mends.get(sheet, {}))
    lines[str(line)] = {**lines.get(str(line), {}), str(position): value}
    _keep(run, mends=mends | {sheet: lines})
    return value


def _keep(run: ImportRun, **settled: object) -> None:
    with transaction():
        run.choices = {**run.choices, **settled}
