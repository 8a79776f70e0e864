"""What a plan says: the summary, each session and set with its people, who has no place and why."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.routing import BuildError

from scheduler.extensions import db
from scheduler.invite.declines import session_counts
from scheduler.models import Event, Plan, PlanStatus, Session
from scheduler.plan import planning
from scheduler.plan.comparing import Difference, LaterAnswer, answers_since, difference
from scheduler.plan.editing import is_editable
from scheduler.plan.naming import Names, session_name
from scheduler.plan.overruling import overrulings_of
from scheduler.plan.overview import Overview, PartyLine, UnplacedView, locked_parties
from scheduler.plan.published import published_plan
from scheduler.plan.undoing import moves_made
from scheduler.plan.whatif import unmet
from scheduler.web.access import LOOK, allow
from scheduler.web.apologies import said_here
from scheduler.web.plans import bp, plan_numbered, sentences
from scheduler.web.plans.advice import helps_of, part_of_page


@bp.route("/<int:number>")
@allow(LOOK)
def view(slug: str, number: int) -> ResponseReturnValue:
    """The plan: how good it is, what it costs, what it changes, then session by session and set by set."""
    plan = plan_numbered(number)
    if plan.solver_status == "infeasible":
        conflict = [Names(plan).in_words(line) for line in plan.conflict]
        return render_template(
            "organiser/plans/conflict.html",
            plan=plan,
            tag=sentences.tag_of(plan),
            conflict=conflict,
            helps=helps_of(plan, with_ways_to_ask=True),
        )
    if plan.objective is None or plan.run_state in planning.UNDER_WAY:
        return render_template("organiser/plans/no_plan.html", plan=plan, tag=sentences.tag_of(plan))
    seen = Overview(plan)
    other = _to_compare_with(plan)
    compared = difference(plan, other) if other is not None else None
    running = sum(session.runs for event in seen.events for session in event.sessions)
    unplaced = [row.party.key for row in seen.unplaced]
    return render_template(
        "organiser/plans/view.html",
        plan=plan,
        tag=sentences.tag_of(plan),
        seen=seen,
        placed=sentences.who_is_placed(len(seen.parties), unplaced, noun_for(seen)),
        proof=sentences.how_good(plan.objective, plan.bound),
        parts=sentences.cost_parts(plan, running, plan.based_on.number if plan.based_on else None),
        compared=compared,
        against=sentences.against(compared, noun_for(seen)) if compared is not None else "",
        moves=_moves_in_words(compared, seen.parties) if compared is not None else [],
        later=answers_since(plan),
        ended=sentences.how_it_ended(plan),
        session_name=session_name,
        why=_reasons(seen),
        publish=_publish_address(plan),
        helps=helps_of(plan),
        editable=is_editable(plan),
        made=moves_made(plan) if plan.edits else [],
        overruled=overrulings_of(plan) if plan.edits else [],
        lacking=unmet(plan) if plan.status is PlanStatus.DRAFT else [],
    )


@bp.route("/<int:number>/sessions/<int:session_id>")
@allow(LOOK)
def session(slug: str, number: int, session_id: int) -> ResponseReturnValue:
    """Who is in one session, what they had answered, what is locked."""
    plan = _with_places(number)
    seen = Overview(plan)
    for event in seen.events:
        if (found := event.session(session_id)) is not None:
            break
    else:
        abort(404)
    return render_template(
        "organiser/plans/session.html",
        plan=plan,
        seen=seen,
        event=event,
        found=found,
        locks=locked_parties(seen.locks),
        now_says=_answers_now(plan, found.session),
        replies=session_counts(found.session) if plan.status is PlanStatus.PUBLISHED else {},
        **said_here(lambda apology: apology.session_id == session_id),
        session_name=session_name,
        editable=is_editable(plan) and event.planned,
        made=moves_made(plan) if plan.edits else [],
    )


@bp.route("/<int:number>/sets/<int:set_number>")
@allow(LOOK)
def learning_set(slug: str, number: int, set_number: int) -> ResponseReturnValue:
    """Who is in one set, who leads it, when it meets."""
    plan = _with_places(number)
    seen = Overview(plan)
    found = seen.learning_set(set_number, request.args.get("event"))
    if found is None:
        abort(404)
    event = seen.event(found.event.id)
    members = {person.id for party in found.parties for person in party.people}
    if found.facilitator is not None:
        members.add(found.facilitator.person_id)
    slots = {meeting.session.id for meeting in found.meetings}
    return render_template(
        "organiser/plans/learning_set.html",
        plan=plan,
        **said_here(lambda apology: apology.session_id in slots and apology.person_id in members),
        seen=seen,
        found=found,
        session_name=session_name,
        planned=event is not None and event.planned,
        editable=is_editable(plan) and event is not None and event.planned,
        made=moves_made(plan) if plan.edits else [],
    )


@bp.route("/<int:number>/unplaced")
@allow(LOOK)
def unplaced(slug: str, number: int) -> ResponseReturnValue:
    """Who has no place, where, why, and what would give them one; with ``part`` the moving part of the page alone."""
    plan = _with_places(number)
    seen, helps = Overview(plan), helps_of(plan)
    shown = {
        "plan": plan,
        "seen": seen,
        "why": _reasons(seen),
        "helps": helps,
        "editable": is_editable(plan),
        "made": moves_made(plan),
    }
    if "part" in request.args:
        return part_of_page(render_template("organiser/plans/unplaced_part.html", **shown), helps)
    return render_template("organiser/plans/unplaced.html", **shown)


@bp.route("/<int:number>/later-answers")
@allow(LOOK)
def later_answers(slug: str, number: int) -> ResponseReturnValue:
    """What people have said since the plan was made."""
    plan = _with_places(number)
    return render_template(
        "organiser/plans/later_answers.html",
        plan=plan,
        later=answers_since(plan),
        session_name=session_name,
    )


def _reasons(seen: Overview) -> Callable[[UnplacedView], list[str]]:
    """Why a party has no place, in sentences."""
    names = Names(seen.plan)

    def why(row: UnplacedView) -> list[str]:
        here = {session.key: session_name(session) for session in row.event.sessions} | {row.party.key: "it"}
        said = [names.in_words(reason, here) for reason in row.reasons]
        if said and not seen.has_answered_all(row.party.key, row.event):
            said.append("A date it has not answered counts as no.")
        return said or ["No reason was found in the time there was."]

    return why


def noun_for(seen: Overview) -> str:
    """What the parties of a plan are called together: "pair" only if all of them are."""
    return "pair" if all(party.pair_id is not None for party in seen.parties.values()) else "participant"


def _with_places(number: int) -> Plan:
    plan = plan_numbered(number)
    if plan.objective is None:
        abort(404)
    return plan


def _to_compare_with(plan: Plan) -> Plan | None:
    """The published plan; for that one itself, and for older ones, the one it was made from."""
    published = published_plan(plan.programme)
    if plan.status is PlanStatus.DRAFT and published is not None:
        return published
    return plan.based_on


def _moves_in_words(compared: Difference, parties: dict[str, PartyLine]) -> list[tuple[str, str, str]]:
    """Each move as name, from and to."""
    ids = {session for move in compared.moves for session in move.leaves | move.goes_to}
    rows = db.session.scalars(
        select(Session)
        .join(Session.event)
        .where(Session.id.in_(ids))
        .options(joinedload(Session.event), joinedload(Session.venue))
        .order_by(Event.position, Session.starts_at)
    )
    names = {row.id: session_name(row, event=True) for row in rows}

    def listed(sessions: frozenset[int]) -> str:
        return "; ".join(name for session, name in names.items() if session in sessions) or "nowhere"

    found = [
        (parties[move.party].name if move.party in parties else move.party, listed(move.leaves), listed(move.goes_to))
        for move in compared.moves
    ]
    return sorted(found)


def _answers_now(plan: Plan, session: Session) -> dict[int, LaterAnswer]:
    """What people have said to a session since the plan was made, by person."""
    return {later.person.id: later for later in answers_since(plan) if later.session.id == session.id}


def _publish_address(plan: Plan) -> str | None:
    """Where a draft is published; None while there is no such page."""
    try:
        return url_for("publishing.publish", slug=plan.programme.slug, number=plan.number)
    except BuildError:
        return None
