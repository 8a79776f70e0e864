"""Which mailbox is looked into, by whom, how far it has been read, and what keeps Convene from it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.extensions import Model


class MailboxWatch(Model):
    """One mailbox that replies come to. One worker at a time looks into it: the one in ``held_by``, while it lives.

    Under the numbering ``uid_validity`` all messages up to ``uid`` have been kept, but for those in ``failed``: UID and
    how often it was tried. ``trouble`` is in words, empty while all is well.
    """

    mailbox: Mapped[str] = mapped_column(sa.String(500), primary_key=True)
    held_by: Mapped[str] = mapped_column(sa.String(100), default="")
    held_at: Mapped[datetime | None]
    uid_validity: Mapped[int | None] = mapped_column(sa.BigInteger)
    uid: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    failed: Mapped[dict[str, int]] = mapped_column(sa.JSON, default=dict)
    looked_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(sa.String(200), default="")
    trouble_since: Mapped[datetime | None]
