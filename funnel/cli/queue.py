"""``funnel queue``: look into the human queue and work it."""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast
from zoneinfo import ZoneInfo

import click

from funnel.cli._common import CLEAN, FINDINGS, USAGE, fail, lang_option, open_pack, pack_option
from funnel.cli._queues import expect_queue, said, shown

if TYPE_CHECKING:
    from funnel.pack.model import Pack
    from funnel.queue import Case, Funnel

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the queue is and how to speak."""

    url: str
    tenant: str
    pack: str
    lang: str
    form: str

    def say(self, zh: str, en: str) -> str:
        return en if self.lang == "en" else zh


@click.group(name="queue")
@click.option(
    "--store",
    "url",
    envvar="FUNNEL_QUEUE",
    default="funnel.db",
    show_default=True,
    metavar="PATH|URL",
    help="An SQLite file or postgresql://…; also FUNNEL_QUEUE. 队列所在。",
)
@click.option("--tenant", default="default", show_default=True, metavar="NAME", help="Whose queue. 租户。")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@pack_option
@lang_option
@click.pass_context
def command(ctx: click.Context, url: str, tenant: str, form: str, pack_name: str, lang: str) -> None:
    """Look into the human queue and work it. 人工队列：查看、认领、结案、统计、核对。"""
    ctx.obj = _Place(url, tenant, pack_name, lang, form)


def _pass_place(command: F) -> F:
    """The queue and how to speak, with ``--lang`` and ``--format`` taken after a command's name as well as before it."""

    @functools.wraps(command)
    def spoken(*args: Any, own_lang: str | None, own_form: str | None, **options: Any) -> Any:
        place: _Place = click.get_current_context().obj
        place = replace(place, lang=own_lang or place.lang, form=own_form or place.form)
        return command(place, *args, **options)

    lang = click.option("--lang", "own_lang", type=click.Choice(["zh", "en"]), help="Language of messages. 语言。")
    form = click.option("--format", "own_form", type=click.Choice(["text", "json"]), help="How to print. 输出格式。")
    return form(lang(cast("F", spoken)))


@contextmanager
def _desk(place: _Place, *, create: bool = False) -> Iterator[Funnel]:
    """The queue; what is refused is a sentence on stderr."""
    from funnel.batch.undecided import HandingOver  # noqa: PLC0415 (late, for a quick --help)
    from funnel.errors import FunnelError  # noqa: PLC0415 (as above)
    from funnel.queue import Funnel, SqlStore  # noqa: PLC0415 (as above)

    if not create:
        expect_queue(place.url, place.lang)
    pack = open_pack(place.pack, place.lang)
    try:
        # There are people to give to what the engine fails on.
        desk = Funnel(HandingOver(pack), SqlStore(place.url, create=create), tenant=place.tenant)
    except FunnelError as error:
        fail(f"funnel queue: {said(error, place.lang)}", USAGE)
    try:
        yield desk
    except FunnelError as error:
        fail(f"funnel queue: {said(error, place.lang)}", FINDINGS)
    finally:
        desk.close()


def _json(value: Any, *, indent: int | None = 2) -> None:
    from funnel.queue.model import plain  # noqa: PLC0415 (late, for a quick --help)

    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=indent))


