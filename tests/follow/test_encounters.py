"""Who has met whom: from attendance, the plan of the day and earlier years; and counted by hand beside it."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from random import Random

import pytest

from scheduler.clock import now
from scheduler.extensions import db
from scheduler.follow.encounters import Ledger, add_next_chances, met_in_short
from scheduler.models import EarlierEncounter, EncountersBrought, Pair, PlanStatus, Presence, Session
from scheduler.plan.encounters import How
from scheduler.plan.problems import problem_for
from tests.builders import (
    a_pair,
    a_plan,
    a_programme,
    a_session,
    a_set,
    an_event,
    attended,
    both_answered,
    keep,
    placed,
    sets_event,
)
from tests.queries import queries_sent

WEEK = timedelta(days=7)


@pytest.fixture
def programme(app):
    return a_programme()


@pytest.fixture
def pairs(programme) -> list[Pair]:
    return [a_pair(programme, region=region) for region in ("North West", "Midlands", "London", "London")]


def past(event, weeks: int = 1) -> Session:
    return a_session(event, now() - weeks * WEEK)


def codes(*pairs: Pair) -> list[str]:
    return [pair.trust.ods_code for pair in pairs]


def here(pair: Pair, session: Session, state: Presence = Presence.PRESENT) -> None:
    attended(pair.director, session, state)


def brought(programme, one: Pair, other: Pair, held_on: str = "2025", occasion: str = "Summer school") -> None:
    first, second = sorted((one.trust, other.trust), key=lambda trust: trust.ods_code)
    keep(
        EarlierEncounter(
            programme=programme, brought_id=keep(EncountersBrought(programme=programme, source="2025.csv")).id,
            one=first, other=second, held_on=held_on, occasion=occasion,
        )
    )  # fmt: skip


def previous(programme, events=None) -> dict[frozenset[str], int]:
    met = problem_for(programme, events)["previous_encounters"]
    return {frozenset((one, other)): times for one, other, times in met}


def test_attendance_says_who_met_where_it_was_taken_and_the_plan_where_it_was_not(programme, pairs):
    one, two, three, four = pairs
    plan = a_plan(programme)
    taken, not_taken, ahead = past(an_event(programme), 2), past(an_event(programme)), a_session(an_event(programme))
    for session in (taken, not_taken):
        placed(plan, session, one, two, three)
    placed(plan, ahead, one, two, four)
    here(one, taken)
    here(two, taken, Presence.DEPUTY)
    here(three, taken, Presence.ABSENT)
    here(four, taken)  # walked in

    ledger = Ledger(programme)

    a, b, c, d = codes(*pairs)
    assert ledger.state(a, b) is How.MET
    assert ledger.state(a, d) is How.MET
    assert ledger.state(a, c) is How.PLANNED
    assert ledger.state(c, d) is None
    assert (ledger.figures.pairs, ledger.figures.met, ledger.figures.planned, ledger.figures.ahead) == (6, 5, 2, 0)
    assert ledger.met_by(c) == 2


def test_everyone_in_one_room_is_no_encounter_and_nor_is_a_withdrawn_date(programme, pairs):
    plan = a_plan(programme)
    placed(plan, past(an_event(programme, encounters=False)), *pairs)
    placed(plan, a_session(an_event(programme), now() - WEEK, withdrawn_at=now() - 2 * WEEK), *pairs)

    assert Ledger(programme).figures.met == 0


def test_a_set_counts_once_however_often_it_met_and_by_who_was_in_it_that_day(programme, pairs):
    one, two, three, four = pairs
    event = sets_event(programme, rounds=2, slots=1)
    first, second = event.sessions
    for session, weeks in ((first, 5), (second, 1)):
        session.starts_at = now() - weeks * WEEK
        session.ends_at = session.starts_at + timedelta(hours=3)
    db.session.commit()
    a_set(a_plan(programme, PlanStatus.SUPERSEDED, published_at=now() - 8 * WEEK), 1, [one, two], [first, second])
    newer = a_plan(programme, published_at=now() - 3 * WEEK)
    a_set(newer, 1, [one, three], [first, second])
    a_set(newer, 2, [two, four], [first, second])
    here(one, second)
    here(two, second)
    here(four, second)

    ledger = Ledger(programme)

    a, b, c, d = codes(*pairs)
    assert ledger.state(a, b) is How.PLANNED  # in round 1, by the plan of that day; in round 2 they sat in other sets
    assert ledger.state(a, c) is None  # in round 2 only one of them came
    assert ledger.state(b, d) is How.MET
    assert previous(programme) == {}
    asked(programme, pairs)
    assert previous(programme) == {frozenset((a, b)): 1, frozenset((b, d)): 1}


def asked(programme, pairs) -> Session:
    """An event to plan, so that the problem knows these pairs."""
    session = a_session(an_event(programme))
    for pair in pairs:
        both_answered(pair, session)
    return session


def test_earlier_years_count_with_what_was_met_and_feed_the_next_problem(programme, pairs):
    one, two, three, _ = pairs
    session = past(an_event(programme))
    placed(a_plan(programme), session, one, two)
    here(one, session)
    here(two, session)
    brought(programme, one, two)
    brought(programme, two, three, "2024-03-12", "")
    asked(programme, pairs)

    ledger = Ledger(programme)

    a, b, c, _ = codes(*pairs)
    assert ledger.figures.met == 2
    assert previous(programme) == {frozenset((a, b)): 2, frozenset((b, c)): 1}
    [met] = [other for other in ledger.of(a) if other.trust is two.trust]
    assert (met.behind[0].title, met.behind[0].when) == ("Summer school", "2025")
    assert [shared.when for other in ledger.of(c) for shared in other.behind] == ["12 March 2024"]


def test_a_published_place_that_is_planned_anew_is_no_previous_encounter_and_one_that_is_kept_is(programme, pairs):
    one, two, *_ = pairs
    plan = a_plan(programme)
    again, kept = asked(programme, pairs), asked(programme, pairs)
    placed(plan, again, one, two)
    placed(plan, kept, one, two)

    assert previous(programme) == {}
    assert previous(programme, [again.event]) == {frozenset(codes(one, two)): 1}


def test_members_who_stay_in_their_set_have_not_met_before_as_far_as_its_next_round_goes(programme, pairs):
    event = sets_event(programme, rounds=2, slots=1)
    first, second = event.sessions
    first.starts_at, first.ends_at = now() - WEEK, now() - WEEK + timedelta(hours=3)
    db.session.commit()
    a_set(a_plan(programme, published_at=now() - 2 * WEEK), 1, pairs[:3], [first, second])
    for pair in pairs:
        both_answered(pair, second)

    assert problem_for(programme)["sets"] != []
    assert previous(programme) == {}
    assert Ledger(programme).figures.met == 3


def test_what_a_trust_may_look_forward_to(programme, pairs):
    one, two, three, four = pairs
    published = asked(programme, pairs)
    placed(a_plan(programme), published, one, two)
    workshop = an_event(programme, title="Workshop 9", audience={"who": "pairs", "regions": ["North West", "London"]})
    a_session(workshop, "2099-03-02 09:30")
    ledger = Ledger(programme)

    others = ledger.of(one.trust.ods_code)
    add_next_chances(ledger, one.trust.ods_code, others)

    found = {other.trust.ods_code: other for other in others}
    assert [shared.title for shared in found[two.trust.ods_code].ahead] == [published.event.title]
    assert found[three.trust.ods_code].next_chance == "Workshop 9, from 2 March"
    assert met_in_short(one.director) == ["You have met 0 of 3 Trusts"]
    assert met_in_short(four.director) == []


def test_who_has_left_keeps_the_past_and_counts_no_more(programme, pairs):
    one, two, three, four = pairs
    placed(a_plan(programme), past(an_event(programme)), one, two)
    two.left_on = now().date()
    four.left_on = now().date()
    db.session.commit()

    ledger = Ledger(programme)

    assert (ledger.figures.pairs, ledger.figures.met) == (1, 0)
    assert [other.trust.ods_code for other in ledger.of(one.trust.ods_code)] == codes(two, three)


@pytest.mark.parametrize("seed", range(6))
def test_it_counts_as_brute_force_does(programme, seed):
    random = Random(seed)
    regions = ("London", "Midlands", "North West")
    pairs = [a_pair(programme, region=random.choice(regions)) for _ in range(random.randint(2, 7))]
    plan = a_plan(programme, published_at=now() - 99 * WEEK)
    known, by_plan, ahead = set(), set(), set()
    for _ in range(5):
        event = an_event(programme, encounters=random.random() < 0.8)
        is_past = random.random() < 0.6
        session = past(event, random.randint(1, 50)) if is_past else a_session(event)
        group = random.sample(pairs, random.randint(0, len(pairs)))
        placed(plan, session, *group)
        came = [pair for pair in pairs if is_past and random.random() < 0.4]
        for pair in came:
            here(pair, session)
        if event.encounters:
            kind = known if came else by_plan if is_past else ahead
            kind |= {frozenset(two) for two in combinations(codes(*(came or group)), 2)}
    for one, other in combinations(pairs, 2):
        if random.random() < 0.15:
            brought(programme, one, other)
            known.add(frozenset(codes(one, other)))

    ledger = Ledger(programme)

    met = known | by_plan
    assert ledger.figures.pairs == len(pairs) * (len(pairs) - 1) // 2
    assert ledger.figures.met == len(met)
    assert ledger.figures.planned == len(by_plan - known)
    assert ledger.figures.ahead == len(ahead - met)
    for pair in pairs:
        [code] = codes(pair)
        assert ledger.met_by(code) == sum(code in two for two in met)
        assert sum(other.has_met for other in ledger.of(code)) == ledger.met_by(code)
    grouped = ledger.regions()
    cells = [ledger.between(some, others) for i, (_, some) in enumerate(grouped) for _, others in grouped[i:]]
    assert (sum(met for met, _ in cells), sum(whole for _, whole in cells)) == (len(met), ledger.figures.pairs)


def test_the_ledger_is_read_in_a_number_of_queries_that_grows_with_nothing(programme):
    def sent() -> int:
        db.session.expire_all()
        with queries_sent() as queries:
            ledger = Ledger(programme)
            assert ledger.figures.pairs
            ledger.of(ledger.trusts[0].ods_code)
        return len(queries)

    plan = a_plan(programme)
    placed(plan, past(an_event(programme)), *[a_pair(programme) for _ in range(2)])
    few = sent()
    for _ in range(3):
        placed(plan, past(an_event(programme)), *[a_pair(programme) for _ in range(3)])

    assert sent() == few
