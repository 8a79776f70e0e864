"""The screens: one module per screen family; ``register`` puts them on an application."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from scheduler import extensions
from scheduler.web import access, compressing, errors, frame, limits, log_in, security, static, templating

if TYPE_CHECKING:
    from scheduler import Convene

# Each module offers ``bp``, a blueprint.
SCREENS = (
    "health",
    "sign_in",
    "programmes",
    "account",
    "home",
    "people",
    "joining",
    "personal_data",
    "merging",
    "importing",
    "events",
    "venues",
    "series",
    "proposals",
    "interviews",
    "rules",
    "facilitators",
    "check_in",
    "helper_desk",
    "rooms",
    "printing",
    "tables",
    "attendance",
    "certificates",
    "notices",
    "collect",
    "participant",
    "own_intention",
    "own_directory",
    "details",
    "subscribing",
    "cannot_come",
    "apologies",
    "plans",
    "publishing",
    "not_placed",
    "messages",
    "writing",
    "replies",
    "free_seats",
    "seat_offers",
    "evaluation",
    "relations",
    "cohorts",
    "intentions",
    "sponsors",
    "encounters",
    "earlier",
    "met",
    "own_sets",
    "own_set_people",
    "fairness",
    "reach",
    "board_report",
    "set_page",
    "sets",
    "settings",
    "retention",
    "roles",
    "audit",
    "feeds",
    "system",
    "help",
)


def register(app: Convene) -> None:
    """Install what every page shares (headers, errors, log-in, static files), then each family of screens."""
    security.install(app)
    extensions.csrf.init_app(app)
    compressing.install(app)
    errors.install(app)
    limits.install(app)
    static.install(app)
    templating.install(app)
    log_in.install(app)
    app.before_request(access.check_access)
    app.context_processor(frame.around_the_page)
    for name in SCREENS:
        app.register_blueprint(import_module(f"scheduler.web.{name}").bp)
