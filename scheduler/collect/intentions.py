"""Improvement intentions: what each pair set out to improve, its themes, and where it says it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.exc import StaleDataError

from scheduler.clock import now, today
from scheduler.extensions import db
from scheduler.formatting import MONTHS
from scheduler.models import (
    Headway,
    Heard,
    IntentionText,
    IntentionWord,
    Organiser,
    Pair,
    Person,
    Programme,
    Theme,
    Trust,
    record,
)
from scheduler.text import clean_line, clean_text
from scheduler.transaction import transaction

MOST_THEMES = 5
LONGEST_THEME = 60
PRESSED_TWICE = timedelta(minutes=10)


class WrittenMeanwhile(Exception):
    """The other one of the pair saved the intention since it was read: ``saved`` is what stands now."""

    def __init__(self, saved: IntentionText) -> None:
        super().__init__()
        self.saved = saved


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which intentions are wanted: of a theme, and "none written" or "silent", who said nothing this quarter."""

    theme: str = ""
    show: str = ""


@dataclass(frozen=True, slots=True)
class IntentionLine:
    """A pair in the organiser's list, with what it said last, and whether that was in this quarter."""

    pair: Pair
    last: IntentionWord | None
    said_this_quarter: bool


def texts_of(pair: Pair) -> list[IntentionText]:
    """What the pair wrote, the newest first."""
    rows = (
        sa.select(IntentionText).where(IntentionText.pair_id == pair.id).options(joinedload(IntentionText.written_by))
    )
    return list(db.session.scalars(rows.order_by(IntentionText.number.desc())))


def as_it_stands(pair: Pair) -> IntentionText:
    """The newest text with its number: 0 where there is none; one more than on record where a file changed it."""
    texts = texts_of(pair)
    if texts and (texts[0].text, texts[0].themes) == (pair.intention, pair.themes):
        return texts[0]
    if not texts and not pair.intention and not pair.themes:
        return IntentionText(number=0, text="", themes=[])
    return IntentionText(
        programme_id=pair.programme_id,
        pair_id=pair.id,
        number=(texts[0].number if texts else 0) + 1,
        text=pair.intention,
        themes=pair.themes,
        written_at=now(),
    )


def write(pair: Pair, text: str, themes: Iterable[str], *, version: int, by: Person) -> None:
    """Save what the pair sets out to improve; either of the two may. The same words once more change nothing.

    Raises WrittenMeanwhile where ``version`` is not the number of the text that stands.
    """
    wanted = clean_text(text), distinct(themes)
    if wanted == (pair.intention, pair.themes):
        return
    try:
        with transaction() as tx:
            stands = as_it_stands(pair)
            if stands.number != version:
                raise WrittenMeanwhile(stands)
            if stands.number:
                tx.add(stands)
            pair.intention, pair.themes = wanted
            tx.add(
                IntentionText(
                    programme_id=pair.programme_id,
                    pair_id=pair.id,
                    number=version + 1,
                    text=pair.intention,
                    themes=pair.themes,
                    written_by_id=by.id,
                )
            )
            tx.flush()
            record("intention.written", programme=pair.programme, by=by, thing=pair.trust.name)
    except (IntegrityError, StaleDataError):
        db.session.refresh(pair)
        raise WrittenMeanwhile(as_it_stands(pair)) from None


def say(pair: Pair, headway: Headway, words: str, *, by: Person) -> None:
    """Answer "Where are you now?". What was said before is kept; the same answer pressed twice is one."""
    words = clean_text(words)
    with transaction() as tx:
        last = next(iter(words_of(pair)), None)
        twice = last and (last.person_id, last.headway, last.words) == (by.id, headway, words)
        if twice and last and last.said_at > now() - PRESSED_TWICE:
            return
        said = IntentionWord(
            programme_id=pair.programme_id, pair_id=pair.id, person_id=by.id, headway=headway, words=words
        )
        tx.add(said)
        record("intention.said", programme=pair.programme, by=by, thing=pair.trust.name)


def words_of(pair: Pair) -> list[IntentionWord]:
    """Everything the pair said of where it is, the newest first."""
    rows = sa.select(IntentionWord).where(IntentionWord.pair_id == pair.id).options(joinedload(IntentionWord.person))
    return list(db.session.scalars(rows.order_by(IntentionWord.id.desc())))


