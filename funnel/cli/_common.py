"""What commands share: options, loading a pack with its errors shown, exit codes."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from funnel.cli._main import language
from funnel.pack.model import Pack

F = TypeVar("F", bound=Callable[..., Any])

CLEAN, FINDINGS, USAGE, NO_PACK, TESTS_FAIL, BAD_ROWS = 0, 1, 2, 3, 4, 5

DEFAULT_PACK = "cn-ecommerce"


def lang_option(command: F) -> F:
    """``--lang zh|en``."""
    option = click.option(
        "--lang",
        type=click.Choice(["zh", "en"]),
        default=language,
        show_default="locale",
        help="Language of messages and texts. 语言。",
    )
    return option(command)


def pack_option(command: F) -> F:
    """``--pack NAME|FOLDER``."""
    option = click.option(
        "--pack",
        "pack_name",
        default=DEFAULT_PACK,
        show_default=True,
        metavar="NAME|FOLDER",
        help="The pack. 规则包。",
    )
    return option(command)


class DateType(click.ParamType[dt.date]):
    """A date, ``YYYY-MM-DD``."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        """Read the option."""
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a date; write it as 2026-11-20 日期写成 2026-11-20", param, ctx)


def as_of_option(command: F) -> F:
    """``--as-of DATE``."""
    option = click.option(
        "--as-of",
        type=DateType(),
        default=None,
        metavar="DATE",
        help="Decide as of this day; default: the day each complaint was received. 判断基准日。",
    )
    return option(command)


def fail(message: str, code: int) -> NoReturn:
    """End with a message on stderr."""
    click.echo(message, err=True)
    sys.exit(code)


def open_pack(name: str, lang: str) -> Pack:
    """Load a pack or end with every error shown."""
    from funnel.diagnostics import render_all  # noqa: PLC0415 (late, for a quick --help)
    from funnel.errors import PackNotFoundError  # noqa: PLC0415 (as above)
    from funnel.pack.loader import check_pack  # noqa: PLC0415 (as above)

    try:
        loaded = check_pack(name)
    except PackNotFoundError as error:
        fail(f"funnel: {error}", NO_PACK)
    if loaded.pack is None:
        errors = [d for d in loaded.diagnostics if d.severity == "error"]
        click.echo(render_all(errors, lang), err=True)
        word = f"规则包“{name}”有 {len(errors)} 处错误，没有载入" if lang != "en" else f"the pack {name} has {len(errors)} errors and was not loaded"  # fmt: skip
        fail(f"\n{word}", NO_PACK)
    return loaded.pack


def scenarios_folder(pack: Pack) -> Path | None:
    """Where the scenario tests of a pack are: beside ``rules/``, or the shipped ones."""
    from funnel.pack.loader import data_folder  # noqa: PLC0415 (late, for a quick --help)

    root = Path(pack.root).resolve()
    for candidate in (
        root.parent.parent / "scenarios" / root.name,
        data_folder("scenarios") / root.name,
        root / "scenarios",
    ):
        if candidate.is_dir():
            return candidate
    return None
