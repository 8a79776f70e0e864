"""``convene solve``, ``check``, ``explain`` and ``advise``: files in, files out, without a database and without Flask.

Exit codes as the problem format says: 0 a plan or no violation, 1 infeasible or some violation, 2 a file or an argument
is refused, 3 undecided.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from solver import telling
from solver.check import check as violations_of
from solver.check import objective_of, unknown_names
from solver.faults import MOST_LISTED, FileRefused, Violation, printable, quoted
from solver.memory import runs_short, share_one_arena
from solver.plan import Plan
from solver.planfile import FileUnwritable, PlanFile
from solver.problem import Problem
from solver.reading import MOST_BYTES, read_plan, read_problem
from solver.stopping import Stop
from solver.wording import counted

if TYPE_CHECKING:
    from solver.advising import Advice

REFUSED = 2
_EXIT_CODES = {"optimal": 0, "feasible": 0, "infeasible": 1, "unknown": 3}
_SECONDS_BETWEEN_LINES = 1.0
T = TypeVar("T")


class Seconds(click.FloatRange):
    """A number of seconds; "nan" would pass a range."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or click's own refusal."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{printable(str(value))} is not a number of seconds.", param, ctx)
        return number


@click.command()
@click.argument("problem", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", "output", metavar="PLAN", required=True, help="Where the plan goes; - is standard output."
)
@click.option("--time-limit", type=Seconds(min=0), default=60.0, show_default=True, help="Seconds to search at most.")
@click.option("--threads", type=click.IntRange(0, 1024), default=0, help="Search workers; 0 is one per core (default).")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Seed of the search.")
@click.option(
    "--start", type=click.Path(path_type=Path), metavar="PLAN", help="Begin from this plan, made before a change."
)
def solve(*, problem: Path, output: str, time_limit: float, threads: int, seed: int, start: Path | None) -> NoReturn:
    """Find a cheapest plan for the problem file PROBLEM, with a proven bound on what any plan could cost.

    Ctrl-C and SIGTERM stop the search and write the best plan so far. Exit code 0: a plan was written; 1: there is
    none, and the file says why; 2: a file or an option is refused; 3: the time ran out first.
    """
    share_one_arena()
    best = BestPlan(output)
    with Stop(otherwise=best.end) as stop:
        from solver.search import solve as search  # takes a second, in which somebody may ask to stop

        stated = _read(problem, read_problem)
        started = None if start is None else _read_start(start, stated)
        with _refused_where_unwritable():
            best.make_sure()
            reporter, plan = Reporter(stop), None
            try:
                plan = search(
                    stated,
                    seconds=time_limit,
                    threads=threads,
                    seed=seed,
                    start=started,
                    progress=reporter,
                    improved=best.keep,
                )
            except MemoryError:
                reporter.runs_short = True
            if reporter.runs_short:
                # What the search held is freed by now: to write what it found takes little.
                _say("There is not enough memory for more: this is the best so far.", err=True)
            best.end(plan)


class BestPlan:
    """The best plan of a run, written to its file as it is found: whatever ends the process costs no plan."""

    def __init__(self, output: str) -> None:
        self.plan = Plan("unknown", 0.0)
        self._output = output
        self._file: PlanFile | None = None
        self._began = self._written = time.monotonic()
        self._writing = threading.Lock()

    def make_sure(self) -> None:
        """Find out at once whether the file can be written."""
        self._file = PlanFile(self._output)

    def keep(self, plan: Plan) -> None:
        """Take a better plan; into a pipe or standard output only the last one is written."""
        self.plan = plan
        now = time.monotonic()
        if self._file is not None and self._file.can_be_replaced and now - self._written >= _SECONDS_BETWEEN_LINES:
            with self._writing:
                self._file.write(plan)
            self._written = now

    def end(self, plan: Plan | None = None) -> NoReturn:
        """Write the last plan, or the best so far where there is none, say what it is, and end the process.

        Called by whichever comes first: the search that is over, or the timer of somebody who asked to stop. No
        thread holds up the end: what is under way in another is given up.
        """
        self._writing.acquire()
        code = REFUSED
        # Not raised here: in a thread of its own that would end the thread, and nobody else could end any more.
        with contextlib.suppress(SystemExit), _refused_where_unwritable():
            code = self._told(self.plan if plan is None else plan)
        if threading.current_thread() is threading.main_thread():
            sys.exit(code)
        os._exit(code)

    def _told(self, last: Plan) -> int:
        """Write the last plan and say what it is; the exit code it stands for."""
        if last.status == "unknown":
            last = replace(last, seconds=time.monotonic() - self._began)
        (self._file or PlanFile(self._output)).write(last)
        for line in _summary(last):
            _say(line, err=True)
        return _EXIT_CODES[last.status]


