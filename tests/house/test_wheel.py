"""What is installed: the wheel holds every file of ours that the program reads, beside the code that looks for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

HOUSE = Path(__file__).resolve().parents[2]
PARTS = ("scheduler", "solver", "templates")
NOT_OURS = shutil.ignore_patterns("__pycache__", "vendor")


def test_a_wheel_holds_every_file_of_the_packages_and_every_template(tmp_path):
    source = tmp_path / "source"
    for part in PARTS:
        shutil.copytree(HOUSE / part, source / part, ignore=NOT_OURS)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(HOUSE / name, source / name)
    build = f"from setuptools.build_meta import build_wheel; build_wheel({str(tmp_path)!r})"

    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)

    [wheel] = tmp_path.glob("*.whl")
    held = set(ZipFile(wheel).namelist())
    expected = {str(p.relative_to(HOUSE)) for part in PARTS for p in (HOUSE / part).rglob("*") if p.is_file()}
    ours = {name for name in expected if "__pycache__" not in name and "/vendor/" not in name}
    assert ours - held == set()
