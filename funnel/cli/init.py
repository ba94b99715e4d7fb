"""``funnel init``: a new pack, or a new scenario with its test file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from funnel.cli._common import USAGE, fail, lang_option, packs_here


def _pack_here() -> str:
    """The only pack below ``rules/``; ``rules/cn-ecommerce`` where there are several or none."""
    here = packs_here()
    return here[0] if len(here) == 1 else "rules/cn-ecommerce"


@click.command(name="init")
@click.argument("kind", type=click.Choice(["pack", "scenario"]))
@click.argument("name", metavar="FOLDER|GROUP.SLUG")
@click.option(
    "--pack",
    "pack_name",
    default=None,
    metavar="FOLDER",
    help="The pack of a new scenario; default: the one below rules/, or rules/cn-ecommerce. 场景放在哪个包。",
)
@click.option(
    "--scenario", default=None, metavar="ID", help="Scenario id; default: the slug with underscores. 场景编号。"
)
@click.option("--title", default=None, metavar="TEXT", help="Title, in the pack's language. 标题。")
@click.option(
    "--copy",
    "source",
    default=None,
    metavar="NAME|FOLDER",
    help="Make the new pack a copy of this one, with its tests. 新规则包从这一个复制。",
)
@click.option(
    "--language",
    type=click.Choice(["zh", "en"]),
    default="zh",
    show_default=True,
    help="What complaints to a new pack are written in. 新规则包的投诉用什么语言。",
)
@lang_option
def command(
    kind: str,
    name: str,
    pack_name: str | None,
    scenario: str | None,
    title: str | None,
    source: str | None,
    language: str,
    lang: str,
) -> None:
    """Make a pack in FOLDER (rules/NAME), or a draft scenario GROUP.SLUG with signals and tests. 新建规则包或场景。

    What is made passes check and test at once; a draft decides nothing until its status is stable.
    """
    from funnel.author.templates import (  # noqa: PLC0415 (late, for a quick --help)
        TemplateError,
        copy_pack,
        new_pack,
        new_scenario,
    )
    from funnel.diagnostics._model import shown_path  # noqa: PLC0415 (as above)
    from funnel.errors import PackNotFoundError  # noqa: PLC0415 (as above)

    if source is not None and kind != "pack":
        fail("funnel init: --copy goes with pack only" if lang == "en" else "funnel init: --copy 只用于 pack", USAGE)
    pack_name = pack_name or _pack_here()
    today = dt.datetime.now().astimezone().date()

    try:
        if kind == "pack":
            made = (
                new_pack(Path(name), today=today, language=language)
                if source is None
                else copy_pack(source, Path(name))
            )
        else:
            slug = name.partition(".")[2]
            ident = scenario or slug.replace("-", "_")
            made = new_scenario(Path(pack_name), name, ident, title or ident, today=today)
    except (TemplateError, PackNotFoundError) as error:
        fail(f"funnel init: {error.text(lang)}", USAGE)
    for path in made:
        click.echo(shown_path(path))
    where = name if kind == "pack" else pack_name
    click.echo(
        f"\nfunnel check {where}\nfunnel test --pack {where}"
        + ("" if lang == "en" else "   # 现在就能通过，再逐处改写")
    )
