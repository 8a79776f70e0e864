"""The evaluation: organisers ask and see who answered; the evaluator downloads, without names."""

from __future__ import annotations

import flask
from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect import relations
from scheduler.follow import evaluation
from scheduler.models import EvaluationWave, Role, Wave
from scheduler.web.access import WORK, allow, caller, of_programme

bp = Blueprint("evaluation", __name__, url_prefix="/programmes/<slug>/evaluation")
SEE = WORK | {Role.EVALUATOR}
EVALUATE = frozenset({Role.EVALUATOR})


@bp.route("")
@allow(SEE)
def every(slug: str) -> ResponseReturnValue:
    """Both waves: whether each is open, and how many answered."""
    waves = {wave.wave: relations.standing(wave) for wave in relations.waves_of(g.programme)}
    return render_template(
        "organiser/evaluation/every.html", waves=[(wave, waves.get(wave)) for wave in Wave], evaluate=EVALUATE
    )


@bp.route("/open", methods=["POST"])
@allow(WORK)
def open_wave(slug: str) -> ResponseReturnValue:
    """Let people answer: before the programme, or with ``wave`` after it."""
    wave = Wave.AFTER if request.form.get("wave") == Wave.AFTER.value else Wave.BEFORE
    relations.open_wave(g.programme, wave, by=caller())
    flash("Open. Nobody has been written to by this.")
    return redirect(url_for(".every", slug=slug))


@bp.route("/waves/<int:wave_id>/close", methods=["POST"])
@allow(WORK)
def close_wave(slug: str, wave_id: int) -> ResponseReturnValue:
    """Take no more answers."""
    relations.close_wave(of_programme(EvaluationWave, wave_id), by=caller())
    flash("Closed. No more answers are taken.")
    return redirect(url_for(".every", slug=slug))


@bp.route("/waves/<int:wave_id>/ask", methods=["GET", "POST"])
@allow(WORK)
def ask(slug: str, wave_id: int) -> ResponseReturnValue:
    """Who is written to and who not; the press writes to them."""
    wave = of_programme(EvaluationWave, wave_id)
    if request.method == "POST":
        try:
            written = relations.ask(wave, by=caller())
        except relations.NotOpen:
            flash("The question is closed, so nobody was written to.")
        else:
            flash(f"{formatting.count(written, 'message')} queued.")
        return redirect(url_for(".every", slug=slug))
    return render_template("organiser/evaluation/ask.html", standing=relations.standing(wave), to_write=_to_write(wave))


@bp.route("/download.zip")
@allow(EVALUATE)
def download(slug: str) -> ResponseReturnValue:
    """All files and the codebook, for the evaluator alone."""
    response = flask.Response(evaluation.archive(g.programme), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="evaluation-{g.programme.slug}.zip"'
    return response


def _to_write(wave: EvaluationWave) -> list[str]:
    standing = relations.standing(wave)
    return [person.name for person in standing.to_write(relations.now())]
