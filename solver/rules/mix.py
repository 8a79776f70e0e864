"""Limits on the values of an attribute within one session that runs or one set; shares are exact fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache

from solver.problem import MixRule, Party
from solver.rulebook import Literal, Rulebook


def literals_by_value(here: Mapping[str, Literal], value_of: Mapping[str, str]) -> dict[str, list[Literal]]:
    """The literals of a group by their party's value of an attribute."""
    by_value: dict[str, list[Literal]] = {}
    for party, present in here.items():
        by_value.setdefault(value_of[party], []).append(present)
    return by_value


def hold_mix(
    book: Rulebook,
    mix: MixRule,
    place: str,
    *,
    held: Literal,
    here: Mapping[str, Literal],
    parties: Mapping[str, Party],
) -> None:
    """Hold one mix rule in one session or set; ``held`` says that it runs, ``place`` names its event or entry."""
    value_of = {party: parties[party].value_of(mix.attribute) for party in here}
    if mix.max_share is not None:
        with book.rule(f"{place} keeps each {mix.attribute} to a share of {shown(mix.max_share)}"):
            keep_share(book, here, value_of, mix.max_share)
    if mix.max_count is not None:
        with book.rule(f"{place} keeps each {mix.attribute} to {mix.max_count} in one place"):
            keep_count(book, here, value_of, mix.max_count)
    if mix.min_distinct is not None:
        with book.rule(f"{place} brings together at least {mix.min_distinct} different values of {mix.attribute}"):
            keep_distinct(book, held, here, value_of, mix.min_distinct)


def keep_share(book: Rulebook, here: Mapping[str, Literal], value_of: Mapping[str, str], share: Fraction) -> None:
    """Hold each value at or below ``share`` of the parties present: q · present(v) ≤ p · present for a share of p/q."""
    share = same_among(share, len(here))
    present = sum(here.values())
    for members in literals_by_value(here, value_of).values():
        book.require(share.denominator * sum(members) <= share.numerator * present)


@cache
def same_among(share: Fraction, most: int) -> Fraction:
    """The share that allows the same to any number of parties up to ``most``, with a denominator no greater than that.

    A file may write a share with a thousand digits, and CP-SAT counts in 64 bits. Of n parties ``share`` allows
    floor(share · n); the greatest of these parts, over all n, is no more than ``share`` and allows as many of each n.
    """
    if share.denominator <= most:
        return share
    return max((Fraction(int(share * n), n) for n in range(1, most + 1)), default=Fraction(0))


def keep_count(book: Rulebook, here: Mapping[str, Literal], value_of: Mapping[str, str], most: int) -> None:
    """Hold each value at or below ``most`` parties."""
    for members in literals_by_value(here, value_of).values():
        book.require(sum(members) <= most)


def keep_distinct(
    book: Rulebook, held: Literal, here: Mapping[str, Literal], value_of: Mapping[str, str], least: int
) -> None:
    """At least ``least`` different values are present where the session runs or the set forms."""
    if least <= 0:
        return
    shown_values = []
    for value, members in literals_by_value(here, value_of).items():
        appears = book.literal(f"value {value} appears")
        book.require(appears <= sum(members))
        shown_values.append(appears)
    book.require(sum(shown_values) >= least * held)


def shown(share: Fraction) -> str:
    """A share as a decimal where it is one, as a fraction otherwise."""
    denominator = share.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return f"{float(share):g}" if denominator == 1 else str(share)
