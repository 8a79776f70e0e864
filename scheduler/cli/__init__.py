"""The ``convene`` command. Each of its commands is imported when it is called: `convene solve` needs no database."""

from __future__ import annotations

from importlib import import_module

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
    "doctor": "scheduler.cli.operating:doctor",
    "db": "scheduler.cli.operating:database",
    "solve": "solver.commands:solve",
    "check": "solver.commands:check",
    "explain": "solver.commands:explain",
}


class Commands(click.Group):
    """Commands that are imported when they are called."""

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


@click.group(cls=Commands)
@click.version_option(package_name="convene", message="%(prog)s %(version)s")
def main() -> None:
    """Convene schedules workshops, events and action learning sets."""
