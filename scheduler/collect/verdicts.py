"""Which dates can run with today's answers, and what they lack: by seats, by sizes of sets, and by one mix rule.

Exact for an event whose parties are of one size and that has one mix rule at most, which is nearly every event. Where
there are more rules each is looked at alone, and the verdict says that planning will tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from scheduler.collect.audience import Party
from scheduler.collect.progress import Cell, Collection, DateProgress, PartyProgress, Stage, region_of
from scheduler.formatting import count
from scheduler.models import Event, MixRule, Session


class Standing(StrEnum):
    """Whether a date could run with what is answered now."""

    RUNS = "can run"
    MAY_RUN = "may run"
    LACKS = "lacks parties"
    CANNOT = "cannot run"


@dataclass(frozen=True)
class Verdict:
    """``needs`` is the fewest further parties with which it could run."""

    standing: Standing
    needs: int = 0
    words: str = ""


@dataclass(frozen=True)
class Limits:
    """How many parties a group takes, and how they are mixed by one attribute."""

    least: int
    most: int | None
    rule: MixRule | None = None

    def cap(self, size: int) -> int:
        """The most parties of one value in a group of a size."""
        caps = [size]
        if self.rule and self.rule.max_count is not None:
            caps.append(self.rule.max_count)
        if self.rule and self.rule.max_share is not None:
            caps.append(int(Fraction(Decimal(self.rule.max_share)) * size))
        return min(caps)

    @property
    def distinct(self) -> int:
        """How many values a group has at least."""
        return (self.rule.min_distinct or 0) if self.rule else 0


def verdict_of(collection: Collection, date: DateProgress) -> Verdict:
    """Whether a date could run with today's answers."""
    event, session = collection.event, date.session
    if event.facilitators and not collection.can_lead(session):
        return Verdict(Standing.LACKS, 0, "Needs a facilitator")
    one, many = noun_of(collection.parties)
    sizes = {len(party.people) for party in collection.parties}
    if len(sizes) > 1:
        return _by_people(event, session, date)
    needs = [
        _fewest_more(limits, date.can_come, collection.parties)
        for limits in _limits(event, session, size=sizes.pop() if sizes else 1)
    ]
    if any(lacking is None for lacking in needs):
        return Verdict(Standing.CANNOT, 0, f"Cannot run: too few {many} are asked, or too few kinds")
    lacking = max((found for found in needs if found is not None), default=0)
    if lacking:
        return Verdict(Standing.LACKS, lacking, f"Needs {count(lacking, f'more {one}', f'more {many}')}")
    if len(needs) > 1:
        return Verdict(Standing.MAY_RUN, 0, "Each rule can be kept: planning will tell")
    return Verdict(Standing.RUNS, 0, _how_it_runs(event, len(date.can_come)))


@dataclass(frozen=True)
class AskFirst:
    """A party whose answer would let dates run that lack one party each."""

    party: Party
    dates: tuple[Session, ...]


def ask_first(collection: Collection) -> list[AskFirst]:
    """Parties that have not answered yet a date which their Yes alone would let run; most dates first."""
    found: dict[str, AskFirst] = {}
    by_key = {progress.party.key: progress for progress in collection.by_party}
    for date in collection.by_date:
        if verdict_of(collection, date).needs != 1:
            continue
        # Parties that no rule can tell apart make the same difference.
        helps: dict[tuple[str, ...], bool] = {}
        for party, cell in date.cells:
            if cell.settled:
                continue
            kind = tuple(_value_of(rule)(party) for rule in collection.event.mix)
            if kind not in helps:
                helps[kind] = _would_run_with(collection, date, party)
            if not helps[kind]:
                continue
            earlier = found[party.key].dates if party.key in found else ()
            found[party.key] = AskFirst(party, (*earlier, date.session))
    return sorted(found.values(), key=lambda ask: (-len(ask.dates), _order(by_key[ask.party.key]), ask.party.key))


def noun_of(parties: Sequence[Party]) -> tuple[str, str]:
    """What one and many of an event's parties are called on screens."""
    if all(party.pair is not None and not party.alone for party in parties):
        return "pair", "pairs"
    if all(len(party.people) == 1 for party in parties):
        return "person", "people"
    return "place", "places"


def _would_run_with(collection: Collection, date: DateProgress, party: Party) -> bool:
    cells = tuple((other, Cell.YES if other == party else cell) for other, cell in date.cells)
    return verdict_of(collection, DateProgress(date.session, cells)).standing in (Standing.RUNS, Standing.MAY_RUN)


def _order(progress: PartyProgress) -> int:
    return list(Stage).index(progress.stage)


def _limits(event: Event, session: Session, *, size: int) -> list[Limits]:
    if event.has_sets:
        least, most = event.size_min or 1, event.size_max
    else:
        least = max(1, -(-session.min_seats // size))
        most = None if session.max_seats is None else session.max_seats // size
    return [Limits(least, most, rule) for rule in event.mix] or [Limits(least, most)]


def _fewest_more(limits: Limits, come: Sequence[Party], asked: Sequence[Party]) -> int | None:
    """The fewest further parties with which some group keeps the limits; None where even all of them would not do.

    For each size of the group: of every value at most ``cap`` can be in it. What the parties who can come leave open
    is filled by others, at least one for each value that is still lacking.
    """
    value_of = _value_of(limits.rule)
    now, all_ = Counter(map(value_of, come)), Counter(map(value_of, asked))
    best: int | None = None
    for size in range(limits.least, min(limits.most or len(asked), len(asked)) + 1):
        if best is not None and (best == 0 or size - len(come) >= best):
            break  # a larger group lacks no fewer
        cap = limits.cap(size)
        could = sum(min(n, cap) for n in all_.values())
        values = len(all_) if cap else 0
        if could < size or min(size, values) < limits.distinct:
            continue
        have = sum(min(n, cap) for n in now.values())
        more = max(0, limits.distinct - len(now), size - have)
        best = more if best is None else min(best, more)
    return best


def _value_of(rule: MixRule | None) -> Callable[[Party], str]:
    if rule is None:
        return lambda party: "any"
    attributes: Mapping[str, Callable[[Party], str]] = {
        "region": region_of,
        "trust_type": lambda party: str(party.trust.trust_type.value) if party.trust else "",
        "research_activity": lambda party: str(party.trust.research_activity.value) if party.trust else "",
        "theme": lambda party: party.pair.main_theme if party.pair else "",
    }
    return attributes[rule.attribute]


def _by_people(event: Event, session: Session, date: DateProgress) -> Verdict:
    """Pairs and people alone take two seats and one: people are counted, and mix rules are left to planning."""
    coming = sum(len(party.people) for party in date.can_come)
    lacking = max(1, session.min_seats) - coming
    if lacking > 0:
        return Verdict(Standing.LACKS, lacking, f"Needs {count(lacking, 'more person', 'more people')}")
    if event.mix:
        return Verdict(Standing.MAY_RUN, 0, "Enough people: planning will tell")
    return Verdict(Standing.RUNS, 0, "Can run")


def _how_it_runs(event: Event, parties: int) -> str:
    if event.has_sets:
        return f"Can run: {count(parties // (event.size_min or 1), 'set')} at most"
    return "Can run"