def _when(moment: dt.datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment is not None else "-"


@command.command(name="init")
@_pass_place
def init(place: _Place) -> None:
    """Make the queue's tables, or bring them up to date. 建立或升级队列。"""
    with _desk(place, create=True):
        if place.form == "json":
            _json({"ready": shown(place.url)})
            return
        click.echo(place.say(f"队列已就绪：{shown(place.url)}", f"the queue is ready: {shown(place.url)}"))


def _case(place: _Place, desk: Funnel, given: str) -> Case:
    """A case by its id, or by the complaint's own number, which `ls` shows beside it, where that names one case."""
    from funnel.errors import UnknownCaseError  # noqa: PLC0415 (late, for a quick --help)

    try:
        return desk.case(given)
    except UnknownCaseError:
        found = desk.cases(external_id=given)
    if not found:
        zh = f"没有案件“{given}”，也没有这个编号的投诉；funnel queue ls 列出案件"
        en = f"no case {given!r} here, and no complaint of that id; `funnel queue ls` lists cases"
        fail(place.say(zh, en), FINDINGS)
    if len(found) > 1:
        listed = ", ".join(f"{case.id} ({case.state})" for case in found)
        zh = f"投诉“{given}”有 {len(found)} 个案件，写案件编号：{listed}"
        fail(place.say(zh, f"complaint {given!r} has {len(found)} cases, name one: {listed}"), FINDINGS)
    return found[0]


def _held(place: _Place, case: Case, by: str) -> Case:
    """The claim of an agent, or the end where he holds the case not."""
    if case.owner != by:
        who = case.owner or place.say("无人", "nobody")
        fail(place.say(f"案件由 {who} 经办，不是 {by}", f"the case is held by {who}, not {by}"), FINDINGS)
    return case


def _now(place: _Place, case: Case) -> None:
    """Tell how a case stands after a command."""
    if place.form == "json":
        _json(case)
        return
    click.echo(place.say(f"{case.id} 现在是 {case.state}", f"{case.id} is {case.state}"))


_by_owner = click.option("--by", required=True, metavar="AGENT", help="Who holds it. 经办人。")
_by_supervisor = click.option("--by", required=True, metavar="AGENT", help="A supervisor. 主管。")
_by_agent = click.option("--by", required=True, metavar="AGENT", help="Who does it. 谁来做。")
_reason = click.option("--reason", required=True, help="Why; it stays in the record. 理由，会留痕。")


@command.command(name="agent")
@click.argument("name")
@click.option("--tier", required=True, help="The highest tier the agent may take. 最高层级。")
@click.option("--skill", "skills", multiple=True, help="What the agent knows; may be repeated. 技能。")
@click.option("--cap", default=10, show_default=True, type=click.IntRange(1), help="Cases at once. 同时在办上限。")
@click.option("--supervisor", is_flag=True, help="May assign, cancel, decide on merchants. 主管。")
@click.option("--inactive", is_flag=True, help="Takes no cases at present. 停用。")
@_pass_place
def agent(
    place: _Place,
    name: str,
    tier: str,
    skills: tuple[str, ...],
    cap: int,
    supervisor: bool,  # noqa: FBT001 (a flag)
    inactive: bool,  # noqa: FBT001 (a flag)
) -> None:
    """Make an agent known, or change one. 登记或修改坐席。"""
    from funnel.queue import Agent  # noqa: PLC0415 (late, for a quick --help)

    with _desk(place) as desk:
        known = desk.put_agent(Agent(name, tier, frozenset(skills), cap, supervisor, not inactive), by="cli")
        if place.form == "json":
            _json(known)
            return
        click.echo(place.say(f"已登记 {name}（{tier}）", f"{name} is known ({tier})"))


@command.command(name="ls")
@click.option("--state", "states", multiple=True, help="Only these states; default: all that are open. 状态。")
@click.option("--tier", help="Only this tier. 层级。")
@click.option("--owner", help="Only held by this agent. 经办人。")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@_pass_place
def ls(place: _Place, states: tuple[str, ...], tier: str | None, owner: str | None, limit: int) -> None:
    """List cases: those to be served first, then those in hand, then those with the parties. 列出案件。"""
    from funnel.queue.model import HELD  # noqa: PLC0415 (late, for a quick --help)

    chosen = states or ("queued", "asked", "offered", *HELD)
    with _desk(place) as desk:
        cases = desk.cases(state=chosen, tier=tier, owner=owner, limit=limit)
        if place.form == "json":
            _json(cases)
            return
        if not cases:
            click.echo(place.say("没有案件", "no cases"))
            return
        zone = ZoneInfo(desk.engine.pack.manifest.timezone)
        from rich.console import Console  # noqa: PLC0415 (late, for a quick --help)
        from rich.table import Table  # noqa: PLC0415 (as above)

        table = Table(box=None, pad_edge=False)
        for zh, en in (("案件", "case"), ("投诉", "complaint"), ("状态", "state"), ("层级", "tier"), ("场景", "scenario"), ("优先", "priority"), ("最近期限", "due"), ("经办", "owner")):  # fmt: skip
            table.add_column(place.say(zh, en), overflow="fold")
        for case in cases:
            row = (case.id, case.external_id, case.state, case.tier, case.scenario or "-", str(case.priority))
            table.add_row(*row, _when(case.next_due, zone), case.owner or "-")
        # A fixed width where the output is no terminal, so that no id is ever cut.
        Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False).print(table)


