"""How people are called in a sentence."""

from __future__ import annotations

_TITLES = frozenset({"dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "sir", "dame", "lord", "lady", "rev"})


def first_name(name: str) -> str:
    """The name a colleague would use: "Amara" of "Dr Amara Okafor"; the whole where only a title would be left."""
    parts = name.split()
    rest = [part for part in parts if part.rstrip(".").casefold() not in _TITLES]
    return rest[0] if rest else name


def possessive(name: str) -> str:
    """Whose it is: "Amara's", "James'"."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"
