"""Mail that no person wrote, and mail that our own mail server does not believe (calendar-rules 73, 74 and 76)."""

from __future__ import annotations

import re

from scheduler.invite.incoming.unwrapping import Mail

_DAEMONS = frozenset({"mailer-daemon", "mailer_daemon", "mailerdaemon", "mail-daemon", "postmaster"})
_BULK = frozenset({"bulk", "junk", "auto_reply", "auto-reply"})
_REFUSED_FOR_GOOD = re.compile(r"(?<![\d.])(?:5\.\d{1,3}\.\d{1,3}(?![\d.])|5[0-7]\d[ -]\D)")
_RECEIVED_BY = re.compile(r"\bby\s+([A-Za-z0-9.-]+)", re.IGNORECASE)
_CALENDAR_ROBOTS = re.compile(
    r"calendar-notification@google\.com|(?:no-?reply|do-?not-?reply)(?:[+@-].*)", re.IGNORECASE
)


def is_automatic(mail: Mail) -> bool:
    """Whether a mail without a calendar answers by itself: an out-of-office note and its kin (RFC 3834 5).

    X-Auto-Response-Suppress alone says "do not answer me", which people's mail may say too.
    """
    submitted = mail.header("auto-submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return True
    if mail.header("precedence").strip().lower() in _BULK:
        return True
    if any(mail.header(name).strip().lower() not in ("", "no") for name in ("x-autoreply", "x-autorespond")):
        return True
    return mail.from_nobody and bool(mail.header("x-auto-response-suppress"))


def is_from_a_mail_server(mail: Mail) -> bool:
    """Whether a mail without the structure of a report may be one all the same (qmail, Exim)."""
    local = mail.sender.rpartition("@")[0] or mail.sender_name.lower()
    return (
        local in _DAEMONS or bool(mail.header("x-failed-recipients")) or (mail.from_nobody and not is_automatic(mail))
    )


def is_a_calendar_robot(address: str) -> bool:
    """Whether an address writes for whoever uses a calendar, so that it says nothing about who gave an answer."""
    return bool(_CALENDAR_ROBOTS.fullmatch(address))


def says_refused_for_good(text: str) -> bool:
    """Whether a text holds a mail server's 5xx or 5.x.x."""
    return bool(_REFUSED_FOR_GOOD.search(text))


def our_server_disbelieves(mail: Mail, our_domain: str) -> bool:
    """Whether our own mail server found the sender's domain to be forged: ``dmarc=fail`` in its own words.

    Its words stand above the first Received line of somebody else's server; whatever stands below came with the
    message, and a "pass" proves nothing (RFC 8601 5).
    """
    for name, value in mail.headers:
        if name == "received":
            by = _RECEIVED_BY.search(value)
            if by is None or not _is_within(by.group(1), our_domain):
                return False
        elif name == "authentication-results":
            server = value.partition(";")[0].strip().split(" ")[0]
            if _is_within(server, our_domain) and re.search(r"\bdmarc\s*=\s*fail\b", value, re.IGNORECASE):
                return True
    return False


def _is_within(host: str, domain: str) -> bool:
    host, domain = host.lower().rstrip("."), domain.lower()
    return host == domain or host.endswith(f".{domain}")
