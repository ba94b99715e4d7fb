"""``funnel ask``: an interview at the terminal."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funnel.cli._common import (
    USAGE,
    as_of_option,
    draft_option,
    fail,
    lang_option,
    open_pack,
    pack_option,
    with_draft,
)
from funnel.errors import Lang

if TYPE_CHECKING:
    from funnel.decision import Decision, Question
    from funnel.engine.interview import Interview
    from funnel.facts.money import Currency

Say = Callable[[str, str], str]

_SKIP = frozenset({"", "s", "skip", "跳过", "不知道", "不清楚"})
_WHY = frozenset({"?", "？", "why", "为什么"})
_QUIT = frozenset({"q", "quit", "exit", "退出", "结束"})


@click.command(name="ask")
@click.argument("words", required=False, metavar="[TEXT]")
@click.option(
    "--who",
    type=click.Choice(["consumer", "everyone"]),
    default="consumer",
    show_default=True,
    help="Ask the consumer's questions alone, or all: you have the order at hand. 只问消费者，还是都问。",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the complaint as JSON. 把投诉存成 JSON。",
)
@pack_option
@as_of_option
@draft_option
@lang_option
def command(
    words: str | None,
    who: str,
    output: Path | None,
    pack_name: str,
    as_of: dt.date | None,
    draft: str | None,
    lang: Lang,
) -> None:
    """Ask one question after the other, the most telling first, and say what would be decided. 问答式接诉。

    TEXT is what happened, in the consumer's words; without it that is asked first. Enter leaves a question open, ? says
    why it is asked, q ends. Nothing is kept unless --output says where.
    """
    from funnel.batch.writers import whole_file  # noqa: PLC0415 (late, for a quick --help)
    from funnel.engine.engine import Engine  # noqa: PLC0415 (late, for a quick --help)
    from funnel.errors import AnswerError, BatchError, ComplaintError  # noqa: PLC0415 (as above)
    from funnel.facts.money import currency_of  # noqa: PLC0415 (as above)

    def say(zh: str, en: str) -> str:
        return en if lang == "en" else zh

    if words is not None and Path(words).suffix in {".json", ".jsonl"} and Path(words).is_file():
        zh = f"{words} 是文件；funnel ask 后面写投诉的话，看一个文件里的投诉用 funnel explain {words}"
        en = f"{words} is a file; funnel ask takes the words of a complaint, and funnel explain {words} reads one from a file"
        fail(f"funnel ask: {say(zh, en)}", USAGE)
    pack = open_pack(pack_name, lang, as_of=as_of)
    unit = currency_of(pack.manifest.currency)
    engine = Engine(pack if draft is None else with_draft(pack, draft, lang), lang=lang)
    try:
        step = engine.interview(words, who=None if who == "everyone" else ("consumer",), as_of=as_of)
    except ComplaintError as error:
        fail(say("；", "; ").join(p.line(lang) for p in error.problems), USAGE)
    click.echo(say("回车跳过，? 问为什么，q 结束", "Enter skips, ? asks why, q ends"), err=True)
    while step.question is not None:
        for line in _shown(step.question, say, unit):
            click.echo(line)
        line_typed = _line()
        if line_typed is None or line_typed.strip().casefold() in _QUIT:
            click.echo(say("（到此为止）", "(ended here)"))
            break
        typed = line_typed.strip()
        if typed.casefold() in _WHY:
            click.echo("  " + (step.question.why or say("没有说明", "no reason is given")))
            continue
        try:
            step = step.skip() if typed.casefold() in _SKIP else _answered(step, step.question, typed, who, say)
        except AnswerError as error:
            click.echo("  " + say(error.zh, error.en))
    for line in _result(step.decision, say, unit):
        click.echo(line)
    if output is not None and step.complaint is not None:
        try:
            with whole_file(output) as stream:
                stream.write(step.complaint.model_dump_json(indent=2, exclude_unset=True).encode() + b"\n")
        except BatchError as error:
            fail(error.text(lang), USAGE)


def _line() -> str | None:
    """A line typed, or None at the end of what there is."""
    try:
        return input("> " if sys.stdin.isatty() else "")
    except (EOFError, KeyboardInterrupt):
        return None


def _answered(step: Interview, question: Question, typed: str, who: str, say: Say) -> Interview:
    if who != "everyone" or question.grade == "stated" or question.type == "text":
        return step.answer(typed)
    said = step.answer(typed)  # what does not fit is said before asking what stands behind it
    click.echo(say(f"  手里有凭证（{question.grade}）吗？y/n", f"  do you hold the {question.grade}? y/n"))
    held = (_line() or "").strip().casefold()
    return step.answer(typed, grade=question.grade) if held in {"y", "yes", "是", "有"} else said


def _shown(question: Question, say: Say, unit: Currency) -> Iterator[str]:
    yield ""
    yield question.text
    if question.type == "bool":
        yield say("  是 / 否", "  yes / no")
    elif question.type == "money":
        yield say(f"  金额，{unit.zh}", f"  an amount in {unit.en}")
    elif question.type == "date":
        yield say("  日期，如 2026-11-03、11月3日、昨天", "  a date, such as 2026-11-03 or yesterday")
    elif question.type == "integer":
        yield say("  数字", "  a number")
    for number, answer in enumerate(question.answers, 1):
        if question.type != "bool":
            yield f"  {number:>2}. {answer.label}"


def _result(decision: Decision | None, say: Say, unit: Currency) -> Iterator[str]:
    from funnel.engine.describe import remedy_words  # noqa: PLC0415 (late, for a quick --help)

    yield ""
    if decision is None:
        yield say("什么也没有说，没有结论", "nothing was told, nothing is decided")
        return
    outcomes = {
        "settle": say(
            "机器可以提出方案（双方接受才算数）", "a settlement can be proposed; it binds nobody until both take it"
        ),
        "ask": say("还有事实不清楚", "some facts are still open"),
        "refer": say(f"交给人处理：{decision.tier}", f"for a person: {decision.tier}"),
    }
    yield outcomes[decision.outcome]
    for matter in decision.matters:
        yield f"  {matter.title}"
        if matter.remedies:
            yield "    " + remedy_words(matter.remedies, say("zh", "en"), unit.code)
        cited = dict.fromkeys(f"{c.title} {c.article}" for c in matter.basis)
        if cited:
            yield say("    依据：", "    law: ") + say("、", ", ").join(cited)
    if decision.referral is not None:
        for reason in decision.referral.reasons:
            yield f"  · {reason.text}"
    for question in decision.questions:
        yield say("  待问：", "  open: ") + question.text