@contextlib.contextmanager
def _refused_where_unwritable() -> Iterator[None]:
    try:
        yield
    except FileUnwritable as error:
        _refuse([str(error)])


@click.command()
@click.argument("problem", type=click.Path(path_type=Path))
@click.argument("plan", type=click.Path(path_type=Path))
def check(*, problem: Path, plan: Path) -> NoReturn:
    """Recount every rule and term of the plan file PLAN against the problem file PROBLEM.

    Prints each violation with its place; a place that begins with "problem." is in the problem file. Exit code 0:
    nothing is broken; 1: something is; 2: a file is refused.
    """
    stated = _read(problem, read_problem)
    planned = _read(plan, read_plan)
    violations = violations_of(stated, planned)
    for line in _lines(violations):
        _say(line)
    if not violations:
        _say(_nothing_broken(stated, planned))
    sys.exit(1 if violations else 0)


@click.command()
@click.argument("problem", type=click.Path(path_type=Path))
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--party", required=True, metavar="ID", help="The party to explain.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
def explain(*, problem: Path, plan: Path, party: str, as_json: bool) -> NoReturn:
    """Say why a party is where PLAN has it: each other place it could have, and what it would cost or which rules stand
    against it, all else held as in the plan.

    Exit code 0: said; 2: a file is refused, or the plan or the party is not one of the problem.
    """
    from solver.places import explain as places_of

    stated = _read(problem, read_problem)
    planned = _read_plan_of(plan, stated)
    if planned.objective is None:
        _refuse([f"status: is {printable(planned.status)}: there is no plan to explain"])
    if party not in stated.party_by_id:
        _refuse([f"--party: {quoted(party)} is not a party of the problem"])
    places = places_of(stated, planned, party)
    for line in telling.places_as_json(party, places) if as_json else telling.places_in_words(stated, party, places):
        _say(line)
    sys.exit(0)


@click.command()
@click.argument("problem", type=click.Path(path_type=Path))
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--time-limit", type=Seconds(min=0), default=30.0, show_default=True, help="Seconds to try changes in.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
def advise(*, problem: Path, plan: Path, time_limit: float, as_json: bool) -> NoReturn:
    """Say what would help PLAN most: which fact to change, whom to ask for a "yes", and what each saves.

    Of a PLAN that is infeasible: the changes that make a plan possible. Each figure is that of a plan that was found
    for the changed problem and counted again. Ctrl-C and SIGTERM print what is known so far. Exit code 0: said; 2: a
    file is refused, or the plan is not one of the problem.
    """
    known = KnownAdvice(as_json=as_json)
    with Stop(otherwise=known.end) as stop:
        from solver.advising import advise as find_advice

        stated = _read(problem, read_problem)
        planned = _read_plan_of(plan, stated)
        broken = violations_of(stated, planned)
        if broken:
            _refuse([f"{broken[0]} (see convene check: advice begins from a plan that keeps every rule)"])
        if planned.status == "unknown":
            _refuse(["status: is unknown: there is neither a plan nor a conflict to begin from"])
        known.begin(stated, planned)
        known.keep(find_advice(stated, planned, seconds=time_limit, stop=lambda: stop.asked, tried=known.keep))
        known.end()


class KnownAdvice:
    """The advice found so far, printed once: by the search that is over, or by the timer of who asked to stop."""

    def __init__(self, *, as_json: bool) -> None:
        self._tell = telling.advice_as_json if as_json else telling.advice_in_words
        self._lines: Callable[[], Iterable[str]] = lambda: telling.NO_ADVICE[as_json]
        self._printing = threading.Lock()

    def begin(self, problem: Problem, plan: Plan) -> None:
        """What the advice is about; nothing is found yet."""
        self._problem, self._plan = problem, plan

    def keep(self, advice: Advice) -> None:
        """Take what is known by now."""
        self._lines = lambda: self._tell(self._problem, self._plan, advice)

    def end(self) -> NoReturn:
        """Print it and end the process; what is under way in another thread is given up."""
        self._printing.acquire()
        for line in self._lines():
            _say(line)
        if threading.current_thread() is threading.main_thread():
            sys.exit(0)
        os._exit(0)


