"""Forms of what carries a programme beyond its dates: intentions, themes, sponsors, the directory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from scheduler import words
from scheduler.collect.directory import Search, Shown
from scheduler.collect.intentions import LONGEST_THEME, MOST_THEMES, distinct
from scheduler.models import DirectoryEntry, Event, Headway, IntentionText, Pair
from scheduler.web.forms.base import Form
from scheduler.web.forms.collect import MOST_OPENING
from scheduler.web.forms.fields import (
    ChoiceField,
    LineField,
    ManyField,
    SelectField,
    TextField,
    TickField,
    WholeNumberField,
)


class IntentionForm(Form):
    """What a pair sets out to improve, and its themes: the main one first."""

    text = TextField(
        "What do you set out to improve?", hint="A sentence or two that your board would recognise", most=1000
    )
    main = SelectField("Main theme", hint="The plan may use it to mix people, or to keep them together")
    themes = ManyField("Other themes")
    own = LineField("Themes of your own", hint="With commas between them", most=200)
    version = WholeNumberField("Version")

    @classmethod
    def of(cls, stands: IntentionText, offered: Sequence[str]) -> IntentionForm:
        """The form filled with what stands."""
        form = cls(
            formdata=None,
            text=stands.text or None,
            main=next(iter(stands.themes), ""),
            themes=stands.themes[1:],
            version=stands.number,
        )
        form.offer(offered, stands.themes)
        return form

    def offer(self, offered: Sequence[str], held: Sequence[str]) -> None:
        """Let the pair choose among the themes the programme offers and those it has."""
        names = sorted(distinct([*held, *offered], most=None), key=str.casefold)
        self.main.offer([("", "None yet"), *((name, name) for name in names)])
        self.themes.offer([(name, name) for name in names])

    def validate_own(self, field: LineField) -> None:
        """A few short ones."""
        for name in (field.data or "").split(","):
            if len(name.strip()) > LONGEST_THEME:
                raise ValidationError(f"Each theme must be {LONGEST_THEME} characters or fewer")
        if len(self.chosen(most=None)) > MOST_THEMES:
            raise ValidationError(f"Choose {MOST_THEMES} themes or fewer, with your own")

    def chosen(self, most: int | None = MOST_THEMES) -> list[str]:
        """The themes chosen, the main one first."""
        main = [self.main.data] if self.main.data else []
        return distinct([*main, *self.themes.data, *(self.own.data or "").split(",")], most)


class HeadwayForm(Form):
    """Where are you now?"""

    headway = ChoiceField(
        "Where are you now?",
        ask="Select where you are now",
        choices=[(each.value, words.HEADWAYS[each.value]) for each in Headway],
        of=Headway,
    )
    words = TextField(
        "In a few words", hint="280 characters at most. Your sponsor and the organisers read it", most=280, rows=3
    )


class ThemesForm(Form):
    """The themes that owners offer, one a line."""

    themes = TextField("Themes, one a line", hint=f"{LONGEST_THEME} characters each at most", most=4000, rows=10)

    def validate_themes(self, field: TextField) -> None:
        """Short enough to stand in a list."""
        for line in (field.data or "").splitlines():
            if len(line.strip()) > LONGEST_THEME:
                raise ValidationError(f'"{line.strip()[:30]}…" must be {LONGEST_THEME} characters or fewer')


class IntentionsFilter(Form):
    """Which intentions the organiser's list shows."""

    theme = SelectField("Theme", choices=[("", "All themes")])
    show = SelectField(
        "Show",
        choices=[("", "All pairs"), ("silent", "Said nothing this quarter"), ("none", "No intention written")],
    )

    @classmethod
    def among(cls, themes: Iterable[str], args: MultiDict[str, str]) -> IntentionsFilter:
        """The filters of an address; a value that is not offered narrows nothing."""
        form = cls(MultiDict())
        form.theme.choices += [(name, name) for name in themes]
        form.process(args)
        return form


class TogetherForm(Form):
    """Which pairs of a theme are kept in one set, of which event, and why."""

    event = SelectField("In which sets?", ask="Select the sets", of=int)
    pairs = ManyField("Which pairs stay together?", ask="Select at least 2 pairs", of=int)
    reason = LineField("Why?", ask="Enter why, so that others know when it can go", most=500)

    def offer(self, events: Sequence[Event], pairs: Sequence[Pair]) -> None:
        """Let the organiser choose among events with sets, and among the pairs of the theme."""
        self.sizes = {event.id: event.size_max for event in events}
        self.event.offer([(str(event.id), event.title) for event in events])
        self.pairs.offer([(str(pair.id), f"{pair.trust.name}, {pair.trust.region}") for pair in pairs])

    def validate_pairs(self, field: ManyField) -> None:
        """As many as a set can hold."""
        most = self.sizes.get(self.event.data or 0)
        if len(field.data) < 2:
            raise ValidationError("Select at least 2 pairs")
        if most is not None and len(field.data) > most:
            raise ValidationError(f"Select {most} pairs or fewer: a set holds no more")


class AskSponsorsForm(Form):
    """Which sponsors to ask to confirm their pair, and a line of one's own."""

    people = ManyField("Who is asked?", ask="Select who is asked", of=int)
    opening = TextField("Your opening line", hint="Stands above the rest of the email", most=MOST_OPENING, rows=3)


class ListingForm(Form):
    """What of a person the directory shows."""

    name = TickField("Name", default=True)
    role = TickField("Role", default=True)
    trust = TickField("Trust or organisation, with its region and type", default=True)
    themes = TickField("Themes of your improvement intention")
    email = TickField("Email address")
    ask_me_about = LineField("Ask me about", hint="For example: setting up a study in a community clinic", most=200)

    @classmethod
    def of(cls, entry: DirectoryEntry | None) -> ListingForm:
        """The form as the person left it."""
        if entry is None:
            return cls(formdata=None)
        return cls(
            formdata=None,
            name=entry.shows_name,
            role=entry.shows_role,
            trust=entry.shows_trust,
            themes=entry.shows_themes,
            email=entry.shows_email,
            ask_me_about=entry.ask_me_about or None,
        )

    def validate_name(self, field: TickField) -> None:
        """Nobody can turn to an entry that says neither who nor where."""
        if not field.data and not self.trust.data:
            raise ValidationError("Tick your name or your Trust, so that others know whom they have found")

    def shown(self) -> Shown:
        """What was chosen."""
        return Shown(
            name=self.name.data,
            role=self.role.data,
            trust=self.trust.data,
            themes=self.themes.data,
            email=self.email.data,
            ask_me_about=self.ask_me_about.data or "",
        )


class DirectorySearch(Form):
    """Whom to look for among those who are listed."""

    find = LineField("Words", hint="A name, a Trust or a subject")
    region = SelectField("Region", choices=[("", "All regions"), *((each, each) for each in words.REGION_LETTERS)])
    kind = SelectField("Type of Trust", choices=[("", "All types"), *words.TRUST_TYPES.items()])
    theme = SelectField("Theme", choices=[("", "All themes")])

    @classmethod
    def among(cls, themes: Iterable[str], args: MultiDict[str, str]) -> DirectorySearch:
        """The search of an address; a value that is not offered narrows nothing."""
        form = cls(MultiDict())
        form.theme.choices += [(name, name) for name in themes]
        form.process(args)
        return form

    def search(self) -> Search:
        """What was asked for."""
        return Search(
            find=self.find.data or "",
            region=self.region.data or "",
            kind=self.kind.data or "",
            theme=self.theme.data or "",
        )
