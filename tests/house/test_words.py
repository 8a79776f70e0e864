"""Every value that is stored has a label, and every deed that is recorded has a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from scheduler import models, words
from scheduler.plan.encounters import How

HOUSE = Path(__file__).resolve().parents[2]
LABELS: list[tuple[type[StrEnum], Mapping[str, str]]] = [
    (models.GivenIn, words.GIVEN_IN),
    (models.EventKind, words.EVENT_KINDS),
    (models.PlanStatus, words.PLAN_STATUSES),
    (models.RunState, words.RUN_STATES),
    (models.RunEnd, words.RUN_ENDS),
    (models.AdviceState, words.ADVICE_STATES),
    (models.AlertKind, words.ALERT_KINDS),
    (models.LockKind, words.LOCK_KINDS),
    (models.MessageState, words.MESSAGE_STATES),
    (models.PartStat, words.REPLIES),
    (models.WhoComes, words.WHO_COMES),
    (models.Method, words.METHODS),
    (models.Role, words.ROLES),
    (models.PairRole, words.PAIR_ROLES),
    (models.Standing, words.STANDINGS),
    (models.TrustType, words.TRUST_TYPES),
    (models.ResearchActivity, words.RESEARCH_ACTIVITIES),
    (models.ImportState, words.IMPORT_STATES),
    (models.Headway, words.HEADWAYS),
    (How, words.HOWS),
]


@pytest.mark.parametrize(("kind", "labels"), LABELS, ids=lambda it: getattr(it, "__name__", ""))
def test_every_stored_value_has_one_label_and_every_label_a_value(
    kind: type[StrEnum], labels: Mapping[str, str]
) -> None:
    assert set(labels) == {member.value for member in kind}
    assert len(set(labels.values())) == len(labels)


def test_an_answer_may_also_be_missing() -> None:
    assert set(words.ANSWERS) == {*models.Answer, None}


def test_every_deed_in_the_code_has_a_sentence() -> None:
    recorded = {
        deed
        for file in (HOUSE / "scheduler").rglob("*.py")
        for deed in re.findall(r"""\brecord\(\s*"([^"]+)\"""", file.read_text("utf-8"))
    }

    assert recorded - set(words.DEEDS) == set()


def test_an_entry_reads_as_a_sentence_even_where_its_details_are_gone() -> None:
    assert words.audit_sentence("Aisha", "plan.published", "plan 5", {}) == "Aisha published plan 5"
    assert words.audit_sentence(None, "people.imported", "a{b}.csv", {"rows": 43}) == (
        "Convene imported 43 rows from a{b}.csv"
    )
    assert words.audit_sentence("Aisha", "messages.released", "", {}) == "Aisha released  held messages"
    assert words.audit_sentence("Aisha", "thing.done", "it", {}) == "Aisha thing done it"
