"""Who is in the demo: real Trusts from the packaged list, people whose names were put together by chance."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from random import Random

from scheduler.models import (
    AccessNeeds,
    Cohort,
    Facilitator,
    Pair,
    PairRole,
    Person,
    Programme,
    ResearchActivity,
    RoleHeld,
    Standing,
    Trust,
    TrustType,
)

TRUSTS = Path(__file__).parent.parent / "data" / "trusts.csv"
# Roughly as many of each region as it has Trusts.
OF_EACH_REGION = {
    "London": 11,
    "South East": 9,
    "South West": 6,
    "East of England": 7,
    "Midlands": 13,
    "North West": 9,
    "North East and Yorkshire": 9,
}
FIRST_NAMES, LAST_NAMES = (
    (Path(__file__).parent / name).read_text("utf-8").split() for name in ("first_names.txt", "last_names.txt")
)
THEMES = (
    "access to trials",
    "research culture",
    "set-up times",
    "workforce",
    "data",
    "public involvement",
    "community settings",
    "commercial research",
)
INTENTIONS = (
    "Halve the time it takes to open a study, from first contact to first participant.",
    "Offer a study to every patient on the wards that have never taken part.",
    "Give nurses, midwives and allied health professionals time and a path into research.",
    "Bring what research costs and earns into one report that the board reads each quarter.",
    "Open research in our community clinics, with two neighbouring Trusts.",
    "Plan each study with the people who may take part in it, from the first draft.",
    "Let routine data find who could take part, safely and with consent.",
)
AFFILIATIONS = (
    ("Regional research delivery network", Standing.STAKEHOLDER),
    ("Patient and public involvement panel", Standing.STAKEHOLDER),
    ("University medical school", Standing.STAKEHOLDER),
    ("Integrated care board", Standing.STAKEHOLDER),
    ("Research charity", Standing.STAKEHOLDER),
    ("Health innovation network", Standing.STAKEHOLDER),
    ("Improvement faculty", Standing.SPEAKER),
    ("School of public health", Standing.SPEAKER),
)
FACILITATORS = 11
WITHOUT_SPONSOR = 5
LEAVERS = 4

NEEDS = (
    ("Step-free access", ""),
    ("", "Vegetarian"),
    ("A hearing loop", "No nuts"),
    ("", "Halal"),
)


def pairs(programme: Programme, random: Random, at: datetime) -> list[Pair]:
    """64 pairs of the first cohort, each with its Trust, its board sponsor (a few not confirmed), its intention."""
    cohort = Cohort(programme=programme, name="Cohort 1", joined_on=(at - timedelta(days=90)).date())
    names = _Names(random)
    made = [_pair(cohort, row, names, at) for row in _chosen(random)]
    for pair in random.sample(made, WITHOUT_SPONSOR):
        pair.sponsor_confirmed_on = None
    for pair in random.sample(made, LEAVERS):
        _add_predecessor(pair, names, at)
    return made


def outsiders(programme: Programme, random: Random) -> list[Person]:
    """Stakeholders and speakers, who come to the conference."""
    names = _Names(random)
    return [
        names.person(programme, "partners.example", standing=standing, affiliation=affiliation)
        for affiliation, standing in AFFILIATIONS
    ]


def facilitators(programme: Programme, random: Random) -> list[Facilitator]:
    """Those who lead the action learning sets, two each at most."""
    names = _Names(random)
    return [
        Facilitator(
            programme=programme,
            person=names.person(programme, "facilitators.example", standing=Standing.FACILITATOR),
            max_sets=2,
        )
        for _ in range(FACILITATORS)
    ]


def _chosen(random: Random) -> list[dict[str, str]]:
    with TRUSTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = []
    for region, number in OF_EACH_REGION.items():
        here = [row for row in rows if row["region"] == region]
        random.shuffle(here)
        # Every kind of Trust first, then whoever comes: not the research-active ones alone.
        kinds = {row["trust_type"]: row for row in here}
        first = list(kinds.values())
        chosen += (first + [row for row in here if row not in first])[:number]
    return sorted(chosen, key=lambda row: row["ods_code"])


def _pair(cohort: Cohort, row: dict[str, str], names: _Names, at: datetime) -> Pair:
    programme = cohort.programme
    trust = Trust(
        programme=programme,
        ods_code=row["ods_code"],
        name=row["name"],
        region=row["region"],
        trust_type=TrustType(row["trust_type"]),
        research_activity=ResearchActivity(row["research_activity"]),
        town=row["town"],
        postcode=row["postcode"],
        latitude=float(row["latitude"]),
        longitude=float(row["longitude"]),
    )
    domain = f"{row['ods_code'].lower()}.trust.example"
    pair = Pair(
        programme=programme,
        trust=trust,
        cohort=cohort,
        director=names.person(programme, domain, phone=True),
        manager=names.person(programme, domain, phone=True),
        sponsor=names.person(programme, domain, standing=Standing.SPONSOR),
        sponsor_confirmed_on=(at - timedelta(days=names.random.randint(10, 80))).date(),
        intention=names.random.choice(INTENTIONS),
        themes=sorted(names.random.sample(THEMES, 2)),
    )
    since = (at - timedelta(days=90)).date()
    for role, person in ((PairRole.DIRECTOR, pair.director), (PairRole.MANAGER, pair.manager)):
        pair.roles_held.append(RoleHeld(programme=programme, person=person, role=role, since=since))
    return pair


def needs(pairs: list[Pair]) -> list[AccessNeeds]:
    """What every ninth manager needs at sessions."""
    chosen = [pair.manager for pair in pairs[::9] if pair.manager is not None]
    return [
        AccessNeeds(programme=person.programme, person=person, access=access, dietary=dietary)
        for person, (access, dietary) in zip(chosen, cycle(NEEDS), strict=False)
    ]


def _add_predecessor(pair: Pair, names: _Names, at: datetime) -> None:
    """Someone who held the director's role before, and keeps their past."""
    left = (at - timedelta(days=40)).date()
    leaver = names.person(pair.programme, f"{pair.trust.ods_code.lower()}.trust.example")
    leaver.left_on = left
    now_held = next(held for held in pair.roles_held if held.role is PairRole.DIRECTOR)
    pair.roles_held.append(
        RoleHeld(programme=pair.programme, person=leaver, role=PairRole.DIRECTOR, since=now_held.since, until=left)
    )
    now_held.since = left


class _Names:
    """Names, each given once within a mail domain."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._taken: set[str] = set()

    def person(
        self,
        programme: Programme,
        domain: str,
        *,
        standing: Standing = Standing.PARTICIPANT,
        affiliation: str = "",
        phone: bool = False,
    ) -> Person:
        """A person nobody is."""
        while True:
            first, last = self.random.choice(FIRST_NAMES), self.random.choice(LAST_NAMES)
            address = f"{first}.{last}@{domain}".lower()
            if address not in self._taken:
                break
        self._taken.add(address)
        # 020 7946 0000 to 0999 belong to nobody: Ofcom keeps them for drama.
        number = f"020 7946 0{self.random.randint(0, 999):03}" if phone else ""
        return Person(
            programme=programme,
            name=f"{first} {last}",
            email=address,
            phone=number,
            standing=standing,
            affiliation=affiliation,
        )
