"""``funnel mine``: what stands in the complaints that no rule recognised."""

from __future__ import annotations

import datetime as dt
import hashlib
import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funnel.cli._common import USAGE, fail, lang_option, open_pack, pack_option
from funnel.cli._queues import expect_queue, said
from funnel.errors import Lang

if TYPE_CHECKING:
    from funnel.author.mine import Group, Mined, Text
    from funnel.complaint import Complaint
    from funnel.decision import Decision
    from funnel.engine.engine import Engine

_SQLITE = b"SQLite format 3\x00"
_SAMPLES = 3
_WIDTH = 60


@click.command(name="mine")
@click.argument("source", metavar="FILE|QUEUE")
@click.option(
    "--groups", type=click.IntRange(1, 100), default=12, show_default=True, help="How many to look for. 分几组。"
)
@click.option(
    "--least", type=click.IntRange(2), default=5, show_default=True, help="Texts in a group, at least. 每组至少。"
)
@click.option(
    "--labels",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What people decided: JSONL or CSV with id and scenario. A queue knows by itself. 人工结论，用于回测。",
)
@click.option("--draft", type=click.IntRange(1), metavar="N", help="Draft a rule for group N. 为第 N 组起草规则。")
@click.option("--as", "name", metavar="GROUP.SLUG", help="The draft's id. 草稿的编号。")
@click.option("--title", metavar="TEXT", help="Its title in Chinese. 中文标题。")
@click.option("--tenant", default="default", show_default=True, metavar="NAME", help="Of the queue. 租户。")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=20_000,
    show_default=True,
    help="Texts to mine, at most; of more in a file a fixed sample. 最多挖几件，文件更长就抽样。",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@pack_option
@lang_option
def command(
    source: str,
    groups: int,
    least: int,
    labels: Path | None,
    draft: int | None,
    name: str | None,
    title: str | None,
    tenant: str,
    limit: int,
    form: str,
    pack_name: str,
    lang: Lang,
) -> None:
    """Group what no rule recognised, say what each group would add, and draft a rule. 挖掘没认出的投诉。

    SOURCE is a file as for `funnel run`, or a queue (a SQLite file or postgresql://…). Words are masked before anything
    else. --draft needs a pack in a folder: --pack rules/NAME. Needs the extra: pip install 'funnel[mine]'.
    """
    from funnel.author.mine import mine  # noqa: PLC0415 (late, for a quick --help)
    from funnel.engine.engine import Engine  # noqa: PLC0415 (as above)
    from funnel.errors import FunnelError  # noqa: PLC0415 (as above)

    if (draft is None) != (name is None):
        fail(
            "--draft N 要和 --as 组.名字 一起用"
            if lang != "en"
            else "--draft N goes with --as GROUP.SLUG, and the other way",
            USAGE,
        )
    if queue := _is_queue(source):
        expect_queue(source, lang, default="")
    pack = open_pack(pack_name, lang)
    if pack.manifest.language != "zh":
        fail(
            f"funnel mine 只从中文里找说法，{pack.id} 的语言是 {pack.manifest.language}"
            if lang != "en"
            else f"funnel mine finds phrases in Chinese only; the language of {pack.id} is {pack.manifest.language}",
            USAGE,
        )
    engine = Engine(pack, lang=lang)
    try:
        human = _labels(labels, lang) if labels is not None else {}
        texts = list(_from_queue(engine, source, tenant, limit) if queue else _from_file(engine, source, human, limit))
        found = mine(texts, groups=groups, least=least)
        if draft is not None and name is not None:
            if draft > len(found.groups):
                fail(f"只有 {len(found.groups)} 组: there are {len(found.groups)} groups", USAGE)
            for path in _draft(found.groups[draft - 1], Path(pack_name), name, title):
                click.echo(path)
            return
    except FunnelError as error:
        fail(f"funnel mine: {said(error, lang)}", USAGE)
    by_id = {text.id: text.text for text in texts}
    if form == "json":
        import orjson  # noqa: PLC0415 (late, for a quick --help)

        click.echo(orjson.dumps(_plain(found, by_id), option=orjson.OPT_INDENT_2).decode())
        return
    for line in _lines(found, by_id, engine, lang):
        click.echo(line)


