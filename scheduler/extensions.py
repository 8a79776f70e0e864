"""What create_app() ties to the application: database, migrations, log-in, protection against forged posts."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.orm.state import InstanceState

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware moment, stored in UTC on SQLite and PostgreSQL alike; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every table has in common."""

    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMES),
        type_annotation_map={
            datetime: UtcDateTime(),
            dict[str, Any]: sa.JSON(),
            list[Any]: sa.JSON(),
            list[str]: sa.JSON(),
        },
    )


db = SQLAlchemy(model_class=Base)
migrate = Migrate()
login = LoginManager()
csrf = CSRFProtect()

# Flask-SQLAlchemy builds its base class while running, where mypy cannot see it.
if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def _give_states_their_dictionary_early() -> None:
    """Let each row's state have its ``__dict__`` from the moment it is made.

    CPython before 3.13 makes it when it is first asked for. Where the garbage collector runs in that very moment and
    takes the row, SQLAlchemy's callback asks for it once more; two dictionaries then own the same values, which are
    freed twice, and the process dies. Seen with 3.11.2 and 3.11.7 after a few pages of some hundred rows: valgrind
    names the block, and neither without the collector nor with this does it happen.
    """
    make = InstanceState.__init__

    def make_whole(self: InstanceState[Any], obj: Any, manager: Any) -> None:
        make(self, obj, manager)
        self.__dict__  # noqa: B018 - asking for it is what makes it

    InstanceState.__init__ = make_whole  # type: ignore[method-assign]


if sys.version_info < (3, 13):
    _give_states_their_dictionary_early()


def tune_sqlite(engine: sa.Engine) -> None:
    """Make SQLite fit for many writers: WAL, full durability, and write transactions that begin as such.

    ``synchronous=FULL`` because "Saved" is said after commit and must outlive a power cut (sqlite.org, pragma
    synchronous); BEGIN IMMEDIATE so that no read turns into a write half way and fails as busy.
    """
    if engine.dialect.name != "sqlite":
        return

    @sa.event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute("PRAGMA " + pragma)
