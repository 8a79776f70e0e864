"""How people are called in a sentence."""

from __future__ import annotations

import unicodedata

_TITLES = frozenset({"dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "sir", "dame", "lord", "lady", "rev"})


def first_name(name: str) -> str:
    """The name a colleague would use: "Amara" of "Dr Amara Okafor"; the whole where only a title would be left."""
    parts = name.split()
    rest = [part for part in parts if part.rstrip(".").casefold() not in _TITLES]
    return rest[0] if rest else name


def by_surname(name: str) -> tuple[str, str]:
    """What lists of people are sorted by: the last word with the small ones before it ("van der Berg"), then the rest;
    letters with accents stand beside those without."""
    parts = name.split()
    first = len(parts) - 1
    while first > 1 and parts[first - 1].islower():
        first -= 1
    return _plain(" ".join(parts[max(first, 0) :])), _plain(" ".join(parts[: max(first, 0)]))


def possessive(name: str) -> str:
    """Whose it is: "Amara's", "James'"."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def _plain(words: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", words.casefold()) if not unicodedata.combining(c))
