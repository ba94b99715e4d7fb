"""The command group: loads a command's module only when it is used."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from types import MappingProxyType
from typing import Any, NoReturn

import click
from click.core import ParameterSource

_UNWRITABLE, _INTERRUPTED, _CLOSED = 2, 130, 141

_COMMANDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "run": ("funnel.cli.run", "判断一批投诉，打印漏斗", "decide a batch of complaints and print the funnel"),
        "check": ("funnel.cli.check", "检查规则包，一次列出所有错误", "check a pack and report every error at once"),
        "test": ("funnel.cli.test", "运行场景测试", "run scenario tests"),
        "mutate": (
            "funnel.cli.mutate",
            "改动规则，看测试能不能发现",
            "change rules a little and see which changes no test notices",
        ),
        "diff": (
            "funnel.cli.diff",
            "对比两个规则包，看改动改变了什么",
            "compare two packs: what a change of the rules changes",
        ),
        "explain": ("funnel.cli.explain", "解释一件投诉为什么这样处理", "explain why a complaint is decided as it is"),
        "watch": (
            "funnel.cli.watch",
            "存盘就查、就测",
            "check and test again at each save",
        ),
        "ask": (
            "funnel.cli.ask",
            "一问一答，问到能处理为止",
            "interview: ask until the complaint can be decided",
        ),
        "mine": (
            "funnel.cli.mine",
            "没认出的投诉分组，起草规则",
            "group what no rule recognised, and draft a rule",
        ),
        "learn": (
            "funnel.cli.learn",
            "从例子学各场景读起来像什么",
            "learn from examples what each scenario reads like",
        ),
        "report": (
            "funnel.cli.report",
            "一页报告：漏斗、帕累托、商家、商品、规则",
            "a page: the funnel, the Pareto curve, merchants, goods, rules",
        ),
        "init": ("funnel.cli.init", "新建规则包或场景", "make a new pack or a new scenario"),
        "law": (
            "funnel.cli.law",
            "查法规登记表，核对原文",
            "look into the statute register and check it against texts",
        ),
        "queue": (
            "funnel.cli.queue",
            "人工队列：查看、认领、结案、核对",
            "the human queue: look, claim, resolve, check",
        ),
        "schema": ("funnel.cli.schema", "输出 JSON Schema", "print JSON schemas"),
    }
)


def language() -> str:
    """The language of messages: ``--lang``, else ``FUNNEL_LANG``, else the locale, else Chinese."""
    for index, word in enumerate(sys.argv):
        if word == "--lang" and index + 1 < len(sys.argv):
            return "en" if sys.argv[index + 1] == "en" else "zh"
        if word.startswith("--lang="):
            return "en" if word == "--lang=en" else "zh"
    wanted = os.environ.get("FUNNEL_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "en" if wanted.lower().startswith("en") else "zh"


def _filled(value: Any, param: click.Parameter | None, ctx: click.Context | None) -> None:
    """Refuse a word without a letter: a variable of the shell that is not set is no file, queue or name."""
    if not isinstance(value, str) or value.strip():
        return
    if ctx is None or param is None or ctx.get_parameter_source(param.name or "") is ParameterSource.DEFAULT:
        return
    words = ("内容是空的；是不是有变量没有设置？", "the value is empty; is a variable of the shell not set?")
    raise click.BadParameter(words[language() == "en"], ctx, param)


class _Word(type(click.STRING)):  # type: ignore[misc]  # (click does not export the class)
    """A text that is not empty."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        _filled(value, param, ctx)
        return super().convert(value, param, ctx)


class _Place(click.Path):
    """A path that is not empty. What click makes of an empty one is the working directory."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        _filled(value, param, ctx)
        return super().convert(value, param, ctx)


def _refusing_empty(command: click.Command) -> click.Command:
    """The same command, all of whose options and arguments that take words refuse empty ones; its own commands too."""
    for param in command.params:
        if param.type is click.STRING:
            param.type = _Word()
        elif type(param.type) is click.Path:
            place = _Place()
            vars(place).update(vars(param.type))
            param.type = place
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        _refusing_empty(inner)
    return command


class _Group(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        return _refusing_empty(import_module(_COMMANDS[cmd_name][0]).command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        lang = language()
        rows = [(name, zh if lang == "zh" else en) for name, (_, zh, en) in _COMMANDS.items()]
        with formatter.section("命令" if lang == "zh" else "Commands"):
            formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from funnel.diagnostics._model import suggestion  # noqa: PLC0415 (only for the slip)

            near = suggestion(args[0], _COMMANDS)
            if near:
                raise click.UsageError(f"{error.message} Did you mean {near!r}?", ctx) from None
            raise


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="funnel", prog_name="funnel")
def group() -> None:
    """funnel: triage consumer complaints with rules. 投诉分流：规则能结的结，难的交给人。"""


def main(args: list[str] | None = None) -> Any:
    """Run the command line.

    Exit codes: 0 clean, 1 findings, 2 usage, or a file or standard output that cannot be read or written, 3 pack does not
    load, 4 scenario tests fail, 5 too many bad input rows, 130 interrupted, 141 whoever read standard output has closed it,
    143 terminated.
    """
    # A pack is a hundred thousand objects that live as long as the command: looking through them again and again for
    # what could be thrown away takes a fifth of the time to load it. The process is ours, so is its collector.
    gc.set_threshold(100_000, 50, 50)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a terminal that cannot show a character is no reason to fail
    try:
        try:
            return _called(args)
        finally:
            if sys.stdout is not None:  # as it is where it was closed from the beginning
                sys.stdout.flush()  # what the interpreter cannot write at its end, it tells with a traceback
    except OSError as error:
        _end(error)


def _called(args: list[str] | None) -> Any:
    """Run the command as click would, but for a pipe that was closed, of which click says nothing."""
    if "_FUNNEL_COMPLETE" in os.environ:  # a shell asks what could be typed next
        return group.main(args=args, prog_name="funnel")
    try:
        with group.make_context("funnel", list(sys.argv[1:] if args is None else args)) as context:
            return group.invoke(context)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, EOFError, KeyboardInterrupt):
        click.echo("中断" if language() != "en" else "interrupted", err=True)
        sys.exit(_INTERRUPTED)


def _end(error: OSError) -> NoReturn:
    """Tell in a line what could not be read or written, where no command has told it better."""
    zh = language() != "en"
    closed = isinstance(error, BrokenPipeError)
    if error.filename is not None:
        text = f"{error.filename}：打不开或写不了（{error.strerror}）" if zh else f"{error.filename}: cannot be opened or written ({error.strerror})"  # fmt: skip
    elif closed:
        text = "标准输出被对方关掉了，没有全部写出" if zh else "standard output was closed by its reader before all was written"  # fmt: skip
    else:
        text = f"标准输出写不了（{error.strerror}）" if zh else f"standard output cannot be written ({error.strerror})"
    with suppress(OSError):
        click.echo(f"funnel: {text}", err=True)
    with suppress(OSError, ValueError, AttributeError):  # what is still buffered would be tried again at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(_CLOSED if closed else _UNWRITABLE)
