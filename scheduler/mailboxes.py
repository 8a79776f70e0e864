"""Addresses: the one check of what people type, and mailboxes as they stand in a header, a calendar and an envelope."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from email.utils import parseaddr

import email_validator

from scheduler.text import clean_line

LONGEST_SHOWN = 80
# The library refuses these names outright. A demo, a test and a mail server inside a Trust's network use them, and its
# documentation offers this list as the place to say so.
for _name in ("invalid", "local", "localhost", "test"):
    if _name in email_validator.SPECIAL_USE_DOMAIN_NAMES:
        email_validator.SPECIAL_USE_DOMAIN_NAMES.remove(_name)


class AddressRefused(ValueError):
    """Not an address mail can be sent to; the message says so in the reader's words."""


class AddressHidesSomething(AddressRefused):
    """It would be an address without characters that nobody sees; ``without_them`` is what it reads like."""

    def __init__(self, without_them: str) -> None:
        super().__init__("The email address holds characters that cannot be seen. Type it again")
        self.without_them = without_them


def address_of(text: str) -> str:
    """A person's email address as Convene keeps and compares it: in lower case, a foreign domain in its own letters.

    What people type in forms, files and commands all comes through here. Nothing is looked up; the domain must have a
    dot, and white space around it is no fault. Raises AddressRefused, and AddressHidesSomething where what cannot be
    seen is mended by nobody, as it may be a trick (abuse case I9).
    """
    seen = clean_line(text)
    read = _read(seen)
    if "." not in read.domain:
        raise AddressRefused(_not_an_address(seen))
    kept = read.normalized.lower()
    if unicodedata.normalize("NFC", text.strip()) != seen:
        raise AddressHidesSomething(kept)
    return kept


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Whose mailbox, and its address in ASCII: a foreign domain in its IDNA form, as every mail server takes it.

    Raises AddressRefused; a name is cleaned, not refused (calendar-rules 43, abuse cases I6 and I9).
    """

    name: str
    address: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", clean_line(self.name))
        object.__setattr__(self, "address", _validated(self.address))

    @property
    def local(self) -> str:
        """What stands before the at-sign."""
        return self.address.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """What stands after the at-sign, in lower case."""
        return self.address.rpartition("@")[2].lower()


def mailbox_of(text: str) -> Mailbox:
    """Read ``Name <address>`` or a bare address, as CONVENE_MAIL_FROM is written. Raises AddressRefused."""
    name, address = parseaddr(text)
    return Mailbox(name, address)


def same_mailbox(one: str, other: str) -> bool:
    """Whether two addresses reach one mailbox as far as their spelling tells: any case, with or without ``+tag``.

    Exchange shows no buttons to the ORGANIZER of a meeting, so nobody may be invited from their own mailbox
    (calendar-rules 8). Raises AddressRefused.
    """
    return _bare(Mailbox("", one)) == _bare(Mailbox("", other))


def _bare(mailbox: Mailbox) -> tuple[str, str]:
    return mailbox.local.partition("+")[0].casefold(), mailbox.domain


def _validated(address: str) -> str:
    read = _read(address)
    if read.ascii_email is None:
        raise AddressRefused(_not_an_address(address))
    return read.ascii_email


def _read(address: str) -> email_validator.ValidatedEmail:
    try:
        return email_validator.validate_email(
            address,
            allow_smtputf8=False,  # a letter such as ö before the @ needs SMTPUTF8, which few relays offer
            check_deliverability=False,
            globally_deliverable=False,  # convene@localhost is the default sender
        )
    except email_validator.EmailNotValidError:
        raise AddressRefused(_not_an_address(address)) from None


def _not_an_address(text: str) -> str:
    shown = clean_line(text)
    shown = shown if len(shown) <= LONGEST_SHOWN else f"{shown[: LONGEST_SHOWN - 3]}..."
    return f'"{shown}" is not an email address. Enter one like name@example.nhs.uk.'
