"""What the demo's people said: most answered, some stopped half-way, some wait for their partner, a few never began."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from scheduler.models import Answer, Event, EventKind, GivenIn, Pair, Person, Session, Standing

NOT_STARTED = 2  # pairs
ONE_PERSON_ONLY = 2  # pairs
STOPPED_HALF_WAY = 4  # people, who gave up before the sets

# How likely a pair as a whole is to say yes, and if need be; the rest is no.
BIG_DAYS = (0.80, 0.13)
OTHER_DAYS = (0.58, 0.20)
FACILITATORS = (0.75, 0.0)


def answers(
    events: list[Event],
    pairs: list[Pair],
    alone: list[Person],
    random: Random,
    at: datetime,
) -> list[dict[str, Any]]:
    """Rows of ``Availability``: what each person answered, within the last week; ``alone`` are those in no pair."""
    silent = set(_ids(random.sample(pairs, NOT_STARTED + ONE_PERSON_ONLY)))
    never_began = set(_ids([pair for pair in pairs if pair.id in silent][:NOT_STARTED]))
    half_way = {person.id for person in random.sample([p for pair in pairs for p in pair.people], STOPPED_HALF_WAY)}
    rows: list[dict[str, Any]] = []

    def add(person: Person, session: Session, answer: Answer) -> None:
        if person.id in half_way and session.event.kind is EventKind.SETS:
            return
        moment = at - timedelta(minutes=random.randint(5, 7 * 24 * 60))
        rows.append(
            {
                "programme_id": person.programme_id, "person_id": person.id, "session_id": session.id,
                "answer": answer, "answered_at": moment, "given_in": GivenIn.DEMO,
            }
        )  # fmt: skip

    for pair in pairs:
        keen = random.uniform(-0.12, 0.12)
        for event in _events_for(pair, events):
            chances = OTHER_DAYS if event.kind in (EventKind.WORKSHOP, EventKind.SETS) else BIG_DAYS
            for session in event.sessions:
                together = _say(chances, keen, random)
                # The pair's answer is the lesser of two: one of them says it, the other perhaps more.
                other = together if random.random() < 0.5 else random.choice(_at_least(together))
                said = [together, other] if random.random() < 0.5 else [other, together]
                if pair.id in never_began:
                    continue
                for person, answer in zip(pair.people[: 1 if pair.id in silent else 2], said, strict=False):
                    add(person, session, answer)
    for person in alone:
        leads = person.standing is Standing.FACILITATOR
        for session in _sessions(events, EventKind.SETS if leads else EventKind.CONFERENCE):
            add(person, session, _say(FACILITATORS if leads else BIG_DAYS, 0.0, random))
    return rows


def _events_for(pair: Pair, events: list[Event]) -> Iterable[Event]:
    return (e for e in events if pair.trust.region in e.audience.get("regions", [pair.trust.region]))


def _sessions(events: list[Event], kind: EventKind) -> Iterable[Session]:
    return (session for event in events if event.kind is kind for session in event.sessions)


def _say(chances: tuple[float, float], keen: float, random: Random) -> Answer:
    yes, if_need_be = chances
    drawn = random.random() - keen
    if drawn < yes:
        return Answer.YES
    return Answer.IF_NEED_BE if drawn < yes + if_need_be else Answer.NO


def _at_least(answer: Answer) -> list[Answer]:
    return {
        Answer.YES: [Answer.YES],
        Answer.IF_NEED_BE: [Answer.IF_NEED_BE, Answer.YES],
        Answer.NO: [Answer.NO, Answer.IF_NEED_BE, Answer.YES],
    }[answer]


def _ids(pairs: Iterable[Pair]) -> list[int]:
    return [pair.id for pair in pairs]
