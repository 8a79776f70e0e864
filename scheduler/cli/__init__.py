"""The ``convene`` command. Each of its commands is imported when it is called: `convene solve` needs no database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

# Name of the command -> module and function.
COMMANDS = {
    "run": "scheduler.cli.serving:run",
    "web": "scheduler.cli.serving:web",
    "worker": "scheduler.cli.serving:worker",
    "import": "scheduler.cli.importing:import_file",
    "demo": "scheduler.cli.programmes:demo",
    "programme": "scheduler.cli.programmes:programme",
    "links": "scheduler.cli.programmes:links",
    "organiser": "scheduler.cli.programmes:organiser",
    "export-problem": "scheduler.cli.planning:export_problem",
    "plan": "scheduler.cli.planning:plan",
    "publish": "scheduler.cli.inviting:publish",
    "outbox": "scheduler.cli.inviting:outbox",
    "receive": "scheduler.cli.replying:receive",
    "replies": "scheduler.cli.replying:replies",
    "erase": "scheduler.cli.personal:erase",
    "export-person": "scheduler.cli.personal:export_person",
    "doctor": "scheduler.cli.doctor:doctor",
    "db": "scheduler.cli.operating:database",
    "solve": "solver.commands:solve",
    "check": "solver.commands:check",
    "explain": "solver.commands:explain",
    "advise": "solver.commands:advise",
}


class WrongUse(click.ClickException):
    """A command was called in a way it does not know: one line on standard error, exit status 2."""

    exit_code = 2


class Commands(click.Group):
    """Commands that are imported when they are called, and whose every refusal is one line (contract: "Commands")."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> click.Context:
        """Read the words before the command's name. Raises WrongUse."""
        with _in_one_line():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Read the words behind the command's name and run it. Raises WrongUse."""
        with _in_one_line():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the list."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command


@contextmanager
def _in_one_line() -> Iterator[None]:
    """Say in one line what click says of a wrong use; by itself it prints the usage and a hint before that."""
    try:
        yield
    except click.UsageError as error:
        raise WrongUse(_with_help(_one_line(_said_of(error)), error)) from None
    except click.FileError as error:
        raise WrongUse(_one_line(error.format_message())) from None


def _said_of(error: click.UsageError) -> str:
    # Without any word click has the whole help for a message.
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return "Say which command."
    return error.format_message()


def _with_help(line: str, error: click.UsageError) -> str:
    """The line, and where the help is; a value that cannot be used is explained by the line itself."""
    explains_itself = isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter)
    if explains_itself or error.ctx is None:
        return line
    return f"{line} See: {error.ctx.command_path} --help"


def _one_line(text: str) -> str:
    """Text as one line for a terminal: no line end and no escape sequence out of what was typed (CWE-150)."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@click.group(cls=Commands)
@click.version_option(package_name="convene", message="%(prog)s %(version)s")
def main() -> None:
    """Convene schedules workshops, events and action learning sets."""
