"""The forms of an event and of one of its dates, with times as the venue's clock shows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from wtforms.validators import ValidationError

from scheduler import formatting, words
from scheduler.collect.events import EventDetails, SessionDetails, VenueDetails
from scheduler.collect.repeating import ProposedDate, Repeat, dates_of
from scheduler.formatting import clock_time
from scheduler.models import Event, EventKind, Session, Venue
from scheduler.wall_times import WallTimeRefused, aware
from scheduler.web.forms.base import Form
from scheduler.web.forms.fields import (
    ChoiceField,
    ClockField,
    DayField,
    LineField,
    ManyField,
    SelectField,
    TextField,
    TickField,
    WholeNumberField,
)


class EventForm(Form):
    """What an event is: its name and kind, who it is for, and its rules in sentences."""

    title = LineField("Name of the event", ask="Enter the name of the event")
    kind = ChoiceField(
        "What kind of event is it?",
        ask="Select what kind of event it is",
        choices=[(kind.value, words.EVENT_KINDS[kind.value]) for kind in EventKind],
        of=EventKind,
    )
    purpose = TextField("What is it for?", hint="Two sentences that people read in their invitation", rows=3)
    regions = ManyField(
        "Which regions is it for?",
        hint="Leave all unticked for every region",
        choices=[(region, region) for region in words.REGION_LETTERS],
    )
    open_min = WholeNumberField("Fewest sessions that run", least=0, most=200)
    open_max = WholeNumberField("Most sessions that run", hint="Leave empty for all of them", least=1, most=200)
    encounters = TickField("Pairs should meet people they have not met before", default=True)
    max_share = WholeNumberField("At most this share of the pairs come from one region", suffix="%", least=1, most=100)
    min_distinct = WholeNumberField("Pairs come from at least so many regions", least=1, most=7)
    size_min = WholeNumberField("Fewest pairs in a set", least=1, most=50)
    size_max = WholeNumberField("Most pairs in a set", least=1, most=50)
    version = WholeNumberField("Version")

    def validate_open_max(self, field: WholeNumberField) -> None:
        """The two numbers must leave something to choose."""
        if self.kind.data is EventKind.SETS:
            return
        if field.data is not None and self.open_min.data is not None and field.data < self.open_min.data:
            raise ValidationError(f"Most sessions that run must be {self.open_min.data} or more, the fewest")

    def validate_size_max(self, field: WholeNumberField) -> None:
        """A set of at most 5 cannot have at least 8."""
        if self.kind.data is not EventKind.SETS:
            return
        if field.data is not None and self.size_min.data is not None and field.data < self.size_min.data:
            raise ValidationError(f"Most pairs in a set must be {self.size_min.data} or more")

    @classmethod
    def of(cls, event: Event) -> EventForm:
        """The form filled with an event as it is."""
        region = next((rule for rule in event.mix if rule.attribute == "region"), None)
        share = region.max_share if region else None
        return cls(
            formdata=None,
            title=event.title,
            kind=event.kind,
            purpose=event.purpose or None,
            regions=event.audience.get("regions", ()),
            open_min=event.open_min,
            open_max=event.open_max,
            encounters=event.encounters,
            max_share=None if share is None else int(share * 100),
            min_distinct=region.min_distinct if region else None,
            size_min=event.size_min,
            size_max=event.size_max,
            version=event.version,
        )

    def details(self) -> EventDetails:
        """What was entered."""
        share = self.max_share.data
        return EventDetails(
            title=self.title.data,
            kind=self.kind.data,
            purpose=self.purpose.data or "",
            regions=tuple(self.regions.data),
            open_min=self.open_min.data or 0,
            open_max=self.open_max.data,
            encounters=self.encounters.data,
            max_share=None if share is None else f"{share // 100}.{share % 100:02}".rstrip("0").rstrip("."),
            min_distinct=self.min_distinct.data,
            size_min=self.size_min.data,
            size_max=self.size_max.data,
        )


class VenueForm(Form):
    """Where sessions are held."""

    name = LineField("Name of the venue", ask="Enter the name of the venue")
    address = LineField("Street")
    town = LineField("Town")
    postcode = LineField("Postcode", most=10)
    joining_url = LineField("Link to join online", hint="For a venue that is online", most=500)

    def validate_joining_url(self, field: LineField) -> None:
        """Only an address of the web: it goes into calendars, where people press it."""
        if field.data and not field.data.startswith(("https://", "http://")):
            raise ValidationError("Link to join online must begin with https://")

    def details(self) -> VenueDetails:
        """What was entered."""
        return VenueDetails(**{field.name: field.data or "" for field in self})


class DatesForm(Form):
    """What a date and a series of dates are both asked for; times as the venue's clock shows them."""

    day = DayField("Date", ask="Enter the date of the session")
    starts = ClockField("Start time", ask="Enter when the session starts")
    ends = ClockField("End time", ask="Enter when the session ends")
    venue = SelectField("Venue")
    round = WholeNumberField("Round", hint="Each set meets once in every round", least=1, most=50)
    min_seats = WholeNumberField("Fewest seats", hint="With fewer people it does not run", least=0, most=10_000)
    max_seats = WholeNumberField("Most seats", hint="A pair takes 2. Leave empty for no limit", least=1, most=10_000)
    max_sets = WholeNumberField("Most sets at this time", hint="Leave empty for no limit", least=1, most=1_000)
    only_if_needed = ChoiceField(
        "Should it run only if needed?",
        choices=[("0", "No, it may run"), ("100", "A little"), ("1000", "A lot")],
        of=int,
        default=0,
    )

    def offer_venues(self, venues: list[Venue]) -> None:
        """Let the organiser choose among the programme's venues."""
        self.venue.offer([("", "Not known yet"), *((str(venue.id), venue.name) for venue in venues)])

    def validate_ends(self, field: ClockField) -> None:
        """A session ends on the day it starts, after it starts."""
        if self.starts.data and field.data and field.data <= self.starts.data:
            raise ValidationError(f"End time must be after {clock_time(self.starts.data)}")

    def validate_max_seats(self, field: WholeNumberField) -> None:
        """The most cannot be fewer than the fewest."""
        if field.data is not None and self.min_seats.data is not None and field.data < self.min_seats.data:
            raise ValidationError(f"Most seats must be {self.min_seats.data} or more, the fewest")

    def details_at(self, start: datetime, end: datetime, time_zone: str, venues: list[Venue]) -> SessionDetails:
        """What was entered but for the times, at these."""
        return SessionDetails(
            start=start,
            end=end,
            time_zone=time_zone,
            venue=next((venue for venue in venues if str(venue.id) == self.venue.data), None),
            min_seats=self.min_seats.data or 0,
            max_seats=self.max_seats.data,
            open_cost=self.only_if_needed.data or 0,
            max_sets=self.max_sets.data,
        )