def _is_queue(source: str) -> bool:
    if "://" in source:
        return True
    try:
        with Path(source).open("rb") as stream:
            return stream.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def _from_file(engine: Engine, source: str, human: dict[str, str], limit: int) -> list[Text]:
    """The texts of a file; of more than a limit those whose digests are the smallest: the same ones in any order."""
    from funnel.author.mine import Text  # noqa: PLC0415 (late, for a quick --help)
    from funnel.cli._decided import decide_files  # noqa: PLC0415 (as above)
    from funnel.queue.masking import mask  # noqa: PLC0415 (as above)

    kept: list[tuple[int, int, Text]] = []  # a heap: the greatest digest first, so that it goes first
    count = 0

    def take(complaint: Complaint, decision: Decision) -> None:
        nonlocal count
        if not complaint.text:
            return
        count += 1
        digest = int.from_bytes(hashlib.sha256(f"{complaint.id}\0{complaint.text}".encode()).digest()[:8])
        if len(kept) == limit and -digest <= kept[0][0]:
            return
        scenarios = tuple(sorted({m.scenario for m in decision.matters if m.scenario}))
        text = Text(complaint.id, mask(complaint.text), scenarios, human.get(complaint.id))
        push = heapq.heappush if len(kept) < limit else heapq.heapreplace
        push(kept, (-digest, count, text))

    decide_files(engine, [source], take)
    if count > limit:
        click.echo(f"{count} 件里抽样 {limit} 件（--limit）  a sample of {limit} of {count} texts (--limit)", err=True)
    return [text for _, _, text in sorted(kept, key=lambda item: item[1])]


def _from_queue(engine: Engine, url: str, tenant: str, limit: int) -> Iterator[Text]:
    from funnel.author.mine import Text  # noqa: PLC0415 (late, for a quick --help)
    from funnel.queue import Funnel, SqlStore  # noqa: PLC0415 (as above)

    desk = Funnel(engine, SqlStore(url, create=False), tenant=tenant)
    try:
        for case in desk.cases(limit=limit):
            words = desk.complaint(case.id).masked.get("text")
            if not words:
                continue
            decided = desk.decisions(case.id)[-1].scenario
            ends = [e for e in desk.events(case.id) if e.type == "resolved"] if case.state == "resolved" else []
            said = ends[-1].data.get("scenario") if ends else None
            yield Text(case.id, str(words), (decided,) if decided else (), str(said) if said else None)
    finally:
        desk.close()


def _labels(path: Path, lang: str) -> dict[str, str]:
    import csv  # noqa: PLC0415 (late, for a quick --help)

    import orjson  # noqa: PLC0415 (as above)

    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        if path.suffix == ".csv":
            rows: list[dict[str, Any]] = list(csv.DictReader(data.decode("utf-8").splitlines()))
        else:
            rows = [orjson.loads(line) for line in data.splitlines() if line.strip()]
    except ValueError as error:
        fail(f"{path}: cannot be read ({error})" if lang == "en" else f"{path}：读不出（{error}）", USAGE)
    found = {}
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or "id" not in row or not ({"scenario", "scenarios"} & row.keys()):
            fail(
                f"{path}:{number}: {'a row needs id and scenario' if lang == 'en' else '每行要有 id 和 scenario'}",
                USAGE,
            )
        scenario = row.get("scenario") or next(iter(row.get("scenarios") or []), None)
        if scenario:
            found[str(row["id"])] = str(scenario)
    return found


