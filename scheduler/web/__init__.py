"""The screens: one module per screen family; ``register`` puts them on an application."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from scheduler import extensions

if TYPE_CHECKING:
    from scheduler import Convene

# Each module offers ``bp``, a blueprint.
SCREENS: tuple[str, ...] = ()


def register(app: Convene) -> None:
    """Install what every page shares (headers, errors, log-in, static files), then each family of screens."""
    extensions.csrf.init_app(app)
    for name in SCREENS:
        app.register_blueprint(import_module(f"scheduler.web.{name}").bp)
