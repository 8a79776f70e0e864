"""What would help a plan: the page, its moving parts on other pages, asking for it and stopping it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flask
from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from scheduler.clock import now
from scheduler.collect.deciding import undecided
from scheduler.collect.progress import collections_of
from scheduler.collect.reminders import missing
from scheduler.formatting import count, duration, listed, number
from scheduler.models import AdviceState, Plan, PlanAdvice
from scheduler.plan import advice
from scheduler.plan.advice import Found
from scheduler.plan.comparing import answers_since
from scheduler.web.access import LOOK, WORK, allow, caller, may
from scheduler.web.plans import bp, plan_numbered
from scheduler.web.plans.asks import Ask, AskParty, OneOf, any_one_of, asks_of, by_party
from scheduler.web.plans.repairs import Repair, RepairNames, ask_anchor

FIRST = 3
PARTS = {"page": "organiser/plans/advice_part.html", "summary": "organiser/plans/advice_summary.html"}


@dataclass
class Helps:
    """What is known of what would help a plan, for templates."""

    plan: Plan
    row: PlanAdvice | None
    with_ways_to_ask: bool = False

    @property
    def possible(self) -> bool:
        """Whether it can be worked out: for a run that is over, with a plan or a conflict."""
        return advice.can_be_advised(self.plan)

    @property
    def under_way(self) -> bool:
        """Whether it is being worked out."""
        return self.row is not None and self.row.state in advice.UNDER_WAY

    @property
    def queued(self) -> bool:
        """Whether nobody has begun yet."""
        return self.row is not None and self.row.state is AdviceState.QUEUED

    @property
    def elapsed(self) -> int:
        """For how many seconds it has been worked on."""
        if self.row is None or self.row.started_at is None:
            return 0
        return min(self.row.time_limit, int(((self.row.ended_at or now()) - self.row.started_at).total_seconds()))

    @property
    def tried(self) -> int:
        """How many changes were tried."""
        return self.row.found.get("tried", 0) if self.row is not None else 0

    @cached_property
    def names(self) -> RepairNames:
        """What says ids with names."""
        return RepairNames(self.plan)

    @cached_property
    def found(self) -> list[Found]:
        """The changes that help, cheapest plan first."""
        return advice.found_by(self.row) if self.row is not None else []

    @cached_property
    def asks(self) -> list[Ask]:
        """The answers worth asking for first."""
        if not any(found.party is not None for found in self.found):
            return []
        return asks_of(self.names, self.found, **(_who_can_be_written_to() if self.with_ways_to_ask else {}))

    @cached_property
    def ask_parties(self) -> list[AskParty]:
        """The same by whose answers they are."""
        return by_party(self.asks)

    @cached_property
    def any_one_of(self) -> list[OneOf]:
        """The same by date, where any one of them would do."""
        return any_one_of(self.asks)

    @cached_property
    def repairs(self) -> list[Repair]:
        """The other changes."""
        return [self.names.repair(found) for found in self.found if found.party is None]

    def placing(self, event: str, party: str) -> list[Repair]:
        """The cheapest changes that would give a party a place in an event, by their ids in the problem."""
        beside = [found for found in self.found if (event, party) in found.placed]
        return [self.names.beside(event, party).repair(found) for found in beside[:FIRST]]

    @cached_property
    def placed_anyway(self) -> frozenset[tuple[str, str]]:
        """The (event, party) without a place here that planning again, with nothing changed, can place."""
        return advice.placed_without_change(self.row) if self.row is not None else frozenset()

    @cached_property
    def better(self) -> str:
        """That planning again would help by itself; "" where no better plan was found on the way."""
        cost = advice.without_change(self.row) if self.row is not None else None
        if cost is None or self.plan.objective is None:
            return ""
        saved = f"Planning again can save {number(self.plan.objective - cost)} with nothing changed"
        if self.placed_anyway:
            saved += f", and find {count(len(self.placed_anyway), 'place')} more"
        return f"{saved}. What stands here comes on top of that."

    @cached_property
    def stale(self) -> str:
        """What has changed since the plan's question was asked; "" where nothing has."""
        answers, changes = len(answers_since(self.plan)), advice.changes_since(self.plan)
        said = [count(answers, "answer")] if answers else []
        said += [count(changes, "change") + " of rules, dates, people or locks"] if changes else []
        if not said:
            return ""
        came = "has" if answers + changes == 1 else "have"
        return f"{listed(said)} {came} come in since plan {self.plan.number} was made, so what helps may differ now."

    @property
    def how_it_ended(self) -> str:
        """What was done, once it is over."""
        if self.row is None or self.under_way:
            return ""
        tried = (
            f"{count(self.tried, 'change')} {'was' if self.tried == 1 else 'were'} tried in {duration(self.elapsed)}."
        )
        if self.row.state is AdviceState.STOPPED:
            return f"Stopped: {tried} There may be more that helps."
        if self.row.note:
            return f"{self.row.note} {tried}"
        return f"{tried} Each figure is that of a plan found for the change, and counted again."


def helps_of(plan: Plan, *, with_ways_to_ask: bool = False) -> Helps:
    """What is known of what would help a plan; ``with_ways_to_ask`` also reads whom a letter can go to."""
    return Helps(plan, advice.advice_on(plan), with_ways_to_ask and may(WORK))


def part_of_page(html: str, helps: Helps) -> ResponseReturnValue:
    """The moving part of a page for the script that polls, which ends with the search."""
    answer = flask.make_response(html)
    if not helps.under_way:
        answer.headers["Refresh-Stop"] = "yes"
    return answer


@bp.route("/<int:number>/advice", endpoint="advice")
@allow(LOOK)
def what_would_help(slug: str, number: int) -> ResponseReturnValue:
    """All that would help, whom to ask first and how; or, with ``part``, a moving part of this page or the plan's."""
    plan = plan_numbered(number)
    if not advice.can_be_advised(plan):
        flask.abort(404)
    part = request.args.get("part")
    if plan.objective is None and part is None:
        return redirect(url_for(".view", slug=slug, number=number))
    helps = helps_of(plan, with_ways_to_ask=part != "summary")
    if part is not None:
        template = "organiser/plans/conflict_repairs.html" if plan.objective is None else PARTS.get(part, PARTS["page"])
        return part_of_page(render_template(template, plan=plan, helps=helps, ask_anchor=ask_anchor), helps)
    return render_template("organiser/plans/advice.html", plan=plan, helps=helps, ask_anchor=ask_anchor)


@bp.route("/<int:number>/advice/start", methods=["POST"])
@allow(WORK)
def start_advice(slug: str, number: int) -> ResponseReturnValue:
    """Work out what would help the plan as it stands now."""
    plan = plan_numbered(number)
    if not advice.can_be_advised(plan):
        flask.abort(404)
    advice.ask_for(plan, by=caller())
    return redirect(url_for(".advice", slug=slug, number=number))


@bp.route("/<int:number>/advice/stop", methods=["POST"])
@allow(WORK)
def stop_advice(slug: str, number: int) -> ResponseReturnValue:
    """End the search with what it has found."""
    plan = plan_numbered(number)
    advice.stop(plan)
    flash("Stopping. What was found so far is kept.")
    return redirect(url_for(".advice", slug=slug, number=number))


def _who_can_be_written_to() -> Mapping[str, Any]:
    """Ids of the people whom a reminder, or the letter that asks to decide, can go to now."""
    collections = collections_of(g.programme)
    waiting = missing(g.programme, collections)
    return {
        "remindable": {one.person.id for one in waiting},
        "undecided": {one.person.id for one in undecided(g.programme, collections)},
    }
