"""``funnel test``: scenario tests as sentences."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

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
    from funnel.author.scenario_tests import Result, Suite
    from funnel.engine.decide import Compiled


@click.command(name="test")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@pack_option
@click.option(
    "-k", "pattern", default="", metavar="TEXT", help="Only tests whose name has this. 只跑名称含此文字的测试。"
)
@click.option("-v", "--verbose", is_flag=True, help="Name the tests that pass too. 通过的也列出。")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "junit", "sarif"]), default="text", show_default=True
)
@click.option("--coverage", is_flag=True, help="What the tests look at, and what they miss. 测试看到了什么、漏了什么。")
@click.option(
    "--coverage-html", type=click.Path(dir_okay=False, path_type=Path), help="Write that as a page. 写成网页。"
)
@click.option("--fail-under", type=click.IntRange(0, 100), default=0, help="Least coverage in percent. 覆盖的下限。")
@click.option(
    "--suggest", is_flag=True, help="Draft the missing tests; what to expect is yours. 起草缺的测试，应当怎样由你写。"
)
@lang_option
def command(
    files: tuple[Path, ...],
    pack_name: str,
    pattern: str,
    verbose: bool,  # noqa: FBT001 (an option)
    form: str,
    coverage: bool,  # noqa: FBT001 (an option)
    coverage_html: Path | None,
    fail_under: int,
    suggest: bool,  # noqa: FBT001 (an option)
    lang: str,
) -> None:
    """Run scenario tests; a failing one shows what was expected, what came, and what killed it. 运行场景测试。

    FILES are scenario files or folders; default: all of the pack. With --coverage: whether every condition was seen true,
    false and unknown, every exception fired, both sides of every threshold and each outcome of each rule.
    Exit codes: 0 all pass, 1 a test file is wrong or the coverage is under --fail-under, 2 no test was run (-k fits
    none), 3 the pack does not load, 4 tests fail.
    """
    from funnel.author.scenario_tests import load_suite, run, scenario_files  # noqa: PLC0415 (late, for a quick --help)
    from funnel.diagnostics import render_all  # noqa: PLC0415 (as above)
    from funnel.engine.decide import compile_pack  # noqa: PLC0415 (as above)

    for given in files:
        if (given / "pack.yaml").is_file():
            zh = f"{given} 是规则包，测试在旁边的 scenarios/ 里；写 funnel test --pack {given}"
            en = f"{given} is a pack, and its tests lie in scenarios/ beside it; write funnel test --pack {given}"
            fail(f"funnel test: {en if lang == 'en' else zh}", USAGE)
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
    {"text": _text, "json": _json, "junit": _junit, "sarif": _sarif}[form](results, verbose, lang)
    if not results and not errors:
        _none_ran(len(suite.tests), pattern, lang)
    failed = any(not r.passed for r in results)
    thin = False
    if coverage or coverage_html or fail_under or suggest:
        thin = _coverage(compiled, suite, coverage_html, suggest=suggest, lang=lang, quiet=form != "text") < fail_under
    sys.exit(TESTS_FAIL if failed else FINDINGS if errors or thin else CLEAN)


def _none_ran(there: int, pattern: str, lang: str) -> NoReturn:
    """End because no test was run: that nothing failed would be no news, and a misspelt -k would look like success."""
    if not there:
        zh, en = "这里没有场景测试", "there are no scenario tests here"
    else:
        zh = f"{there} 个测试的名称里都没有“{pattern}”；-k 只看测试的名称，要跑一条规则的测试，写它的场景文件"
        en = f"none of the {there} tests has “{pattern}” in its name; -k looks at names only: for the tests of a rule, name its scenario file"
    fail(f"funnel test: {en if lang == 'en' else zh}", USAGE)


def _coverage(compiled: Compiled, suite: Suite, page: Path | None, *, suggest: bool, lang: str, quiet: bool) -> int:
    """Print what the tests look at; the percent."""
    from funnel.author.coverage import measure  # noqa: PLC0415 (late, for a quick --help)
    from funnel.cli import _coverage as show  # noqa: PLC0415 (as above)
    from funnel.engine.decide import compile_pack  # noqa: PLC0415 (as above)

    pack = compiled.pack
    tested = {test.rule for test in suite.tests}
    for name in sorted(tested):  # like its tests, the coverage of a draft is that of the rule it will be
        if pack.rules[name].status == "draft":
            pack = pack.with_stable(name)
    if pack is not compiled.pack:
        compiled = compile_pack(pack)
    found = measure(compiled, suite.tests, tested)
    click.echo(show.text(compiled.pack, found, lang), err=quiet)
    if page is not None:
        show.write_html(compiled.pack, found, page, lang)
    if suggest:
        from funnel.author.suggest import as_yaml  # noqa: PLC0415 (as above)
        from funnel.author.suggest import suggest as draft  # noqa: PLC0415 (as above)

        day = dt.date.today()  # noqa: DTZ011 (the author's own day)
        for rule in found.rules:
            drafts = draft(compiled, [i for i in found.of(rule) if not i.seen], as_of=day, lang=lang)
            if drafts:
                click.echo(f"\n# {rule}\n{as_yaml(drafts, suite.bases.get(rule, {}))}", err=quiet)
    return found.percent


_WORDS = {
    "recognised": "是否认得",
    "outcome": "结果",
    "tier": "层级",
    "remedies": "救济",
    "considers": "给人斟酌的",
    "exception": "例外",
    "gate": "关口",
    "asks": "要问",
    "first_question": "第一问",
    "basis": "法律依据",
    "not_cited": "不引的条文",
    "reason": "转交理由",
    "facts": "事实",
}


def _sarif(results: Sequence[Result], verbose: bool, lang: str) -> None:  # noqa: FBT001
    import orjson  # noqa: PLC0415 (late, for a quick --help)

    from funnel import __version__  # noqa: PLC0415 (as above)
    from funnel.diagnostics._machine import Finding, sarif  # noqa: PLC0415 (as above)

    del verbose
    items = [
        Finding(
            "scenario-test",
            "error",
            f"{r.test.rule}: {r.test.name}",
            r.test.span,
            help="; ".join(f"{_WORDS[m.key] if lang != 'en' else m.key}: {m.expected} ≠ {m.got}" for m in r.mismatches),
        )
        for r in results
        if not r.passed
    ]
    click.echo(orjson.dumps(sarif(items, __version__), option=orjson.OPT_INDENT_2).decode())


def show(results: Sequence[Result], lang: str) -> None:
    """Print the tests that fail, and how many passed."""
    _text(results, False, lang)


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
    from xml.etree import ElementTree as ET  # noqa: PLC0415 (writing only; late, for a quick --help)

    from funnel.diagnostics._machine import Case, junit_suite  # noqa: PLC0415 (as above)

    del verbose, lang
    cases = []
    for r in results:
        lines = [*(f"{m.key}: expected {m.expected}, got {m.got}" for m in r.mismatches), *r.killers]
        cases.append(Case(r.test.rule, r.test.name, None if r.passed else "\n".join(lines)))
    click.echo('<?xml version="1.0" encoding="UTF-8"?>')
    click.echo(ET.tostring(junit_suite("funnel", cases), encoding="unicode"))
