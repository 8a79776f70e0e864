"""Mails in the organiser's words or in ours: filled in, and told what is wrong with them.

Words are plain text with fields in braces: ``Hello {name}``. A line whose fields all turn out empty is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2
import sqlalchemy as sa
from flask import current_app

from scheduler import formatting
from scheduler.clock import now
from scheduler.collect.mails import MAILS, Mail
from scheduler.extensions import db
from scheduler.models import Organiser, OwnWording, Programme, record
from scheduler.text import clean_line, clean_text
from scheduler.transaction import transaction

LONGEST_SUBJECT = 60
_FIELD = re.compile(r"\{([a-z_]+)\}")
_BRACES = re.compile(r"\{([^{}\n]*)\}|[{}]")


class SavedMeanwhile(Exception):
    """Someone else changed the words since the form was read: ``saved`` are theirs, None where ours are used again."""

    def __init__(self, saved: OwnWording | None) -> None:
        super().__init__()
        self.saved = saved


@dataclass(frozen=True)
class Words:
    """What a mail says: ``subject`` "" means ours, which is made for each mail."""

    subject: str
    text: str


def ours(mail: Mail) -> Words:
    """Our own words for a mail."""
    source, _, _ = current_app.jinja_env.loader.get_source(current_app.jinja_env, f"mail/{mail.key}.txt")  # type: ignore[union-attr]
    return Words("", source.strip())


def own(programme: Programme, mail: Mail) -> OwnWording | None:
    """The organiser's words for a mail, None where ours are used."""
    return next((wording for wording in programme.wordings if wording.mail == mail.key), None)


def save(programme: Programme, mail: Mail, words: Words, *, version: int, by: Organiser) -> None:
    """Use an organiser's words from now on; mail already written stays as it is. ``version`` 0: ours were seen.

    Raises SavedMeanwhile. The words must be without ``faults``.
    """
    with transaction() as tx:
        wording = _as_seen(programme, mail, version)
        if wording is None:
            wording = OwnWording(programme_id=programme.id, mail=mail.key)
            tx.add(wording)
        wording.subject, wording.text = clean_line(words.subject), clean_text(words.text)
        wording.changed_at, wording.changed_by_id = now(), by.id
        tx.flush()
        record("wording.changed", programme=programme, by=by, thing=mail.title)
    db.session.expire(programme, ["wordings"])


def use_ours_again(programme: Programme, mail: Mail, *, by: Organiser) -> bool:
    """Forget an organiser's words; False where ours were used already."""
    with transaction() as tx:
        wording = _stored(programme, mail)
        if wording is None:
            return False
        tx.delete(wording)
        record("wording.ours-again", programme=programme, by=by, thing=mail.title)
    db.session.expire(programme, ["wordings"])
    return True


def faults_in_text(mail: Mail, text: str) -> list[str]:
    """Everything that is wrong with a text, each with how to mend it."""
    found = list(_unknown_fields(mail, text))
    lines = text.splitlines()
    for field in mail.fields:
        written = f"{{{field.name}}}"
        if field.needed and written not in text:
            found.append(f"Put {written} in the text: {field.needed}")
        if field.stands_alone and any(written in line and line.strip() != written for line in lines):
            found.append(f"Put {written} on a line of its own: it holds more than one line, or a link")
    return found


def faults_in_subject(mail: Mail, subject: str) -> list[str]:
    """Everything that is wrong with a subject."""
    found = list(_unknown_fields(mail, subject))
    alone = [field.name for field in mail.fields if field.stands_alone and f"{{{field.name}}}" in subject]
    found += [f"A subject has one line, so it cannot hold {{{name}}}" for name in alone]
    if not found and len(filled := fill(subject, _samples(mail))) > LONGEST_SUBJECT:
        found.append(f"Subject must be {LONGEST_SUBJECT} characters or fewer, filled in it has {len(filled)}")
    return found