@command.command(name="show")
@click.argument("case_id")
@click.option("--reveal", "revealer", metavar="AGENT", help="Show the words as they came; recorded. 看原文，会留痕。")
@click.option("--reason", default="", help="Why the words are looked at. 看原文的理由。")
@_pass_place
def show(place: _Place, case_id: str, revealer: str | None, reason: str) -> None:
    """Show a case whole: complaint (masked), decision, offers, deadlines, history. 查看案件。

    CASE_ID is the case's id or the complaint's own number; so it is for every command.
    """
    with _desk(place) as desk:
        case = _case(place, desk, case_id)
        case_id = case.id
        raw = desk.reveal(case_id, by=revealer, reason=reason) if revealer else None
        complaint = raw.model_dump(mode="json", exclude_none=True) if raw else dict(desk.complaint(case_id).masked)
        decision = dict(desk.decisions(case_id)[-1].decision)
        if place.form == "json":
            found = {
                "case": case,
                "complaint": complaint,
                "decision": decision,
                "steps": [step.model_dump() for step in desk.steps(case_id)],
                "offers": desk.offers(case_id),
                "clocks": desk.clocks(case_id),
                "suspects": desk.suspects(case_id),
                "same_order": desk.same_order(case_id),
                "events": desk.events(case_id),
            }
            _json(found)
            return
        for line in _story(place, desk, case, complaint, decision):
            click.echo(line)


_SHOWN = 10
"""Numbers of events that a line names."""

_BECAUSE = (
    ("reads-like", "读来像：", "reads like: "),
    ("words-only", "只提到字眼，读来不像：", "words of it stand there, but it does not read like it: "),
)


def _story(
    place: _Place, desk: Funnel, case: Case, complaint: dict[str, Any], decision: dict[str, Any]
) -> Iterator[str]:
    """All that somebody needs who has to act."""
    from funnel.queue.model import HELD  # noqa: PLC0415 (late, for a quick --help)

    say, zone = place.say, ZoneInfo(desk.engine.pack.manifest.timezone)
    yield f"{case.id}  {case.state}  {case.tier}" + (f"  {case.owner}" if case.owner else "")
    yield say("投诉 ", "complaint ") + f"{case.external_id}: {complaint.get('text', '')}"
    if case.scenario:
        yield say("场景 ", "scenario ") + case.scenario
    referral = decision.get("referral") or {}
    for reason in referral.get("reasons", ()):
        yield say("转人工原因：", "why it is here: ") + reason["text"]
    others = desk.same_order(case.id)
    settled = decision["outcome"] == "settle"
    if others and settled and case.state in {"queued", *HELD}:
        yield say("转人工原因：", "why it is here: ") + say(
            "可以结案，但同一订单另有案件，同一笔钱可能付两遍；是同一件事就并案（merge）或结案，不是再提方案（propose）",
            "it would be settled, but there is another case about its order, and the same money might be paid twice; `merge` or "
            "`resolve` it where it is the same matter, else `propose` an offer",
        )
    for another in others:
        ended = f" {another.outcome}" if another.outcome else ""
        yield (
            say("同一订单的案件 ", "case about the same order: ")
            + f"{another.id} ({another.external_id}) {another.state}{ended}"
        )
    if case.owner is not None and settled and not others:
        yield say(
            "按现有回答可以结案：release 把方案发给双方（有人要求过人工、拒绝过方案的，回到队列），propose 另提方案",
            "as answered it would be settled: `release` sends the offer to both sides (back to the queue where somebody "
            "asked for a person or an offer was refused), `propose` makes another",
        )
    for step in desk.steps(case.id):
        yield say("要做：", "to do: ") + f"{step.who} {step.within}: {step.do}"
    for matter in decision.get("matters", ()):
        guess = (
            say("（只是读来像，还没有人确认）", " (only reads like it; nobody has confirmed it)")
            if matter.get("presumed")
            else ""
        )
        yield f"- {matter['title']} [{matter['rule']} r{matter['revision']}] {matter['outcome']}{guess}"
        for citation in matter.get("basis", ()):
            reach = f" — {citation['reach']}" if citation.get("reach") else ""
            yield f"    {citation['statute']}/{citation['article']} {citation['gist']}{reach}"
        strategy = matter.get("strategy") or {}
        if strategy:
            yield say("    调解开场：", "    opening: ") + strategy["opening"]
            for text in strategy.get("concessions", ()):
                yield say("    可让步：", "    concession: ") + text
            yield say("    底线：", "    floor: ") + strategy["floor"]
            for step in strategy.get("steps", ()):
                yield f"    {step['who']} {step['within']}: {step['do']}"
    answered = {name for event in desk.events(case.id) if event.type == "answered" for name in event.data["facts"]}
    for line in decision.get("explanation", ()):
        if line["step"] == "fact" and not answered.isdisjoint(line["facts"]):
            yield say("已答 ", "answered ") + line["text"]
    for question in decision.get("questions", ()):
        yield say("待问 ", "to ask ") + f"{question['fact']}{say('：', ': ')}{question['text']}"
        answers = question.get("answers", ())
        width = max((len(answer["value"]) for answer in answers), default=0)
        yield from (f"    {answer['value']:{width}}  {answer['label']}" for answer in answers)
    if decision.get("questions"):
        answer_ = f"funnel queue answer {case.external_id} {decision['questions'][0]['fact']}=… --by consumer"
        yield say(f"    答了就记：{answer_}（几个用逗号隔开，都不是写 none）", f"    to enter an answer: {answer_} (several with commas, none of them as none)")  # fmt: skip
    for because, zh, en in _BECAUSE:
        named = [one["title"] for one in decision.get("suggestions", ()) if one["because"] == because]
        if named:
            yield say(zh, en) + say("、", ", ").join(named)
    for offer in desk.offers(case.id):
        amount = f" {offer.amount // 100}.{offer.amount % 100:02d}" if offer.amount is not None else ""
        yield say("方案", "offer") + f" {offer.seq} {offer.state}{amount}: {offer.text}"
    for clock in desk.clocks(case.id):
        broken = say("，已超期", ", broken") if clock.breached_at else ""
        yield say("期限 ", "due ") + f"{clock.kind} ({clock.cycle}): {_when(clock.due_at, zone)}{broken}"
    told = {(other.id, "same_order") for other in others}
    for other, kind, score in desk.suspects(case.id):
        if (other, kind) in told:
            continue
        yield say("疑似重复 ", "perhaps the same: ") + f"{other} ({kind} {score}%)"
    for event in desk.events(case.id):
        yield f"  {event.version:>3} {_when(event.at, zone)} {event.type} {event.actor}"


