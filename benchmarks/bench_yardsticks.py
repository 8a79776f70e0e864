"""Public yardsticks: the published value, ours, and the distance.

``python -m benchmarks.bench_yardsticks --seconds 15 --data FOLDER`` runs them all; without ``--data`` those alone that
need nobody's file. ``--only golfers,colouring`` takes families.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.measuring import OURS, Limits, add_limits, measure
from benchmarks.reporting import Table, save
from benchmarks.yardsticks import all_yardsticks
from solver import read_problem

COLUMNS = ("family", "problem", "published", "ours", "distance", "bound", "first", "s", "MB")


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder with party.txt, pmedcap1-1.txt … and p1 … (see README.md)")
    parser.add_argument("--only", default="", help="families, with commas between; left out: all")
    add_limits(parser, seconds=10.0)
    asked = parser.parse_args()
    limits = Limits(asked.seconds, asked.threads, asked.cpu)
    families = set(filter(None, asked.only.split(",")))
    runs = []
    table = Table(COLUMNS, f"Yardsticks, {asked.seconds:g} s each by {limits.measured_by}, {asked.threads} threads")
    for yardstick in all_yardsticks(asked.data):
        if families and yardstick.family not in families:
            continue
        run = measure(OURS, read_problem(json.dumps(yardstick.problem).encode()), limits)
        distance = None if run.objective is None else run.objective - yardstick.published
        bound = f"{run.bound:,}" + (" (proven)" if run.status == "optimal" else "")
        figures = (yardstick.published, run.objective, distance, bound, run.first, run.seconds, run.megabytes)
        table.add(yardstick.family, yardstick.name, *figures)
        if run.broken or run.bound > yardstick.published:
            print(f"WRONG: {run.broken} rules broken, bound {run.bound}", flush=True)
        which = {"family": yardstick.family, "name": yardstick.name, "published": yardstick.published}
        runs.append(which | asdict(run))
    save("yardsticks", vars(asked) | {"data": asked.data is not None}, runs)


if __name__ == "__main__":
    main()
