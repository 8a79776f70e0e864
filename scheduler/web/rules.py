"""Who an event is for, and the rules of its groups; each page says at once what they mean."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, or_, select

from scheduler import formatting
from scheduler.collect import rules
from scheduler.collect.audience import Party, living_pairs, parties_of, person_key
from scheduler.collect.events import SavedMeanwhile, last_change
from scheduler.extensions import db
from scheduler.models import Apart, Cohort, Event, Pair, Person, Trust
from scheduler.web import errors
from scheduler.web.access import WORK, allow, caller, of_programme
from scheduler.web.events import sets_in_words, who_is_asked
from scheduler.web.forms.base import Form
from scheduler.web.forms.rules import ApartForm, AudienceForm, NameForm, RulesForm

bp = Blueprint("rules", __name__, url_prefix="/programmes/<slug>/events")


@bp.route("/<int:event_id>/audience", methods=["GET", "POST"])
@allow(WORK)
def audience(slug: str, event_id: int) -> ResponseReturnValue:
    """Who is asked: a rule, and names put in or taken out."""
    event = of_programme(Event, event_id)
    form = AudienceForm() if request.method == "POST" else AudienceForm.of(event)
    form.offer_cohorts(_cohorts())
    if form.validate_on_submit() and request.form.get("use") != "edit":
        try:
            rules.save_audience(event, form.rule(), version=form.version.data or 0, by=caller())
        except SavedMeanwhile:
            saved = AudienceForm.of(event)
            saved.offer_cohorts(_cohorts())
            return _conflict(event, saved, form)
        flash(f"Saved. {event.title} is for {who_is_asked(parties_of(event))}.")
        return redirect(url_for(".audience", slug=slug, event_id=event_id))
    return _audience_page(event, form, NameForm(formdata=None))


@bp.route("/<int:event_id>/audience/names", methods=["POST"])
@allow(WORK)
def name(slug: str, event_id: int) -> ResponseReturnValue:
    """Put one pair or person in, or take one out."""
    event = of_programme(Event, event_id)
    form = NameForm()
    if form.validate_on_submit():
        found = _parties_called(form.name.data)
        if len(found) == 1:
            included = request.form.get("do") != "out"
            rules.put_in_or_take_out(event, found[0], included=included, by=caller())
            flash(f"{found[0].name} is {'asked' if included else 'not asked'}.")
            return redirect(url_for(".audience", slug=slug, event_id=event_id))
        form.refuse("name", _which(found, form.name.data))
    filled = AudienceForm.of(event)
    filled.offer_cohorts(_cohorts())
    return _audience_page(event, filled, form)


@bp.route("/<int:event_id>/rules", methods=["GET", "POST"])
@allow(WORK)
def every(slug: str, event_id: int) -> ResponseReturnValue:
    """The rules as sentences with fields. "Check the rules" says what was typed would mean, and keeps nothing."""
    event = of_programme(Event, event_id)
    form = RulesForm() if request.method == "POST" else RulesForm.of(event)
    before = rules.may_come_before(event, _events())
    form.offer_events(before)
    saves = request.form.get("do") != "check" and request.form.get("use") != "edit"
    if form.validate_on_submit() and saves:
        after = [other for other in before if other.id in form.after.data]
        try:
            rules.save_rules(event, form.limits(), after, version=form.version.data or 0, by=caller())
        except SavedMeanwhile:
            saved = RulesForm.of(event)
            saved.offer_events(before)
            return _conflict(event, saved, form)
        flash("Saved.")
        return redirect(url_for("events.event", slug=slug, event_id=event_id))
    return _rules_page(event, form, ApartForm(formdata=None))


@bp.route("/<int:event_id>/rules/apart", methods=["POST"])
@allow(WORK)
def apart(slug: str, event_id: int) -> ResponseReturnValue:
    """Keep two Trusts apart, in all events where people meet; or with ``apart`` let two meet again."""
    event = of_programme(Event, event_id)
    if request.form.get("apart", type=int):
        row = of_programme(Apart, request.form.get("apart", 0, type=int))
        rules.let_meet(row, _both(row), by=caller())
        flash("They may meet again.")
        return redirect(url_for(".every", slug=slug, event_id=event_id))
    form = ApartForm()
    if form.validate_on_submit():
        one, other = (_pair_at(form[name].data) for name in ("one", "other"))
        for name, pair in (("one", one), ("other", other)):
            if pair is None:
                form.refuse(name, f"No pair has the ODS code {form[name].data}")
        if one and other:
            new = rules.keep_apart(g.programme, one, other, by=caller())
            flash("They are kept apart." if new else "They were kept apart already.")
            return redirect(url_for(".every", slug=slug, event_id=event_id))
    filled = RulesForm.of(event)
    filled.offer_events(rules.may_come_before(event, _events()))
    return _rules_page(event, filled, form)


def _audience_page(event: Event, form: AudienceForm, name: NameForm) -> str:
    parties = parties_of(event)
    return render_template(
        "organiser/events/audience.html",
        event=event,
        form=form,
        name_form=name,
        asked=who_is_asked(parties),
        errors=form.error_summary + name.error_summary,
        names=sorted(event.audience_names, key=lambda each: (not each.included, each.party)),
    )


def _rules_page(event: Event, form: RulesForm, apart: ApartForm) -> str:
    parties = parties_of(event)
    group = "set" if event.has_sets else "session"
    means = list(rules.meanings(event, form.limits(), parties, group=group)) if not form.errors else []
    if event.has_sets:
        means.append(sets_in_words(event, len(parties)))
    rows = db.session.scalars(select(Apart).where(Apart.programme_id == g.programme.id).order_by(Apart.id))
    return render_template(
        "organiser/events/rules.html",
        event=event,
        form=form,
        apart_form=apart,
        group=group,
        checked=request.form.get("do") == "check" and not form.errors,
        means=[sentence for sentence in means if sentence],
        kept_apart=[(row, _both(row)) for row in rows],
        errors=form.error_summary + apart.error_summary,
    )


def _conflict(event: Event, saved: Form, form: Form) -> ResponseReturnValue:
    last = last_change(g.programme, event.title)
    return errors.conflict(
        event.title,
        saved_by=last.organiser.name if last and last.organiser else "Somebody",
        saved_at=formatting.clock_time(last.at, g.programme.time_zone) if last else "an earlier time",
        differences=[
            errors.Difference(field.label.text, _shown(saved[field.name]), _shown(field))
            for field in form
            if field.name != "version"
        ],
        version=event.version,
    )


def _shown(field: object) -> str:
    items = getattr(field, "items", None)
    if items is None:
        return str(getattr(field, "typed", ""))
    return ", ".join(str(item["text"]) for item in items if item.get("checked"))


def _cohorts() -> list[Cohort]:
    return list(db.session.scalars(select(Cohort).filter_by(programme_id=g.programme.id).order_by(Cohort.name)))


def _events() -> list[Event]:
    rows = select(Event).where(Event.programme_id == g.programme.id).order_by(Event.position, Event.id)
    return list(db.session.scalars(rows))


def _pair_at(ods_code: str) -> Pair | None:
    found = select(Pair).join(Pair.trust).where(Pair.programme_id == g.programme.id, Trust.ods_code == ods_code.upper())
    return db.session.scalar(found)


def _both(row: Apart) -> str:
    pairs = db.session.scalars(select(Pair).where(Pair.id.in_((row.one_id, row.other_id))).order_by(Pair.id))
    return " and ".join(pair.trust.name for pair in pairs)


def _parties_called(typed: str) -> list[Party]:
    """The pairs and the people outside pairs that a text names: an ODS code or address exactly, else part of a name."""
    low = typed.casefold()
    pairs = living_pairs(g.programme)
    exact = [pair for pair in pairs if pair.trust.ods_code.casefold() == low]
    chosen = exact or [pair for pair in pairs if low in pair.trust.name.casefold()]
    in_pairs = {person.id for pair in pairs for person in pair.people}
    people = db.session.scalars(
        select(Person).where(
            Person.programme_id == g.programme.id,
            Person.left_on.is_(None),
            or_(func.lower(Person.email) == low, Person.name.icontains(typed, autoescape=True)),
        )
    )
    found = [Party(pair.trust.ods_code, tuple(pair.people), pair) for pair in chosen]
    return found + [Party(person_key(p), (p,), alone=True) for p in people if p.id not in in_pairs and not exact]


def _which(found: list[Party], typed: str) -> str:
    if not found:
        return f"Nobody here is called {typed}. People in pairs come as their pair: enter the Trust"
    several = formatting.listed([party.name for party in found[:4]])
    return f"{several}{' and others' if len(found) > 4 else ''} fit. Enter an ODS code or an email address"
