"""Kinds of column that several tables share."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

NAME = sa.String(200)
ADDRESS = sa.String(320)


def spoken(kind: type[StrEnum]) -> sa.Enum:
    """A column that keeps the values of a StrEnum as text, so that the database reads like the files do."""
    return sa.Enum(
        kind, native_enum=False, length=40, validate_strings=True, values_callable=lambda e: [v.value for v in e]
    )


class Sealed(sa.TypeDecorator[bytes]):
    """Bytes that a stolen database does not give away: mail holds personal links (abuse case A1).

    Sealed with a key derived from the signing key; raises InvalidToken where that key has changed.
    """

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: sa.Dialect) -> bytes | None:
        return None if value is None else sealed(value)

    def process_result_value(self, value: bytes | None, dialect: sa.Dialect) -> bytes | None:
        return None if value is None else _seal().decrypt(bytes(value))


class Versioned:
    """A row that two organisers may edit: a form carries the version it was read at, a save raises it."""

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


class OfProgramme:
    """A row that belongs to one programme: what ``web.access`` loads everything through."""

    @declared_attr
    def programme_id(cls) -> Mapped[int]:
        return mapped_column(sa.ForeignKey("programme.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def programme(cls) -> Mapped[Any]:
        return relationship("Programme")


class OfParty:
    """A row about one party of an event: a pair, or a person alone. ``party`` is its id in problem files."""

    party: Mapped[str] = mapped_column(NAME)

    @declared_attr
    def pair_id(cls) -> Mapped[int | None]:
        return mapped_column(sa.ForeignKey("pair.id"), index=True)

    @declared_attr
    def person_id(cls) -> Mapped[int | None]:
        return mapped_column(sa.ForeignKey("person.id"), index=True)

    @declared_attr
    def pair(cls) -> Mapped[Any]:
        return relationship("Pair")

    @declared_attr
    def person(cls) -> Mapped[Any]:
        return relationship("Person")


def sealed(value: bytes) -> bytes:
    """Bytes as a ``Sealed`` column keeps them, for whoever seals before a transaction rather than in it."""
    return _seal().encrypt(value)


def _seal() -> Fernet:
    seal = current_app.extensions.get("convene-seal")
    if seal is None:
        from base64 import urlsafe_b64encode

        derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"convene: sealed columns")
        seal = Fernet(urlsafe_b64encode(derived.derive(current_app.config["SECRET_KEY"].encode())))
        current_app.extensions["convene-seal"] = seal
    return seal


__all__ = ["ADDRESS", "NAME", "InvalidToken", "OfParty", "OfProgramme", "Sealed", "Versioned", "sealed", "spoken"]
