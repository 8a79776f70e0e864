"""``convene export-problem`` and ``convene plan``."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import BinaryIO

import click

from scheduler import formatting
from scheduler.cli.context import AnswerIsNo, Refused, application, json_option, print_json, printable, programme_named

SECONDS_BETWEEN_LOOKS = 0.5


class Undecided(click.ClickException):
    """The time ran out, or the run failed, before anything was known: exit status 3."""

    exit_code = 3

    def show(self, file: object = None) -> None:
        """Print the line alone."""
        click.echo(self.message, err=True)


@click.command("export-problem")
@click.argument("programme", required=False, metavar="[PROGRAMME]")
@click.option(
    "-o", "--output", type=click.File("wb", atomic=True), required=True, help="The file to write; - prints it."
)
def export_problem(programme: str | None, output: BinaryIO) -> None:
    """Write the problem file of a programme: what the solver would be asked now."""
    with application():
        from scheduler.plan.keeping import problem_bytes
        from scheduler.plan.problems import problem_for

        problem = problem_bytes(problem_for(programme_named(programme)))
    try:
        output.write(problem + b"\n")
    except OSError as error:
        raise Refused(f"-o {printable(output.name)}: {error.strerror}.") from None


@click.command()
@click.argument("programme", required=False, metavar="[PROGRAMME]")
@click.option(
    "--time-limit",
    type=click.IntRange(1, 86_400),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long to look for a better plan.",
)
@click.option("--afresh", is_flag=True, help="Do not keep near to the published plan.")
@json_option
def plan(programme: str | None, time_limit: int, afresh: bool, as_json: bool) -> None:
    """Make a plan, as the button does, and wait for it. Ctrl-C keeps the best so far."""
    with application():
        from scheduler.extensions import db
        from scheduler.plan import planning

        of = programme_named(programme)
        try:
            made = planning.start(of, by=None, time_limit=time_limit, afresh=afresh, to_worker=False)
        except planning.NothingToPlan:
            raise AnswerIsNo("Nothing to plan: no event has a date ahead and somebody to place.") from None
        except planning.ProblemFaulty as faulty:
            raise Refused("\n".join(map(printable, faulty.lines))) from None
        with _stopped_by_signals() as stop:
            planning.run(made.id, stop=stop)
        db.session.refresh(made)
        while made.run_state in planning.UNDER_WAY:  # a worker has taken it over
            time.sleep(SECONDS_BETWEEN_LOOKS)
            db.session.rollback()
            db.session.refresh(made)
        if as_json:
            print_json(
                {
                    "plan": made.number,
                    "status": made.solver_status or "unknown",
                    "objective": made.objective,
                    "bound": made.bound,
                    "terms": made.terms,
                    "seconds": None if made.seconds is None else round(made.seconds, 1),
                }
            )
        if made.solver_status == "infeasible":
            raise AnswerIsNo("\n".join(["This cannot hold together:", *map(printable, made.conflict)]))
        if made.objective is None:
            raise Undecided(made.run_note or "The time ran out before a plan was found.")
        if not as_json:
            unplaced = formatting.count(made.terms.get("unplaced", 0), "place")
            proven = "proven best" if made.objective == made.bound else f"no plan can cost less than {made.bound:,}"
            click.echo(f"Plan {made.number}: cost {made.objective:,}, {proven}, {unplaced} not found.")


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set instead of ending the program."""
    stop = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        print("Stopping with the best plan so far.", file=sys.stderr)  # noqa: T201 - click may be writing
        stop.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
