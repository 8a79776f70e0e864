"""The form that changes a venue."""

from __future__ import annotations

from typing import Any

from scheduler.collect.events import VenueDetails
from scheduler.models import Venue
from scheduler.web.forms.events import VenueForm
from scheduler.web.forms.fields import ChoiceField, WholeNumberField

SAME, ANOTHER = "same", "another"


class ChangeVenueForm(VenueForm):
    """A venue, and where people have a place there whether it is the same place still."""

    OF_THE_VENUE = ("name", "address", "town", "postcode", "joining_url")

    place = ChoiceField(
        "Is it the same place?",
        choices=[
            (SAME, "The same place in other words: a new name, a better address, another joining link"),
            (ANOTHER, "Another place: everyone who has a place there is told and asked again"),
        ],
    )
    version = WholeNumberField("Version")

    asks_what_it_is = False

    @classmethod
    def of(cls, venue: Venue) -> ChangeVenueForm:
        """The form filled with a venue as it is."""
        return cls(formdata=None, version=venue.version, **{name: getattr(venue, name) for name in cls.OF_THE_VENUE})

    def validate(self, extra_validators: Any = None) -> bool:
        """What it means is asked only where something changed and somebody was told."""
        self.place.ask = "Select whether it is the same place" if self.asks_what_it_is else None
        return bool(super().validate(extra_validators))

    def details(self) -> VenueDetails:
        """What was entered."""
        return VenueDetails(**{name: self[name].data or "" for name in self.OF_THE_VENUE})

    def differs_from(self, venue: Venue) -> bool:
        """Whether anything was changed."""
        return any((self[name].data or "") != getattr(venue, name) for name in self.OF_THE_VENUE)
