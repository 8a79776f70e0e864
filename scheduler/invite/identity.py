"""Which invitation it is, and where its answers go: the UID, and the tag in the ORGANIZER's address.

Two proofs come back with an answer: the UID nobody can guess, and the tag only Convene can make (calendar-rules 17).
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from hashlib import sha256
from uuid import uuid4

from scheduler.letters import host_in_ids
from scheduler.mailboxes import AddressRefused, Mailbox

_TAG_BYTES = 10  # 80 bits: 16 letters, so that 47 are left for the mailbox's own name
_LONGEST_LOCAL_PART = 64  # octets, RFC 5321 4.5.3.1.1


def new_uid(host: str) -> str:
    """A UID for one person in one session: 122 random bits and the host, for all its life (RFC 7986 5.3)."""
    return f"{uuid4()}@{host_in_ids(host)}"


def organizer_address(mail_from: Mailbox, uid: str, attendee: str, key: bytes, *, tagged: bool = True) -> Mailbox:
    """The mailbox that answers to one invitation go to: the sender's own, with a tag that proves which was answered.

    The tag is an HMAC over UID and attendee: no secret is in it and none need be stored, so it survives a restored
    backup. ``tagged`` False gives the plain sender, for a mail server without sub-addresses; one form for the life of a
    UID, since programs refuse a changed ORGANIZER. Raises AddressRefused if no room is left for a tag.
    """
    if not tagged:
        return mail_from
    digest = hmac.digest(key, f"{uid.lower()}\0{attendee.lower()}".encode(), sha256)
    tag = b32encode(digest[:_TAG_BYTES]).decode("ascii").lower()
    local = f"{mail_from.local}+{tag}"
    if len(local) > _LONGEST_LOCAL_PART:
        raise AddressRefused(
            f"{mail_from.address} is too long to carry a tag: at most {_LONGEST_LOCAL_PART - len(tag) - 1} "
            "characters may stand before the @."
        )
    return Mailbox(mail_from.name, f"{local}@{mail_from.domain}")
