"""The answers as tables: by date and region, by pair, one date, who is missing; and the file to take away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, g, render_template, request
from flask.typing import ResponseReturnValue

from scheduler import formatting
from scheduler.collect.audience import Party
from scheduler.collect.closing import answers_can_close
from scheduler.collect.deciding import undecided
from scheduler.collect.progress import (
    Cell,
    Collection,
    DateProgress,
    Stage,
    collections_of,
    region_of,
)
from scheduler.collect.reminders import Asked, missing
from scheduler.collect.verdicts import Standing, Verdict, ask_first, noun_of, verdict_of
from scheduler.models import Person, Session
from scheduler.plan.advice import newest_advice
from scheduler.web.access import LOOK, WORK, allow, may
from scheduler.web.collect.blueprint import bp, chosen_of, page_number
from scheduler.web.downloads import table_file
from scheduler.web.plans.advice import Helps
from scheduler.web.plans.asks import AskParty, by_party
from scheduler.words import ANSWERS, REGION_LETTERS

PAGE = 50
SHADES = 5
MOST_FIRST = 10


@dataclass(frozen=True)
class RegionCell:
    """How many of a region can come; ``shade`` 0 to 4 says it again, the number says it always."""

    region: str
    come: int
    asked: int

    @property
    def shade(self) -> int:
        return min(SHADES - 1, self.come * SHADES // self.asked) if self.asked else 0


@dataclass(frozen=True)
class DateRow:
    """One date of the heat table."""

    session: Session
    where: str
    date: DateProgress
    verdict: Verdict
    regions: tuple[RegionCell, ...]

    @property
    def runs(self) -> bool:
        """Whether it can, or may, run."""
        return self.verdict.standing in (Standing.RUNS, Standing.MAY_RUN)


@bp.route("")
@allow(LOOK)
def table(slug: str) -> ResponseReturnValue:
    """The heat table of one event, by date or by pair; filters are in the address, so that a link can be shared."""
    collections = collections_of(g.programme)
    if not collections:
        return render_template("organiser/collect/empty.html")
    chosen = chosen_of(collections)
    region = request.args.get("region", "")
    regions = regions_of(chosen.parties)
    by_pair = request.args.get("view") == "pair"
    parties = [found for found in chosen.by_party if not region or region_of(found.party) == region]
    page = page_number()
    return render_template(
        "organiser/collect/table.html",
        collections=collections,
        chosen=chosen,
        region=region if region in regions else "",
        regions=regions,
        letters=REGION_LETTERS,
        by_pair=by_pair,
        rows=date_rows(chosen, regions),
        parties=parties[(page - 1) * PAGE : page * PAGE],
        total=len(parties),
        page=page,
        size=PAGE,
        summary=summary_of(chosen),
        noun=noun_of(chosen.parties),
        to_remind=[one for one in missing(g.programme, collections) if not one.left_alone()] if may(WORK) else [],
        can_close=answers_can_close(chosen.event, chosen.left),
        where=where,
    )


@bp.route("/sessions/<int:session_id>")
@allow(LOOK)
def session(slug: str, session_id: int) -> ResponseReturnValue:
    """The pairs behind one date, or behind one cell of the heat table."""
    collections = collections_of(g.programme)
    found = next(((c, d) for c in collections for d in c.by_date if d.session.id == session_id), None)
    if found is None:
        abort(404)
    collection, date = found
    regions = regions_of(collection.parties)
    region, answer = request.args.get("region", ""), request.args.get("answer", "")
    rows = [
        (party, cell)
        for party, cell in date.cells
        if (not region or region_of(party) == region) and (not answer or matches(cell, answer))
    ]
    page = page_number()
    return render_template(
        "organiser/collect/session.html",
        collection=collection,
        date=date,
        where=where(date.session),
        verdict=verdict_of(collection, date),
        helps=[ask.party for ask in ask_first(collection) if date.session in ask.dates],
        rows=rows[(page - 1) * PAGE : page * PAGE],
        total=len(rows),
        page=page,
        size=PAGE,
        regions=regions,
        region=region,
        answer=answer,
        answers=ANSWER_FILTERS,
        said=lambda person: ANSWERS[collection.answers.get((person.id, date.session.id))],
    )


@dataclass(frozen=True)
class MissingPerson:
    """One person with dates left in the events that are open."""

    asked: Asked
    answered: int
    total: int


@dataclass(frozen=True)
class MissingParty:
    """One pair that is not complete, over all events that are open, and who of it has dates left."""

    party: Party
    people: tuple[MissingPerson, ...]
    started: bool

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        if not self.started:
            return Stage.NOT_STARTED
        return Stage.ONE_MISSING if len(self.people) == 1 else Stage.BOTH_MISSING


GROUPS = (
    (Stage.NOT_STARTED, "Not started"),
    (Stage.ONE_MISSING, "Waits for one person"),
    (Stage.BOTH_MISSING, "Waits for both people"),
)


@bp.route("/missing")
@allow(LOOK)
def missing_people(slug: str) -> ResponseReturnValue:
    """Who has not answered, in groups by what would help, over every event that is open."""
    collections = [found for found in collections_of(g.programme) if found.event.is_open()]
    number = request.args.get("event", type=int)
    shown = [found for found in collections if number in (None, found.event.id)] or collections
    parties = missing_parties(shown, missing(g.programme, shown))
    counts = Counter(party.stage for party in parties)
    in_order = [party for stage, _ in GROUPS for party in parties if party.stage is stage]
    page = page_number()
    listed = in_order[(page - 1) * PAGE : page * PAGE]
    return render_template(
        "organiser/collect/missing.html",
        collections=collections,
        event=number,
        groups=[(title, counts[stage], [p for p in listed if p.stage is stage]) for stage, title in GROUPS],
        total=len(parties),
        page=page,
        size=PAGE,
        deciding=undecided(g.programme, shown),
        first=[(collection, ask) for collection in shown for ask in ask_first(collection)][:MOST_FIRST],
        people=sum(len(party.people) for party in parties),
        dates_in_words=dates_in_words,
        facilitators=_missing_facilitators(shown),
        helps=_what_would_help(shown),
    )


@bp.route("/answers.csv")
@allow(LOOK)
def download(slug: str) -> ResponseReturnValue:
    """Answers by pair: one event's as CSV, or a workbook with a sheet for each event."""
    collections = collections_of(g.programme)
    if not collections:
        abort(404)
    chosen = chosen_of(collections)
    ordered = [chosen, *(each for each in collections if each is not chosen)]
    return table_file(f"answers-{chosen.event.key.lower()}", {each.event.key: _grid(each) for each in ordered})


