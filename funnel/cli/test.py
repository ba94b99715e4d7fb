"""``funnel test``: scenario tests as sentences."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funnel.cli._common import (
    CLEAN,
    FINDINGS,
    TESTS_FAIL,
    USAGE,
    fail,
    lang_option,
    open_pack,
    pack_option,
    scenarios_folder,
)

if TYPE_CHECKING:
    from funnel.author.scenario_tests import Result


@click.command(name="test")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@pack_option
@click.option(
    "-k", "pattern", default="", metavar="TEXT", help="Only tests whose name has this. 只跑名称含此文字的测试。"
)
@click.option("-v", "--verbose", is_flag=True, help="Name the tests that pass too. 通过的也列出。")
@click.option("--format", "form", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True)
@lang_option
def command(files: tuple[Path, ...], pack_name: str, pattern: str, verbose: bool, form: str, lang: str) -> None:  # noqa: FBT001
    """Run scenario tests; a failing one shows what was expected, what came, and what killed it. 运行场景测试。

    FILES are scenario files or folders; default: all of the pack. Exit codes: 0 all pass, 1 a test file is wrong,
    3 the pack does not load, 4 tests fail.
    """
    from funnel.author.scenario_tests import load_suite, run, scenario_files  # noqa: PLC0415 (late, for a quick --help)
    from funnel.diagnostics import render_all  # noqa: PLC0415 (as above)
    from funnel.engine.decide import compile_pack  # noqa: PLC0415 (as above)

    pack = open_pack(pack_name, lang)
    root = None
    if not files:
        root = scenarios_folder(pack)
        if root is None:
            fail("没有找到场景测试目录 scenarios/" if lang != "en" else "no scenarios/ folder found", USAGE)
        files = (root,)
    paths = [p for f in files for p in (scenario_files(f) if f.is_dir() else [f])]
    suite = load_suite(pack, paths, root)
    errors = [d for d in suite.diagnostics if d.severity == "error"]
    if suite.diagnostics:
        click.echo(render_all(suite.diagnostics, lang) + "\n", err=True)
    compiled = compile_pack(pack)
    results = [run(compiled, test, lang=lang) for test in suite.tests if pattern in test.name]
    {"text": _text, "json": _json, "junit": _junit}[form](results, verbose, lang)
    failed = any(not r.passed for r in results)
    sys.exit(TESTS_FAIL if failed else FINDINGS if errors else CLEAN)


_WORDS = {
    "recognised": "是否认得",
    "outcome": "结果",
    "tier": "层级",
    "remedies": "救济",
    "exception": "例外",
    "gate": "关口",
    "asks": "要问",
    "first_question": "第一问",
    "basis": "法律依据",
    "reason": "转交理由",
    "facts": "事实",
}


def _text(results: Sequence[Result], verbose: bool, lang: str) -> None:  # noqa: FBT001
    zh = lang != "en"
    rule = ""
    for result in results:
        if result.passed and not verbose:
            continue
        if result.test.rule != rule:
            rule = result.test.rule
            click.echo(rule)
        mark = click.style("✓", fg="green") if result.passed else click.style("✗", fg="red")
        click.echo(f"  {mark} {result.test.name}")
        if result.passed:
            continue
        click.echo(f"      {result.test.span}")
        for miss in result.mismatches:
            key = _WORDS[miss.key] if zh else miss.key
            expected, got = ("应为", "实为") if zh else ("expected", "got")
            click.echo(f"      {key}: {expected} {miss.expected}, {got} {miss.got}")
        for killer in result.killers:
            click.echo(f"      {'原因' if zh else 'because'}: {killer}")
        if result.decision.referral:
            for reason in result.decision.referral.reasons:
                click.echo(f"      {'转交' if zh else 'referred'}: [{reason.code}] {reason.text}")
    passed = sum(r.passed for r in results)
    failed = len(results) - passed
    rules = len({r.test.rule for r in results})
    if zh:
        click.echo(f"{rules} 条规则，{len(results)} 个场景测试：{passed} 个通过，{failed} 个未通过")
    else:
        click.echo(f"{rules} rules, {len(results)} scenario tests: {passed} passed, {failed} failed")


def _json(results: Sequence[Result], verbose: bool, lang: str) -> None:  # noqa: FBT001
    import orjson  # noqa: PLC0415 (late, for a quick --help)

    del verbose, lang
    content = [
        {
            "rule": r.test.rule,
            "name": r.test.name,
            "place": str(r.test.span),
            "passed": r.passed,
            "mismatches": [{"key": m.key, "expected": m.expected, "got": m.got} for m in r.mismatches],
            "because": list(r.killers),
        }
        for r in results
    ]
    click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())


def _junit(results: Sequence[Result], verbose: bool, lang: str) -> None:  # noqa: FBT001
    from xml.sax.saxutils import escape, quoteattr  # noqa: PLC0415 (writing only; late, for a quick --help)

    del verbose, lang
    failed = sum(not r.passed for r in results)
    click.echo('<?xml version="1.0" encoding="UTF-8"?>')
    click.echo(f'<testsuite name="funnel" tests="{len(results)}" failures="{failed}">')
    for r in results:
        head = f"  <testcase classname={quoteattr(r.test.rule)} name={quoteattr(r.test.name)}"
        if r.passed:
            click.echo(head + "/>")
            continue
        text = "\n".join([*(f"{m.key}: expected {m.expected}, got {m.got}" for m in r.mismatches), *r.killers])
        click.echo(f"{head}><failure>{escape(text)}</failure></testcase>")
    click.echo("</testsuite>")
