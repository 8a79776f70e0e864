"""Where the pages of Collect are, and what several of them choose by: the event and the region in the address."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, request

from scheduler.collect.progress import Collection

bp = Blueprint("collect", __name__, url_prefix="/programmes/<slug>/collect")


def chosen_of(collections: Sequence[Collection]) -> Collection:
    """The event that the address names, else the first that takes answers and misses some, else the first."""
    number = request.values.get("event", type=int)
    named = next((found for found in collections if found.event.id == number), None)
    waits = next((found for found in collections if found.event.is_open() and found.left), None)
    takes = next((found for found in collections if found.event.is_open()), None)
    return named or waits or takes or collections[0]


def page_number() -> int:
    """The page of a list that the address asks for, from 1."""
    return max(1, request.args.get("page", 1, type=int))
