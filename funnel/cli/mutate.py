"""``funnel mutate``: change the rules a little and see which changes no scenario test notices."""

from __future__ import annotations

import datetime as dt
import sys
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
    from funnel.author.mutation import Mutation, Outcome
    from funnel.author.scenario_tests import Suite


@click.command(name="mutate")
@click.argument("rules", nargs=-1, metavar="[RULE]...")
@pack_option
@click.option(
    "--suggest",
    is_flag=True,
    help="Draft a test for each survivor; what to expect is yours. 起草测试，应当怎样由你写。",
)
@click.option("--fail-under", type=click.IntRange(0, 100), default=0, help="Least score in percent. 得分的下限。")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@lang_option
def command(
    rules: tuple[str, ...],
    pack_name: str,
    suggest: bool,  # noqa: FBT001 (an option)
    fail_under: int,
    form: str,
    lang: str,
) -> None:
    """Mutate rules: flip a condition, shift a threshold by one, drop a part, take an exception away, lower a grade. 变异测试。

    Every change is run against the tests that can see it. What survives is shown as it would stand in the file, with a
    complaint that rule and mutant decide differently where one was found: make it a test. A change that no complaint can
    tell is equivalent and not counted. RULE are rule ids; default: all.
    Exit codes: 0 done, 1 the score is under --fail-under, 3 the pack does not load, 4 the tests do not pass as they are.
    """
    from funnel.author.mutation import mutate  # noqa: PLC0415 (late, for a quick --help)
    from funnel.author.scenario_tests import load_suite, run, scenario_files  # noqa: PLC0415 (as above)
    from funnel.engine.decide import compile_pack  # noqa: PLC0415 (as above)
    from funnel.pack._reader import near  # noqa: PLC0415 (as above)

    pack = open_pack(pack_name, lang)
    for name in rules:
        if name not in pack.rules:
            hint = near(name, pack.rules)["near_en" if lang == "en" else "near_zh"]
            fail(f"没有规则“{name}”。{hint}" if lang != "en" else f"there is no rule “{name}”. {hint}", USAGE)
    folder = scenarios_folder(pack)
    if folder is None:
        fail("没有找到场景测试目录 scenarios/" if lang != "en" else "no scenarios/ folder found", USAGE)
    suite = load_suite(pack, list(scenario_files(folder)))
    for name in rules:  # a draft that is named is looked at as it will be
        if pack.rules[name].status == "draft":
            pack = pack.with_stable(name)
    compiled = compile_pack(pack)
    failing = [test for test in suite.tests if not run(compiled, test).passed]
    if failing:
        fail(
            f"{len(failing)} tests fail; run funnel test first"
            if lang == "en"
            else f"{len(failing)} 个场景测试没有通过，先运行 funnel test",
            TESTS_FAIL,
        )
    day = dt.date.today()  # noqa: DTZ011 (the author's own day)
    progress = _progress(lang) if sys.stderr.isatty() else None
    found = mutate(compiled, suite.tests, rules or None, as_of=day, on_progress=progress)
    click.echo({"text": _text, "json": _json}[form](found, lang))
    if suggest:
        click.echo(_drafts(found, suite, lang), err=form != "text")
    sys.exit(FINDINGS if found.score < fail_under else CLEAN)


class _progress:  # noqa: N801 (called like a function)
    """Progress on one line of the terminal."""

    def __init__(self, lang: str) -> None:
        self._zh = lang != "en"

    def __call__(self, done: int, whole: int) -> None:
        click.echo(f"\r{'规则' if self._zh else 'rules'} {done}/{whole} ", nl=False, err=True)


def _text(found: Mutation, lang: str) -> str:
    import orjson  # noqa: PLC0415 (late, for a quick --help)

    zh = lang != "en"
    lines: list[str] = []
    rule = ""
    for outcome in found.survivors:
        mutant = outcome.mutant
        if mutant.rule.id != rule:
            rule = mutant.rule.id
            lines.append(rule)
        lines += [f"  {mutant.span} {mutant.kind}", f"    - {mutant.before}"]
        if mutant.after:
            lines.append(f"    + {mutant.after}")
        if outcome.nearly is not None:
            name, differs = outcome.nearly
            head = "已有的测试碰到了，但没有看" if zh else "a test meets it without looking"
            lines.append(f"    {head}: {name}: {'; '.join(differs)}")
        if outcome.witness is not None:
            lines.append(
                f"    {'这件投诉会露出差别' if zh else 'told apart by'}: {orjson.dumps(dict(outcome.witness)).decode()}"
            )
            lines.append(f"      {'; '.join(outcome.differs)}")
    killed, survived, same = (found.count(s) for s in ("killed", "survived", "equivalent"))
    lines.append(
        f"变异 {len(found.outcomes)} 个：发现 {killed}，没有发现 {survived}，等价 {same}；得分 {found.score}%"
        if zh
        else f"{len(found.outcomes)} mutants: {killed} killed, {survived} survived, {same} equivalent; score {found.score} %"
    )
    return "\n".join(lines)


def _drafts(found: Mutation, suite: Suite, lang: str) -> str:
    """A test for each survivor that has a witness, or the one whose ``expect`` lacks a line, by rule.

    What the rule says today stands in a comment: whether that is the law is the author's to say.
    """
    from funnel.author.suggest import one_test  # noqa: PLC0415 (late, for a quick --help)

    zh = lang != "en"
    lines: list[str] = []
    rule = ""
    for outcome in found.survivors:
        mutant = outcome.mutant
        if mutant.rule.id != rule:
            rule = mutant.rule.id
            lines += ["", f"# {rule}"]
        change = f"{mutant.before} → {mutant.after or ('去掉' if zh else 'gone')}"
        now = ("现在：" if zh else "now: ") + "; ".join(d.split(" ⇒ ")[0] for d in outcome.differs)
        if outcome.nearly is not None:
            name, differs = outcome.nearly
            seen = "; ".join(d.split(" ⇒ ")[0] for d in differs)
            ask = "给已有的测试加上期望" if zh else "have this test expect"
            lines.append(f"  # {change}\n  # {ask}：{name}: {seen}")
        elif outcome.witness is not None:
            lines.append(
                one_test(f"{'待写' if zh else 'to write'}：{change}", outcome.witness, suite.bases.get(rule, {}), now)
            )
        else:
            lines.append(f"  # {change}：{'没有找到能露出差别的投诉' if zh else 'no complaint was found that tells'}")
    return "\n".join(lines)


def _json(found: Mutation, lang: str) -> str:
    import orjson  # noqa: PLC0415 (late, for a quick --help)

    del lang
    content = {
        "mutants": len(found.outcomes),
        "killed": found.count("killed"),
        "equivalent": found.count("equivalent"),
        "score": found.score,
        "survivors": [_one(outcome) for outcome in found.survivors],
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()


def _one(outcome: Outcome) -> dict[str, object]:
    mutant = outcome.mutant
    return {
        "rule": mutant.rule.id,
        "kind": mutant.kind,
        "place": str(mutant.span),
        "before": mutant.before,
        "after": mutant.after,
        "witness": outcome.witness,
        "differs": outcome.differs,
        "met_by": None if outcome.nearly is None else {"test": outcome.nearly[0], "differs": outcome.nearly[1]},
    }