@command.command(name="deadline")
@click.argument("case_id")
@click.option("--kind", default="resolution", show_default=True)
@_pass_place
def deadline(place: _Place, case_id: str, kind: str) -> None:
    """Show the arithmetic of a deadline. 期限是怎么算出来的。"""
    with _desk(place) as desk:
        lines = desk.explain_deadline(_case(place, desk, case_id).id, kind)
        if place.form == "json":
            _json(lines)
            return
        for line in lines:
            click.echo(place.say(line.zh, line.en))


@command.command(name="claim")
@click.argument("agent_id", metavar="AGENT")
@click.argument("case_id", required=False)
@_pass_place
def claim(place: _Place, agent_id: str, case_id: str | None) -> None:
    """Take a case; without CASE_ID the next to be served. 认领。"""
    with _desk(place) as desk:
        case = desk.claim(_case(place, desk, case_id).id, agent_id) if case_id else desk.claim_next(agent_id)
        if case is None:
            click.echo(place.say("队列里没有可办的案件", "nothing to take"))
            return
        if place.form == "json":
            _json(case)
            return
        click.echo(place.say(f"{agent_id} 已认领 {case.id}", f"{agent_id} holds {case.id}"))


def _read(pack: Pack, name: str, typed: str) -> Any:
    """A value as it is typed: JSON, or words; of a fact that has several values, those between commas."""
    try:
        return json.loads(typed)
    except json.JSONDecodeError:
        spec = pack.vocabulary.facts.get(name)
        if spec is None or spec.type != "set":
            return typed
        words = [word for part in re.split("[,，;；、]", typed) if (word := part.strip())]
        return words if len(words) > 1 else typed


