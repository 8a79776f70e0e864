"""How far towns lie apart: estimates from the positions of ``data/towns.csv``, as the crow flies."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import asin, cos, radians, sin, sqrt

EARTH_MILES = 3958.8
"""The mean radius of the Earth, in miles (IUGG: 6,371.0 km)."""


def miles_between(one: str, other: str) -> float | None:
    """Miles between two towns; None where either is not known."""
    here, there = (_positions().get(town.strip().casefold()) for town in (one, other))
    if here is None or there is None:
        return None
    (lat1, lon1), (lat2, lon2) = (tuple(map(radians, position)) for position in (here, there))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_MILES * asin(sqrt(half))


@cache
def _positions() -> Mapping[str, tuple[float, float]]:
    text = files("scheduler").joinpath("data/towns.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["town"].casefold(): (float(row["latitude"]), float(row["longitude"])) for row in rows}
