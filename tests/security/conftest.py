"""Who attacks: a stranger without a log-in; and who works meanwhile."""

from tests.web.conftest import organiser, programme, visitor

__all__ = ["organiser", "programme", "visitor"]
