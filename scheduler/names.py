"""How people are called in a sentence."""

from __future__ import annotations

import unicodedata

_TITLES = frozenset({"dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "sir", "dame", "lord", "lady", "rev"})


def first_name(name: str) -> str:
    """The name a colleague would use: "Amara" of "Dr Amara Okafor"; the whole where only a title would be left."""
    parts = name.split()
    rest = [part for part in parts if part.rstrip(".").casefold() not in _TITLES]
    return rest[0] if rest else name


def parted(name: str) -> tuple[str, str]:
    """First names and surname: the surname is the last word with the small ones before it ("van der Berg")."""
    parts = name.split()
    first = max(len(parts) - 1, 0)
    while first > 1 and parts[first - 1].islower():
        first -= 1
    return " ".join(parts[:first]), " ".join(parts[first:])


def by_surname(name: str) -> tuple[str, str]:
    """What lists of people are sorted by; letters with accents stand beside those without."""
    first, surname = parted(name)
    return _plain(surname), _plain(first)


def possessive(name: str) -> str:
    """Whose it is: "Amara's", "James'"."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def _plain(words: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", words.casefold()) if not unicodedata.combining(c))
