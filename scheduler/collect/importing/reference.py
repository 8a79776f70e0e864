"""The real NHS Trusts of England, by code and by name: what completes and corrects a row."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz import fuzz, process

from scheduler.collect.importing.columns import words_of

DATA = Path(__file__).parents[2] / "data"

REGIONS = (
    "East of England",
    "London",
    "Midlands",
    "North East and Yorkshire",
    "North West",
    "South East",
    "South West",
)


@dataclass(frozen=True, slots=True)
class TrustDetails:
    """What is known of a Trust; position in WGS 84 decimal degrees. Text is "" where nothing is known."""

    ods_code: str
    name: str = ""
    region: str = ""
    trust_type: str = ""
    research_activity: str = ""
    town: str = ""
    postcode: str = ""
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class ClosedTrust:
    """A code that has closed, the code that took its place ("" for none) and the day in words ("" if not known)."""

    ods_code: str
    successor: str
    closed_on: str


class Reference:
    """Trusts to look up by ODS code or name: those of England, and over them those a programme already has."""

    def __init__(self, trusts: Iterable[TrustDetails], closed: Mapping[str, ClosedTrust]) -> None:
        self._by_code = {trust.ods_code: trust for trust in trusts}
        self._by_name = {name_key(trust.name): trust for trust in self._by_code.values()}
        self._closed = closed

    def with_trusts(self, trusts: Iterable[TrustDetails]) -> "Reference":
        """A copy with a programme's own Trusts, whose details count before those of the list."""
        return Reference([*self._by_code.values(), *trusts], self._closed)

    def learn(self, trust: TrustDetails) -> None:
        """Take in what a row of a file says of a Trust."""
        self._by_code[trust.ods_code] = trust
        self._by_name[name_key(trust.name)] = trust

    def __iter__(self) -> Iterator[TrustDetails]:
        return iter(self._by_code.values())

    def by_code(self, ods_code: str) -> TrustDetails | None:
        """The Trust with this code."""
        return self._by_code.get(ods_code)

    def by_name(self, name: str) -> TrustDetails | None:
        """The Trust of this name, however "NHS Foundation Trust", "the", "&" and apostrophes are written."""
        return self._by_name.get(name_key(name))

    def like(self, name: str) -> TrustDetails | None:
        """The Trust whose name is nearest to this one, if any is near."""
        key = name_key(name)
        found = process.extractOne(key, self._by_name.keys(), scorer=fuzz.WRatio, score_cutoff=80) if key else None
        return self._by_name[found[0]] if found else None

    def closed(self, ods_code: str) -> ClosedTrust | None:
        """Whether this code has closed; a Trust that the programme still has is not treated as closed."""
        return None if ods_code in self._by_code else self._closed.get(ods_code)

    def code_like(self, ods_code: str) -> str:
        """The known code meant by one with letter O for zero, or letter I for one; "" if there is none."""
        for spelling in (ods_code.replace("O", "0"), ods_code.replace("0", "O"), ods_code.replace("I", "1")):
            if spelling in self._by_code:
                return spelling
        return ""


def name_key(name: str) -> str:
    """A Trust's name in one spelling, without the words that all of them share."""
    words = words_of(re.sub(r"['’`]", "", name))
    return " ".join(word for word in words if word not in {"foundation", "trust", "ft", "and"})


_SAYS_ITS_TYPE = {
    "ambulance": ("ambulance",),
    "mental health": ("mental", "partnership"),
    "community": ("community",),
    "specialist": ("specialist", "orthopaedic", "cancer", "children", "women", "heart", "eye"),
}


def estimated_type(name: str) -> str:
    """The type that a Trust's name speaks of; most Trusts are acute and do not say so."""
    key = name_key(name)
    return next((kind for kind, words in _SAYS_ITS_TYPE.items() if any(word in key for word in words)), "acute")


def estimated_activity(name: str, trust_type: str) -> str:
    """How much research a Trust may do, by the rule of ``scheduler/data/README.md``; organisers overwrite it."""
    key = name_key(name)
    if trust_type == "acute" and "university" in key:
        return "high"
    return "medium" if trust_type in {"acute", "specialist"} or "university" in key or "teaching" in key else "low"


@cache
def england() -> Reference:
    """The Trusts of ``scheduler/data/trusts.csv``, with the closed codes that still turn up in lists."""
    with (DATA / "trusts.csv").open(encoding="utf-8", newline="") as file:
        trusts = [
            TrustDetails(
                **{key: row[key] for key in ("ods_code", "name", "region", "trust_type", "research_activity")},
                town=row["town"],
                postcode=row["postcode"],
                latitude=float(row["latitude"]),
                longitude=float(row["longitude"]),
            )
            for row in csv.DictReader(file)
        ]
    with (DATA / "closed-trusts.csv").open(encoding="utf-8", newline="") as file:
        closed = {row["ods_code"]: ClosedTrust(**row) for row in csv.DictReader(file)}
    return Reference(trusts, closed)