@command.command(name="answer")
@click.argument("case_id")
@click.argument("given", nargs=-1, required=True, metavar="FACT=VALUE…")
@click.option("--by", required=True, metavar="WHO", help="Who states it: consumer, or the agent who looked. 谁说的。")
@_pass_place
def answer(place: _Place, case_id: str, given: tuple[str, ...], by: str) -> None:
    """State facts of a case, such as refund_told=false; it is decided again. 补充事实，重新判断。

    The names and values are those that `show` prints with the questions; of several answers all that are so, with commas
    between them (meant=goods_used,part_only), or none.

    A case in the queue that would be settled then goes to the parties as an offer; one that somebody holds stays with him.
    """
    from funnel.batch.undecided import was_handed_over  # noqa: PLC0415 (late, for a quick --help)
    from funnel.decision import Decision  # noqa: PLC0415 (as above)

    told: dict[str, str] = {}
    for entry in given:
        name, mark, value = entry.partition("=")
        if not mark:
            fail(place.say(f"“{entry}”写成 事实=值", f"write {entry!r} as FACT=VALUE"), USAGE)
        told[name.strip()] = value
    with _desk(place) as desk:
        facts = {name: _read(desk.engine.pack, name, value) for name, value in told.items()}
        case = desk.answer(_case(place, desk, case_id).id, facts, actor=by)
        decision = Decision.model_validate(dict(desk.decisions(case.id)[-1].decision))
        outcome, failed = decision.outcome, was_handed_over(decision)
        if failed:
            zh = "判断时出错（engine-error）；答复已经记下，这一件由人来看"
            en = "deciding failed (engine-error); the answer is kept, and the case is a person's to look at"
            click.echo(f"funnel queue: {place.say(zh, en)}", err=True)
        if place.form == "json":
            _json(case)
            sys.exit(FINDINGS if failed else CLEAN)
        click.echo(
            place.say(
                f"{case.id} 重新判断：{outcome}，现在是 {case.state}",
                f"{case.id} decided again: {outcome}; it is {case.state}",
            )
        )
        if failed:
            sys.exit(FINDINGS)
        if outcome == "settle" and case.state == "queued" and (others := desk.same_order(case.id)):
            named = ", ".join(other.id for other in others)
            zh = f"没有发出方案：同一订单另有案件 {named}；看 funnel queue show"
            click.echo(place.say(zh, f"no offer was sent: another case is about the same order, {named}; see funnel queue show"))  # fmt: skip


@command.command(name="release")
@click.argument("case_id")
@_by_owner
@click.option("--note", default="", help="For whoever takes it next. 交接说明。")
@_pass_place
def release(place: _Place, case_id: str, by: str, note: str) -> None:
    """Give a case back; what would be settled by now goes to the parties as an offer. 放回队列。"""
    with _desk(place) as desk:
        _now(place, desk.release(_held(place, _case(place, desk, case_id), by), note=note))


@command.command(name="respond")
@click.argument("case_id")
@_by_owner
@click.option("--note", required=True, help="What the consumer was told. 告诉了消费者什么。")
@_pass_place
def respond(place: _Place, case_id: str, by: str, note: str) -> None:
    """Note that the consumer was answered: the promise of an answer is kept. 登记已答复消费者。"""
    with _desk(place) as desk:
        _now(place, desk.respond(_held(place, _case(place, desk, case_id), by), note))


class _Moment(click.ParamType[dt.datetime]):
    """An instant, ``2026-12-01T18:00`` or with an offset; without one it is in the pack's timezone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        """Read the option."""
        try:
            return value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time; write 2026-12-01T18:00 时间写成 2026-12-01T18:00", param, ctx)


@command.command(name="wait")
@click.argument("case_id")
@_by_owner
@click.option(
    "--on", required=True, type=click.Choice(["consumer", "merchant", "third_party"]), help="For whom. 等谁。"
)
@click.option("--until", type=_Moment(), metavar="TIME", help="When it comes back by itself. 到时自动转回。")
@_reason
@_pass_place
def wait(place: _Place, case_id: str, by: str, on: Any, until: dt.datetime | None, reason: str) -> None:
    """Wait for somebody; the case stays with its owner. 等待答复。"""
    with _desk(place) as desk:
        if until is not None and until.tzinfo is None:
            until = until.replace(tzinfo=ZoneInfo(desk.engine.pack.manifest.timezone))
        _now(place, desk.wait(_held(place, _case(place, desk, case_id), by), on, reason, until=until))


@command.command(name="resume")
@click.argument("case_id")
@_by_owner
@_pass_place
def resume(place: _Place, case_id: str, by: str) -> None:
    """Go on with a case that waited. 继续办理。"""
    with _desk(place) as desk:
        _now(place, desk.resume(_held(place, _case(place, desk, case_id), by)))


_AMOUNT = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")
_SPAN = re.compile(r"([0-9]{1,4})([hd])")


class _Amount(click.ParamType[int]):
    """An amount in the pack's currency, as hundredths of it."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the option."""
        if isinstance(value, int):
            return value
        if (read := _AMOUNT.fullmatch(value)) is None:
            self.fail(f"{value!r} is no amount; write it as 199 or 199.00 金额写成 199 或 199.00", param, ctx)
        whole, part = read.groups(default="")
        return int(whole) * 100 + int(part.ljust(2, "0"))