def _grid(collection: Collection) -> list[list[str]]:
    heads = [f"{d.session.local_start:%Y-%m-%d %H:%M} {where(d.session)}".strip() for d in collection.by_date]
    rows = [
        [found.party.name, found.party.key, region_of(found.party), *(cell.value for cell in found.cells)]
        for found in collection.by_party
    ]
    return [["Trust", "ODS code", "Region", *heads], *rows]


ANSWER_FILTERS = (
    ("come", "Can come"),
    ("yes", "Yes"),
    ("if-need-be", "If need be"),
    ("no", "No"),
    ("one", "One of two"),
    ("none", "Not answered"),
)


def matches(cell: Cell, answer: str) -> bool:
    """Whether a cell is what a filter in the address asks for; one that is not known lets everything through."""
    tests = {
        "come": cell.can_come,
        "yes": cell is Cell.YES,
        "if-need-be": cell is Cell.IF_NEED_BE,
        "no": cell is Cell.NO,
        "one": cell.one_of_two,
        "none": cell is Cell.NONE,
    }
    return tests.get(answer, True)


def date_rows(collection: Collection, regions: Sequence[str]) -> list[DateRow]:
    """The rows of the heat table."""
    return [
        DateRow(
            date.session,
            where(date.session),
            date,
            verdict_of(collection, date),
            tuple(RegionCell(region, *date.by_region.get(region, (0, 0))) for region in regions),
        )
        for date in collection.by_date
    ]


def regions_of(parties: Sequence[Party]) -> list[str]:
    """The regions of some parties, north to south, then others; "" for those without a Trust."""
    present = {region_of(party) for party in parties}
    known = [region for region in REGION_LETTERS if region in present]
    return known + sorted(present - set(known))


def summary_of(collection: Collection) -> list[tuple[str, str]]:
    """The figures above the table: how many parties are complete, wait, have not started."""
    stages, (one, many) = collection.stages, noun_of(collection.parties)
    total = len(collection.parties)
    figures = [(formatting.of(stages[Stage.COMPLETE], total), f"{one if total == 1 else many} complete")]
    for stage, words in (
        (Stage.ONE_MISSING, ("waits for one person", "wait for one person")),
        (Stage.BOTH_MISSING, ("waits for both people", "wait for both people")),
        (Stage.NOT_STARTED, ("has not started", "have not started")),
    ):
        if stages[stage]:
            figures.append((formatting.number(stages[stage]), words[stages[stage] != 1]))
    return figures


def missing_parties(collections: Sequence[Collection], asked: Sequence[Asked]) -> list[MissingParty]:
    """The parties with somebody missing, over several events at once, by name."""
    waiting = {one.person.id: one for one in asked}
    found: dict[str, tuple[Party, dict[int, Person], bool]] = {}
    for collection in collections:
        for progress in collection.by_party:
            party, people, started = found.get(progress.party.key, (progress.party, {}, False))
            people |= {person.id: person for person, _ in progress.left}
            found[progress.party.key] = party, people, started or progress.started
    parties = [
        MissingParty(
            party,
            tuple(_missing_person(waiting[i], collections) for i in people if i in waiting),
            started,
        )
        for party, people, started in found.values()
        if people
    ]
    return sorted(parties, key=lambda one: (one.party.name, one.party.key))


def where(session: Session) -> str:
    """The town of a date, or "online"."""
    if session.venue is None:
        return ""
    return "online" if session.venue.is_online else session.venue.town or session.venue.name


def dates_in_words(sessions: Sequence[Session]) -> str:
    """ "21 January and 28 January"."""
    return formatting.listed(formatting.short_day(s.starts_at, s.time_zone) for s in sessions)


def _missing_person(one: Asked, collections: Sequence[Collection]) -> MissingPerson:
    counted = sum(len(collection.counted.get(one.person.id, ())) for collection in collections)
    return MissingPerson(one, counted - one.left, counted)


def _what_would_help(collections: Sequence[Collection]) -> tuple[Helps, list[AskParty]] | None:
    """Whose Yes would help the newest plan that advice was worked out for, among the events that are shown."""
    row = newest_advice(g.programme)
    if row is None:
        return None
    helps = Helps(row.plan, row)
    shown = {session.key for collection in collections for session in collection.sessions}
    asks = [ask for ask in helps.asks if ask.found.session in shown]
    return (helps, by_party(asks)[:MOST_FIRST]) if asks else None


def _missing_facilitators(collections: Sequence[Collection]) -> list[tuple[Person, int]]:
    return [
        (person, collection.left[person.id])
        for collection in collections
        for person in collection.facilitators
        if person.id in collection.left
    ]
