"""Objective and bound over time as an SVG: steps for each solver from its first plan's dot on, the bound dashed.

The vertical axis is logarithmic in what a plan costs above the best bound known, since that spans five powers of ten.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from benchmarks.measuring import Measured

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 88, 150, 40, 44
COLOURS = ("#005eb8", "#d5281b", "#007f3b", "#7c2855", "#768692")
STYLE = (
    "text{font:13px sans-serif;fill:#212b32}.title{font-weight:bold}.axis,.tick{stroke:#aeb7bd;stroke-width:1}"
    ".tick{stroke-dasharray:2 4}.objective,.bound{fill:none;stroke-width:2}.bound{stroke-dasharray:6 4}"
)


def curves(title: str, runs: Sequence[Measured], seconds: float) -> str:
    """The SVG's text. A bound is drawn by how far below the best objective it lies."""
    drawn = [run for run in runs if run.curve]
    best_bound = max((run.bound for run in runs), default=0)
    best = min((run.objective for run in runs if run.objective is not None), default=0)
    above = {run.by: [(at, o - best_bound) for at, o, _ in run.curve if o is not None] for run in drawn}
    below = {run.by: [(at, best - b) for at, _, b in run.curve if b > 0] for run in drawn}
    values = [max(1, v) for points in (*above.values(), *below.values()) for _, v in points]
    low, high = (math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))) if values else (0, 1)
    high = max(high, low + 1)

    def x(at: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(at, seconds) / seconds, 1)

    def y(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - math.log10(max(1, value))) / (high - low), 1)

    def steps(points: Sequence[tuple[float, int]]) -> str:
        path = f"M{x(points[0][0])} {y(points[0][1])}"
        for (_, before), (at, value) in pairwise(points):
            path += f"H{x(at)}V{y(value)}" if value != before else ""
        return path + f"H{x(seconds)}"

    body = [f'<text class="title" x="{LEFT}" y="22">{escape(title)}</text>']
    for power in range(low, high + 1):
        at = y(10**power)
        body.append(f'<line class="tick" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>')
        body.append(f'<text x="{LEFT - 8}" y="{at + 4}" text-anchor="end">{10**power:,}</text>')
    for part in range(5):
        at = seconds * part / 4
        body.append(f'<text x="{x(at)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{at:g} s</text>')
    body.append(f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"/>')
    for number, run in enumerate(drawn):
        colour = COLOURS[number % len(COLOURS)]
        for kind, points in (("objective", above[run.by]), ("bound", below[run.by])):
            if points:
                body.append(f'<path class="{kind}" stroke="{colour}" d="{steps(points)}"/>')
        if above[run.by]:
            at, value = above[run.by][0]
            body.append(f'<circle fill="{colour}" r="4" cx="{x(at)}" cy="{y(value)}"/>')
        line = TOP + 20 * number + 8
        body.append(f'<line class="objective" stroke="{colour}" x1="{WIDTH - 140}" x2="{WIDTH - 116}" y1="{line}" ')
        body[-1] += f'y2="{line}"/><text x="{WIDTH - 108}" y="{line + 4}">{escape(run.by)}</text>'
    told = "; ".join(f"{r.by}: objective {r.objective}, bound {r.bound} after {seconds:g} seconds" for r in runs)
    about = "Points above the best bound (solid) and bound below the best objective (dashed), logarithmic. "
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="title description"><title id="title">{escape(title)}</title>'
        f'<desc id="description">{escape(about + told)}</desc><style>{STYLE}</style>{"".join(body)}</svg>\n'
    )