class SessionForm(DatesForm):
    """One session of an event."""

    all_day = TickField("It takes the whole day", hint="Leave the times empty. Calendars show it above the hours")
    last_day = DayField("Last day", hint="For several whole days. Leave empty where it is one day or part of one")
    version = WholeNumberField("Version")

    def validate(self, extra_validators: Any = None) -> bool:
        """Whole days have no times, so none are asked for."""
        if self.all_day.data:
            self.starts.ask = self.ends.ask = None
        return bool(super().validate(extra_validators))

    def validate_last_day(self, field: DayField) -> None:
        """Only whole days have a last one, and it is not before the first."""
        if field.data and not self.all_day.data:
            raise ValidationError("Last day is for whole days. Tick that it takes the whole day, or leave this empty")
        if field.data and self.day.data and field.data < self.day.data:
            raise ValidationError(f"Last day must be {formatting.day(self.day.data)} or later")

    def validate_ends(self, field: ClockField) -> None:
        """Whole days end at midnight, whatever the times say."""
        if not self.all_day.data:
            super().validate_ends(field)

    @classmethod
    def of(cls, session: Session) -> SessionForm:
        """The form filled with a session as it is."""
        days = session.whole_days
        return cls(
            formdata=None,
            day=session.local_start.date(),
            all_day=days is not None,
            last_day=days[1] if days and days[1] != days[0] else None,
            starts=None if days else session.local_start.time(),
            ends=None if days else session.local_end.time(),
            venue=str(session.venue_id or ""),
            round=session.round.number if session.round else None,
            min_seats=session.min_seats,
            max_seats=session.max_seats,
            max_sets=session.max_sets,
            only_if_needed=session.open_cost,
            version=session.version,
        )

    def details(self, time_zone: str, venues: list[Venue]) -> SessionDetails | None:
        """What was entered; None, with the fault at its field, where the clock never shows a time or shows it twice."""
        times: list[datetime] = []
        for name, wall_time in self._wall_times():
            try:
                times.append(aware(wall_time, time_zone))
            except WallTimeRefused as refusal:
                self.refuse(name, str(refusal))
        return self.details_at(times[0], times[1], time_zone, venues) if len(times) == 2 else None

    def _wall_times(self) -> Iterator[tuple[str, datetime]]:
        """Start and end as the clock shows them, each with its field; whole days are counted as days."""
        if self.all_day.data:
            yield "day", datetime.combine(self.day.data, time(0))
            yield "day", datetime.combine((self.last_day.data or self.day.data) + timedelta(days=1), time(0))
        else:
            yield "starts", datetime.combine(self.day.data, self.starts.data)
            yield "ends", datetime.combine(self.day.data, self.ends.data)


