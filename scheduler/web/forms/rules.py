"""Forms of an event's audience and of its rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wtforms.validators import ValidationError

from scheduler.collect.rules import AudienceRule, Mix
from scheduler.models import Cohort, Event, ResearchActivity, TrustType
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import Choice, ChoiceField, LineField, ManyField, WholeNumberField
from scheduler.words import MIXED_BY, REGION_LETTERS, RESEARCH_ACTIVITIES, TRUST_TYPES

WHO: list[Choice] = [
    ("pairs", "Pairs", "Director and manager come together"),
    ("directors", "Directors alone"),
    ("managers", "Managers alone"),
    ("named", "Only those named below"),
]


class AudienceForm(Form):
    """Who an event is for, by rule. A rule with nothing ticked limits nothing."""

    who = ChoiceField("Who comes?", ask="Select who comes", choices=WHO)
    cohorts = ManyField("Of which cohorts?", of=int)
    regions = ManyField("Of which regions?", choices=[(region, region) for region in REGION_LETTERS])
    trust_types = ManyField(
        "Of which types of Trust?", choices=[(kind.value, TRUST_TYPES[kind.value]) for kind in TrustType]
    )
    research_activity = ManyField(
        "Of which research activity?",
        choices=[(level.value, RESEARCH_ACTIVITIES[level.value]) for level in ResearchActivity],
    )
    version = WholeNumberField("Version")

    def offer_cohorts(self, cohorts: Sequence[Cohort]) -> None:
        """Let the organiser choose among the programme's cohorts."""
        self.cohorts.offer([(str(cohort.id), cohort.name) for cohort in cohorts])

    @classmethod
    def of(cls, event: Event) -> AudienceForm:
        """The form filled with an audience as it is."""
        rule = {name: event.audience.get(name, ()) for name in ("regions", "trust_types", "research_activity")}
        return cls(
            formdata=None,
            who=event.audience.get("who", "pairs"),
            cohorts=[str(cohort) for cohort in event.audience.get("cohorts", ())],
            version=event.version,
            **rule,
        )

    def rule(self) -> AudienceRule:
        """What was entered."""
        return AudienceRule(
            self.who.data,
            tuple(int(cohort) for cohort in self.cohorts.data),
            self.regions.data,
            self.trust_types.data,
            self.research_activity.data,
        )


class NameForm(Form):
    """One pair or person to put in or take out, by ODS code, name or address."""

    name = LineField(
        "Trust or person", ask="Enter an ODS code, a Trust or a person", hint="ODS code, name or email address"
    )


class RulesForm(Form):
    """What each session or set must be like, by region, type of Trust and so on; and which events come before."""

    after = ManyField("Only after", hint="A pair comes to this event after it has been to the others", of=int)
    version = WholeNumberField("Version")

    def limits(self) -> list[Mix]:
        """What was entered of each attribute."""
        return [
            Mix(
                attribute,
                _decimal(self[f"{attribute}_share"].data),
                self[f"{attribute}_count"].data,
                self[f"{attribute}_distinct"].data,
            )
            for attribute in MIXED_BY
        ]

    def offer_events(self, events: Iterable[Event]) -> None:
        """Let the organiser choose among the events that can come before."""
        self.after.offer([(str(event.id), event.title) for event in events])

    @classmethod
    def of(cls, event: Event) -> RulesForm:
        """The form filled with an event's rules as they are."""
        filled: dict[str, Any] = {}
        for rule in event.mix:
            share = rule.max_share
            filled[f"{rule.attribute}_share"] = None if share is None else int(share * 100)
            filled[f"{rule.attribute}_count"] = rule.max_count
            filled[f"{rule.attribute}_distinct"] = rule.min_distinct
        return cls(formdata=None, after=[str(e.id) for e in event.after], version=event.version, **filled)


def _decimal(percent: int | None) -> str | None:
    return None if percent is None else f"{percent // 100}.{percent % 100:02}".rstrip("0").rstrip(".")


def _add_limits() -> None:
    """Three fields for each attribute that a mix rule may look at."""
    for attribute, (one, many) in MIXED_BY.items():
        for name, field in (
            ("share", WholeNumberField(f"At most this share of one {one}", suffix="%", least=1, most=100)),
            ("count", WholeNumberField(f"At most so many pairs of one {one}", least=1, most=10_000)),
            ("distinct", WholeNumberField(f"At least so many {many}", least=1, most=50)),
        ):
            setattr(RulesForm, f"{attribute}_{name}", field)


_add_limits()


class ApartForm(Form):
    """Two Trusts that are never put together, by ODS code."""

    one = LineField("ODS code of one Trust", ask="Enter an ODS code", most=10)
    other = LineField("ODS code of the other", ask="Enter an ODS code", most=10)

    def validate_other(self, field: LineField) -> None:
        """Two different ones."""
        if field.data and self.one.data and field.data.upper() == self.one.data.upper():
            raise ValidationError("Enter two different Trusts")
