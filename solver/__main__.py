"""``python -m solver``: the commands that need nothing but the solver."""

from __future__ import annotations

import click

from solver.commands import advise, check, explain, solve


@click.group()
def main() -> None:
    """Solve, check and explain Convene's problem files."""


main.add_command(solve)
main.add_command(check)
main.add_command(explain)
main.add_command(advise)

if __name__ == "__main__":
    main()