class RepeatForm(DatesForm):
    """A series of dates: all at the same time, every so many weeks; those that stay ticked are added."""

    weeks = WholeNumberField("Every so many weeks", ask="Enter a number of weeks", least=1, most=52, default=1)
    times = WholeNumberField("How many dates?", ask="Enter how many dates", least=2, most=60)
    dates = ManyField("Dates to add", hint="Untick what you do not want")

    def validate(self, extra_validators: Any = None) -> bool:
        """All but the ticks, which can be read once the rest says which dates there are (``offer_dates``)."""
        self.dates.process_errors = []
        return bool(super().validate(extra_validators))

    def series(self, time_zone: str) -> list[ProposedDate]:
        """The dates of what was entered, once valid."""
        length = datetime.combine(date.min, self.ends.data) - datetime.combine(date.min, self.starts.data)
        weeks, times = self.weeks.data, self.times.data
        return dates_of(Repeat(self.day.data, self.starts.data, length, times, time_zone, weeks))

    def offer_dates(self, series: list[ProposedDate], *, anew: bool) -> None:
        """Show the dates of a series: ``anew`` all ticked, else as posted; one that cannot be has no box.

        Where the series is another than the one that was looked at, all are ticked, and the field says so.
        """
        choices = [
            (each.day.isoformat(), formatting.day(each.day), ", ".join(each.notes)) for each in series if each.start
        ]
        self.dates.offer(choices)
        changed = bool(self.dates.process_errors)
        if anew or changed:
            self.dates.raw_data, self.dates.process_errors = None, []
            self.dates.data = tuple(value for value, *_ in choices)
        if changed and not anew:
            self.refuse("dates", "The dates are others now. Check them, then add them")

    def wanted(self, series: list[ProposedDate], time_zone: str, venues: list[Venue]) -> list[SessionDetails]:
        """The dates that are ticked, each as a session."""
        return [
            self.details_at(each.start, each.end, time_zone, venues)
            for each in series
            if each.start and each.end and each.day.isoformat() in self.dates.data
        ]


class CopyForm(Form):
    """A copy of an event some weeks later."""

    title = LineField("Name of the copy", ask="Enter the name of the copy")
    weeks = WholeNumberField(
        "How many weeks later?",
        ask="Enter a number of weeks",
        hint="Each date keeps its weekday and its time of the clock. 52 weeks is a year",
        least=1,
        most=520,
    )


class CopyRoundForm(Form):
    """The dates of one round once more, some weeks later, as the next round."""

    weeks = WholeNumberField("How many weeks later?", ask="Enter a number of weeks", least=1, most=52)
