"""Who an event is for and what its groups must be like, as an organiser sets it; what a rule means, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from fractions import Fraction

import sqlalchemy as sa

from scheduler.collect.audience import Party, parties_of
from scheduler.collect.events import saving
from scheduler.extensions import db
from scheduler.formatting import count, number
from scheduler.models import Apart, AudienceName, Event, MixRule, Organiser, Pair, Programme, record
from scheduler.transaction import transaction
from scheduler.words import MIXED_BY


@dataclass(frozen=True)
class AudienceRule:
    """Who an event is for, but for names: ``who`` is pairs, directors, managers or named; empty is no limit."""

    who: str = "pairs"
    cohorts: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()
    trust_types: tuple[str, ...] = ()
    research_activity: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mix:
    """Limits on one attribute in every group: most of one value, as a decimal share or a number; fewest values."""

    attribute: str
    max_share: str | None = None
    max_count: int | None = None
    min_distinct: int | None = None

    @property
    def says_something(self) -> bool:
        """Whether it limits anything."""
        return (self.max_share, self.max_count, self.min_distinct) != (None, None, None)


def save_audience(event: Event, rule: AudienceRule, *, version: int, by: Organiser) -> None:
    """Change who an event is for; names put in or taken out stay so. Raises events.SavedMeanwhile."""
    limits = ("cohorts", "regions", "trust_types", "research_activity")
    with saving(event, version):
        kept = {key: list(value) for key in limits if (value := getattr(rule, key))}
        event.audience = {"who": rule.who} | kept
        db.session.flush()
        record("event.audience-changed", programme=event.programme, by=by, thing=event.title)


def put_in_or_take_out(event: Event, party: Party, *, included: bool, by: Organiser) -> None:
    """Ask one pair or person whatever the rule says, or ask them not; the last word counts."""
    with transaction() as tx:
        tx.execute(sa.delete(AudienceName).where(AudienceName.event_id == event.id, AudienceName.party == party.key))
        tx.expire(event, ["audience_names"])
        if (party.key in {known.key for known in parties_of(event)}) is not included:
            tx.add(
                AudienceName(
                    programme_id=event.programme_id,
                    event=event,
                    party=party.key,
                    pair_id=party.pair.id if party.pair else None,
                    person_id=None if party.pair else party.people[0].id,
                    included=included,
                )
            )
            tx.flush()
        record("event.audience-changed", programme=event.programme, by=by, thing=event.title)


def save_rules(event: Event, mix: Iterable[Mix], after: Sequence[Event], *, version: int, by: Organiser) -> None:
    """Change what an event's groups must be like, and which events come before it. Raises events.SavedMeanwhile."""
    with saving(event, version):
        wanted = {each.attribute: each for each in mix if each.says_something}
        for unwanted in [rule for rule in event.mix if rule.attribute not in wanted]:
            event.mix.remove(unwanted)
        there = {rule.attribute: rule for rule in event.mix}
        for attribute, limits in wanted.items():
            rule = there.get(attribute) or MixRule(programme_id=event.programme_id, attribute=attribute)
            if attribute not in there:
                event.mix.append(rule)
            rule.max_share_text, rule.max_count = limits.max_share, limits.max_count
            rule.min_distinct = limits.min_distinct
        event.after = list(after)
        # Children alone do not make the row new; its version must rise all the same.
        event.version = version + 1
        db.session.flush()
        record("event.changed", programme=event.programme, by=by, thing=event.title)


def may_come_before(event: Event, others: Iterable[Event]) -> list[Event]:
    """The events that this one can come after: not itself, none that comes after it, none of sets."""

    def comes_after(other: Event) -> bool:
        return event in other.after or any(comes_after(earlier) for earlier in other.after)

    return [other for other in others if other != event and not other.has_sets and not comes_after(other)]


def keep_apart(programme: Programme, one: Pair, other: Pair, *, by: Organiser) -> bool:
    """Never put two pairs together; says whether that is new."""
    low, high = sorted((one, other), key=lambda pair: pair.id)
    with transaction() as tx:
        if tx.scalar(sa.select(Apart.id).filter_by(programme_id=programme.id, one_id=low.id, other_id=high.id)):
            return False
        tx.add(Apart(programme_id=programme.id, one_id=low.id, other_id=high.id))
        record("apart.added", programme=programme, by=by, thing=f"{low.trust.name} and {high.trust.name}")
    return True


def let_meet(apart: Apart, thing: str, *, by: Organiser) -> None:
    """Two pairs may be put together again."""
    with transaction() as tx:
        record("apart.removed", programme=apart.programme, by=by, thing=thing)
        tx.delete(apart)


def fewest_for(share: str) -> int:
    """The fewest parties of a group in which no value has more than this share: 3 at 40%, as 1 of 2 is half."""
    return int((1 / Decimal(share)).to_integral_value(ROUND_UP)) if Decimal(share) else 0


def meanings(event: Event, mix: Iterable[Mix], parties: Sequence[Party], *, group: str) -> Iterator[str]:
    """What limits mean for these parties, each a sentence; ``group`` is what they hold in, "session" or "set"."""
    for each in mix:
        if not each.says_something:
            continue
        one, many = MIXED_BY[each.attribute]
        values = Counter(value_of(party, each.attribute) for party in parties)
        if each.max_share is not None and Decimal(each.max_share) > 0:
            percent = number(int(Decimal(each.max_share) * 100))
            yield f"With {percent}%, a {group} needs at least {count(fewest_for(each.max_share), 'pair')}."
            yield from _room(each, values, many, len(parties))
        if each.min_distinct is not None:
            there = len(values)
            if each.min_distinct > there:
                yield f"Only {count(there, one, many)} are asked: no {group} can have {each.min_distinct}."
            else:
                yield f"{count(there, one, many)} are asked, and a {group} needs {each.min_distinct} of them."


def _room(mix: Mix, values: Counter[str], many: str, total: int) -> Iterator[str]:
    """Whether the largest value can be spread: every session holds at most its share of those present."""
    if not values or mix.max_share is None:
        return
    value, most = values.most_common(1)[0]
    named = value or f"none of the {many}"
    if Fraction(Decimal(mix.max_share)) * total >= most:
        yield f"{number(most)} of {number(total)} pairs are from {named}: there is room for them."
    else:
        placed = _most_placed(Fraction(Decimal(mix.max_share)), total - most)
        yield (
            f"{number(most)} of {number(total)} pairs are from {named}: at most {number(placed)} of them can be "
            f"placed, as {number(total - most)} others come."
        )


def _most_placed(share: Fraction, others: int) -> int:
    """The most of one value beside so many others, at a share: x of x + others."""
    return int(share * others / (1 - share)) if share < 1 else others


def value_of(party: Party, attribute: str) -> str:
    """A party's value of an attribute, as the problem file has it; "" where it has none."""
    if attribute == "theme":
        return party.pair.main_theme if party.pair else ""
    return str(getattr(party.trust, attribute)) if party.trust else ""