class _Within(click.ParamType[dt.timedelta]):
    """A duration, ``24h`` or ``7d``."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.timedelta:
        """Read the option."""
        if isinstance(value, dt.timedelta):
            return value
        if (read := _SPAN.fullmatch(value)) is None:
            self.fail(f"{value!r} is no duration; write 24h or 3d 时长写成 24h 或 3d", param, ctx)
        number, unit = read.groups()
        return dt.timedelta(hours=int(number) * (24 if unit == "d" else 1))


@command.command(name="propose")
@click.argument("case_id")
@_by_owner
@click.option("--text", required=True, help="What is proposed, in the words put to both sides. 方案原话。")
@click.option(
    "--amount",
    type=_Amount(),
    metavar="AMOUNT",
    help="What would be paid, in the pack's currency: 199 or 199.00. 金额。",
)
@click.option("--within", type=_Within(), metavar="24h|3d", help="How long they have; default: the desk's. 答复时限。")
@_pass_place
def propose(place: _Place, case_id: str, by: str, text: str, amount: int | None, within: dt.timedelta | None) -> None:
    """Put an offer of one's own to both sides. 向双方提方案。"""
    with _desk(place) as desk:
        held = _held(place, _case(place, desk, case_id), by)
        _now(place, desk.propose(held, text, amount=amount, within=within))


@command.command(name="answer-offer")
@click.argument("case_id")
@click.option(
    "--offer", required=True, type=click.IntRange(1), metavar="N", help="Which one, as `show` numbers it. 方案序号。"
)
@click.option("--side", required=True, type=click.Choice(["merchant", "consumer"]), help="Who answers. 哪一方。")
@click.option("--reply", required=True, type=click.Choice(["accept", "counter", "reject"]), help="Their answer. 答复。")
@click.option("--note", default="", help="Their words; a counter needs them. 原话，还价必写。")
@click.option("--by", metavar="WHO", help="Who typed it in; default: the side. 登记人。")
@_pass_place
def answer_offer(place: _Place, case_id: str, offer: int, side: Any, reply: str, note: str, by: str | None) -> None:
    """Take in what a side says to an offer. 登记一方对方案的答复。"""
    with _desk(place) as desk:
        case = _case(place, desk, case_id)
        _now(place, desk.answer_offer(case.id, side, reply, note=note, offer=offer, actor=by))


@command.command(name="send-offer")
@click.argument("case_id")
@_by_agent
@_pass_place
def send_offer(place: _Place, case_id: str, by: str) -> None:
    """Send an offer that was only drafted to both sides. 把拟好的方案发给双方。"""
    with _desk(place) as desk:
        _now(place, desk.send_offer(_case(place, desk, case_id).id, actor=by))


@command.command(name="request-human")
@click.argument("case_id")
@_reason
@click.option("--by", default="consumer", show_default=True, metavar="WHO", help="Who asks. 谁要求的。")
@_pass_place
def request_human(place: _Place, case_id: str, reason: str, by: str) -> None:
    """Bring a case that is with the parties to a person. 转人工。"""
    with _desk(place) as desk:
        _now(place, desk.request_human(_case(place, desk, case_id).id, reason, actor=by))


@command.command(name="escalate")
@click.argument("case_id")
@_by_agent
@_reason
@click.option("--note", required=True, help="What the next person has to know. 交接说明。")
@click.option("--to", metavar="TIER", help="The tier; default: the next. 层级。")
@_pass_place
def escalate(place: _Place, case_id: str, by: str, reason: str, note: str, to: str | None) -> None:
    """Send a case to a higher tier. 上报。"""
    with _desk(place) as desk:
        _now(place, desk.escalate(_case(place, desk, case_id), by=by, reason=reason, note=note, to=to))


@command.command(name="return")
@click.argument("case_id")
@_by_owner
@_reason
@_pass_place
def return_(place: _Place, case_id: str, by: str, reason: str) -> None:
    """Hand a case back to the tier below. 退回下一级。"""
    with _desk(place) as desk:
        _now(place, desk.return_(_held(place, _case(place, desk, case_id), by), reason=reason))


@command.command(name="assign")
@click.argument("case_id")
@click.argument("to", metavar="AGENT")
@_by_supervisor
@_reason
@click.option("--force", is_flag=True, help="Take it from its owner; pass over tier, skills and cap. 强制转派。")
@_pass_place
def assign(
    place: _Place,
    case_id: str,
    to: str,
    by: str,
    reason: str,
    force: bool,  # noqa: FBT001 (a flag)
) -> None:
    """Give a case to an agent. 指派。"""
    with _desk(place) as desk:
        _now(place, desk.assign(_case(place, desk, case_id).id, to, by=by, reason=reason, force=force))


