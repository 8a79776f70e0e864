"""Convene's web application, worker and commands: ``create_app()`` makes one from its settings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask
from jinja2 import ChainableUndefined

from scheduler.config import Settings, load_settings, secret_key_of

__version__ = "0.1.0"
HOUSE = Path(__file__).parent.parent
MIB = 1024 * 1024


class Convene(Flask):
    """The Flask application with the settings it was made from."""

    settings: Settings
    # The design system's macros live in .jinja files, which Flask would not escape: everything is escaped here.
    jinja_options = {"autoescape": True, "undefined": ChainableUndefined}  # noqa: RUF012


def create_app(settings: Settings | None = None) -> Convene:
    """Make an application; nothing is read or written but the settings and the signing key.

    Raises SettingRefused for a setting that cannot be used.
    """
    from scheduler import extensions, models, web  # noqa: F401 (the tables register themselves)
    from scheduler.web import addresses

    settings = settings or load_settings()
    app = Convene(
        "scheduler",
        instance_path=str(settings.instance),
        template_folder=str(HOUSE / "templates"),
        static_folder=str(HOUSE / "scheduler" / "static"),
    )
    app.settings = settings
    secure = settings.origin.startswith("https://")
    app.config.update(
        SECRET_KEY=secret_key_of(settings),
        SQLALCHEMY_DATABASE_URI=settings.database,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_pre_ping": not settings.database.startswith("sqlite"),
            "hide_parameters": True,  # what people wrote is no part of a log (abuse case P4)
        },
        MAX_CONTENT_LENGTH=10 * MIB,
        MAX_FORM_MEMORY_SIZE=2 * MIB,
        MAX_FORM_PARTS=10_000,
        SESSION_COOKIE_NAME="__Host-convene" if secure else "convene",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=7),
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.url_rule_class = addresses.LateRule
    extensions.db.init_app(app)
    with app.app_context():
        extensions.tune_sqlite(extensions.db.engine)
    extensions.migrate.init_app(
        app, extensions.db, directory=str(HOUSE / "scheduler" / "migrations"), render_as_batch=True
    )
    web.register(app)
    return app