def lines_of(programme: Programme, wanted: Narrowing) -> list[IntentionLine]:
    """The living pairs that are wanted, by the name of their Trust, in a fixed number of queries."""
    pairs = db.session.scalars(
        sa.select(Pair)
        .join(Pair.trust)
        .where(Pair.programme_id == programme.id, Pair.left_on.is_(None))
        .options(joinedload(Pair.trust), selectinload(Pair.director), selectinload(Pair.manager))
        .order_by(Trust.name, Pair.id)
    )
    said = _last_words(programme)
    since, zone = quarter_of(today(programme.time_zone)), ZoneInfo(programme.time_zone)
    lines = []
    for pair in pairs:
        last = said.get(pair.id)
        line = IntentionLine(pair, last, last is not None and last.said_at.astimezone(zone).date() >= since)
        if _is_wanted(line, wanted):
            lines.append(line)
    return lines


def said_this_quarter(pair: Pair) -> bool:
    """Whether the pair has answered "Where are you now?" since the quarter began."""
    zone = ZoneInfo(pair.programme.time_zone)
    since = datetime.combine(quarter_of(today(pair.programme.time_zone)), time(0), zone)
    said = sa.select(IntentionWord.id).where(IntentionWord.pair_id == pair.id, IntentionWord.said_at >= since)
    return db.session.scalar(said.limit(1)) is not None


def quarter_of(day: date) -> date:
    """The first day of the quarter of a year that a day is in."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def quarter_in_words(day: date) -> str:
    """ "October to December 2026"."""
    first = quarter_of(day)
    return f"{MONTHS[first.month - 1]} to {MONTHS[first.month + 1]} {first.year}"


def themes_offered(programme: Programme) -> list[str]:
    """The themes a pair may choose from: those the owners keep, else those that pairs have or were heard to name."""
    rows = sa.select(Theme.name).where(Theme.programme_id == programme.id).order_by(sa.func.lower(Theme.name))
    kept = list(db.session.scalars(rows))
    return kept or distinct([*themes_in_use(programme), *themes_heard(programme)], most=None)


def themes_in_use(programme: Programme) -> list[str]:
    """Every theme that a living pair has, each once, in alphabetical order."""
    rows = db.session.scalars(sa.select(Pair.themes).where(Pair.programme_id == programme.id, Pair.left_on.is_(None)))
    return sorted(distinct((name for names in rows for name in names), most=None), key=str.casefold)


def themes_heard(programme: Programme) -> list[str]:
    """Every theme that was heard in an interview, each once, in alphabetical order."""
    rows = db.session.scalars(sa.select(Heard.themes).where(Heard.programme_id == programme.id))
    return sorted(distinct((name for names in rows for name in names), most=None), key=str.casefold)


def keep_themes(programme: Programme, names: Iterable[str], *, by: Organiser) -> None:
    """Offer these themes from now on. Pairs keep the themes they have."""
    wanted = distinct(names, most=None)
    with transaction() as tx:
        tx.execute(sa.delete(Theme).where(Theme.programme_id == programme.id))
        tx.add_all(Theme(programme_id=programme.id, name=name) for name in wanted)
        record("themes.kept", programme=programme, by=by, themes=len(wanted))


def distinct(themes: Iterable[str], most: int | None = MOST_THEMES) -> list[str]:
    """Themes cleaned, each once whatever its letters' case, in their order: the first is the main one."""
    found: dict[str, str] = {}
    for theme in themes:
        if name := clean_line(theme)[:LONGEST_THEME]:
            found.setdefault(name.casefold(), name)
    return list(found.values())[:most]


def _last_words(programme: Programme) -> dict[int, IntentionWord]:
    newest = (
        sa.select(sa.func.max(IntentionWord.id))
        .where(IntentionWord.programme_id == programme.id)
        .group_by(IntentionWord.pair_id)
    )
    rows = db.session.scalars(
        sa.select(IntentionWord).where(IntentionWord.id.in_(newest)).options(joinedload(IntentionWord.person))
    )
    return {word.pair_id: word for word in rows}


def _is_wanted(line: IntentionLine, wanted: Narrowing) -> bool:
    if wanted.theme and wanted.theme.casefold() not in (theme.casefold() for theme in line.pair.themes):
        return False
    if wanted.show == "none":
        return not line.pair.intention
    return wanted.show != "silent" or not line.said_this_quarter


def shared_themes(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """The themes that two pairs have in common, as the first one writes them."""
    theirs = {theme.casefold() for theme in other}
    return [theme for theme in one if theme.casefold() in theirs]
