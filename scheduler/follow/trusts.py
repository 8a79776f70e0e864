"""One Trust's year in a few figures, for its page."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.clock import now
from scheduler.follow.encounters import Ledger
from scheduler.follow.fairness import in_words
from scheduler.models import Trust
from scheduler.plan.burdens import burdens_of


@dataclass(frozen=True)
class Followed:
    """How many Trusts it has met of how many, how many more it will meet, and what was asked of its pair in words."""

    met: int
    others: int
    ahead: int
    burden: str


def followed(trust: Trust) -> Followed | None:
    """What happened to a Trust so far; None where it has no pair that takes part."""
    if trust.pair is None or trust.pair.left_on is not None:
        return None
    ledger, code = Ledger(trust.programme), trust.ods_code
    burden = burdens_of(trust.programme, now())[code]
    return Followed(ledger.met_by(code), ledger.others(code), ledger.will_meet(code), in_words(burden))
