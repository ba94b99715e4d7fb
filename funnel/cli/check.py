"""``funnel check``: every error of a pack at once."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click
import orjson

from funnel.cli._common import (
    CLEAN,
    FINDINGS,
    about_examples,
    as_of_option,
    lang_option,
    no_pack,
    note_packs_here,
    scenarios_folder,
)
from funnel.cli._deep import deep_json, deep_text, drafts_left, write_witnesses


@click.command(name="check")
@click.argument("pack_name", metavar="[PACK]", default="cn-ecommerce")
@click.option("--pack", "pack_option", metavar="NAME|FOLDER", default=None, help="Same as PACK. 规则包。")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif", "junit"]), default="text", show_default=True
)
@click.option("--strict", is_flag=True, help="Warnings count as findings too. 警告也算。")
@click.option(
    "--deep", is_flag=True, help="Analyse the rules against each other, exactly. 逐条推演规则之间的矛盾和空隙。"
)
@as_of_option
@click.option(
    "--steps", type=click.IntRange(1), default=2_000_000, show_default=True, help="Budget of --deep. 推演的步数上限。"
)
@click.option(
    "--witness",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder for the witness complaints of --deep. 把例证投诉写到这个目录。",
)
@lang_option
def command(
    pack_name: str,
    pack_option: str | None,
    form: str,
    strict: bool,  # noqa: FBT001 (an option)
    deep: bool,  # noqa: FBT001 (an option)
    as_of: dt.date | None,
    steps: int,
    witness: Path | None,
    lang: str,
) -> None:
    """Check a pack: YAML traps, names, law in force, phrases, what a settling rule must have. 检查规则包。

    With --deep also what the rules do to each other: two that settle one complaint differently, one that never applies or
    always gives way, an exception that never fires, a settlement that is never reached, each with a complaint that shows
    it. `funnel explain FILE` shows why.

    Exit codes: 0 clean, 1 findings, 3 no such pack.
    """
    from funnel.author.scenario_tests import load_suite, scenario_files  # noqa: PLC0415 (late, for a quick --help)
    from funnel.diagnostics import render_all, render_json  # noqa: PLC0415 (as above)
    from funnel.errors import PackNotFoundError  # noqa: PLC0415 (as above)
    from funnel.pack.loader import check_pack  # noqa: PLC0415 (as above)

    name = pack_option or pack_name
    try:
        loaded = check_pack(name, now=dt.datetime.now().astimezone())
    except PackNotFoundError as error:
        no_pack(error, lang)
    note_packs_here(lang)
    found = list(loaded.diagnostics)
    tests = 0
    if loaded.pack is not None:
        folder = scenarios_folder(loaded.pack)
        if folder is not None:
            suite = load_suite(loaded.pack, list(scenario_files(folder)), folder)
            found += suite.diagnostics
            tests = len(suite.tests)
        found += about_examples(loaded.pack)
    report = None
    if deep and loaded.pack is not None:
        from funnel.author.analysis import analyse  # noqa: PLC0415 (as above)

        report = analyse(loaded.pack, as_of=as_of or dt.date.today(), steps=steps, lang=lang)  # noqa: DTZ011 (the author's own day)
        found += [finding.diagnostic for finding in report.findings]
    errors = sum(d.severity == "error" for d in found)
    warnings = len(found) - errors
    if form == "json":
        content: dict[str, object] = {"errors": errors, "warnings": warnings, "diagnostics": render_json(found, lang)}
        if report is not None:
            content["deep"] = deep_json(report)
        click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
    elif form in {"sarif", "junit"}:
        from funnel import __version__  # noqa: PLC0415 (as above)
        from funnel.diagnostics._machine import findings, junit, sarif  # noqa: PLC0415 (as above)

        items = findings(found, lang)
        click.echo(
            junit(items, "funnel check")
            if form == "junit"
            else orjson.dumps(sarif(items, __version__), option=orjson.OPT_INDENT_2).decode()
        )
    else:
        if found:
            click.echo(render_all(found, lang) + "\n")
        if report is not None:
            click.echo(deep_text(report, lang))
            if loaded.pack is not None and (left := drafts_left(loaded.pack, lang)):
                click.echo(left)
        click.echo(_summary(loaded.pack, errors, warnings, tests, lang))
    if report is not None and witness is not None:
        write_witnesses(report, witness)
    sys.exit(FINDINGS if errors or (strict and warnings) else CLEAN)


def _summary(pack: object, errors: int, warnings: int, tests: int, lang: str) -> str:
    from funnel.pack.model import Pack  # noqa: PLC0415 (late, for a quick --help)

    if not isinstance(pack, Pack):
        return f"{errors} 处错误，{warnings} 处警告" if lang != "en" else f"{errors} errors, {warnings} warnings"
    stable, phrases = len(pack.live_rules), pack.lexicon.literal_count
    if lang == "en":
        return (
            f"{pack.id} {pack.manifest.version}: {errors} errors, {warnings} warnings; {stable} stable rules of {len(pack.rules)}, "
            f"{len(pack.vocabulary.facts)} facts, {phrases} phrases, {tests} scenario tests; digest {pack.digest[:12]}"
        )
    return (
        f"{pack.id} {pack.manifest.version}：{errors} 处错误，{warnings} 处警告；规则 {len(pack.rules)} 条（生效 {stable} 条），"
        f"事实 {len(pack.vocabulary.facts)} 个，短语 {phrases} 个，场景测试 {tests} 个；摘要 {pack.digest[:12]}"
    )
