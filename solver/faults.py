"""What is wrong with a file or a plan, and where: one line each, that begins with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST_LISTED = 1000
"""So many faults are listed; of the rest only the number is told."""

MOST_SHOWN = 60
"""So many characters of a value are shown in a sentence or a place."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend: ``place`` as in ``events[0].sessions[2].end``, ``sentence`` says what is wrong there."""

    place: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Violation(Fault):
    """One rule that a plan breaks; a place that begins with ``problem.`` is in the problem file, others in the plan."""


class Faults:
    """Collects faults: the first 1,000 as they are, the rest as a number."""

    def __init__(self) -> None:
        self._listed: list[Fault] = []
        self._more = 0

    def add(self, place: str, sentence: str) -> None:
        """Note one fault."""
        if len(self._listed) < MOST_LISTED:
            self._listed.append(Fault(place, sentence))
        else:
            self._more += 1

    def add_uncounted(self, more: int) -> None:
        """Note faults of which only the number is known."""
        self._more += more

    def __bool__(self) -> bool:
        return bool(self._listed or self._more)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._listed)

    @property
    def more(self) -> int:
        """How many there are beyond those listed."""
        return self._more


class FileRefused(ValueError):
    """A file breaks its format: ``faults`` lists the first 1,000, ``more`` says how many there are beyond."""

    def __init__(self, faults: Iterable[Fault], more: int = 0) -> None:
        self.faults = tuple(faults)
        self.more = more
        super().__init__("\n".join(self.lines()))

    def lines(self) -> Iterator[str]:
        """One printable line per fault, then how many more."""
        yield from map(str, self.faults)
        if self.more:
            yield f"and {self.more:,} more"


class ProblemRefused(FileRefused):
    """The problem file breaks ``convene-problem/1``."""


class PlanRefused(FileRefused):
    """The plan file breaks ``convene-plan/1`` in its shape; what it breaks of a problem is for ``check`` to say."""


def printable(text: str, most: int | None = MOST_SHOWN) -> str:
    r"""The text on one line for a terminal or a log: control, direction and invisible characters as \x1b, \u202e.

    Of a text longer than ``most`` characters the end is cut off. Raw escape sequences from a file could rewrite what
    the reader sees (CWE-150).
    """
    shown = text if most is None or len(text) <= most else text[: most - 1] + "…"
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)


def quoted(text: str) -> str:
    """The text as a sentence quotes it: printable, in double quotes."""
    return f'"{printable(text)}"'


def place_of(path: Iterable[str | int]) -> str:
    """The place a path leads to: ``("events", 0, "end")`` is ``events[0].end``; the whole file is ``file``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{printable(step)}" for step in path)
    return "".join(steps).removeprefix(".") or "file"
