"""What was found about a received message: its effect, the reason in an organiser's words, what it concerns."""

from __future__ import annotations

from dataclasses import dataclass

from scheduler.models import Effect, Invitation, Person


@dataclass(frozen=True, slots=True)
class Finding:
    """One effect and its reason. ``waits`` says that an organiser is to decide, as of everything that is held."""

    effect: Effect
    why: str
    invitation: Invitation | None = None
    person: Person | None = None
    uid: str | None = None
    answered_as: str = ""
    asks_organiser: bool = False

    @property
    def waits(self) -> bool:
        """Whether it stands in the list of what an organiser is to decide."""
        return self.effect is Effect.HELD or self.asks_organiser


# Of a message with several answers the row says one effect: the one an organiser most needs to see.
_WEIGHT = {
    Effect.IGNORED: 0,
    Effect.REFRESHED: 1,
    Effect.REFUSED: 2,
    Effect.ACCEPTED: 4,
    Effect.TENTATIVE: 4,
    Effect.DECLINED: 5,
    Effect.COUNTER: 6,
    Effect.DELEGATED: 7,
    Effect.HELD: 8,
}


def together(findings: list[Finding]) -> Finding:
    """The findings about the parts of one message as one: the weightiest, with the reasons of the others behind it."""
    first = max(findings, key=lambda each: _WEIGHT.get(each.effect, 3))
    others = [each.why for each in findings if each is not first and each.why != first.why]
    why = " ".join(dict.fromkeys((first.why, *others)))
    return Finding(
        first.effect, why, first.invitation, first.person, first.uid, first.answered_as, first.asks_organiser
    )
