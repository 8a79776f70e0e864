"""The mails whose words an organiser may change, and the fields each is filled with.

Ours are in ``templates/mail/<key>.txt``; what a field says is a block of ``templates/mail/fields/<key>.txt``. The list
is closed and there is no expression language, so no words of an organiser reach anything but these (abuse case I8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Field:
    """A place in a mail that is filled in.

    ``needed`` says what people would lack without it, "" where it may be left out. One that ``stands_alone`` holds
    lines of its own, such as a list, so nothing else is on its line.
    """

    name: str
    says: str
    sample: str
    stands_alone: bool = False
    needed: str = ""


@dataclass(frozen=True)
class Mail:
    """One mail: ``when`` it is sent, a subject as ours reads, and its fields."""

    key: str
    title: str
    when: str
    subject: str
    fields: tuple[Field, ...]

    @property
    def by_name(self) -> Mapping[str, Field]:
        """Its fields by name."""
        return {field.name: field for field in self.fields}


_NAME = Field("name", "who it goes to", "Amara Okafor")
_PROGRAMME = Field("programme", "the programme's name", "R&D leadership programme 2027")
_SHORT_NAME = Field("short_name", "the programme's short name", "R&D leaders")
_OPENING = Field("opening", "what you write for everyone before you send it", "We are nearly there.", True)
_EVENT = Field("event", "the event", "Workshop 1")
_LINK = Field(
    "link",
    "the person's own link. With words and a colon on the line before it, those words become the link",
    "https://convene.example/p/their-own-link",
    True,
    "nobody can answer without their link",
)
_CLOSES = Field("closes", "until when, as a sentence", "You can answer until Friday 11 December 2026 at 5pm (UK time).")
_PARTNER = Field("partner", "who they come with, as a sentence", "You come with Tom Reid.")
_COMPANY = Field("company", "who else comes, as a sentence", "23 other pairs come too.")
_PURPOSE = Field("purpose", "what the event is for", "What leading change asks of you.", True)
_WHEN_AND_WHERE = Field(
    "when_and_where",
    "the time with its zone, and the place or joining link",
    "When: Tuesday 12 January 2027, 9:30am to 4:30pm, UK time\nWhere: The Carriageworks, Leeds, LS2 3AD",
    True,
    "the mail must say what the calendar says",
)
_WAY_BACK = Field(
    "way_back",
    "how to say that one can no longer come",
    "If you can no longer come, say so on your own page: it shows all your dates.\n\n"
    "Lost your page? Ask for your link:\nhttps://convene.example/find-my-link",
    True,
    "people must know how to say that they can no longer come",
)
_EVERY = (_NAME, _PROGRAMME, _SHORT_NAME)

_ALL = (
    Mail(
        "ask",
        "Asking for dates",
        "when you ask people for their dates",
        "14 dates to answer by 11 December – R&D leaders",
        (
            *_EVERY,
            _OPENING,
            Field("purpose", "what the programme is for", "A year for the people who lead research.", True),
            Field("dates", "how many dates", "14 dates"),
            Field(
                "events",
                "the events, each with its number of dates",
                "- Workshop 1: 3 dates\n- Workshop 2: 11 dates",
                True,
            ),
            _LINK,
            _CLOSES,
            Field("partner", "who they come with", "You come with Tom Reid. Your pair can come when you both can."),
        ),
    ),
    Mail(
        "reminder",
        "Reminder",
        "when you remind people who have dates left",
        "5 dates left, closes Friday – R&D leaders",
        (
            *_EVERY,
            _OPENING,
            Field("dates", "how many dates are left", "5 dates"),
            Field("waiting", "the same with its verb", "5 dates wait"),
            Field(
                "events",
                "the events, each with what is left",
                "- Workshop 1: 2 dates left\n- Workshop 2: 3 dates left",
                True,
            ),
            _LINK,
            _CLOSES,
        ),
    ),
    Mail(
        "nudge",
        "From partner to partner",
        "when one of a pair asks us to remind the other",
        "Amara has answered, 5 dates wait for you – R&D leaders",
        (
            *_EVERY,
            Field("partner", "who has answered", "Tom Reid"),
            Field("waiting", "how many dates, with the verb", "5 dates wait"),
            Field(
                "events",
                "the dates that are left",
                "- Workshop 1: Tuesday 12 January 2027, 9:30am to 4:30pm (Tom Reid: yes)",
                True,
            ),
            _LINK,
            _CLOSES,
        ),
    ),
    Mail(
        "decide",
        "Asking to decide",
        "when you ask those to decide who have said if need be",
        "One pair more and 21 January runs – R&D leaders",
        (
            *_EVERY,
            _OPENING,
            Field("dates", "how many dates", "2 dates"),
            Field("which", "“it” or “one of them”", "one of them"),
            Field(
                "events",
                "the dates",
                "- Workshop 1: Thursday 21 January 2027 (one pair more and 21 January runs)",
                True,
            ),
            _LINK,
            _CLOSES,
        ),
    ),
    Mail(
        "receipt",
        "Copy of the answers",
        "when somebody asks for it, or you answer for them",
        "Your answers for Workshop 1 – R&D leaders",
        (
            *_EVERY,
            Field("who_answered", "who gave the answers, as a sentence", "Here are your answers."),
            Field(
                "answers",
                "all answers, by event",
                "Workshop 1\n\n- Tuesday 12 January 2027: Yes",
                True,
                "they are what was asked for",
            ),
            _CLOSES,
            _LINK,
        ),
    ),
    Mail(
        "link-again",
        "My link again",
        "when somebody asks for their link, or you send it",
        "Your Convene link – R&D leaders",
        (*_EVERY, _LINK),
    ),
    Mail(
        "proposed-set",
        "Proposed set",
        "when you propose sets to their members, before anything is published",
        "Your proposed action learning set – R&D leaders",
        (
            *_EVERY,
            _EVENT,
            Field("set", "which set, as “set 3”", "set 3"),
            Field(
                "trusts",
                "who else would be in it, with their regions",
                "- Leeds Community Healthcare NHS Trust, North East and Yorkshire\n- Barts Health NHS Trust, London",
                True,
                "people must know whom they would be with",
            ),
            Field("facilitator", "who would lead it, as a sentence", "Jo Hale would lead it."),
            Field(
                "dates",
                "all its dates",
                "- Tuesday 2 February 2027, 1pm to 4pm, online\n- Tuesday 2 March 2027, 1pm to 4pm, online",
                True,
                "people must know when they would meet",
            ),
            _LINK,
            Field(
                "way_out",
                "how to say in confidence that one should not be in this set",
                "Is there a reason you should not be in this set? Tell us on that page. Only the programme's owners "
                "read it, not your partner and not the set.",
                True,
                "people must know how to say so in confidence",
            ),
        ),
    ),
    Mail(
        "set-date",
        "Choosing a set's next date",
        "when somebody offers dates to a set that runs itself",
        "Set 3: choose the next date",
        (
            *_EVERY,
            Field("set", "which set, as “set 3”", "set 3"),
            Field("who", "who offers the dates", "Amara Okafor"),
            Field(
                "dates",
                "the dates",
                "- Wednesday 14 April 2027, 1pm to 4pm\n- Thursday 15 April 2027, 9:30am to 12:30pm",
                True,
                "people must know what is offered",
            ),
            Field("place", "where it would be", "Where: https://meet.example/set-3"),
            Field("answered", "how many have answered, as a sentence", "1 of 7 have answered so far."),
            _LINK,
        ),
    ),
    Mail(
        "invitation",
        "Invitation",
        "when a published plan gives somebody a place",
        "Workshop 1, Tuesday 12 January 2027, Leeds",
        (
            *_EVERY,
            _EVENT,
            Field("at_what", "the event with “at”, or the set with “in”", "at Workshop 1"),
            _WHEN_AND_WHERE,
            Field(
                "instead_of",
                "the date it replaces, as a sentence",
                "This is instead of Thursday 14 January 2027, which is cancelled.",
            ),
            _PARTNER,
            _COMPANY,
            _PURPOSE,
            _WAY_BACK,
        ),
    ),
    Mail(
        "update",
        "New time or place",
        "when you publish a date with another time or place",
        "Changed: Workshop 1 is now on Tuesday 19 January",
        (
            *_EVERY,
            _EVENT,
            Field(
                "was_and_now",
                "what it was, and what it is now",
                "Was: Tuesday 12 January 2027, 9:30am to 4:30pm, Leeds\n"
                "Is now: Tuesday 19 January 2027, 9:30am to 4:30pm, UK time, Leeds",
                True,
                "nobody would know what has changed",
            ),
            Field("time_or_place", "“time” or “place”", "time"),
            _PARTNER,
            _COMPANY,
            _WAY_BACK,
        ),
    ),
    Mail(
        "new-words",
        "New title or name",
        "when you publish new words for the same time and place, and choose to send them",
        "Changed: Workshop 1, Tuesday 12 January",
        (*_EVERY, _EVENT, _WHEN_AND_WHERE, _PURPOSE, _WAY_BACK),
    ),
    Mail(
        "cancellation",
        "Cancellation",
        "when somebody no longer has a place",
        "Cancelled: Workshop 1, Tuesday 12 January",
        (
            *_EVERY,
            _EVENT,
            Field(
                "what_is_off",
                "what is cancelled, as a sentence",
                "Workshop 1 on Tuesday 12 January 2027, 9:30am to 4:30pm is cancelled for you.",
                True,
                "the mail must say what is off",
            ),
            Field(
                "instead",
                "what replaces it, or that nothing does",
                "Nothing replaces it. If you think this is a mistake, write to us.",
                True,
                "people must know whether something replaces it",
            ),
        ),
    ),
    Mail(
        "sponsor",
        "Asking a board sponsor",
        "when you ask sponsors to confirm who represents their Trust",
        "Confirm your pair – R&D leaders",
        (
            *_EVERY,
            _OPENING,
            Field(
                "pairs",
                "each Trust with the people of its pair",
                "- Barts Health NHS Trust: Amara Okafor, R&D director, and Tom Reid, R&D manager",
                True,
                "a sponsor must know whom they confirm",
            ),
            Field(
                "again",
                "that you asked before, as a sentence",
                "We asked you before, on Thursday 3 December, and have not heard yet.",
            ),
            replace(_LINK, needed="nobody can confirm without their link"),
        ),
    ),
    Mail(
        "not-placed",
        "No place",
        "when you tell those whom the published plan has no place for",
        "No place at Workshop 1 yet",
        (
            *_EVERY,
            _OPENING,
            Field("events", "the events they have no place at", "Workshop 1"),
            Field(
                "reasons",
                "why, in sentences",
                "You and Tom Reid can both come on Tuesday 12 January 2027, Leeds, but there is no place left that "
                "fits, or too few can come for it to run.",
                True,
                "people must know why",
            ),
            Field(
                "what_would_help",
                "dates with room, as a sentence",
                "There is room on Thursday 21 January 2027, Birmingham: a Yes from you both would help.",
                True,
            ),
            _LINK,
        ),
    ),
    Mail(
        "seat-offer",
        "Offer of free seats",
        "when you offer free seats, or they go to the next in line",
        "Two seats are free on 19 January, until Friday 5pm",
        (
            *_EVERY,
            Field("seats", "how many seats, with the verb", "Two seats are"),
            _EVENT,
            Field(
                "when_and_where",
                "the time and the place",
                "- Tuesday 19 January 2027, 9:30am to 4:30pm, The Carriageworks, Leeds",
                True,
                "people must know what is offered",
            ),
            Field("you_can", "that they can come, as a sentence", "You said that you can come on that day."),
            Field("until", "until when the seats are kept", "Friday 15 January 2027 at 5pm", needed="an offer ends"),
            Field("one_answer", "that one answer counts for both", "One answer counts for you both."),
            _LINK,
        ),
    ),
)

MAILS: Mapping[str, Mail] = {mail.key: mail for mail in _ALL}
