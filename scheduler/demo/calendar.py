"""What the demo's people are asked to come to, in days from today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler.models import (
    AudienceName,
    Event,
    EventFacilitator,
    EventKind,
    Facilitator,
    MixRule,
    Person,
    Programme,
    Round,
    Session,
    SessionUse,
    SharedResource,
    Venue,
)

ZONE = "Europe/London"
CLOSES_IN = 14  # days
NORTH = ["North West", "North East and Yorkshire"]
MIDDLE = ["Midlands", "East of England"]
SOUTH = ["London", "South East", "South West"]
TOWNS = {
    "Leeds": ("The Carriageworks", "3 Millennium Square", "LS2 3AD"),
    "London": ("Friends House", "173 Euston Road", "NW1 2BJ"),
    "Bristol": ("The Watershed", "1 Canons Road", "BS1 5TX"),
    "Birmingham": ("The Exchange", "3 Centenary Square", "B1 2DR"),
    "Manchester": ("The Friends' Meeting House", "6 Mount Street", "M2 5NS"),
    "Cambridge": ("The Guildhall", "Market Square", "CB2 3QJ"),
}
# Days from today and town; moved to the next day people work.
NATIONAL = ((49, "Birmingham"), (55, "London"), (58, "Leeds"))
REGIONAL = (
    ("R1", "North: engagement event", NORTH, ((70, "Leeds"), (75, "Manchester"), (79, "Leeds"))),
    ("R2", "Midlands and East: engagement event", MIDDLE, ((71, "Birmingham"), (76, "Cambridge"), (80, "Birmingham"))),
    ("R3", "London and South: engagement event", SOUTH, ((72, "London"), (77, "Bristol"), (81, "London"))),
)
WORKSHOPS = (
    ("W1", "Workshop 1: leading change", ((84, "Leeds"), (86, "London"), (91, "Bristol"), (93, "Birmingham"))),
    ("W2", "Workshop 2: your board", ((112, "London"), (114, "Leeds"), (119, "Birmingham"), (121, "Bristol"))),
    (
        "W3",
        "Workshop 3: research for everyone",
        ((140, "Manchester"), (142, "London"), (147, "Birmingham"), (149, "Bristol"), (154, "Leeds")),
    ),
    (
        "W4",
        "Workshop 4: measuring improvement",
        ((168, "London"), (170, "Birmingham"), (175, "Leeds"), (177, "Cambridge"), (182, "Bristol")),
    ),
)  # fmt: skip
CONFERENCE = ((203, "Birmingham"), (210, "London"))
FIRST_ROUND, BETWEEN_ROUNDS, ROUNDS = 98, 28, 4
SLOTS = ((0, 13), (1, 9), (3, 13), (7, 9), (8, 13), (10, 9))  # days into the round, hour


@dataclass(frozen=True)
class _Day:
    """A working day so many days from today."""

    today: date

    def after(self, days: int) -> date:
        """The first day from there on that is neither at a weekend nor between the years."""
        day = self.today + timedelta(days=days)
        while day.weekday() >= 5 or (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 2):
            day += timedelta(days=1)
        return day


def programme(at: datetime, slug: str) -> Programme:
    """The programme itself."""
    today = at.astimezone(ZoneInfo(ZONE)).date()
    year = (today + timedelta(days=FIRST_ROUND)).year
    return Programme(
        slug=slug,
        name=f"R&D leadership programme {year}",
        short_name="R&D leaders",
        purpose="R&D directors and managers of NHS Trusts meet, learn and change things together.",
        contact_name="Programme team",
        contact_email="team@programme.example",
        contact_phone="020 7946 0018",
        time_zone=ZONE,
        gap_minutes=60,
        hear_by=today + timedelta(days=CLOSES_IN + 7),
        is_demo=True,
    )


def events(programme: Programme, at: datetime, facilitators: list[Facilitator], outsiders: list[Person]) -> list[Event]:
    """One national and three regional events, four workshops, a conference and the sets, all open for answers."""
    zone = ZoneInfo(ZONE)
    today = at.astimezone(zone).date()
    build = _Builder(programme, _Day(today), at)
    made = [build.national()]
    made += [build.regional(key, title, regions, days) for key, title, regions, days in REGIONAL]
    made += [build.workshop(key, title, days, after=made[0]) for key, title, days in WORKSHOPS]
    made += [build.conference(outsiders), build.sets(facilitators)]
    closes = datetime.combine(_Day(today).after(CLOSES_IN), time(17), zone).astimezone(UTC)
    for position, event in enumerate(made):
        event.position = position
        event.opened_at, event.closes_at = at - timedelta(days=7), closes
    return made


class _Builder:
    """Makes events on the demo's days, in its venues, with its one facilitation team."""

    def __init__(self, programme: Programme, day: _Day, at: datetime) -> None:
        self.programme, self.day, self.at = programme, day, at
        self.venues = {
            town: Venue(programme=programme, name=name, address=street, town=town, postcode=postcode)
            for town, (name, street, postcode) in TOWNS.items()
        }
        self.online = Venue(programme=programme, name="Online", joining_url="https://meet.programme.example/sets")
        self.team = SharedResource(
            programme=programme, key="team", name="Facilitation team", capacity=2, gap_minutes=30
        )

    def national(self) -> Event:
        """One day for everybody."""
        event = self._event("N1", "National event", EventKind.NATIONAL, open_min=1, open_max=1, encounters=False)
        event.purpose = "The start of the year: everyone in one room, and what each Trust has set out to improve."
        return self._on_days(event, NATIONAL, hours=6, min_seats=60, max_seats=150)

    def regional(self, key: str, title: str, regions: list[str], days: tuple[tuple[int, str], ...]) -> Event:
        """One day for a third of the country."""
        event = self._event(key, title, EventKind.REGIONAL, open_min=1, open_max=1, encounters=False)
        event.audience = {"who": "pairs", "regions": regions}
        event.purpose = "Meet the Trusts around you, and those who deliver research with you."
        return self._on_days(event, days, hours=5, min_seats=10, max_seats=70)

    def workshop(self, key: str, title: str, days: tuple[tuple[int, str], ...], after: Event) -> Event:
        """Several sittings; a pair goes to one, and meets Trusts from elsewhere."""
        event = self._event(key, title, EventKind.WORKSHOP, open_min=1, open_max=len(days), after=[after])
        event.purpose = "A working day with other pairs. Bring your improvement intention."
        event.mix = [
            MixRule(programme=self.programme, attribute="region", max_share_text="0.4", min_distinct=4),
            MixRule(programme=self.programme, attribute="research_activity", max_share_text="0.6"),
        ]
        return self._on_days(event, days, hours=7, min_seats=16, max_seats=44, open_cost=100, team=True)

    def conference(self, outsiders: list[Person]) -> Event:
        """Everyone, with stakeholders and speakers."""
        event = self._event("C1", "Conference", EventKind.CONFERENCE, open_min=1, open_max=1, encounters=False)
        event.purpose = "What has changed, told to those who work with us."
        event.audience_names = [
            AudienceName(programme=self.programme, party=f"S{n}", person=person)
            for n, person in enumerate(outsiders, start=1)
        ]
        return self._on_days(event, CONFERENCE, hours=6, min_seats=60, max_seats=180)

    def sets(self, facilitators: list[Facilitator]) -> Event:
        """Action learning sets in four rounds, online, each led by one facilitator."""
        event = self._event("ALS", "Action learning sets", EventKind.SETS)
        event.purpose = "Five to eight pairs who help each other with what they set out to improve."
        event.size_min, event.size_max, event.count_min, event.count_max = 5, 8, 8, 12
        event.mix = [MixRule(programme=self.programme, attribute="region", max_share_text="0.5", min_distinct=3)]
        event.facilitators = [EventFacilitator(facilitator=each, max_sets=each.max_sets) for each in facilitators]
        for number in range(1, ROUNDS + 1):
            round_ = Round(programme=self.programme, event=event, number=number, key=f"ALS-R{number}")
            first = FIRST_ROUND + (number - 1) * BETWEEN_ROUNDS
            for letter, (days, hour) in zip("abcdef", SLOTS, strict=True):
                start, end = self._times(self.day.after(first + days), time(hour), 3)
                Session(
                    programme=self.programme, event=event, round=round_, key=f"{round_.key}-{letter}",
                    starts_at=start, ends_at=end, time_zone=ZONE, venue=self.online, max_sets=4,
                    added_at=self.at - timedelta(days=10),
                )  # fmt: skip
        return event

    def _event(self, key: str, title: str, kind: EventKind, **given: object) -> Event:
        return Event(
            programme=self.programme, key=key, title=title, kind=kind, audience={"who": "pairs"},
            **{"encounters": True} | given,
        )  # fmt: skip

    def _on_days(
        self,
        event: Event,
        days: tuple[tuple[int, str], ...],
        *,
        hours: int,
        min_seats: int,
        max_seats: int,
        open_cost: int = 0,
        team: bool = False,
    ) -> Event:
        for letter, (ahead, town) in zip("abcdef", days, strict=False):
            start, end = self._times(self.day.after(ahead), time(9, 30), hours)
            session = Session(
                programme=self.programme, key=f"{event.key}-{letter}", starts_at=start, ends_at=end, time_zone=ZONE,
                venue=self.venues[town], min_seats=min_seats, max_seats=max_seats, open_cost=open_cost,
                added_at=self.at - timedelta(days=10),
            )  # fmt: skip
            if team:
                session.uses.append(SessionUse(resource=self.team, amount=1))
            event.sessions.append(session)
        return event

    @staticmethod
    def _times(day: date, clock: time, hours: int) -> tuple[datetime, datetime]:
        start = datetime.combine(day, clock, ZoneInfo(ZONE)).astimezone(UTC)
        return start, start + timedelta(hours=hours)
