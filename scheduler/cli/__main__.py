"""``python -m scheduler.cli`` is the ``convene`` command."""

from scheduler.cli import main

main()
