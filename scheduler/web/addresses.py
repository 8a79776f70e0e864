"""The addresses of the screens, made ready when the first is written.

Werkzeug compiles a function for each of some hundred rules while an application is made, three quarters of the time
that takes. Each command and each test makes one and writes few addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from werkzeug.routing import Rule


class LateRule(Rule):
    """A rule whose address builder is compiled at its first use."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        make = cache(super()._compile_builder)

        def build(*args: Any, **values: Any) -> tuple[str, str]:
            return make(append_unknown)(*args, **values)

        return build
