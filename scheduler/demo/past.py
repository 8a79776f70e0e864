"""Whom the demo's Trusts met before it: one day a year ago, in a few groups: the ledger does not begin empty."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import combinations
from random import Random

from scheduler.models import EarlierEncounter, EncountersBrought, Pair, Programme

GROUPS, IN_A_GROUP = 3, 8
DAYS_AGO = 400
OCCASION = "Founding workshop"


def earlier_encounters(programme: Programme, pairs: list[Pair], random: Random, at: datetime) -> EncountersBrought:
    """What was brought from the file of that day; its encounters belong to it. Adds them to the caller's session."""
    day = (at - timedelta(days=DAYS_AGO)).date().isoformat()
    chosen = random.sample(pairs, GROUPS * IN_A_GROUP)
    rows: list[list[object]] = []
    brought = EncountersBrought(programme=programme, source="Founding workshop.xlsx", made_at=at, written_at=at)
    for start in range(0, len(chosen), IN_A_GROUP):
        group = sorted((pair.trust for pair in chosen[start : start + IN_A_GROUP]), key=lambda trust: trust.ods_code)
        for one, other in combinations(group, 2):
            rows.append([len(rows) + 2, one.ods_code, other.ods_code, day, OCCASION])
            met = EarlierEncounter(programme=programme, one=one, other=other, held_on=day, occasion=OCCASION)
            brought.encounters.append(met)
    brought.rows = rows
    return brought
