"""Every page, from the application's own map of routes, for everyone: axe, narrow screens, keyboard, no stranger asked.

A route that shows a page and is not in the list below fails its test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from scheduler import Convene, create_app, organisers
from scheduler.config import Settings
from scheduler.extensions import db
from tests.conftest import make_tables
from tests.journeys.accessibility import assert_accessible, assert_fits, assert_keyboard_reaches_everything
from tests.journeys.conftest import PHONE, Running, Window, free_port, serving
from tests.journeys.filled import Filled, brought_to, fill

TOP = "/programmes/{f.programme.slug}"
PAGES = {
    "sign_in.ask": ["/sign-in"],
    "sign_in.asked": ["/sign-in/asked"],
    "sign_in.use": ["/sign-in/{fresh_link}", "/sign-in/spent"],
    "help.how_to": ["/help"],
    "help.privacy": ["/privacy"],
    "help.accessibility": ["/accessibility"],
    "programmes.every": ["/programmes"],
    "programmes.new": ["/programmes/new"],
    "account.own": ["/account"],
    "system.state": ["/system"],
    "system.mail": ["/system/mail"],
    "system.message": ["/system/mail/{f.sent.id}"],
    "participant.page": [
        "/p/{director}",
        "/p/{director}?show=date",
        "/p/{without_partner}",
        "/p/{stakeholder}",
        "/p/{sponsor}",
        "/p/{facilitator}",
        "/p/{f.old_token}",
        "/p/unknown",
    ],
    "subscribing.page": ["/p/{director}/calendar?remind=1-day&whole-days=yes", "/p/{without_partner}/calendar"],
    "cannot_come.say": [
        "/p/{director}/dates/{f.invitation.id}/cannot-come",
        "/p/{director}/dates/0/cannot-come",
    ],
    "participant.find_my_link": ["/find-my-link"],
    "own_intention.page": ["/p/{director}/intention", "/p/{without_partner}/intention"],
    "own_directory.page": ["/p/{director}/directory", "/p/{without_partner}/directory"],
    "participant.link_is_on_its_way": ["/find-my-link/sent"],
    "home.home": [TOP],
    "apologies.every": [f"{TOP}/apologies"],
    "people.pairs": [f"{TOP}/people", f"{TOP}/people?missing=sponsor", f"{TOP}/people?find=nobody"],
    "people.person": [f"{TOP}/people/{{f.pair.director.id}}", f"{TOP}/people/{{f.stakeholder.id}}"],
    "people.new_link": [f"{TOP}/people/{{f.pair.director.id}}/new-link"],
    "people.trust": [f"{TOP}/trusts/{{f.pair.trust.ods_code}}", f"{TOP}/trusts/{{f.alone.trust.ods_code}}"],
    "people.needs": [f"{TOP}/people/needs"],
    "merging.undo": [f"{TOP}/people/merge/{{f.merging.id}}/undo"],
    "merging.merge": [f"{TOP}/people/merge", f"{TOP}/people/merge?kept={{f.pair.director.id}}"],
    "personal_data.held": [f"{TOP}/people/{{f.pair.director.id}}/held"],
    "personal_data.erase": [f"{TOP}/people/{{f.pair.director.id}}/erase"],
    "retention.page": [f"{TOP}/settings/retention"],
    "details.page": ["/p/{director}/details"],
    "details.held": ["/p/{director}/details/held"],
    "details.leave": ["/p/{director}/details/leave"],
    "details.confirm": ["/confirm-address/unknown"],
    "joining.new": [f"{TOP}/people/new"],
    "joining.leave": [f"{TOP}/people/{{f.pair.director.id}}/leave", f"{TOP}/people/{{f.stakeholder.id}}/leave"],
    "importing.choose": [f"{TOP}/people/import"],
    "importing.check": [f"{TOP}/people/import/{{f.checked_import}}", f"{TOP}/people/import/{{f.written_import}}"],
    "events.every": [f"{TOP}/events"],
    "events.new": [f"{TOP}/events/new"],
    "events.event": [f"{TOP}/events/{{f.workshop.event_id}}", f"{TOP}/events/{{f.sets.event_id}}"],
    "events.change": [f"{TOP}/events/{{f.workshop.event_id}}/change", f"{TOP}/events/{{f.sets.event_id}}/change"],
    "events.new_session": [
        f"{TOP}/events/{{f.workshop.event_id}}/sessions/new",
        f"{TOP}/events/{{f.sets.event_id}}/sessions/new",
    ],
    "events.session": [f"{TOP}/events/{{f.workshop.event_id}}/sessions/{{f.workshop.id}}"],
    "proposals.page": ["/p/{director}/proposals"],
    "proposals.every": [f"{TOP}/proposals"],
    "proposals.decide": [f"{TOP}/proposals/{{f.proposal.id}}"],
    "interviews.every": [f"{TOP}/interviews"],
    "interviews.new": [f"{TOP}/interviews/new"],
    "interviews.one": [f"{TOP}/interviews/{{f.inquiry.id}}"],
    "interviews.heard": [f"{TOP}/interviews/{{f.inquiry.id}}/heard/{{f.pair.trust.ods_code}}"],
    "interviews.themes": [f"{TOP}/events/{{f.workshop.event_id}}/themes"],
    "rules.audience": [f"{TOP}/events/{{f.workshop.event_id}}/audience"],
    "rules.every": [f"{TOP}/events/{{f.workshop.event_id}}/rules", f"{TOP}/events/{{f.sets.event_id}}/rules"],
    "series.repeat": [f"{TOP}/events/{{f.workshop.event_id}}/repeat"],
    "series.copy": [f"{TOP}/events/{{f.workshop.event_id}}/copy"],
    "series.rounds": [f"{TOP}/events/{{f.sets.event_id}}/rounds"],
    "events.new_venue": [f"{TOP}/events/venues/new"],
    "venues.every": [f"{TOP}/venues"],
    "venues.change": [f"{TOP}/venues/{{f.workshop.venue_id}}"],
    "writing.new": [f"{TOP}/messages/new"],
    "not_placed.tell": [f"{TOP}/plans/{{f.published.number}}/unplaced/tell"],
    "facilitators.new": [f"{TOP}/events/{{f.sets.event_id}}/facilitators/new"],
    "facilitators.change": [f"{TOP}/events/{{f.sets.event_id}}/facilitators/{{f.sets.facilitator_id}}"],
    "facilitators.take_away": [f"{TOP}/events/{{f.sets.event_id}}/facilitators/{{f.sets.facilitator_id}}/take-away"],
    "collect.table": [
        f"{TOP}/collect",
        f"{TOP}/collect?view=pair",
        f"{TOP}/collect?event={{f.closed.event_id}}",
        f"{TOP}/collect?event={{f.sets.event_id}}",
    ],
    "collect.session": [
        f"{TOP}/collect/sessions/{{f.workshop.id}}",
        f"{TOP}/collect/sessions/{{f.workshop.id}}?region=Midlands&answer=no",
    ],
    "collect.missing_people": [f"{TOP}/collect/missing"],
    "collect.ask": [f"{TOP}/collect/ask"],
    "collect.close": [f"{TOP}/collect/close", f"{TOP}/collect/close?event={{f.closed.event_id}}"],
    "collect.person": [f"{TOP}/collect/people/{{f.pair.director.id}}", f"{TOP}/collect/people/{{f.alone.director.id}}"],
    "collect.decide": [f"{TOP}/collect/decide"],
    "collect.remind": [f"{TOP}/collect/remind"],
    "plans.gallery": [f"{TOP}/plans"],
    "plans.new": [f"{TOP}/plans/new"],
    "plans.view": [
        f"{TOP}/plans/{{f.draft.number}}",
        f"{TOP}/plans/{{f.published.number}}",
        f"{TOP}/plans/{{f.impossible.number}}",
    ],
    "plans.progress": [
        f"{TOP}/plans/{{f.running.number}}/progress",
        f"{TOP}/plans/{{f.draft.number}}/progress",
        f"{TOP}/plans/{{f.impossible.number}}/progress",
    ],
    "plans.session": [
        f"{TOP}/plans/{{f.draft.number}}/sessions/{{f.workshop.id}}",
        f"{TOP}/plans/{{f.published.number}}/sessions/{{f.workshop.id}}",
    ],
    "plans.learning_set": [f"{TOP}/plans/{{f.draft.number}}/sets/{{f.sets.number}}"],
    "plans.unplaced": [f"{TOP}/plans/{{f.draft.number}}/unplaced"],
    "plans.advice": [
        f"{TOP}/plans/{{f.draft.number}}/advice",
        f"{TOP}/plans/{{f.published.number}}/advice",
    ],
    "plans.later_answers": [f"{TOP}/plans/{{f.published.number}}/later-answers"],
    "plans.explain": [f"{TOP}/plans/{{f.draft.number}}/explain/{{f.pair.trust.ods_code}}"],
    "plans.locks": [f"{TOP}/plans/{{f.draft.number}}/locks"],
    "plans.add_lock": [
        f"{TOP}/plans/{{f.draft.number}}/locks/new?session={{f.workshop.id}}",
        f"{TOP}/plans/{{f.draft.number}}/locks/new?set={{f.sets.number}}",
    ],
    "plans.move": [
        f"{TOP}/plans/{{f.draft.number}}/move?event=W1&party={{f.pair.trust.ods_code}}",
        f"{TOP}/plans/{{f.draft.number}}/move?event={{f.sets.event.key}}&party={{f.pair.trust.ods_code}}",
        f"{TOP}/plans/{{f.published.number}}/move?event=W1&party={{f.pair.trust.ods_code}}",
    ],
    "plans.board": [
        f"{TOP}/plans/{{f.draft.number}}/board?event=W1",
        f"{TOP}/plans/{{f.draft.number}}/board?event=W1&move={{f.pair.trust.ods_code}}",
        f"{TOP}/plans/{{f.draft.number}}/board?event={{f.sets.event.key}}&set={{f.sets.number}}",
        f"{TOP}/plans/{{f.published.number}}/board",
    ],
    "plans.compare": [f"{TOP}/plans/{{f.draft.number}}/compare/{{f.published.number}}"],
    "plans.what_if": [f"{TOP}/plans/{{f.draft.number}}/what-if"],
    "plans.tried": [f"{TOP}/plans/{{f.draft.number}}/what-if/{{f.tried.id}}"],
    "plans.plan_the_rest": [f"{TOP}/plans/{{f.draft.number}}/board/again"],
    "publishing.publish": [f"{TOP}/plans/{{f.draft.number}}/publish", f"{TOP}/plans/{{f.published.number}}/publish"],
    "messages.outbox": [f"{TOP}/messages", f"{TOP}/messages?state=failed"],
    "messages.message": [f"{TOP}/messages/{{f.sent.id}}", f"{TOP}/messages/{{f.failed.id}}"],
    "cohorts.every": [f"{TOP}/cohorts"],
    "cohorts.new": [f"{TOP}/cohorts/new"],
    "cohorts.one": [f"{TOP}/cohorts/{{f.pair.cohort_id}}"],
    "intentions.every": [f"{TOP}/intentions", f"{TOP}/intentions?show=none"],
    "intentions.themes": [f"{TOP}/intentions/themes"],
    "intentions.together": [f"{TOP}/intentions/together?theme=data"],
    "sponsors.every": [f"{TOP}/sponsors"],
    "sponsors.ask": [f"{TOP}/sponsors/ask"],
    "settings.every": [f"{TOP}/settings"],
    "evaluation.every": [f"{TOP}/evaluation"],
    "evaluation.ask": [f"{TOP}/evaluation/waves/{{f.wave.id}}/ask"],
    "relations.page": ["/p/{director}/evaluation"],
    "settings.programme": [f"{TOP}/settings/programme"],
    "roles.every": [f"{TOP}/settings/people-and-roles"],
    "roles.one": [f"{TOP}/settings/people-and-roles/{{f.organiser.roles[0].id}}"],
    "audit.every": [f"{TOP}/audit", f"{TOP}/audit?who=nobody"],
    "settings.wordings": [f"{TOP}/settings/wording"],
    "settings.one": [f"{TOP}/settings/wording/ask", f"{TOP}/settings/wording/invitation"],
    "replies.every": [f"{TOP}/replies", f"{TOP}/replies?state=Accepted"],
    "replies.invitation": [f"{TOP}/replies/invitations/{{f.invitation.id}}"],
    "replies.held": [f"{TOP}/replies/held"],
    "replies.received": [f"{TOP}/replies/received"],
    "replies.message": [f"{TOP}/replies/{{f.to_judge}}", f"{TOP}/replies/{{f.letter}}"],
    "replies.declined": [f"{TOP}/replies/declined"],
    "replies.bounced": [f"{TOP}/replies/bounced"],
    "free_seats.every": [f"{TOP}/free-seats"],
    "free_seats.offer": [f"{TOP}/free-seats/offer?session={{f.offered.session_id}}&party={{f.offered.party}}"],
    "free_seats.give_up": [f"{TOP}/free-seats/give-up/{{f.declined.id}}"],
    "set_page.mine": ["/p/{director}/set", "/p/{facilitator}/set", "/p/{stakeholder}/set"],
    "set_page.message": ["/p/{facilitator}/set/led/{f.sets.event_id}/{f.sets.number}/message"],
    "plans.propose": [f"{TOP}/plans/{{f.draft.number}}/propose"],
    "plans.objections_page": [f"{TOP}/plans/{{f.draft.number}}/objections"],
    "sets.every": [f"{TOP}/sets"],
    "sets.one": [f"{TOP}/sets/{{f.own_set.number}}"],
    "sets.release": [f"{TOP}/sets/{{f.own_set.number}}/release"],
    "sets.release_all": [f"{TOP}/sets/release"],
    "sets.facilitator": [f"{TOP}/sets/{{f.own_set.number}}/facilitator"],
    "own_sets.page": ["/p/{director}/set/{f.own_set.id}"],
    "own_sets.offer": ["/p/{director}/set/{f.own_set.id}/dates"],
    "own_sets.settle": ["/p/{director}/set/{f.own_set.id}/settle/{f.offered_date.id}"],
    "own_sets.move": ["/p/{director}/set/{f.own_set.id}/meetings/{f.own_meeting.id}"],
    "own_sets.cancel": ["/p/{director}/set/{f.own_set.id}/meetings/{f.own_meeting.id}/cancel"],
    "own_set_people.ask": ["/p/{director}/set/{f.own_set.id}/ask"],
    "own_set_people.leave": ["/p/{director}/set/{f.own_set.id}/leave"],
    "own_set_people.close": ["/p/{director}/set/{f.own_set.id}/close"],
    "seat_offers.answer": ["/p/{offered_to}/offer/{f.offered.id}"],
    "encounters.every": [f"{TOP}/encounters"],
    "encounters.trust": [f"{TOP}/encounters/{{f.pair.trust.ods_code}}"],
    "earlier.every": [f"{TOP}/encounters/earlier"],
    "earlier.check": [f"{TOP}/encounters/earlier/{{brought}}"],
    "reach.every": [f"{TOP}/reach"],
    "board_report.page": [f"{TOP}/board-report"],
    "fairness.every": [f"{TOP}/fairness", f"{TOP}/fairness?by=bent"],
    "met.page": ["/p/{director}/met", "/p/{stakeholder}/met"],
    "attendance.every": [f"{TOP}/attendance"],
    "rooms.page": [f"{TOP}/sessions/{{f.under_way.id}}", f"{TOP}/sessions/{{f.workshop.id}}"],
    "check_in.page": [
        f"{TOP}/sessions/{{f.under_way.id}}/check-in",
        f"{TOP}/sessions/{{f.under_way.id}}/check-in?show=not-here&find=zz",
        f"{TOP}/sessions/{{f.workshop.id}}/check-in",
    ],
    "check_in.person": [f"{TOP}/sessions/{{f.under_way.id}}/check-in/people/{{f.under_way.key}}"],
    "check_in.helpers": [f"{TOP}/sessions/{{f.under_way.id}}/check-in/helpers"],
    "helper_desk.page": ["/check-in/{f.under_way.token}", "/check-in/unknown"],
    "helper_desk.person": ["/check-in/{f.under_way.token}/people/{f.under_way.key}"],
    "helper_desk.badge": ["/badge/{f.under_way.id}/{f.pair.director.id}"],
    "printing.badges": [f"{TOP}/sessions/{{f.under_way.id}}/print/badges"],
    "printing.sign_in_sheet": [f"{TOP}/sessions/{{f.under_way.id}}/print/sign-in-sheet"],
    "printing.tables": [f"{TOP}/sessions/{{f.under_way.id}}/print/tables"],
    "certificates.every": [f"{TOP}/sessions/{{f.under_way.over.id}}/print/certificates"],
    "certificates.own": ["/p/{director}/certificate/{f.under_way.over.id}"],
    "notices.change": [f"{TOP}/settings/around-sessions"],
    "tables.plan": [f"{TOP}/sessions/{{f.under_way.id}}/tables", f"{TOP}/sessions/{{f.workshop.id}}/tables"],
    "no route": ["/nowhere", f"{TOP}/people/0"],
}
# Of each route one page is looked at closely; its other states share most of it.
FIRST = {addresses[0] for addresses in PAGES.values()}
# Answers that are no pages: redirects, files, and what machines ask.
NO_PAGES = {
    "static",
    "sign_in.start",
    "health.alive",
    "health.ready",
    "feeds.feed",
    "feeds.date",
    "details.held_as_file",
    "people.file",
    "importing.empty_file",
    "importing.faults",
    "collect.download",
    "intentions.download",
    "plans.file",
    "plans.problem",
    "plans.table",
    "replies.as_text",
    "replies.as_workbook",
    "evaluation.download",
    "attendance.download",
    "check_in.state",
    "helper_desk.state",
    "tables.progress",
    "plans.board_places",
    "encounters.download",
    "plans.compare_ticked",
    "fairness.download",
    "earlier.template",
    "reach.download",
}
# Pages with a form, and the button that is pressed while nothing is filled in.
MISTAKES = {
    "/p/{director}/set/{f.own_set.id}/dates": "Offer these dates",
    f"{TOP}/sessions/{{f.under_way.id}}/check-in/helpers": "Make a link",
    "/sign-in": "Email me a log-in link",
    "/find-my-link": "Send me my link",
    "/p/{director}/dates/{f.invitation.id}/cannot-come": "Tell the organisers",
    f"{TOP}/events/new": "Save and continue",
    f"{TOP}/events/{{f.workshop.event_id}}/sessions/new": "Save and continue",
    f"{TOP}/events/venues/new": "Save and continue",
    f"{TOP}/people/import": "Continue",
    f"{TOP}/collect/ask": "See the email",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Filled]]:
    """One server with the filled programme for all these pages: a GET changes nothing."""
    instance = tmp_path_factory.mktemp("filled")
    make_tables(Settings(instance=instance))
    app = create_app(Settings(instance=instance, PORT=free_port()))
    with app.app_context(), serving(app) as running:
        yield running, fill(app)
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def logged_in(house: tuple[Running, Filled], browser: Browser) -> StorageState:
    """The cookies of the organiser."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(organisers.printed_link(house[1].organiser))
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    state = context.storage_state()
    context.close()
    return state


