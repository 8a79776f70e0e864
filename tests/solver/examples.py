"""How many examples a property is tried on: few in the usual suite, many by hand.

``CONVENE_EXAMPLES=20 pytest tests/solver`` tries twenty times as many, each from other random problems.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

TIMES = float(os.environ.get("CONVENE_EXAMPLES", "1"))


def examples(usual: int, **more: Any) -> settings:
    """Settings for so many examples, times what the environment asks for."""
    return settings(max_examples=max(1, round(usual * TIMES)), **more)
