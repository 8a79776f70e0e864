"""Locks: the list, adding one with its reason, letting one go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.models import Lock, LockKind
from scheduler.plan import locking
from scheduler.plan.naming import session_name
from scheduler.plan.overview import Overview, SetView
from scheduler.web.access import LOOK, WORK, allow, caller, of_programme
from scheduler.web.forms.plans import LockForm
from scheduler.web.plans import bp, plan_numbered


@dataclass(frozen=True)
class Lockable:
    """What the address asks to lock: the choices there are, and what makes a lock of the one that is taken."""

    heading: str
    choices: list[tuple[str, str]]
    lock: Callable[[str, str], Lock]
    back: str


@bp.route("/<int:number>/locks")
@allow(LOOK)
def locks(slug: str, number: int) -> ResponseReturnValue:
    """Every lock of the programme, with its reason."""
    plan = plan_numbered(number)
    seen = Overview(plan)
    rows = [(lock, lock_in_words(lock, seen)) for lock in seen.locks]
    return render_template("organiser/plans/locks.html", plan=plan, rows=rows)


@bp.route("/<int:number>/locks/new", methods=["GET", "POST"])
@allow(WORK)
def add_lock(slug: str, number: int) -> ResponseReturnValue:
    """Lock what the address names: a party to a session, a session, or a set."""
    plan = plan_numbered(number)
    lockable = _asked_to_lock(Overview(plan))
    form = LockForm()
    form.kind.offer(lockable.choices)
    if form.validate_on_submit():
        try:
            lockable.lock(form.kind.data, form.reason.data)
        except locking.LockContradicts as other:
            because = f": {other.other.reason}" if other.other.reason else ""
            form.refuse("kind", f"Another lock stands against this one{because}. Remove that one first")
        else:
            flash("Locked. It holds from the next plan on.")
            return redirect(lockable.back)
    return render_template("organiser/plans/lock.html", plan=plan, form=form, lockable=lockable)


@bp.route("/<int:number>/locks/<int:lock_id>/remove", methods=["POST"])
@allow(WORK)
def remove_lock(slug: str, number: int, lock_id: int) -> ResponseReturnValue:
    """Let a lock go."""
    plan_numbered(number)
    locking.unlock(of_programme(Lock, lock_id), by=caller())
    flash("Unlocked. The next plan may choose freely.")
    if (event := request.args.get("board")) is not None:
        card = request.args.get("at")
        return redirect(url_for(".board", slug=slug, number=number, event=event, at=card, _anchor=f"card-{card}"))
    return redirect(url_for(".locks", slug=slug, number=number))


def lock_in_words(lock: Lock, seen: Overview) -> str:
    """What a lock fixes, as a sentence."""
    name = seen.parties[lock.party].name if lock.party in seen.parties else lock.party or ""
    where = session_name(lock.session, event=True) if lock.session is not None else ""
    if lock.kind is LockKind.SET:
        names = [seen.parties[party].name if party in seen.parties else party for party in lock.parties]
        leader = f", led by {lock.facilitator.person.name}" if lock.facilitator is not None else ""
        return f"{formatting.listed(names)} are in one set{leader}"
    return {
        LockKind.ATTENDS: f"{name} attends {where}",
        LockKind.NEVER: f"{name} never attends {where}",
        LockKind.RUNS: f"{where} runs",
        LockKind.STAYS_CLOSED: f"{where} stays closed",
    }[lock.kind]


def _asked_to_lock(seen: Overview) -> Lockable:
    if (set_number := request.args.get("set", type=int)) is not None:
        found = seen.learning_set(set_number, request.args.get("event"))
        if found is None:
            abort(404)
        return _a_set(seen, found)
    session_id = request.args.get("session", type=int)
    view = next((v for event in seen.events for v in event.sessions if v.session.id == session_id), None)
    if view is None:
        abort(404)
    session, programme = view.session, g.programme
    name = session_name(session, event=True)
    key = request.args.get("party")
    if "board" in request.args and key is not None:
        board = url_for(".board", slug=programme.slug, number=seen.plan.number, event=session.event.key, at=key)
        back = f"{board}#card-{key}"
    else:
        back = url_for(".session", slug=programme.slug, number=seen.plan.number, session_id=session.id)
    if key is None:
        return Lockable(
            f"Lock {session_name(session)}",
            [("runs", f"{name} runs"), ("closed", f"{name} stays closed")],
            lambda kind, reason: locking.lock_session(
                programme, session, runs=kind == "runs", reason=reason, by=caller()
            ),
            back,
        )
    if key not in seen.parties:
        abort(404)
    party = seen.parties[key]
    return Lockable(
        f"Lock {party.name}",
        [("attends", f"It attends {name}"), ("never", f"It never attends {name}")],
        lambda kind, reason: locking.lock_party(
            programme, key, session, never=kind == "never", reason=reason, by=caller()
        ),
        back,
    )


def _a_set(seen: Overview, found: SetView) -> Lockable:
    programme = g.programme
    parties = [party.key for party in found.parties]
    together = f"These {formatting.count(len(parties), 'pair')} stay in one set"
    choices = [("together", together)]
    if found.facilitator is not None:
        choices.append(("led", f"{together}, led by {found.facilitator.person.name}"))
    return Lockable(
        f"Lock set {found.number}",
        choices,
        lambda kind, reason: locking.lock_set(
            programme,
            found.event,
            parties,
            facilitator=found.facilitator if kind == "led" else None,
            reason=reason,
            by=caller(),
        ),
        url_for(
            ".board" if "board" in request.args else ".learning_set",
            slug=programme.slug,
            number=seen.plan.number,
            event=found.event.key,
            **({"_anchor": f"set-{found.number}"} if "board" in request.args else {"set_number": found.number}),
        ),
    )