@command.command(name="cancel")
@click.argument("case_id")
@_by_supervisor
@_reason
@_pass_place
def cancel(place: _Place, case_id: str, by: str, reason: str) -> None:
    """End a case that should never have been one: a test, spam. 撤销。"""
    with _desk(place) as desk:
        _now(place, desk.cancel(_case(place, desk, case_id).id, by=by, reason=reason))


@command.command(name="reopen")
@click.argument("case_id")
@_by_agent
@_reason
@_pass_place
def reopen(place: _Place, case_id: str, by: str, reason: str) -> None:
    """Open a resolved case again, with new clocks. 重开。"""
    with _desk(place) as desk:
        _now(place, desk.reopen(_case(place, desk, case_id).id, by=by, reason=reason))


@command.command(name="merge")
@click.argument("case_id")
@click.argument("into")
@_by_agent
@_reason
@_pass_place
def merge(place: _Place, case_id: str, into: str, by: str, reason: str) -> None:
    """Merge a case into another one, which stays. 并案。"""
    with _desk(place) as desk:
        target = _case(place, desk, into).id
        _now(place, desk.merge(_case(place, desk, case_id).id, target, by=by, reason=reason))


@command.command(name="unmerge")
@click.argument("case_id")
@_by_agent
@_reason
@_pass_place
def unmerge(place: _Place, case_id: str, by: str, reason: str) -> None:
    """Undo a merge. 取消并案。"""
    with _desk(place) as desk:
        _now(place, desk.unmerge(_case(place, desk, case_id).id, by=by, reason=reason))


@command.command(name="erase")
@click.argument("consumer_id", metavar="CONSUMER")
@_by_supervisor
@_reason
@_pass_place
def erase(place: _Place, consumer_id: str, by: str, reason: str) -> None:
    """Erase the personal data of a consumer, by the id that complaints name; the record stays whole. 删除个人信息。"""
    with _desk(place) as desk:
        count = desk.erase(consumer_id, by=by, reason=reason)
        if place.form == "json":
            _json({"complaints": count})
            return
        click.echo(place.say(f"已删除 {count} 件投诉的个人信息", f"erased in {count} complaints"))


@command.command(name="resolve")
@click.argument("case_id")
@_by_owner
@click.option(
    "--outcome", required=True, type=click.Choice(["settled", "mediated", "rejected", "withdrawn", "referred"])
)
@click.option("--code", required=True, help="The desk's resolution code. 结案代码。")
@click.option("--note", required=True, help="What was agreed, or why not. 结案说明。")
@click.option("--basis", multiple=True, metavar="STATUTE/ARTICLE", help="May be repeated. 依据。")
@click.option("--scenario", help="What it turned out to be. 实际场景。")
@_pass_place
def resolve(
    place: _Place,
    case_id: str,
    by: str,
    outcome: Any,
    code: str,
    note: str,
    basis: tuple[str, ...],
    scenario: str | None,
) -> None:
    """End a case. 结案。"""
    with _desk(place) as desk:
        held = _held(place, _case(place, desk, case_id), by)
        case = desk.resolve(held, outcome, code=code, note=note, basis=basis, scenario=scenario)
        if place.form == "json":
            _json(case)
            return
        click.echo(place.say(f"{case.id} 已结案：{outcome}", f"{case.id} is resolved: {outcome}"))


@command.command(name="stats")
@_pass_place
def stats(place: _Place) -> None:
    """Counters, as they stand. 统计。"""
    with _desk(place) as desk:
        found = desk.stats()
        if place.form == "json":
            _json(found)
            return
        zone = ZoneInfo(desk.engine.pack.manifest.timezone)
        parts = (
            ("案件", "cases", {" ".join(key): n for key, n in found.cases.items()}),
            ("首次判断", "first decisions", found.decisions),
            ("结果", "outcomes", found.outcomes),
            ("超期", "broken promises", found.breached),
            ("已过期未扫描", "overdue, not swept", found.overdue),
        )
        for zh, en, counts in parts:
            shown = ", ".join(f"{name} {n}" for name, n in counts.items()) or "-"
            click.echo(f"{place.say(zh, en)}: {shown}")
        click.echo(place.say("最早排队：", "oldest waiting: ") + _when(found.oldest_queued, zone))