# Parts that follow work in progress (refresh.js) rest while nobody looks: a page that is looked at holds still.
HOLD_STILL = 'Object.defineProperty(document, "hidden", { value: true })'


@pytest.fixture
def desk(house: tuple[Running, Filled], window: Window, logged_in: StorageState) -> Page:
    page = window(house[0].origin, storage_state=logged_in)
    page.add_init_script(HOLD_STILL)
    return page


def address(house: tuple[Running, Filled], template: str) -> str:
    """A whole address, with the secrets that this one needs."""
    running, filled = house
    secrets: dict[str, Any] = {
        "director": lambda: filled.token(filled.pair.director),
        "without_partner": lambda: filled.token(filled.alone.director),
        "stakeholder": lambda: filled.token(filled.stakeholder),
        "sponsor": lambda: filled.token(filled.pair.sponsor),
        "offered_to": lambda: filled.token(filled.alone.director),
        "facilitator": lambda: filled.token(filled.sets.facilitator.person),
        "brought": lambda: brought_to(filled).id,
        "fresh_link": lambda: organisers.printed_link(filled.organiser).rpartition("/")[2],
    }
    needed = {name: make() for name, make in secrets.items() if f"{{{name}}}" in template}
    return running.origin + template.format(f=filled, **needed)


def look_at(page: Page, *, closely: bool = True) -> None:
    """Hold a page that is open to what everyone needs: on a phone, at 400% zoom; closely also on a desk, by keys."""
    if closely:
        assert_accessible(page)
        assert_keyboard_reaches_everything(page)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    assert_fits(page)
    assert_accessible(page)


def test_every_route_that_shows_a_page_is_looked_at(house: tuple[Running, Filled]) -> None:
    app: Convene | None = house[0].app
    assert app is not None
    shown = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}

    assert shown - NO_PAGES == set(PAGES) - {"no route"}


@pytest.mark.parametrize(
    "template",
    [
        each if each in FIRST else pytest.param(each, marks=pytest.mark.long)
        for addresses in PAGES.values()
        for each in addresses
    ],
)
def test_a_page_can_be_used_by_everyone(house: tuple[Running, Filled], desk: Page, template: str) -> None:
    answer = desk.goto(address(house, template))

    assert answer is not None
    assert answer.status < 500
    look_at(desk, closely=template in FIRST)


@pytest.mark.parametrize("template", MISTAKES)
def test_a_page_that_says_what_is_wrong_can_be_used_by_everyone(
    house: tuple[Running, Filled], desk: Page, template: str
) -> None:
    desk.goto(address(house, template))

    desk.locator("main").get_by_role("button", name=MISTAKES[template]).click()

    expect(desk.locator(".nhsuk-error-summary")).to_be_focused()
    look_at(desk, closely=False)
