"""The tree itself: sizes, names, and nothing in it that should not leave this machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
LONGEST, LONGEST_TESTS = 450, 600
JUNK_DRAWERS = {"utils", "util", "common", "helpers", "misc", "base_utils"}
BINARY = {".xlsx", ".ods", ".xls", ".png", ".ico", ".br", ".gz"}
NOT_TO_LEAVE = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a package registry's host": r"https?://(?:[a-z0-9-]+\.)*(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com))",
    "a folder of one machine": r"(?<![\w.])/(?:root|home/[a-z]+|Users/[A-Za-z]+)/",
}


def tracked() -> list[Path]:
    """Every file of the repository that git keeps; every file, where this is no repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=HOUSE, capture_output=True, check=False)
    if listed.returncode:
        return [path for part in ("scheduler", "solver", "tests") for path in (HOUSE / part).rglob("*.py")]
    return [HOUSE / name for name in listed.stdout.decode().split("\0") if name and (HOUSE / name).is_file()]


def test_no_module_is_longer_than_one_can_keep_in_mind() -> None:
    too_long = {
        str(path.relative_to(HOUSE)): lines
        for path in tracked()
        if path.suffix == ".py" and "versions" not in path.parts
        if (lines := len(path.read_text("utf-8").splitlines())) > (LONGEST_TESTS if "tests" in path.parts else LONGEST)
    }

    assert too_long == {}


def test_no_module_is_a_junk_drawer() -> None:
    assert [str(path) for path in tracked() if path.suffix == ".py" and path.stem in JUNK_DRAWERS] == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    found = [
        f"{path.relative_to(HOUSE)}: {line.strip()}"
        for path in tracked()
        if path.suffix in (".py", ".html", ".js", ".css", ".txt")
        for line in path.read_text("utf-8").splitlines()
        if later.search(line)
    ]

    assert found == []


def test_no_secret_no_registry_and_no_machine_is_in_the_tree() -> None:
    this = Path(__file__).resolve()
    found = [
        f"{path.relative_to(HOUSE)}: {what}"
        for path in tracked()
        if path != this and path.suffix not in BINARY
        for what, pattern in NOT_TO_LEAVE.items()
        if re.search(pattern, path.read_text("utf-8", errors="ignore"))
    ]

    assert found == []
