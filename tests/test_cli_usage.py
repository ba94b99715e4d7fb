"""The command line as a whole: what holds for every command and every option."""

import sys

import click
import pytest
from click.testing import CliRunner

from funnel.cli._main import _COMMANDS, group


def leaves(command, name):
    """Each command that does something, with its name."""
    if isinstance(command, click.Group):
        for inner in command.commands:
            yield from leaves(command.commands[inner], [*name, inner])
    else:
        yield name, command


EVERY = [leaf for name in _COMMANDS for leaf in leaves(group.get_command(click.Context(group), name), [name])]
WORDS = [
    (name, command, param)
    for name, command in EVERY
    for param in command.params
    if isinstance(param.type, click.Path | type(click.STRING))
]


def call(monkeypatch, *args):
    monkeypatch.setattr(sys, "argv", ["funnel", *args])  # where the language is looked for
    result = CliRunner().invoke(group, list(args))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize(
    ("name", "command", "param"), WORDS, ids=lambda item: getattr(item, "name", None) or "-".join(item)
)
@pytest.mark.parametrize("empty", ["", "  "], ids=["empty", "blank"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_option_and_no_argument_takes_an_empty_word_for_a_name(
    monkeypatch, tmp_path, name, command, param, empty, lang
):
    monkeypatch.chdir(tmp_path)
    needed = [p for p in command.params if isinstance(p, click.Argument) and p.required and p is not param]
    filled = {p: p.type.choices[0] if isinstance(p.type, click.Choice) else "x" for p in needed}
    args = [param.opts[0], empty] if isinstance(param, click.Option) else []
    args += [
        filled.get(p, empty) for p in command.params if isinstance(p, click.Argument) and (p is param or p in filled)
    ]
    result = call(monkeypatch, *name, "--lang", lang, *args)
    assert result.exit_code == 2
    assert {"zh": "内容是空的", "en": "the value is empty"}[lang] in result.output
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_gave_is_not_refused_for_being_empty(monkeypatch):
    assert call(monkeypatch, "schema", "complaint").exit_code == 0
