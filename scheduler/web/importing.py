"""Import in three steps: choose a file or paste cells, check what it would do, import it and perhaps undo that."""

from __future__ import annotations

import io

import flask
from flask import Blueprint, flash, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect.importing.applying import ImportNotReadable, ImportUndone, apply_import, keep_import
from scheduler.collect.importing.checking import Status, check_run, check_sheets
from scheduler.collect.importing.columns import COLUMNS, ROLE_LABELS
from scheduler.collect.importing.faulty import rows_with_faults
from scheduler.collect.importing.files import FileRefused, read_file, read_pasted
from scheduler.collect.importing.mending import choose_columns, mend_cell
from scheduler.collect.importing.template import PEOPLE_TEMPLATE, TEMPLATE, template
from scheduler.collect.importing.undoing import ImportUsed, undo_import, why_not_undone
from scheduler.models import ImportRun, ImportState
from scheduler.web.access import WORK, allow, caller, of_programme
from scheduler.web.forms.people import ImportForm

bp = Blueprint("importing", __name__, url_prefix="/programmes/<slug>/people/import")
PAGE = 50
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ORDER = (Status.FAULT, Status.CHANGED, Status.NEW, Status.UNCHANGED)


@bp.route("", methods=["GET", "POST"])
@allow(WORK)
def choose(slug: str) -> ResponseReturnValue:
    """Take a file or pasted cells; a file that cannot be read is refused here, before anything is kept."""
    form = ImportForm()
    if form.validate_on_submit():
        try:
            run = _kept(form)
        except FileRefused as refusal:
            form.refuse("file" if form.file.data else "pasted", str(refusal))
        else:
            return redirect(url_for(".check", slug=slug, run_id=run.id))
    return render_template("organiser/people/import_choose.html", form=form)


def _kept(form: ImportForm) -> ImportRun:
    sheets = read_file(form.file.data.read()) if form.file.data else read_pasted(form.pasted.data)
    check_sheets(g.programme, sheets)  # refused now rather than on the page of its check
    name = form.file.data.filename if form.file.data else "Pasted cells"
    return keep_import(g.programme, name, sheets, by=caller())


@bp.route("/template.csv")
@allow(WORK)
def empty_file(slug: str) -> ResponseReturnValue:
    """The empty file to fill in: a row per Trust, or with ?rows=people a row per person."""
    keys = PEOPLE_TEMPLATE if request.args.get("rows") == "people" else TEMPLATE
    content = io.BytesIO(template(keys).encode("utf-8-sig"))  # the mark tells Excel that it is UTF-8
    return send_file(content, "text/csv", as_attachment=True, download_name="convene-import.csv")


@bp.route("/<int:run_id>")
@allow(WORK)
def check(slug: str, run_id: int) -> ResponseReturnValue:
    """What the import would do, row by row, faults first; after it, what it did."""
    run = of_programme(ImportRun, run_id)
    found = check_run(run)
    show = next((status for status in Status if status.value == request.args.get("show")), None)
    rows = [row for status in ORDER for row in found.rows if row.status is status and show in (None, status)]
    page = max(1, request.args.get("page", 1, type=int))
    shown = rows[(page - 1) * PAGE : page * PAGE]
    return render_template(
        "organiser/people/import_check.html",
        run=run,
        check=found,
        rows=shown,
        show=show,
        counts=[(status, found.count(status)) for status in ORDER],
        total=len(rows),
        first=(page - 1) * PAGE + 1,
        last=(page - 1) * PAGE + len(shown),
        page=page,
        columns=COLUMNS,
        role_labels=ROLE_LABELS,
        imported=run.result.get("imported", 0),
        cannot_undo=why_not_undone(run) if run.state is ImportState.IMPORTED else "",
        errors=[{"href": "#columns", "text": fault} for fault in found.faults],
    )


@bp.route("/<int:run_id>/columns", methods=["POST"])
@allow(WORK)
def columns(slug: str, run_id: int) -> ResponseReturnValue:
    """Read columns differently: posted as ``column-<table>-<position>``."""
    run = of_programme(ImportRun, run_id)
    for number, table in enumerate(check_run(run).tables):
        chosen = {
            str(heading.position): request.form[name]
            for heading in table.headings
            if (name := f"column-{number}-{heading.position}") in request.form
        }
        choose_columns(run, table, chosen)
    flash("The file is read anew.")
    return _back(run)


@bp.route("/<int:run_id>/mend", methods=["POST"])
@allow(WORK)
def mend(slug: str, run_id: int) -> ResponseReturnValue:
    """Use what was suggested for one cell, here and not in the file."""
    run = of_programme(ImportRun, run_id)
    try:
        line, position = int(request.form["line"]), int(request.form["position"])
        used = mend_cell(run, request.form["sheet"], line, position, request.form["value"])
    except (KeyError, ValueError):
        flask.abort(400)
    flash(f"Line {line} now says {used}." if used else "That row has changed meanwhile. Look at it again.")
    return _back(run)


@bp.route("/<int:run_id>/write", methods=["POST"])
@allow(WORK)
def write(slug: str, run_id: int) -> ResponseReturnValue:
    """Import the rows as they were shown; one that would do something else by now is asked about again."""
    run = of_programme(ImportRun, run_id)
    try:
        applied = apply_import(run, by=caller(), seen=request.form.get("seen", ""))
    except ImportUndone:
        flash("This import was undone. Choose the file again to import it.")
    except ImportNotReadable:
        flash("Nothing is imported yet. Say how the columns are read.")
    else:
        again = len(applied.asked_again)
        if again:
            rows = formatting.count(again, "row")
            flash(
                f"{rows} changed in Convene meanwhile and {'was' if again == 1 else 'were'} not imported. Check again."
            )
        elif not applied.written:
            flash("Everything in this file is in Convene already.")
    return _back(run)


@bp.route("/<int:run_id>/undo", methods=["POST"])
@allow(WORK)
def undo(slug: str, run_id: int) -> ResponseReturnValue:
    """Take the import back, if nothing stands on it."""
    run = of_programme(ImportRun, run_id)
    try:
        undo_import(run, by=caller())
    except ImportUsed as used:
        flash(f"The import stays. {used}")
    else:
        flash("Import undone. Trusts and people are as they were before.")
    return _back(run)


@bp.route("/<int:run_id>/faults.xlsx")
@allow(WORK)
def faults(slug: str, run_id: int) -> ResponseReturnValue:
    """The rows with faults as a workbook, with a column that says what to mend."""
    run = of_programme(ImportRun, run_id)
    content = io.BytesIO(rows_with_faults(check_run(run)))
    return send_file(content, XLSX, as_attachment=True, download_name="rows-with-faults.xlsx")


def _back(run: ImportRun) -> ResponseReturnValue:
    return redirect(url_for(".check", slug=g.programme.slug, run_id=run.id))