def _draft(group: Group, pack: Path, name: str, title: str | None) -> Iterator[str]:
    from funnel.author.templates import new_scenario  # noqa: PLC0415 (late, for a quick --help)
    from funnel.diagnostics._model import shown_path  # noqa: PLC0415 (as above)

    if not group.signals:
        fail("这一组没有专属的说法，起草不了: no phrase is the group's own; nothing to draft from", USAGE)
    slug = name.partition(".")[2].replace("-", "_")
    today = dt.datetime.now().astimezone().date()
    made = new_scenario(pack, name, slug, title or group.signals[0], today=today, phrases=group.signals)
    for path in made:
        yield shown_path(path)


def _plain(found: Mined, by_id: dict[str, str]) -> dict[str, Any]:
    from dataclasses import asdict  # noqa: PLC0415 (late, for a quick --help)

    plain = asdict(found)
    for group, item in zip(found.groups, plain["groups"], strict=True):
        item["samples"] = [by_id[i] for i in group.texts[:_SAMPLES]]
    return plain


def _lines(found: Mined, by_id: dict[str, str], engine: Engine, lang: str) -> Iterator[str]:
    from funnel.statistics import wilson  # noqa: PLC0415 (late, for a quick --help)

    def say(zh: str, en: str) -> str:
        return en if lang == "en" else zh

    titles = {rule.scenario: rule.title.get(lang, rule.id) for rule in engine.pack.rules.values()}
    yield say(
        f"{found.total:,} 件，没认出 {found.unmatched:,} 件（{found.unmatched / found.total:.1%}），分 {len(found.groups)} 组，{found.ungrouped} 件不成组",
        f"{found.total:,} texts, {found.unmatched:,} unmatched ({found.unmatched / found.total:.1%}), {len(found.groups)} groups, {found.ungrouped} in none",
    )
    for number, group in enumerate(found.groups, 1):
        near = titles.get(group.nearest or "", group.nearest)
        yield ""
        yield (
            f"{number:>2}. "
            + say(
                f"{len(group.texts)} 件，占全部 {group.share:.1%}",
                f"{len(group.texts)} texts, {group.share:.1%} of all",
            )
            + (say(f"；最近的场景：{near}", f"; nearest scenario: {near}") if near else "")
        )
        words = say("、", ", ").join(f"{p.text} {p.inside}/{p.inside + p.outside}" for p in group.phrases[:8])
        yield say("    说法（组内/全部）：", "    says (here/in all): ") + words
        if group.signals:
            yield say(
                f"    可作短语：{'、'.join(group.signals[:12])}，找到本组 {group.found} 件",
                f"    could be signals: {', '.join(group.signals[:12])}; find {group.found} of the group",
            )
            test = group.back_test
            if test.judged:
                low, high = wilson(test.agreed, test.judged)
                what = titles.get(test.scenario or "", test.scenario)
                yield say(
                    f"    回测：命中 {test.hits} 件，人工判过 {test.judged} 件，其中 {test.agreed} 件判为“{what}”，{test.agreed / test.judged:.0%}（{low:.0%}–{high:.0%}）；人工判为它的共 {test.of_scenario} 件",
                    f"    back-test: {test.hits} hits, people judged {test.judged}, {test.agreed} of them {what!r}: {test.agreed / test.judged:.0%} [{low:.0%}, {high:.0%}]; {test.of_scenario} in all were judged so",
                )
        else:
            yield say("    没有专属的说法：多半不是一个场景", "    no phrase of its own: hardly a scenario")
        for text_id in group.texts[:_SAMPLES]:
            words = " ".join(by_id[text_id].split())
            yield f"    · {words[:_WIDTH]}{'…' if len(words) > _WIDTH else ''}"
    yield ""
    yield say(
        "分组只看用词，是不是场景要人读过再定；起草：--draft 组号 --as 组.名字 --pack rules/包名",
        "groups rest on words alone; whether one is a scenario is for a reader: --draft N --as GROUP.SLUG --pack rules/NAME",
    )
