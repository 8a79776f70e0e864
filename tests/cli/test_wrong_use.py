"""Whatever is typed wrong, at whichever command: one line on standard error that says what, and exit status 2."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result

from scheduler.cli import main

Found = tuple[tuple[str, ...], click.Command]


def every_command(group: click.Group = main, before: tuple[str, ...] = ()) -> Iterator[Found]:
    """Each command with the words that call it, those within groups too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*before, name), command
        if isinstance(command, click.Group):
            yield from every_command(command, (*before, name))


COMMANDS = list(every_command())
NAMED = {"argvalues": COMMANDS, "ids": [" ".join(words) for words, _ in COMMANDS]}
GROUPS = [found for found in COMMANDS if isinstance(found[1], click.Group)]
CLOSED = (click.Choice, click.types.IntParamType, click.types.FloatParamType)
OPTIONS = [
    (words, option)
    for words, command in COMMANDS
    for option in command.params
    if isinstance(option, click.Option) and not option.is_flag and isinstance(option.type, CLOSED)
]


@pytest.fixture
def convene(tmp_path, monkeypatch):
    """The command, in an empty folder on an instance of its own."""
    monkeypatch.setenv("CONVENE_INSTANCE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, list(words))


def refused(result: Result) -> str:
    """The one line of a refusal, which is all there is."""
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert result.stderr.startswith("Error: ")
    assert result.stderr.endswith("\n")
    assert result.stderr.count("\n") == 1
    assert result.stderr[:-1].isprintable()
    return result.stderr.removeprefix("Error: ").rstrip()


def test_no_command_at_all(convene):
    assert refused(convene()) == "Say which command. See: main --help"


@pytest.mark.parametrize("words", [("plam",), ("pla\x1b[2Jn",), ("pla\nn",)])
def test_an_unknown_command(convene, words):
    assert "No such command" in refused(convene(*words))


@pytest.mark.parametrize(("words", "group"), GROUPS, ids=[" ".join(words) for words, _ in GROUPS])
def test_a_group_without_and_with_an_unknown_command(convene, words, group):
    assert refused(convene(*words)) == f"Say which command. See: main {' '.join(words)} --help"
    assert "No such command" in refused(convene(*words, "rubbish"))


@pytest.mark.parametrize(("words", "command"), **NAMED)
def test_an_unknown_option(convene, words, command):
    line = refused(convene(*words, "--rubbish"))

    assert line.startswith("No such option")
    assert line.endswith(f"See: main {' '.join(words)} --help")


@pytest.mark.parametrize(("words", "command"), **NAMED)
def test_a_word_too_many(convene, words, command):
    refused(convene(*words, *["one"] * 9))


@pytest.mark.parametrize(("words", "command"), **NAMED)
def test_something_left_out(convene, words, command):
    needs = [each for each in command.params if each.required]
    if needs:
        assert "Missing" in refused(convene(*words))


@pytest.mark.parametrize(("words", "option"), OPTIONS, ids=[f"{' '.join(w)} {o.name}" for w, o in OPTIONS])
@pytest.mark.parametrize("value", ["rubbish", "-1e999", "\x1b[2J\nx"])
def test_a_value_that_an_option_does_not_take(convene, words, option, value):
    needed = ["1" for each in COMMANDS_BY_WORDS[words].params if isinstance(each, click.Argument) and each.required]

    assert option.opts[0] in refused(convene(*words, option.opts[0], value, "--", *needed))


@pytest.mark.parametrize(("words", "option"), OPTIONS, ids=[f"{' '.join(w)} {o.name}" for w, o in OPTIONS])
def test_an_option_without_its_value(convene, words, option):
    assert "requires an argument" in refused(convene(*words, option.opts[0]))


def test_a_file_that_cannot_be_written(convene):
    convene("programme", "add", "leaders", "Leaders")

    line = refused(convene("export-problem", "-o", "no/such/folder/problem.json"))

    assert "no/such/folder/problem.json" in line


COMMANDS_BY_WORDS = dict(COMMANDS)
