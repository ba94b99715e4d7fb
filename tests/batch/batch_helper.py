"""Run a batch with a decision that settles nothing, and look at what came of every row."""

import io
import json
from dataclasses import dataclass

from funnel.batch.assemble import Assembler
from funnel.batch.headers import HeaderReader
from funnel.batch.runner import run_batch
from funnel.batch.source import open_source
from funnel.decision import Decision, PackRef


@dataclass(frozen=True)
class Outcome:
    summary: object
    seen: list
    rejects: list

    @property
    def ids(self):
        return [complaint.id for complaint in self.seen]

    @property
    def codes(self):
        return [line["code"] for line in self.rejects]


def referred(complaint):
    return Decision(complaint_id=complaint.id, outcome="refer", tier="agent", recognised=False, pack=PackRef(id="p", digest="d"), as_of="2026-11-10")  # fmt: skip


def go(*paths, decide=referred, mapping=None, **options):
    """Decide files; checks what must hold for any file at all."""
    seen, rejects = [], io.BytesIO()
    reader = HeaderReader(["goods_intact"], {"商品完好": "goods_intact"}, mapping)

    def keep(complaint):
        decision = decide(complaint)
        seen.append(complaint)
        return decision

    sources = (open_source(path) for path in paths)
    summary = run_batch(sources, keep, Assembler(reader, {"goods_intact": "bool"}), rejects=rejects, **options)
    lines = [json.loads(line) for line in rejects.getvalue().splitlines()]
    assert summary.rows == summary.decided + sum(summary.rejected.values()) == len(seen) + len(lines)
    return Outcome(summary, seen, lines)
