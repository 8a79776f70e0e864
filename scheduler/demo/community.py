"""What the demo's people made of their year so far: themes, where they are, who is listed, which pair is confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import insert

from scheduler.demo.cast import THEMES
from scheduler.extensions import db
from scheduler.models import (
    DirectoryEntry,
    Headway,
    IntentionWord,
    Pair,
    Programme,
    SponsorConfirmation,
    Theme,
)

SAID = (
    (Headway.NOT_STARTED, "We wait for our new research nurse, who begins next month."),
    (Headway.STARTED, "The first clinic takes part, two more have agreed."),
    (Headway.STARTED, "We measured where we stand: it takes 74 days, and we know which 30 of them."),
    (Headway.STARTED, "Our board has asked for the first report."),
    (Headway.DIFFERENCE, "Set-up takes 41 days now, from 74."),
    (Headway.DIFFERENCE, "Every ward has a link nurse, and recruitment has doubled."),
    (Headway.CHANGED, "Money was not what held us up, time was. We now free one day a week."),
)
ASKS = (
    "how we got our board to look at research each quarter",
    "research in community clinics",
    "agreements with neighbouring Trusts",
    "bringing allied health professionals into research",
    "",
)
SAYING, EARLIER, LISTED = 0.7, 0.4, 0.35


def fill(programme: Programme, pairs: Sequence[Pair], random: Random, at: datetime) -> None:
    """Add it all; most pairs have said where they are, some twice, and a third of the people are listed."""
    db.session.execute(insert(Theme), [{"programme_id": programme.id, "name": theme} for theme in THEMES])
    db.session.execute(insert(IntentionWord), [word for pair in pairs for word in _words(pair, random, at)])
    db.session.execute(
        insert(SponsorConfirmation), [_confirmed(pair, at) for pair in pairs if pair.sponsor_confirmed_on]
    )
    db.session.execute(insert(DirectoryEntry), [entry for pair in pairs for entry in _entries(pair, random, at)])


def _words(pair: Pair, random: Random, at: datetime) -> list[dict[str, object]]:
    if random.random() > SAYING:
        return []
    days = [random.randint(1, 20), *([random.randint(60, 85)] if random.random() < EARLIER else [])]
    said = [random.choice(SAID) for _ in days]
    return [
        {
            "programme_id": pair.programme_id,
            "pair_id": pair.id,
            "person_id": random.choice(pair.people).id,
            "headway": headway,
            "words": words,
            "said_at": at - timedelta(days=ago),
        }
        for ago, (headway, words) in sorted(zip(days, said, strict=True), key=lambda one: -one[0])
    ]


def _confirmed(pair: Pair, at: datetime) -> dict[str, object]:
    days = (at.date() - pair.sponsor_confirmed_on).days if pair.sponsor_confirmed_on else 0
    return {
        "programme_id": pair.programme_id,
        "pair_id": pair.id,
        "sponsor_id": pair.sponsor_id,
        "director_id": pair.director_id,
        "manager_id": pair.manager_id,
        "confirmed_at": at - timedelta(days=days),
    }


def _entries(pair: Pair, random: Random, at: datetime) -> list[dict[str, object]]:
    return [
        {
            "programme_id": pair.programme_id,
            "person_id": person.id,
            "shows_name": True,
            "shows_role": random.random() < 0.9,
            "shows_trust": random.random() < 0.9,
            "shows_themes": random.random() < 0.7,
            "shows_email": random.random() < 0.5,
            "ask_me_about": random.choice(ASKS),
            "listed_at": at - timedelta(days=random.randint(1, 60)),
        }
        for person in pair.people
        if random.random() < LISTED
    ]
