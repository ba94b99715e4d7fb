"""Deciding files for commands that look at each complaint and write none of the decisions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from funnel.cli._common import tell_left

if TYPE_CHECKING:
    from funnel.batch.summary import Summary
    from funnel.complaint import Complaint
    from funnel.decision import Decision
    from funnel.engine.engine import Engine


def decide_files(
    engine: Engine,
    files: Iterable[str],
    take: Callable[[Complaint, Decision], None],
    *,
    as_of: dt.date | None = None,
) -> Summary:
    """Decide every complaint of some files, as `funnel run` reads them, and hand each to ``take`` with its decision.

    Raises:
        BatchError: A file cannot be read.
    """
    from funnel.batch.runner import run_batch  # noqa: PLC0415 (late, for a quick --help)
    from funnel.batch.source import open_source  # noqa: PLC0415 (as above)
    from funnel.cli.run import assembler_of  # noqa: PLC0415 (as above)

    def decide(complaint: Complaint) -> Decision:
        decision = engine.decide(complaint, as_of=as_of)
        take(complaint, decision)
        return decision

    pack = engine.pack
    assembler = assembler_of(pack, {})
    sources = (open_source(name, headers=assembler.headers) for name in files)
    summary = run_batch(sources, decide, assembler, pack=(pack.id, pack.digest))
    tell_left(summary.sources, engine.lang)
    return summary
