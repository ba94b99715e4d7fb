"""``funnel run``: the main job. Decide a batch, print the funnel."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import click

from funnel.cli._common import (
    BAD_ROWS,
    CLEAN,
    USAGE,
    as_of_option,
    fail,
    lang_option,
    open_pack,
    pack_option,
)

if TYPE_CHECKING:
    from funnel.batch.assemble import Assembler
    from funnel.batch.runner import DecisionWriter, Progress
    from funnel.complaint import Complaint
    from funnel.decision import Decision
    from funnel.engine.engine import Engine
    from funnel.engine.shadow import Shadow
    from funnel.pack.model import Pack
    from funnel.queue import Funnel


@click.command(name="run")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "-o", "--output", metavar="FILE", help="Write decisions: .jsonl (the contract), .csv, or - for stdout. 判断结果。"
)
@click.option("--rejects", metavar="FILE", help="Write unreadable rows with their reasons (JSONL). 读不出的行。")
@pack_option
@as_of_option
@click.option(
    "--map", "pairs", multiple=True, metavar="HEADER=FIELD", help="What a column means; may be repeated. 列的含义。"
)
@click.option(
    "--map-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A YAML mapping HEADER: FIELD."
)
@click.option("--input-format", "input_format", type=click.Choice(["csv", "tsv", "jsonl", "json", "xlsx", "parquet"]))
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of the summary."
)
@click.option(
    "--queue",
    "queue_url",
    metavar="PATH|URL",
    help="Take every complaint into this human queue, for real. 真正入队：SQLite 文件或 postgresql://。",
)
@click.option("--tenant", default="default", show_default=True, metavar="NAME", help="Whose queue. 租户。")
@click.option(
    "--source", default="batch", show_default=True, metavar="NAME", help="The sender; ids are unique within it. 来源。"
)
@click.option(
    "--matcher",
    type=click.Choice(["compiled", "durable"]),
    default="compiled",
    show_default=True,
    help="How rules are found; decisions are the same. durable needs the extra funnel[durable]. 匹配器。",
)
@click.option(
    "--shadow",
    "shadow_file",
    metavar="FILE",
    help="What draft rules would have decided, as JSONL; they decide nothing. 草稿规则会怎么判，写到这里。",
)
@click.option("--max-rejects", type=click.IntRange(min=0), default=None, metavar="N", help="End with code 5 if more rows are unreadable.")  # fmt: skip
@lang_option
def command(
    files: tuple[str, ...],
    output: str | None,
    rejects: str | None,
    pack_name: str,
    as_of: dt.date | None,
    pairs: tuple[str, ...],
    map_file: Path | None,
    input_format: str | None,
    form: str,
    queue_url: str | None,
    tenant: str,
    source: str,
    matcher: Literal["compiled", "durable"],
    shadow_file: str | None,
    max_rejects: int | None,
    lang: str,
) -> None:
    """Decide every complaint of FILE… (CSV, JSONL, JSON, XLSX, Parquet; - for stdin) and print the funnel. 批量判断。

    Without -o and --queue nothing is written: a dry run. With --queue each complaint is decided as of the day it was
    received and kept with its case; one delivered before is left as it is. Exit codes: 0 done, 2 usage, 3 the pack does not load, 5 too many
    unreadable rows (with --max-rejects).
    """
    from funnel.batch.runner import run_batch  # noqa: PLC0415 (late, for a quick --help)
    from funnel.batch.source import open_source  # noqa: PLC0415 (as above)
    from funnel.batch.summary import render_text  # noqa: PLC0415 (as above)
    from funnel.engine.durable import MatcherError  # noqa: PLC0415 (late, for a quick --help)
    from funnel.engine.engine import Engine  # noqa: PLC0415 (as above)
    from funnel.errors import BatchError, QueueError  # noqa: PLC0415 (as above)

    if queue_url is not None and as_of is not None:
        fail(
            "--queue 按每件投诉收到的日期判断，不能和 --as-of 一起用 --queue decides by the day of receipt; leave --as-of out",
            USAGE,
        )
    pack = open_pack(pack_name, lang)
    try:
        _check_names(files, output, rejects, shadow_file)
        assembler = assembler_of(pack, pairs, map_file)
        sources = (open_source(name, format=input_format) for name in files)
        with ExitStack() as stack:
            shadows = _Shadows(stack.enter_context(_sink(shadow_file))) if shadow_file else None
            engine = Engine(pack, lang=lang, shadow=shadows, matcher=matcher)
            intake = stack.enter_context(_intake(engine, queue_url, tenant, source)) if queue_url else None
            writer = _writer(stack, output)
            bad = stack.enter_context(_sink(rejects)) if rejects else None
            report = stack.enter_context(_progress(lang))
            summary = run_batch(
                sources,
                intake or (lambda complaint: engine.decide(complaint, as_of=as_of)),
                assembler,
                decisions=writer,
                rejects=bad,
                on_progress=report,
                lang=lang,
                pack=(pack.id, pack.digest),
            )
    except (BatchError, QueueError, MatcherError) as error:
        fail(f"funnel run: {error}", USAGE)
    except KeyboardInterrupt:
        fail("中断，没有写出结果文件" if lang != "en" else "interrupted; no output file was written", 130)
    if form == "json":
        import orjson  # noqa: PLC0415 (late, for a quick --help)

        text = orjson.dumps(summary.to_dict(), option=orjson.OPT_INDENT_2).decode()
    else:
        text = render_text(summary, lang)
        if intake is not None:
            text += "\n" + intake.summary(lang)
        elif output is None:
            text += "\n" + ("试运行：没有写出文件；加 -o decisions.jsonl 写出判断" if lang != "en" else "dry run: nothing written; add -o decisions.jsonl")  # fmt: skip
        if summary.rejected and rejects is None:
            text += "\n" + ("加 --rejects rejects.jsonl 留下读不出的行和原因" if lang != "en" else "add --rejects rejects.jsonl to keep the unreadable rows with their reasons")  # fmt: skip
    if shadows is not None and form == "text":
        text += "\n" + _shadow_text(engine, shadows, lang)
    click.echo(text, err=output == "-")
    rejected = sum(summary.rejected.values())
    sys.exit(BAD_ROWS if max_rejects is not None and rejected > max_rejects else CLEAN)


class _Shadows:
    """Writes what drafts would have decided, a line each, and counts."""

    def __init__(self, stream: BinaryIO) -> None:
        from funnel.engine.shadow import Tallies  # noqa: PLC0415 (late, for a quick --help)

        self._stream = stream
        self.tallies = Tallies()

    def __call__(self, shadow: Shadow) -> None:
        import orjson  # noqa: PLC0415 (late, for a quick --help)

        self.tallies.add(shadow)
        changes = {key: {"live": live, "would": would} for key, (live, would) in shadow.changes.items()}
        line = {"complaint_id": shadow.complaint_id, "rule": shadow.rule, "changes": changes, "error": shadow.error}
        self._stream.write(orjson.dumps(line) + b"\n")


def _shadow_text(engine: Engine, shadows: _Shadows, lang: str) -> str:
    zh = lang != "en"
    counts = shadows.tallies.result()
    lines = []
    for rule in sorted(r.id for r in engine.pack.rules.values() if r.status == "draft"):
        found = counts.get(rule)
        if found is None:
            lines.append(f"草稿 {rule}：一件也没碰到" if zh else f"draft {rule}: had no say in any complaint")
            continue
        lines.append(
            f"草稿 {rule}：碰到 {found.applied} 件，其中 {found.agreed} 件结论不变，{found.failed} 件出错"
            if zh
            else f"draft {rule}: a say in {found.applied}, {found.agreed} of them decided the same, {found.failed} failed"
        )
        lines += [f"  {count:>6}  {kind}  ({', '.join(found.examples[kind])})" for kind, count in found.changes.items()]
    return "\n".join(lines) or ("没有草稿规则" if zh else "there are no draft rules")


class _Intake:
    """Takes complaints into a queue and counts what became of them."""

    def __init__(self, desk: Funnel, source: str) -> None:
        self.desk, self.source, self.new, self.known, self.changed = desk, source, 0, 0, 0

    def __call__(self, complaint: Complaint) -> Decision:
        from funnel.decision import Decision as Read  # noqa: PLC0415 (late, for a quick --help)

        taken = self.desk.ingest(complaint, source=self.source)
        self.new += not taken.duplicate
        self.known += taken.duplicate
        self.changed += taken.changed
        if taken.decision is not None:
            return taken.decision
        return Read.model_validate(dict(self.desk.decisions(taken.case.id)[-1].decision))

    def summary(self, lang: str) -> str:
        """What became of them, in a line."""
        if lang == "en":
            return (
                f"queue: {self.new} taken in, {self.known} known already ({self.changed} of them with other contents)"
            )
        return f"入队：新收 {self.new} 件，已有 {self.known} 件（其中内容有变 {self.changed} 件）"


@contextmanager
def _intake(engine: Engine, url: str, tenant: str, source: str) -> Iterator[_Intake]:
    from funnel.queue import Funnel as Desk  # noqa: PLC0415 (only with a queue)

    desk = Desk(engine, url, tenant=tenant)
    try:
        yield _Intake(desk, source)
    finally:
        desk.close()


def _check_names(files: tuple[str, ...], output: str | None, rejects: str | None, shadow: str | None) -> None:
    """Find before the first row, not after the last, that a file is missing or would be written over."""
    from funnel.errors import BatchError, SourceError  # noqa: PLC0415 (late, for a quick --help)

    paths = [Path(name) for name in files if name != "-"]
    for path in paths:
        if not path.exists():
            raise SourceError(f"{path}：没有这个文件 no such file")
    targets = [name for name in (output, rejects, shadow) if name is not None]
    if len(targets) > len({name if name == "-" else str(Path(name).resolve()) for name in targets}):
        raise BatchError(
            "-o、--rejects、--shadow 不能是同一个文件 -o, --rejects and --shadow must not be the same file"
        )
    inputs = {path.resolve() for path in paths}
    for name in targets:
        if name != "-" and Path(name).resolve() in inputs:
            raise BatchError(f"{name}：会覆盖输入文件 would write over an input file")


def assembler_of(pack: Pack, pairs: tuple[str, ...], map_file: Path | None) -> Assembler:
    """What turns rows into complaints: the pack's facts, and what the operator says columns mean."""
    from funnel.batch.assemble import Assembler  # noqa: PLC0415 (late, for a quick --help)
    from funnel.batch.headers import HeaderReader, parse_pairs  # noqa: PLC0415 (as above)
    from funnel.diagnostics import Diagnostics  # noqa: PLC0415 (as above)
    from funnel.errors import MappingError  # noqa: PLC0415 (as above)
    from funnel.facts.vocabulary import BUILT_IN_DATES, SIGNAL_PREFIX  # noqa: PLC0415 (as above)
    from funnel.pack._nodes import MapNode, ScalarNode, load_file  # noqa: PLC0415 (as above)

    mapping: dict[str, str] = {}
    if map_file is not None:
        sink = Diagnostics()
        node = load_file(map_file, str(map_file), sink)
        if not isinstance(node, MapNode) or sink.has_errors:
            first = next(iter(sink), None)
            what = f"{first.span}: {first.message('zh')} {first.message('en')}" if first else "HEADER: FIELD"
            raise MappingError(f"{map_file}：{what}")
        mapping |= {key.value: value.value for key, value in node.entries if isinstance(value, ScalarNode)}
    mapping |= parse_pairs(pairs)
    facts = {
        n: s for n, s in pack.vocabulary.facts.items() if not n.startswith(SIGNAL_PREFIX) and n not in BUILT_IN_DATES
    }
    labels = {text: name for name, spec in sorted(facts.items()) for text in spec.label.values()}
    reader = HeaderReader(facts, labels, mapping)
    return Assembler(reader, {name: spec.type for name, spec in facts.items()})


