"""How far a Trust is from where a session is: straight lines between places, which is less than any road."""

from __future__ import annotations

import csv
from functools import cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

from scheduler.models import Trust, Venue

DATA = Path(__file__).parents[1] / "data"
EARTH_RADIUS = 3958.8
"""In miles, the mean."""

Position = tuple[float, float]
"""Latitude and longitude, WGS 84 decimal degrees."""


def miles_to(trust: Trust, venue: Venue | None) -> int | None:
    """Miles from a Trust's head office to a venue, one way; 0 online, None where a position is not known."""
    if venue is None:
        return None
    if venue.is_online:
        return 0
    here, there = position_of(trust), position_of(venue)
    return None if here is None or there is None else round(great_circle(here, there))


def position_of(place: Trust | Venue) -> Position | None:
    """Its own position, else that of its town."""
    if place.latitude is not None and place.longitude is not None:
        return place.latitude, place.longitude
    return _towns().get(place.town.strip().casefold())


@cache
def great_circle(here: Position, there: Position) -> float:
    """Miles along the surface of a sphere (haversine formula)."""
    (lat, lon), (lat2, lon2) = ((radians(a), radians(b)) for a, b in (here, there))
    half_chord = sin((lat2 - lat) / 2) ** 2 + cos(lat) * cos(lat2) * sin((lon2 - lon) / 2) ** 2
    return 2 * EARTH_RADIUS * asin(sqrt(half_chord))


@cache
def _towns() -> dict[str, Position]:
    with (DATA / "towns.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["town"].casefold(): (float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(file)
        }