def sample(mail: Mail, words: Words, programme: Programme) -> Words:
    """A mail as it would read, filled with made-up answers and the programme's own name."""
    values = _samples(mail) | {"programme": programme.name, "short_name": programme.short_name}
    text = fill(words.text, values)
    return Words(shortened(fill(words.subject, values)) or mail.subject, f"{text}\n{_signature(programme, '…')}\n")


def compose(key: str, *, programme: Programme, subject: str, **context: Any) -> Words:
    """A mail for one person, in the organiser's words or ours; ``subject`` is ours for it."""
    mail = MAILS[key]
    words = own(programme, mail) or ours(mail)
    fields = _Fields(mail, {"programme": programme, "subject": subject, **context})
    text = fill(words.text, fields)
    own_subject = shortened(fill(words.subject, fields)) if words.subject else ""
    return Words(own_subject or subject, f"{text}\n{_signature(programme, fields.block('why'))}\n")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values where the fields are. A line that held fields and is empty now is left out, a gap it leaves too.

    Values are put in once: what looks like a field in one of them stays as it is.
    """
    lines = []
    for line in text.splitlines():
        filled = _FIELD.sub(lambda found: values[found[1]] if found[1] in values else found[0], line)
        if filled.strip() or not _FIELD.search(line):
            lines.append(filled.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def shortened(subject: str, rest: str = "") -> str:
    """A subject of 60 characters at most; what is cut is taken from the words before ``rest``."""
    room = LONGEST_SUBJECT - len(rest)
    words = subject if len(subject) <= room else f"{subject[: room - 1].rstrip()}…"
    return f"{words}{rest}"


def _unknown_fields(mail: Mail, text: str) -> Iterator[str]:
    known = formatting.listed((f"{{{field.name}}}" for field in mail.fields), "or")
    for found in dict.fromkeys(each[0] for each in _BRACES.finditer(text)):
        if found in "{}":
            yield f"There is a {found} that belongs to no field. Take it out: braces stand for fields alone"
        elif found[1:-1] not in mail.by_name:
            yield f"There is no field {found} in this mail. Use {known}"


def _samples(mail: Mail) -> dict[str, str]:
    return {field.name: field.sample for field in mail.fields}


def _stored(programme: Programme, mail: Mail) -> OwnWording | None:
    mine = OwnWording.programme_id == programme.id, OwnWording.mail == mail.key
    return db.session.scalar(sa.select(OwnWording).where(*mine).execution_options(populate_existing=True))


def _as_seen(programme: Programme, mail: Mail, version: int) -> OwnWording | None:
    stored = _stored(programme, mail)
    if (stored.version if stored else 0) != version:
        raise SavedMeanwhile(stored)
    return stored


def _signature(programme: Programme, why: str) -> str:
    page = plain_environment(current_app.jinja_env).get_template("mail/signature.txt")
    return page.render(programme=programme, why=why)


class _Fields(Mapping[str, str]):
    """The values of one mail's fields, each worked out where it is asked for."""

    def __init__(self, mail: Mail, context: Mapping[str, Any]) -> None:
        self._mail, self._context = mail, context

    def __getitem__(self, name: str) -> str:
        if name not in self._mail.by_name:
            raise KeyError(name)
        return self.block(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._mail.by_name)

    def __len__(self) -> int:
        return len(self._mail.fields)

    def block(self, name: str) -> str:
        """What a block of the mail's fields, or of those that every mail has, says."""
        environment = plain_environment(current_app.jinja_env)
        for file in (f"mail/fields/{self._mail.key}.txt", "mail/fields/every.txt"):
            template = environment.get_template(file)
            if name in template.blocks:
                said = "".join(template.blocks[name](template.new_context(dict(self._context))))
                return re.sub(r"\n{3,}", "\n\n", said).strip()
        raise KeyError(name)


@cache
def plain_environment(environment: jinja2.Environment) -> jinja2.Environment:
    """The pages' environment without escaping: these are plain text, and their HTML is escaped on its own."""
    return environment.overlay(autoescape=False, undefined=jinja2.StrictUndefined)
