"""How much memory is left where a limit is set for a process (``ulimit -v``).

What takes more may end without a word: OpenBLAS leaves the process, CP-SAT aborts it. So a search ends before.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from pathlib import Path

RESERVE = 48 * 2**20
"""Bytes that stay free: what a step may take between two looks, and the writing of the plan."""

OUT_OF_MEMORY = 71
"""The exit code of a child that found no memory for more (sysexits.h: a resource of the system is missing)."""

_PAGES = Path("/proc/self/statm")
_M_ARENA_MAX = -8  # mallopt(3)


def runs_short() -> bool:
    """Whether less than the reserve is left of what this process may take; never where nothing limits it."""
    left = bytes_left()
    return left is not None and left < RESERVE


def bytes_left() -> int | None:
    """How much this process may still take, in bytes; None without a limit, or where the machine does not tell."""
    if sys.platform == "win32" or not _PAGES.exists():
        return None
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY:
        return None
    taken = int(_PAGES.read_text("ascii").split()[0]) * resource.getpagesize()  # proc(5): total program size
    return most - taken


def share_one_arena() -> None:
    """Where memory is limited, let all threads take it from one heap.

    glibc reserves 64 MiB of addresses for each thread; where it may not, every allocation becomes a call to the kernel,
    and a search ten times as slow.
    """
    if bytes_left() is not None:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