def _nothing_broken(problem: Problem, plan: Plan) -> str:
    if plan.objective is None:
        return f"Nothing to check: the file says that the problem is {plan.status}."
    return f"Every rule holds. The objective is {objective_of(problem, plan)}."


def _read(path: Path, reader: Callable[[bytes], T]) -> T:
    """What a file states; ends the command where it cannot be read or is refused."""
    try:
        with path.open("rb") as file:
            # One byte more shows that a file is too large, without reading what may never end; by pieces, as to read
            # so much at once takes the memory for it whatever the file holds.
            text = b"".join(file.read(1 << 20) for _ in range(0, MOST_BYTES + 1, 1 << 20))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        _refuse([f"{printable(str(path), most=None)}: cannot be read: {reason}"])
    try:
        return reader(text)
    except FileRefused as refused:
        _refuse(refused.lines())


def _read_plan_of(path: Path, problem: Problem) -> Plan:
    """A plan of the problem; ends the command with one line where it names what the problem does not have."""
    plan = _read(path, read_plan)
    faults = unknown_names(problem, plan)
    if faults:
        more = f" (and {len(faults) - 1:,} more: is it a plan of this problem?)" if len(faults) > 1 else ""
        _refuse([f"{faults[0]}{more}"])
    return plan


def _read_start(path: Path, problem: Problem) -> Plan:
    """The plan to begin from: of this problem, or of one much like it, most of whose places are still there."""
    plan = _read(path, read_plan)
    unknown = unknown_names(problem, plan)
    strange = {name.place.partition(".")[0] for name in unknown if not name.place.startswith("unplaced")}
    if 2 * len(strange) > len(plan.assignments) + len(plan.sets):
        _refuse(_lines(unknown))
    if strange:
        _say(f"{counted(len(strange), 'place')} of {printable(str(path))} left aside: {unknown[0]}", err=True)
    return plan


def _lines(violations: list[Violation]) -> Iterator[str]:
    yield from map(str, islice(violations, MOST_LISTED))
    if len(violations) > MOST_LISTED:
        yield f"and {len(violations) - MOST_LISTED:,} more"


def _refuse(lines: Iterable[str]) -> NoReturn:
    for line in lines:
        _say(line, err=True)
    sys.exit(REFUSED)


def _say(line: str, *, err: bool = False) -> None:
    """Print one line, in whatever encoding the terminal has."""
    encoding = (sys.stderr if err else sys.stdout).encoding or "utf-8"
    click.echo(line.encode(encoding, "backslashreplace").decode(encoding), err=err)


class Reporter:
    """Progress on standard error, a line a second at most, and the question whether to stop."""

    def __init__(self, stop: Stop) -> None:
        self.runs_short = False
        self._stop = stop
        self._said = time.monotonic()

    def __call__(self, objective: int | None, bound: int, seconds: float) -> bool:
        """Say how far the search is, if the last line is a second old; True asks it to stop.

        Little memory left, ``runs_short``, ends it as a signal does.
        """
        now = time.monotonic()
        if now - self._said >= _SECONDS_BETWEEN_LINES:
            self._said = now
            _say(progress_line(objective, bound, seconds), err=True)
        self.runs_short = self.runs_short or runs_short()
        return self._stop.asked or self.runs_short


def progress_line(objective: int | None, bound: int, seconds: float) -> str:
    """Seconds, objective, bound and gap; the gap is the part of the objective that is not proven to be needed."""
    if objective is None:
        return f"{seconds:.1f} s  no plan yet  bound {bound}"
    gap = (objective - bound) / objective if objective else 0.0
    return f"{seconds:.1f} s  objective {objective}  bound {bound}  gap {gap:.1%}"


def _summary(plan: Plan) -> Iterator[str]:
    if plan.objective is not None:
        yield f"{plan.status}: {progress_line(plan.objective, plan.bound, plan.seconds)}"
    elif plan.status == "infeasible":
        yield f"infeasible after {plan.seconds:.1f} s: these cannot hold together"
        yield from (f"- {printable(rule, most=None)}" for rule in plan.conflict)
    else:
        yield f"unknown: no plan was found in {plan.seconds:.1f} s"
