"""The words somebody gave with an answer (calendar-rules 71): plain text, short, and theirs rather than a program's."""

from __future__ import annotations

import re

from scheduler.invite.incoming.reading import LONGEST_COMMENT, Attendee, Said
from scheduler.text import clean_text

# These programs write the text beside an answer by themselves: "Ana Costa has accepted this invitation."
_WRITE_IT_THEMSELVES = re.compile(
    r"google|mozilla|apple|iphone|ipad|nextcloud|sabre|zimbra|proton|yahoo", re.IGNORECASE
)
_QUOTED_FROM_HERE = re.compile(
    r"\s*(?:>|-{2,}\s*(?:original|urspr|forwarded|begin)|_{5,}|-{5,}|={5,}|\*{5,}"
    r"|(?:from|when|where|von|de|sent|subject|organizer|organiser)\s?:\s"
    r"|on\s.{5,200}\swrote:|--\s*$)",
    re.IGNORECASE,
)
_GATEWAY_SAYS = re.compile(r"\s*\[?(?:external|caution|warning)\b|.*originated (?:from )?outside", re.IGNORECASE)


def comment_of(event: Said, attendee: Attendee | None, program: str, text: str) -> str:
    """The words given with an answer: COMMENT, else X-RESPONSE-COMMENT, else what stands first in the letter itself."""
    if event.comment:
        return event.comment
    if attendee is not None and attendee.comment:
        return attendee.comment
    return "" if _WRITE_IT_THEMSELVES.search(program) else first_words(text)


def first_words(text: str) -> str:
    """A letter without what it quotes, and without the warning a gateway put on top."""
    written: list[str] = []
    for line in text.splitlines():
        if _GATEWAY_SAYS.match(line):
            continue
        if _QUOTED_FROM_HERE.match(line):
            break
        written.append(line)
    return clean_text("\n".join(written))[:LONGEST_COMMENT]