def _writer(stack: ExitStack, output: str | None) -> DecisionWriter | None:
    from funnel.batch.runner import JsonlWriter  # noqa: PLC0415 (late, for a quick --help)
    from funnel.batch.writers import CsvWriter  # noqa: PLC0415 (as above)

    if output is None:
        return None
    stream = stack.enter_context(_sink(output))
    return CsvWriter(stream) if output.lower().endswith(".csv") else JsonlWriter(stream)


@contextmanager
def _sink(name: str) -> Iterator[BinaryIO]:
    from funnel.batch.writers import whole_file  # noqa: PLC0415 (late, for a quick --help)

    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with whole_file(Path(name)) as stream:
        yield stream


@contextmanager
def _progress(lang: str) -> Iterator[Callable[[Progress], None] | None]:
    """A bar on a terminal, silence in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 (only on a terminal)
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 (as above)

    word = "行" if lang != "en" else "rows"
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} " + word),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, int] = {}

        def report(progress: object) -> None:
            from funnel.batch.runner import Progress as State  # noqa: PLC0415 (the name is rich's above)

            assert isinstance(progress, State)  # noqa: S101 (the runner gives nothing else)
            if progress.source not in tasks:
                tasks[progress.source] = bar.add_task(Path(progress.source).name, total=progress.size, rows=0)
            bar.update(tasks[progress.source], completed=progress.read or 0, rows=progress.rows)  # type: ignore[arg-type]

        yield report