@command.command(name="league")
@click.option("--by", type=click.Choice(["merchant", "trade"]), default="merchant", show_default=True)
@click.option(
    "--minimum",
    default=30,
    show_default=True,
    type=click.IntRange(1),
    help="Closed cases to be ranked. 排名所需结案数。",
)
@_pass_place
def league(place: _Place, by: str, minimum: int) -> None:
    """Rates of response, resolution in time and resolution, with their doubt. 榜单。"""
    with _desk(place) as desk:
        lines = desk.league(by, minimum=minimum)
        if place.form == "json":
            _json(lines)
            return
        if not lines:
            click.echo(place.say("还没有案件", "no cases yet"))
        for line in lines:
            rates = []
            for zh, en, rate in (
                ("24小时答复", "answered in time", line.response),
                ("按期办结", "ended in time", line.in_time),
                ("解决率", "resolved", line.resolution),
            ):
                low, high = rate.interval
                value = "-" if rate.value is None else f"{rate.value:.0%}"
                rates.append(f"{place.say(zh, en)} {value} ({rate.hits}/{rate.of}, {low:.0%}–{high:.0%})")
            place_of = str(line.rank) if line.rank is not None else "-"
            held = place.say(" [不公布]", " [not published]") if line.withheld else ""
            click.echo(f"{place_of:>3} {line.group}{held}: " + "; ".join(rates))


@command.command(name="audit")
@_pass_place
def audit(place: _Place) -> None:
    """Check the record's chain; keep the head hash elsewhere. 核对留痕链。"""
    with _desk(place) as desk:
        report = desk.verify_audit()
        if place.form == "json":
            _json(report)
        elif report.intact:
            click.echo(
                place.say(
                    f"{report.events} 条记录完整，末端 {report.head}",
                    f"{report.events} events whole, head {report.head}",
                )
            )
        else:
            click.echo(
                place.say(f"第 {report.broken_at} 条有问题：{report.why}", f"event {report.broken_at}: {report.why}")
            )
        if report.set_back and place.form != "json":
            some = ", ".join(map(str, report.set_back[:_SHOWN])) + (" …" if len(report.set_back) > _SHOWN else "")
            click.echo(
                place.say(
                    f"有 {len(report.set_back)} 条记录的时间早于前一条（时钟往回调过，或者替以前的时间扫描过）：{some}",
                    f"{len(report.set_back)} events are dated before the one before them (a clock was set back, or a sweep done "
                    f"for an earlier time): {some}",
                )
            )
        sys.exit(CLEAN if report.intact else FINDINGS)


@command.command(name="sweep")
@_pass_place
def sweep(place: _Place) -> None:
    """Do what has fallen due; for cron. 处理到期事项，供定时任务调用。"""
    with _desk(place) as desk:
        swept = desk.sweep()
        if place.form == "json":
            _json(swept)
            return
        names = {
            "leases_expired": ("租约到期", "leases run out"),
            "resumed": ("等待结束", "waits ended"),
            "asks_lapsed": ("提问未答", "questions unanswered"),
            "offers_lapsed": ("方案失效", "offers lapsed"),
            "breached": ("承诺超期", "promises broken"),
            "moved": ("期限重新算过", "deadlines reckoned anew"),
            "incidents_closed": ("群体事件关闭", "incidents closed"),
            "pulled": ("转入人工", "brought to people"),
            "owners_inactive": ("坐席停用，案件回到队列", "back in the queue, as who held them is not active"),
            "errors": ("未能处理", "failed, tried again next time"),
        }
        for name, (zh, en) in names.items():
            if found := getattr(swept, name):
                click.echo(f"{place.say(zh, en)}: {len(found)}")
        if swept.idle:
            click.echo(place.say("没有到期事项", "nothing was due"))


@command.command(name="replay")
@_pass_place
def replay(place: _Place) -> None:
    """Make every stored decision again with the pack, and say what comes out otherwise. 用规则包重做判断并比对。"""
    counts: dict[str, int] = {}
    as_json = place.form == "json"
    with _desk(place) as desk:
        for result in desk.replay():
            counts[result.status] = counts.get(result.status, 0) + 1
            if as_json:
                _json(result, indent=None)  # a line each: there may be many
            elif result.changes:
                click.echo(f"{result.complaint_id} #{result.seq} {result.status}")
                for path, then, now in result.changes[:10]:
                    click.echo(f"  {path}: {then} → {now}")
    if not as_json:
        click.echo(
            ", ".join(f"{name} {n}" for name, n in sorted(counts.items())) or place.say("没有判断", "no decisions")
        )
    sys.exit(FINDINGS if "broken" in counts else CLEAN)
