"""``funnel diff``: what a change of the rules changes, before it meets a consumer."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from funnel.cli._common import CLEAN, FINDINGS, USAGE, as_of_option, fail, lang_option, open_pack, tell_left

if TYPE_CHECKING:
    from funnel.author.diff import PackDiff, Transition
    from funnel.complaint import Complaint
    from funnel.pack.model import Pack

_SECTIONS = {
    "facts": "事实",
    "signals": "短语",
    "parameters": "参数",
    "gates": "关口",
    "shown": "记录表明的事由",
    "manifest": "清单",
    "forums": "求助渠道",
    "likeness": "学到的相似度（用 --batch 看它改变了什么）",
}
_KINDS = {
    "rule": "规则",
    "fact": "事实",
    "signal": "短语",
    "gate": "关口",
    "tier": "去向",
    "forum": "求助渠道",
    "parameter": "参数",
    "condition": "共用条件",
}


@click.command(name="diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="[NEW]", default="cn-ecommerce")
@click.option("--batch", metavar="FILE", default=None, help="Decide these complaints with both. 用这批投诉对比。")
@as_of_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@lang_option
def command(old: str, new: str, batch: str | None, as_of: dt.date | None, form: str, lang: str) -> None:
    """Compare two packs: what the rules' meaning changed to, complaints that show it, and what a batch came to. 对比规则包。

    What only reads differently (titles, gists, questions, strategies) is listed apart and fails nothing.
    OLD and NEW are names or folders; OLD may also be REVISION:FOLDER of a git repository (HEAD~1:rules/cn-ecommerce).
    Exit codes: 0 no rule changed its meaning without a new revision, 1 one did, 2 usage, 3 a pack does not load.
    """
    from funnel.author.diff import compare, on_batch  # noqa: PLC0415 (late, for a quick --help)

    day = as_of or dt.date.today()  # noqa: DTZ011 (the author's own day)
    with _opened(old, lang) as before:
        after = open_pack(new, lang, as_of=as_of)
        found = compare(before, after, as_of=day)
        transitions: tuple[Transition, ...] = ()
        count = 0
        if batch is not None:
            transitions, count = on_batch(before, after, _complaints(batch, after, lang), as_of=as_of, changes=found)
    if form == "json":
        click.echo(_json(found, transitions, count))
    else:
        click.echo(_text(found, transitions, count, lang, batch=batch is not None))
    sys.exit(FINDINGS if found.unrevised else CLEAN)


@contextmanager
def _opened(name: str, lang: str) -> Iterator[Pack]:
    revision, colon, folder = name.partition(":")
    if not colon or Path(name).exists():
        yield open_pack(name, lang)
        return
    if revision.startswith("-") or folder.startswith("-"):
        fail(f"funnel diff: {name}: " + ("not a git revision" if lang == "en" else "不是 git 版本"), USAGE)
    with tempfile.TemporaryDirectory() as place:
        try:
            # No shell, a fixed program; the revision cannot be an option, which was seen to above.
            command_line = ["git", "archive", "--format=tar", revision, folder]
            shown = subprocess.run(command_line, capture_output=True, check=True)  # noqa: S603
        except FileNotFoundError:
            fail("funnel diff: 没有安装 git  git is not installed", USAGE)
        except subprocess.CalledProcessError as error:
            fail(f"funnel diff: {name}: {error.stderr.decode('utf-8', 'replace').strip()}", USAGE)
        with tarfile.open(fileobj=io.BytesIO(shown.stdout)) as archive:
            if hasattr(tarfile, "data_filter"):
                archive.extractall(place, filter="data")
            else:  # the first releases of 3.11; git archives no path that leads out of it, and links are left out
                archive.extractall(place, [item for item in archive if item.isfile() or item.isdir()])  # noqa: S202 (as said)
        yield open_pack(str(Path(place) / folder), lang)


def _complaints(name: str, pack: Pack, lang: str) -> Iterator[Complaint]:
    from funnel.batch.assemble import Assembler  # noqa: PLC0415 (late, for a quick --help)
    from funnel.batch.headers import HeaderReader  # noqa: PLC0415 (as above)
    from funnel.batch.source import open_source  # noqa: PLC0415 (as above)
    from funnel.errors import BatchError  # noqa: PLC0415 (as above)

    facts = pack.vocabulary.facts
    headers = HeaderReader(
        list(facts), {label: n for n, spec in sorted(facts.items()) for label in spec.label.values()}
    )
    assembler = Assembler(headers, {n: spec.type for n, spec in facts.items()})
    left_out = 0
    try:
        with closing(open_source(name, headers=headers)) as source:
            tell_left((source.reading,), lang)
            paths = headers.table(source.headers).paths if source.headers else {}
            for row in source.rows:
                complaint, problem = assembler.assemble(row, paths, "row-")
                if complaint is None or problem is not None:
                    left_out += 1
                else:
                    yield complaint
    except BatchError as error:
        fail(f"funnel diff: {error.text(lang)}", USAGE)
    if left_out:
        click.echo(
            f"{left_out} rows could not be read and were not compared"
            if lang == "en"
            else f"{left_out} 行读不出，没有对比",
            err=True,
        )


def _text(found: PackDiff, transitions: tuple[Transition, ...], count: int, lang: str, *, batch: bool) -> str:
    import orjson  # noqa: PLC0415 (late, for a quick --help)

    zh = lang != "en"
    lines: list[str] = []
    lines += [f"+ {name}" for name in found.added]
    lines += [f"- {name}" for name in found.removed]
    for change in found.changed:
        note = ""
        if change.same_revision:
            note = "  ← 含义变了，revision 没有加" if zh else "  ← the meaning changed, the revision did not"
        lines.append(f"~ {change.rule}  r{change.revisions[0]} → r{change.revisions[1]}{note}")
        for part in change.parts:
            lines.append(f"    {part.span} {part.where}")
            see = "另见" if zh else "see also"
            lines += [f"      {see} {span} {name}" for span, name in part.related]
            lines += [f"      - {part.before}"] if part.before else []
            lines += [f"      + {part.after}"] if part.after else []
        for shift in change.shifts:
            lines.append(f"    {shift.before}  ⇒  {shift.after}")
            lines.append(f"      {orjson.dumps(dict(shift.complaint)).decode()}")
        if change.undecided:
            lines.append("    步数用完，没有查完" if zh else "    the steps ran out; not looked at to the end")
    for section, names in found.names.items():
        lines.append(f"{_SECTIONS.get(section, section) if zh else section}: {', '.join(names)}")
    for rule, reads in found.touched.items():
        lines.append((f"间接受影响 {rule}：{'、'.join(reads)}") if zh else f"touched {rule}: {', '.join(reads)}")
    if found.empty:
        lines.append("含义没有变化" if zh else "no change of meaning")
    if found.words:
        lines += ["", "只改了文字：" if zh else "words only:"]
        for (kind, name), group in groupby(found.words, key=lambda w: (w.kind, w.name)):
            lines.append(f"  {_KINDS[kind] if zh else kind} {name}")
            for word in group:
                lines.append(f"    {word.where}")
                lines += [f"      - {word.before}"] if word.before else []
                lines += [f"      + {word.after}"] if word.after else []
    if batch:
        moved = sum(t.count for t in transitions)
        lines += [
            "",
            f"{count} 件投诉，{moved} 件结果不同" if zh else f"{count} complaints, {moved} decided differently",
        ]
        for t in transitions:
            lines.append(f"{t.count:>6}  {t.before}  ⇒  {t.after}")
            lines.append(f"        {', '.join(t.examples)}  {'; '.join(t.rules)}")
    return "\n".join(lines)


def _json(found: PackDiff, transitions: tuple[Transition, ...], count: int) -> str:
    import orjson  # noqa: PLC0415 (late, for a quick --help)

    content: dict[str, Any] = {
        "added": found.added,
        "removed": found.removed,
        "changed": [
            {
                "rule": c.rule,
                "revisions": c.revisions,
                "same_revision": c.same_revision,
                "parts": [
                    {
                        "where": p.where,
                        "place": str(p.span),
                        "before": p.before,
                        "after": p.after,
                        "related": [{"place": str(span), "condition": name} for span, name in p.related],
                    }
                    for p in c.parts
                ],
                "shifts": [{"before": s.before, "after": s.after, "complaint": s.complaint} for s in c.shifts],
                "undecided": c.undecided,
            }
            for c in found.changed
        ],
        "names": found.names,
        "touched": found.touched,
        "words": [
            {"kind": w.kind, "name": w.name, "where": w.where, "before": w.before, "after": w.after}
            for w in found.words
        ],
        "complaints": count,
        "transitions": [
            {"before": t.before, "after": t.after, "count": t.count, "examples": t.examples, "rules": t.rules}
            for t in transitions
        ],
    }
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()
