"""``funnel report``: one page of a batch or a queue."""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from funnel.cli._common import USAGE, as_of_option, fail, lang_option, open_pack, pack_option
from funnel.cli._queues import expect_queue, said
from funnel.errors import Lang

if TYPE_CHECKING:
    from funnel.complaint import Complaint
    from funnel.decision import Decision
    from funnel.engine.engine import Engine
    from funnel.queue import Funnel
    from funnel.report import Case, Report

_PAGE = 500


@click.command(name="report")
@click.argument("files", nargs=-1, metavar="[FILE…]")
@click.option("--queue", "url", metavar="PATH|URL", help="Of a queue in place of files. 队列。")
@click.option("--tenant", default="default", show_default=True, metavar="NAME", help="Whose queue. 租户。")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The page to write. 写到哪里。",
)
@click.option("--title", metavar="TEXT", help="What it is about; default: the file's name. 标题。")
@click.option(
    "--minimum", type=click.IntRange(1), default=30, show_default=True, help="Closed cases to be ranked. 上榜最少件数。"
)
@pack_option
@as_of_option
@lang_option
def command(
    files: tuple[str, ...],
    url: str | None,
    tenant: str,
    output: Path,
    title: str | None,
    minimum: int,
    pack_name: str,
    as_of: dt.date | None,
    lang: Lang,
) -> None:
    """Write a page of complaints FILE… (as for `funnel run`), or of a queue: funnel, Pareto curve, merchants, goods, rules.

    One HTML file that opens without a network; nobody's words or names stand in it. Needs the extra: pip install
    'funnel[report]'. 一页报告。
    """
    from funnel.engine.engine import Engine  # noqa: PLC0415 (late, for a quick --help)
    from funnel.errors import FunnelError  # noqa: PLC0415 (as above)
    from funnel.report import render  # noqa: PLC0415 (as above)

    if output.suffix.lower() not in {".html", ".htm"}:
        page_name = output.with_suffix(".html")
        fail(
            f"-o {output}：写的是网页，名字要以 .html 结尾，写成 -o {page_name}（要 PDF，在浏览器里打印成 PDF）"
            if lang != "en"
            else f"-o {output}: it is a web page and its name must end in .html; write -o {page_name} (for PDF, print it to PDF in the browser)",
            USAGE,
        )
    if bool(files) == bool(url):
        fail("写 FILE… 或 --queue 之一" if lang != "en" else "give FILE… or --queue, one of them", USAGE)
    if url:
        expect_queue(url, lang, default="")
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # where it keeps its cache is nothing to tell a reader
    engine = Engine(open_pack(pack_name, lang, as_of=as_of), lang=lang)
    try:
        report = _of_queue(engine, url, tenant, minimum) if url else _of_files(engine, files, as_of)
        name = title or (url.rsplit("/", 1)[-1] if url else ", ".join(os.path.basename(f) for f in files))  # noqa: PTH119 (- is no path)
        page = render(report, lang=lang, generated_at=dt.datetime.now(dt.UTC), title=name)
        output.write_text(page, encoding="utf-8")
    except FunnelError as error:
        fail(f"funnel report: {said(error, lang)}", USAGE)
    except OSError as error:
        fail(f"{output}: {error.strerror}", USAGE)
    click.echo(str(output))


def _of_files(engine: Engine, files: tuple[str, ...], as_of: dt.date | None) -> Report:
    from funnel.cli._decided import decide_files  # noqa: PLC0415 (late, for a quick --help)
    from funnel.report import Tally  # noqa: PLC0415 (as above)

    tally = Tally(engine.pack)

    def take(complaint: Complaint, decision: Decision) -> None:
        merchant, order = complaint.merchant, complaint.order
        tally.add(_case(engine, decision, merchant.name or merchant.id, order.category_text or order.category))

    summary = decide_files(engine, files, take, as_of=as_of)
    orders = (summary.repeated_orders, summary.doubled_orders)
    return tally.report(rejected=sum(summary.rejected.values()), orders=orders)


def _of_queue(engine: Engine, url: str, tenant: str, minimum: int) -> Report:
    from funnel.queue import Funnel, SqlStore  # noqa: PLC0415 (late, for a quick --help)
    from funnel.report import League, Tally  # noqa: PLC0415 (as above)

    desk = Funnel(engine, SqlStore(url, create=False), tenant=tenant)
    try:
        leagues = {
            kind: [
                League(
                    e.group, e.cases, e.rank, (e.response.hits, e.response.of), (e.in_time.hits, e.in_time.of),
                    (e.resolution.hits, e.resolution.of),
                )
                for e in desk.league(kind, minimum=minimum)
                if not e.withheld
            ]
            for kind in ("merchant", "trade")
        }  # fmt: skip
        tally = Tally(engine.pack)
        since = until = None
        for opened, case in _cases(engine, desk):
            since = opened if since is None else min(since, opened)
            until = opened if until is None else max(until, opened)
            tally.add(case)
        return tally.report(leagues=leagues, since=since, until=until)
    finally:
        desk.close()


def _cases(engine: Engine, desk: Funnel) -> Iterator[tuple[dt.datetime, Case]]:
    """Every case with when it was opened."""
    from dataclasses import replace  # noqa: PLC0415 (late, for a quick --help)

    from funnel.decision import Decision  # noqa: PLC0415 (as above)

    for case in desk.cases(limit=10**9):
        if case.state == "merged":
            continue
        stored = desk.complaint(case.id)
        decision = Decision.model_validate(desk.decisions(case.id)[-1].decision)
        found = _case(engine, decision, case.merchant_id, stored.trade)
        if case.closed_at is not None and case.outcome is not None:
            hours = (case.closed_at - case.opened_at).total_seconds() / 3600
            tier = case.tier if decision.outcome == "refer" or case.outcome != "settled" else None
            found = replace(found, hours=hours, tier=tier)
        yield case.opened_at, found


def _case(engine: Engine, decision: Decision, merchant: str | None, trade: str | None) -> Case:
    from funnel.queue.masking import mask  # noqa: PLC0415 (late, for a quick --help)
    from funnel.report import Case  # noqa: PLC0415 (as above)

    rules = engine.pack.rules
    outside = any(m.rule in rules and rules[m.rule].out_of_scope for m in decision.matters)
    return Case(
        merchant=mask(merchant) if merchant else None,
        trade=mask(trade) if trade else None,
        outcome=decision.outcome,
        tier=decision.tier,
        matters=tuple((m.scenario or m.matter, m.rule) for m in decision.matters),
        out_of_scope=outside,
        presumed=any(m.presumed for m in decision.matters),
    )
