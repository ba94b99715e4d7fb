"""``funnel check``: every error of a pack at once."""

from __future__ import annotations

import sys

import click
import orjson

from funnel.cli._common import CLEAN, FINDINGS, NO_PACK, fail, lang_option, scenarios_folder


@click.command(name="check")
@click.argument("pack_name", metavar="[PACK]", default="cn-ecommerce")
@click.option("--pack", "pack_option", metavar="NAME|FOLDER", default=None, help="Same as PACK. 规则包。")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Warnings count as findings too. 警告也算。")
@lang_option
def command(pack_name: str, pack_option: str | None, form: str, strict: bool, lang: str) -> None:  # noqa: FBT001
    """Check a pack: YAML traps, names, law in force, phrases, what a settling rule must have. 检查规则包。

    Exit codes: 0 clean, 1 findings, 3 no such pack.
    """
    from funnel.author.scenario_tests import load_suite, scenario_files  # noqa: PLC0415 (late, for a quick --help)
    from funnel.diagnostics import render_all, render_json  # noqa: PLC0415 (as above)
    from funnel.errors import PackNotFoundError  # noqa: PLC0415 (as above)
    from funnel.pack.loader import check_pack  # noqa: PLC0415 (as above)

    name = pack_option or pack_name
    try:
        loaded = check_pack(name)
    except PackNotFoundError as error:
        fail(f"funnel: {error}", NO_PACK)
    found = list(loaded.diagnostics)
    tests = 0
    if loaded.pack is not None:
        folder = scenarios_folder(loaded.pack)
        if folder is not None:
            suite = load_suite(loaded.pack, list(scenario_files(folder)), folder)
            found += suite.diagnostics
            tests = len(suite.tests)
    errors = sum(d.severity == "error" for d in found)
    warnings = len(found) - errors
    if form == "json":
        content = {"errors": errors, "warnings": warnings, "diagnostics": render_json(found, lang)}
        click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
    else:
        if found:
            click.echo(render_all(found, lang) + "\n")
        click.echo(_summary(loaded.pack, errors, warnings, tests, lang))
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
