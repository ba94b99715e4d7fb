"""What commands share: options, loading a pack with its errors shown, exit codes."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from click.core import ParameterSource

from funnel.cli._main import language
from funnel.pack.model import Pack

if TYPE_CHECKING:
    from funnel.batch.reading import Reading
    from funnel.diagnostics import Diagnostic
    from funnel.errors import PackNotFoundError

F = TypeVar("F", bound=Callable[..., Any])

CLEAN, FINDINGS, USAGE, NO_PACK, TESTS_FAIL, BAD_ROWS = 0, 1, 2, 3, 4, 5

DEFAULT_PACK = "cn-ecommerce"

_FAR = dt.timedelta(days=366)
"""How far ahead a day may be for it to be taken without a word: laws are made known months before they are in force."""


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
            words = (f"“{value}”不是日期；写成 2026-11-20", f"{value!r} is not a date; write it as 2026-11-20")
            self.fail(words[language() == "en"], param, ctx)


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


def tell_left(sources: Iterable[Reading], lang: str) -> None:
    """Name on stderr each sheet of a workbook that was not read: what is printed may be read by a program alone."""
    for reading in sources:
        for line in reading.left_lines(lang):
            click.echo(line, err=True)


def packs_here() -> tuple[str, ...]:
    """The packs of the working directory, ``rules/NAME``, in order."""
    return tuple(sorted(path.parent.as_posix() for path in Path("rules").glob("*/pack.yaml")))


def note_packs_here(lang: str) -> None:
    """Say on stderr that the shipped pack was taken where nobody named one and the working directory has others.

    An author who forgets ``--pack`` would read of no errors, and it would be those of another pack.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        return
    sources = {context.get_parameter_source(name) for name in ("pack_name", "pack_option")} - {None}
    if sources != {ParameterSource.DEFAULT}:  # named, or a command that has no default
        return
    here = packs_here()
    if not here or f"rules/{DEFAULT_PACK}" in here:
        return
    click.echo(
        f"没有写 --pack，用的是随包的 {DEFAULT_PACK}；这里有 {'、'.join(here)}，要用它就写 --pack {here[0]}"
        if lang != "en"
        else f"no --pack: the shipped {DEFAULT_PACK} is taken; there is {', '.join(here)} here, for which write --pack {here[0]}",
        err=True,
    )


def with_draft(pack: Pack, wanted: str, lang: str) -> Pack:
    """The pack with one of its drafts taken for stable, or the end with the drafts that there are."""
    if (rule := pack.rules.get(wanted)) is None or rule.status != "draft":
        drafts = ", ".join(sorted(rule.id for rule in pack.rules.values() if rule.status == "draft"))
        if lang == "en":
            fail(f"--draft {wanted}: there is no such draft; drafts: {drafts or 'none'}", USAGE)
        fail(f"--draft {wanted}：没有这条草稿；草稿有：{drafts or '无'}", USAGE)
    return pack.with_stable(wanted)


def draft_option(command: F) -> F:
    """``--draft RULE``."""
    option = click.option(
        "--draft",
        default=None,
        metavar="RULE",
        help="Decide as if this draft were stable. 当作这条草稿已经生效来判断。",
    )
    return option(command)


def no_pack(error: PackNotFoundError, lang: str) -> NoReturn:
    """End because there is no such pack."""
    there = ", ".join(packs_here())
    more = f"; packs here: {there}" if lang == "en" else f"；这里有 {there}"
    fail(f"funnel: {error.text(lang)}{more if there else ''}", NO_PACK)


def open_pack(name: str, lang: str, *, likeness: bool = True, as_of: dt.date | None = None) -> Pack:
    """Load a pack or end with every error shown; ``likeness`` as for `funnel.pack.loader.check_pack`.

    ``as_of`` is the day that is to be decided by: one on which the pack has no law ends the command, and one that is far in
    the future is named.
    """
    from funnel.diagnostics import render_all  # noqa: PLC0415 (late, for a quick --help)
    from funnel.errors import PackNotFoundError  # noqa: PLC0415 (as above)
    from funnel.pack.loader import check_pack  # noqa: PLC0415 (as above)

    try:
        loaded = check_pack(name, likeness=likeness)
    except PackNotFoundError as error:
        no_pack(error, lang)
    note_packs_here(lang)
    if loaded.pack is None:
        errors = [d for d in loaded.diagnostics if d.severity == "error"]
        click.echo(render_all(errors, lang), err=True)
        word = f"规则包“{name}”有 {len(errors)} 处错误，没有载入" if lang != "en" else f"the pack {name} has {len(errors)} errors and was not loaded"  # fmt: skip
        fail(f"\n{word}", NO_PACK)
    if as_of is not None:
        _expect_law(loaded.pack, as_of, lang)
    return loaded.pack


def _expect_law(pack: Pack, as_of: dt.date, lang: str) -> None:
    """Tell a slip of the keyboard in a day from a day that is meant."""
    from funnel.complaint import EARLIEST  # noqa: PLC0415 (late, for a quick --help)

    known = [version.from_ for statute in pack.register.statutes.values() for version in statute.versions]
    first = max(EARLIEST, min(known, default=EARLIEST))
    today = dt.date.today()  # noqa: DTZ011 (the operator's own day)
    if as_of < first:
        fail(
            f"--as-of {as_of}：{first} 以前没有可以依据的法律；写这一天以后的日子"
            if lang != "en"
            else f"--as-of {as_of}: there is no law to decide by before {first}; write a later day",
            USAGE,
        )
    if as_of > today + _FAR:
        click.echo(
            f"--as-of {as_of}：这一天还很远，规则包里没有那以前还要修订的法律；确实要这一天吗？"
            if lang != "en"
            else f"--as-of {as_of}: this day is far off, and the pack has no law that is yet to be made by then; is it meant?",
            err=True,
        )


def about_examples(pack: Pack) -> tuple[Diagnostic, ...]:
    """What is wrong with the examples of a pack, personal data in them included."""
    from funnel.pack.examples import read_examples  # noqa: PLC0415 (late, for a quick --help)
    from funnel.queue.masking import find_personal  # noqa: PLC0415 (as above)

    return read_examples(pack, lambda text: (found.kind for found in find_personal(text))).diagnostics


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
