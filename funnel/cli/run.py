"""``funnel run``: the main job. Decide a batch, print the funnel."""

from __future__ import annotations

import datetime as dt
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

import click

from funnel.cli._common import (
    BAD_ROWS,
    CLEAN,
    FINDINGS,
    USAGE,
    as_of_option,
    fail,
    lang_option,
    open_pack,
    pack_option,
    tell_left,
)
from funnel.cli._main import INTERRUPTED, TERMINATED
from funnel.cli._progress import progress_of
from funnel.cli._queues import said

if TYPE_CHECKING:
    from funnel.batch.assemble import Assembler
    from funnel.batch.longrun import LongRun
    from funnel.batch.pool import Pool
    from funnel.batch.runner import EncodedWriter
    from funnel.batch.source import Format
    from funnel.batch.summary import Summary
    from funnel.cli._shadow import ShadowFile
    from funnel.complaint import Complaint
    from funnel.decision import Decision
    from funnel.engine.engine import Engine
    from funnel.errors import Lang
    from funnel.pack.model import Pack
    from funnel.queue import Funnel

_HEAD = 500
"""Rows that are decided before other processes are started without being asked for: they need a second to begin."""
_DECISIONS = frozenset({".jsonl", ".ndjson", ".csv"})
"""What decisions can be written as, by the ending of the file."""
_OTHERS = frozenset(
    {".csv", ".tsv", ".txt", ".xls", ".xlsx", ".parquet", ".pdf", ".htm", ".html", ".doc", ".docx", ".gz"}
)
"""Endings that promise something else than JSON Lines."""
_PACKED = ".gz"
_STDOUT = frozenset({"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})
"""Other names of ``-``."""
_MAP_ENTRY = "投诉正文: text"


@click.command(name="run")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write decisions: .jsonl (the contract), .csv (for Excel), either with .gz, or - for stdout. 判断结果。",
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
@click.option(
    "--sheet",
    "sheets",
    multiple=True,
    metavar="NAME",
    help="A sheet of a workbook to read; may be repeated. Default: the first with complaints, and all with the same header. 读哪个工作表。",
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
    help="Shadow mode: draft rules run beside the live ones and decide nothing; what they would have decided goes here, a JSON line each, and is compared at the end. 草稿陪跑：草稿会怎么判写到这里，最后列出差别。",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=None,
    metavar="N",
    help="Processes that decide; the output is the same to the byte. Default: one a core, once the batch is larger than a few hundred rows. 并行进程数。",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on where an interrupted run with the same files and options was; needs -o. 接着上次中断的地方做。",
)
@click.option(
    "--checkpoint-every",
    type=click.IntRange(min=1),
    default=5_000,
    show_default=True,
    metavar="N",
    help="Rows between two checkpoints for --resume. 每多少行记一次进度。",
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
    sheets: tuple[str, ...],
    input_format: Format | None,
    form: Literal["text", "json"],
    queue_url: str | None,
    tenant: str,
    source: str,
    matcher: Literal["compiled", "durable"],
    shadow_file: str | None,
    jobs: int | None,
    resume: bool,  # noqa: FBT001 (an option)
    checkpoint_every: int,
    max_rejects: int | None,
    lang: Lang,
) -> None:
    """Decide every complaint of FILE… (CSV, JSONL, JSON, XLSX, Parquet; - for stdin) and print the funnel. 批量判断。

    Without -o and --queue nothing is written: a dry run. With --queue each complaint is decided as of the day it was
    received and kept with its case; one delivered before is left as it is. A run that writes files can be interrupted in any
    way, and goes on with --resume; one with --queue goes on when it is run again. Exit codes: 0 done, 1 the engine failed on a row,
    or no row could be decided, 2 usage, or what cannot be read or written, 3 the pack does not load, 5 too many
    unreadable rows (with --max-rejects), 130 interrupted, 141 standard output was closed, 143 terminated.
    """
    from funnel.batch.deciding import ENGINE_ERROR  # noqa: PLC0415 (late, for a quick --help)
    from funnel.batch.runner import run_batch  # noqa: PLC0415 (as above)
    from funnel.batch.source import open_source  # noqa: PLC0415 (as above)
    from funnel.batch.summary import render_text  # noqa: PLC0415 (as above)
    from funnel.batch.undecided import HandingOver  # noqa: PLC0415 (as above)
    from funnel.cli._shadow import ShadowFile  # noqa: PLC0415 (as above)
    from funnel.cli._shadow import counts as shadow_counts  # noqa: PLC0415 (as above)
    from funnel.cli._shadow import text as shadow_text  # noqa: PLC0415 (as above)
    from funnel.engine.durable import MatcherError  # noqa: PLC0415 (late, for a quick --help)
    from funnel.engine.engine import Engine  # noqa: PLC0415 (as above)
    from funnel.errors import BatchError, QueueError  # noqa: PLC0415 (as above)

    if queue_url is not None:
        _check_queue(as_of, jobs, lang, resume=resume)
    pack = open_pack(pack_name, lang, as_of=as_of)
    zh = lang != "en"
    kept: LongRun | None = None
    intake: _Intake | None = None
    _on_terminate()
    try:
        output, rejects, shadow_file = (
            "-" if name in _STDOUT else name for name in (output, rejects, shadow_file)
        )  # what it is a link to may be a file, which must not be replaced
        names = {"decisions": output, "rejects": rejects, "shadow": shadow_file}
        _check_names(files, names)
        mapping = mapping_of(pairs, map_file)
        assembler = assembler_of(pack, mapping)
        identity = {
            "pack": f"{pack.id} {pack.digest}",
            "as_of": as_of.isoformat() if as_of is not None else "",
            "lang": lang,
            "mapping": str(sorted(mapping.items())),
            "input_format": input_format or "",
            "sheets": str(list(sheets)),
            "files": str(list(files)),
        }
        with ExitStack() as stack:
            shadows = ShadowFile() if shadow_file else None
            long_run = _long_run(
                files, names, identity, checkpoint_every, shadows, resume=resume, queue=queue_url is not None
            )
            kept = stack.enter_context(long_run)
            _tell_start(long_run, zh=zh, resume=resume)
            streams = {key: stack.enter_context(_sink(name, key, long_run)) for key, name in names.items() if name}
            if shadows is not None:
                shadows.write_to(streams["shadow"], long_run)
            kind = (
                Engine if queue_url is None else HandingOver
            )  # a queue has people to give to what the engine fails on
            engine = kind(pack, lang=lang, shadow=shadows, matcher=matcher, clock=lambda: long_run.moment)
            if queue_url is not None:
                intake = stack.enter_context(_intake(engine, queue_url, tenant, source))
            writer = _writer(output, streams.get("decisions"), long_run)
            pool = None
            if intake is None:
                pool = _pool(pack, assembler, jobs, long_run, as_of=as_of, matcher=matcher, output=output, shadow=shadows is not None, lang=lang)  # fmt: skip
                if pool is not None:
                    stack.enter_context(pool)
            report = stack.enter_context(progress_of(files, lang))
            summary = run_batch(
                (open_source(name, format=input_format, headers=assembler.headers, sheets=sheets) for name in files),
                intake or (lambda complaint: engine.decide(complaint, as_of=as_of)),
                assembler,
                decisions=writer,
                rejects=streams.get("rejects"),
                on_progress=report,
                lang=lang,
                pack=(pack.id, pack.digest),
                pool=pool,
                on_shadow=shadows,
                long_run=long_run,
            )
    except (BatchError, QueueError, MatcherError) as error:
        hint = ""
        if kept is not None and kept.kept:
            hint = "\n" + (
                "进度已记下，排除问题后加 --resume 接着做"
                if zh
                else "the progress is kept: remove the cause and go on with --resume"
            )
        if intake is not None:
            hint = "\n" + _stopped(intake, files, lang)
        fail(f"funnel run: {said(error, lang)}{hint}", USAGE)
    except KeyboardInterrupt as end:
        code = TERMINATED if isinstance(end, _TerminatedError) else INTERRUPTED
        if intake is not None:
            fail(_stopped(intake, files, lang), code)
        if kept is not None and kept.kept:
            fail("中断；加 --resume 接着做" if zh else "interrupted; go on with --resume", code)
        fail("中断，没有写出结果文件" if zh else "interrupted; no output file was written", code)
    tell_left(summary.sources, lang)
    if form == "json":
        import orjson  # noqa: PLC0415 (late, for a quick --help)

        content = summary.to_dict()
        if shadows is not None:
            content["shadow"] = shadow_counts(pack, shadows.tallies)
        if intake is not None:
            content["queue"] = intake.counts()
        text = orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()
    else:
        text = render_text(summary, lang)
        if intake is not None:
            text += "\n" + intake.summary(lang)
        elif output is None:
            text += "\n" + ("试运行：没有写出文件；加 -o decisions.jsonl 写出判断" if zh else "dry run: nothing written; add -o decisions.jsonl")  # fmt: skip
        if summary.rejected and rejects is None:
            text += "\n" + ("加 --rejects rejects.jsonl 留下读不出的行和原因" if zh else "add --rejects rejects.jsonl to keep the unreadable rows with their reasons")  # fmt: skip
    if shadows is not None and form == "text":
        text += "\n\n" + shadow_text(pack, shadows.tallies, lang)
    click.echo(text, err=output == "-")
    failed = summary.rejected.get(ENGINE_ERROR, 0)
    if failed:
        click.echo(_failed(failed, ENGINE_ERROR, rejects, lang), err=True)
    if summary.doubled_orders:
        click.echo(_doubled(summary, lang, queue=intake is not None), err=True)
    if intake is not None and intake.undecided:
        click.echo(_handed_over(intake.undecided, ENGINE_ERROR, lang), err=True)
        failed += intake.undecided
    rejected = sum(summary.rejected.values())
    if max_rejects is not None and rejected > max_rejects:
        sys.exit(BAD_ROWS)
    nothing = bool(rejected) and not summary.decided
    if nothing:
        click.echo(
            f"funnel run: 没有一行能判断，{rejected:,} 行都读不出；格式对吗（--input-format）？"
            if zh
            else f"funnel run: no row could be decided, all {rejected:,} were rejected; is the format right (--input-format)?",
            err=True,
        )
    sys.exit(FINDINGS if failed or nothing else CLEAN)


class _TerminatedError(KeyboardInterrupt):
    """Somebody asked the process to end, as a service manager does."""


def _on_terminate() -> None:
    """Take SIGTERM for an interruption, so that what is half written is tidied up and told."""

    def end(*_: object) -> None:
        raise _TerminatedError

    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGTERM, end)
        click.get_current_context().call_on_close(lambda: signal.signal(signal.SIGTERM, before))


def _stopped(intake: _Intake, files: tuple[str, ...], lang: str) -> str:
    """What a run that was stopped has taken into the queue, and how to go on."""
    if "-" in files:
        zh, en = "把剩下的投诉再送一遍", "send the rest again"
    else:
        zh, en = "再运行同一条命令就接着做", "run the same command again to go on"
    if lang == "en":
        return f"stopped; {intake.summary(lang)}; what was taken in stays: {en}. No output file was written"
    return f"中断；{intake.summary(lang)}。收下的不会丢：{zh}。没有写出结果文件"


def _failed(count: int, code: str, rejects: str | None, lang: str) -> str:
    """How many rows have no decision for a fault of the program, and where they are: no complaint may be lost without a word."""
    if lang == "en":
        where = f"they are in {rejects}, code {code}" if rejects else "they are kept nowhere: run again with --rejects rejects.jsonl"  # fmt: skip
        return f"funnel run: deciding failed on {count:,} rows, which have no decision; {where}. A person must look at them"
    where = f"它们在 {rejects}，code 是 {code}" if rejects else "它们没有留下：加 --rejects rejects.jsonl 再运行一次"
    return f"funnel run: 有 {count:,} 行判断时出错，没有判断结果；{where}。要由人来看"


def _handed_over(count: int, code: str, lang: str) -> str:
    """How many complaints are with people for a fault of the program alone."""
    if lang == "en":
        return f"funnel run: deciding failed on {count:,} rows; they wait for a person in the queue, with the reason {code} (funnel queue ls)"
    return f"funnel run: 有 {count:,} 行判断时出错；它们在队列里等人处理，原因是 {code}（funnel queue ls）"


def _doubled(summary: Summary, lang: str, *, queue: bool) -> str:
    """That orders would be settled more than once, for an example, and what to do."""
    count, example = summary.doubled_orders, summary.doubled[0].text(lang)
    if lang == "en":
        whose = "1 order has" if count == 1 else f"{count:,} orders have"
        said = f"funnel run: {whose} more than one complaint that would be settled, so the same money might be paid twice ({example})"
        if queue:
            return f"{said}; in the queue the later ones wait for a person. Pay by the queue's offers, not by -o"
        return f"{said}; before anything is paid, have a person look at each of these orders and settle one complaint of it. Sort by order number to see all"
    said = f"funnel run: 有 {count:,} 个订单不止一件投诉会结案，同一笔钱可能付两遍（{example}）"
    if queue:
        return f"{said}；队列里后来的几件等人看。付款以队列的方案为准，不要照 -o 的结果付"
    return f"{said}；付款前由人逐个订单看一遍，同一订单只按一件结案。按订单号排序就能看到全部"


def _check_queue(as_of: dt.date | None, jobs: int | None, lang: str, *, resume: bool) -> None:
    """What does not go together with a queue."""

    def say(zh: str, en: str) -> str:
        return en if lang == "en" else zh

    if as_of is not None:
        fail(
            say(
                "--queue 按每件投诉收到的日期判断，不能和 --as-of 一起用",
                "--queue decides by the day of receipt; leave --as-of out",
            ),
            USAGE,
        )
    if resume:
        fail(
            say(
                "--queue 不需要 --resume：再运行一次即可，队列认得已收的投诉",
                "--queue needs no --resume: run it again, the queue knows what it has",
            ),
            USAGE,
        )
    if jobs is not None and jobs > 1:
        fail(
            say(
                "--queue 一次只由一个进程写，不能和 --jobs 一起用",
                "--queue is written by one process; leave --jobs out",
            ),
            USAGE,
        )


def _long_run(
    files: tuple[str, ...],
    names: dict[str, str | None],
    identity: dict[str, str],
    every: int,
    shadows: ShadowFile | None,
    *,
    resume: bool,
    queue: bool,
) -> LongRun:
    """The outputs that are files, with checkpoints where everything can be read and written again."""
    import funnel  # noqa: PLC0415 (late, for a quick --help)
    from funnel.batch.longrun import LongRun as Run  # noqa: PLC0415 (as above)
    from funnel.batch.longrun import is_regular  # noqa: PLC0415 (as above)
    from funnel.errors import ResumeError  # noqa: PLC0415 (as above)

    named = {key: name for key, name in names.items() if name is not None}
    outputs = {key: Path(name) for key, name in named.items() if name != "-" and is_regular(Path(name))}
    again = all(name != "-" and Path(name).is_file() for name in files)
    packed = any(_is_packed(name) for name in outputs.values())
    able = again and bool(outputs) and len(outputs) == len(named) and not queue and not packed
    if resume and not able:
        if packed:
            zh, en = "压缩的输出不能接着写，用 -o decisions.jsonl", "a packed output cannot be written on; use -o decisions.jsonl"  # fmt: skip
        elif not named:
            zh, en = "没有要写的文件，加 -o decisions.jsonl", "nothing is written; add -o decisions.jsonl"
        elif not again:
            zh = "标准输入和管道不能再读一遍，先存成文件"
            en = "standard input and pipes cannot be read again; save them as a file"
        else:
            zh, en = (
                "标准输出和设备不能接着写，用 -o 文件",
                "standard output and devices cannot be written on; use -o FILE",
            )
        raise ResumeError(f"--resume：{zh}", f"--resume: {en}")
    return Run(
        outputs,
        identity={"version": funnel.__version__, **identity},
        inputs=[Path(name) for name in files] if able else None,
        every=every,
        resume=resume,
        extra=(lambda: None) if shadows is None else shadows.tallies.state,
    )


def _tell_start(long_run: LongRun, *, zh: bool, resume: bool) -> None:
    """Say where a run begins, where that is not plain."""
    if long_run.start is not None:
        rows = int(long_run.start.tally["rows"])
        text = f"接着做：前 {rows:,} 行已经判断" if zh else f"going on: {rows:,} rows are decided already"
    elif resume:
        text = "没有可接着做的进度，从头开始" if zh else "there is no checkpoint to go on from; starting anew"
    elif long_run.discarded:
        rows = long_run.discarded
        text = (
            f"上次中断时已做 {rows:,} 行，现在从头开始（要接着做请用 --resume）"
            if zh
            else f"an interrupted run had done {rows:,} rows; starting anew (--resume would have gone on)"
        )
    else:
        return
    click.echo(text, err=True)


def _pool(
    pack: Pack,
    assembler: Assembler,
    jobs: int | None,
    long_run: LongRun,
    *,
    as_of: dt.date | None,
    matcher: Literal["compiled", "durable"],
    output: str | None,
    shadow: bool,
    lang: Lang,
) -> Pool | None:
    """Processes to decide with, where there is more than one to be."""
    from funnel.batch.plan import plan_for  # noqa: PLC0415 (late, for a quick --help)
    from funnel.batch.pool import Pool as Workers  # noqa: PLC0415 (as above)
    from funnel.batch.pool import usable_cores  # noqa: PLC0415 (as above)

    count = jobs if jobs is not None else usable_cores()
    if count == 1:
        return None
    plan = replace(
        plan_for(pack, lang=lang, as_of=as_of, mapping=assembler.headers.mapping, moment=long_run.moment, ship=False),
        matcher=matcher,
        shadow=shadow,
        output="csv" if output is not None and _is_csv(output) else "jsonl",
    )
    return Workers(plan, count, head=0 if jobs is not None else _HEAD)


class _Intake:
    """Takes complaints into a queue and counts what became of them."""

    def __init__(self, desk: Funnel, source: str) -> None:
        self.desk, self.source = desk, source
        self.new = self.known = self.changed = self.undecided = self.held = 0

    def __call__(self, complaint: Complaint) -> Decision:
        from funnel.batch.deciding import RowRefusedError  # noqa: PLC0415 (late, for a quick --help)
        from funnel.batch.rows import RowProblem  # noqa: PLC0415 (as above)
        from funnel.batch.undecided import was_handed_over  # noqa: PLC0415 (as above)
        from funnel.decision import Decision as Read  # noqa: PLC0415 (as above)
        from funnel.errors import BatchError, InvalidCommandError, QueueError  # noqa: PLC0415 (as above)

        try:
            taken = self.desk.ingest(complaint, source=self.source)
        except InvalidCommandError as error:  # such as one that was received tomorrow
            raise RowRefusedError(RowProblem("refused", error.zh, error.en)) from None
        except QueueError as error:  # no fault of this row: the next one would fare no better
            raise BatchError(error.zh, error.en) from None
        self.new += not taken.duplicate
        self.known += taken.duplicate
        self.changed += taken.changed
        self.held += bool(taken.same_order)
        decision = taken.decision
        if decision is None:
            decision = Read.model_validate(dict(self.desk.decisions(taken.case.id)[-1].decision))
        self.undecided += was_handed_over(decision)
        return decision

    def counts(self) -> dict[str, int]:
        """What became of them, as plain data."""
        return {
            "new": self.new,
            "known": self.known,
            "changed": self.changed,
            "undecided": self.undecided,
            "same_order": self.held,
        }

    def summary(self, lang: str) -> str:
        """What became of them, in a line."""
        if lang == "en":
            held = f"; {self.held} would be settled and wait for a person, as another case is about their order" if self.held else ""  # fmt: skip
            return f"queue: {self.new} taken in, {self.known} known already ({self.changed} of them with other contents){held}"
        held = f"；可以结案但同一订单另有案件、转人工的 {self.held} 件" if self.held else ""
        return f"入队：新收 {self.new} 件，已有 {self.known} 件（其中内容有变 {self.changed} 件）{held}"


@contextmanager
def _intake(engine: Engine, url: str, tenant: str, source: str) -> Iterator[_Intake]:
    from funnel.queue import Funnel as Desk  # noqa: PLC0415 (only with a queue)

    desk = Desk(engine, url, tenant=tenant)
    try:
        yield _Intake(desk, source)
    finally:
        desk.close()


def _check_names(files: tuple[str, ...], names: dict[str, str | None]) -> None:
    """Find before the first row, not after the last, that a file is missing or would be written over."""
    from funnel.batch.longrun import sidecars  # noqa: PLC0415 (late, for a quick --help)
    from funnel.errors import BatchError, SourceError  # noqa: PLC0415 (as above)

    _check_endings(names)
    paths = [Path(name) for name in files if name != "-"]
    for path in paths:
        if not path.exists():
            raise SourceError(f"{path}：没有这个文件", f"{path}: no such file")
    targets = [name for name in names.values() if name is not None]
    if len(targets) > len({name if name == "-" else str(Path(name).resolve()) for name in targets}):
        raise BatchError(
            "-o、--rejects、--shadow 不能是同一个文件", "-o, --rejects and --shadow must not be the same file"
        )
    inputs = {path.resolve() for path in paths}
    for name in targets:
        if name != "-" and inputs & {Path(name).resolve(), *sidecars(Path(name))}:
            raise BatchError(f"{name}：会覆盖输入文件", f"{name}: would write over an input file")


def _check_endings(names: dict[str, str | None]) -> None:
    """A file that is called what it is not cannot be opened by a double click, and nobody knows why."""
    from funnel.batch.longrun import is_regular  # noqa: PLC0415 (late, for a quick --help)
    from funnel.errors import BatchError  # noqa: PLC0415 (as above)

    for key, name in names.items():
        if name is None or name == "-" or not is_regular(Path(name)):
            continue
        plain = name[: -len(_PACKED)] if key == "decisions" and _is_packed(Path(name)) else name
        ending = Path(plain).suffix.lower()
        if key == "decisions" and ending not in _DECISIONS:
            raise BatchError(
                f"-o {name}：只能写 .jsonl（一行一件，全部内容；.jsonl.gz 是压缩的）或 .csv（Excel 能打开），写成 -o {_renamed(name, '.csv')}",
                f"-o {name}: only .jsonl (.jsonl.gz packs it) or .csv (which Excel opens) can be written; write -o {_renamed(name, '.csv')}",
            )
        if key != "decisions" and ending in _OTHERS:
            raise BatchError(
                f"--{key} {name}：只能写 .jsonl，写成 --{key} {_renamed(name, '.jsonl')}",
                f"--{key} {name}: only .jsonl can be written; write --{key} {_renamed(name, '.jsonl')}",
            )


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() == _PACKED


def _is_csv(output: str) -> bool:
    return output.lower().removesuffix(_PACKED).endswith(".csv")


def _renamed(name: str, ending: str) -> str:
    return str(Path(name).with_suffix(ending))


def mapping_of(pairs: tuple[str, ...], map_file: Path | None) -> dict[str, str]:
    """What the operator says columns mean: ``--map`` goes before ``--map-file``.

    Raises:
        MappingError: An option or an entry of the file is not ``HEADER: FIELD``; all that is wrong in the file is told.
    """
    from funnel.batch.headers import parse_pairs  # noqa: PLC0415 (late, for a quick --help)
    from funnel.diagnostics import Diagnostics, render_all  # noqa: PLC0415 (as above)
    from funnel.errors import MappingError  # noqa: PLC0415 (as above)
    from funnel.pack._nodes import load_file  # noqa: PLC0415 (as above)
    from funnel.pack._reader import Reader  # noqa: PLC0415 (as above)

    mapping: dict[str, str] = {}
    if map_file is not None:
        sink = Diagnostics()
        reader = Reader(sink)
        node = load_file(map_file, str(map_file), sink)
        for header, value in (reader.mapping(node, optional=None, example=_MAP_ENTRY) or {}).items():
            zh, en, example = "字段名", "the name of a field", f"{header}: text"
            field = reader.raw(value, zh, en, example)
            if field is not None and not field.strip():
                sink.add("F206", value.span, value="", expected_zh=zh, expected_en=en, example=example)
            elif field is not None:
                mapping[header] = field
        if sink.has_errors:
            found = sink.sorted()
            raise MappingError(*(f"--map-file\n{render_all(found, one)}" for one in ("zh", "en")))
    return mapping | parse_pairs(pairs)


def assembler_of(pack: Pack, mapping: dict[str, str]) -> Assembler:
    """What turns rows into complaints: the pack's facts, and what the operator says columns mean."""
    from funnel.batch.plan import assembler_for  # noqa: PLC0415 (late, for a quick --help)

    return assembler_for(pack, mapping)


def _writer(output: str | None, stream: BinaryIO | None, long_run: LongRun) -> EncodedWriter | None:
    from funnel.batch.writers import CsvWriter, JsonlWriter  # noqa: PLC0415 (late, for a quick --help)

    if output is None or stream is None:
        return None
    if _is_csv(output):
        return CsvWriter(stream, begun=long_run.start is not None)
    return JsonlWriter(stream)


@contextmanager
def _sink(name: str, key: str, long_run: LongRun) -> Iterator[BinaryIO]:
    """Where an output goes: standard output, a file that appears when the run is done, or a device as it stands."""
    from funnel.batch.longrun import is_regular  # noqa: PLC0415 (late, for a quick --help)
    from funnel.batch.writers import whole_file  # noqa: PLC0415 (as above)

    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif is_regular(Path(name)):
        if key == "decisions" and _is_packed(Path(name)):
            import gzip  # noqa: PLC0415 (late, for a quick --help)

            # Neither a name nor a time in it: the same decisions are the same bytes.
            with gzip.GzipFile("", "wb", 6, long_run.stream(key), 0) as packed:
                yield cast("BinaryIO", packed)
        else:
            yield long_run.stream(key)
    else:
        with whole_file(Path(name)) as stream:
            yield stream
