"""Run a batch: every row becomes a decision or a reject, one bad row never stops the rest, memory stays flat."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, BinaryIO, Protocol

import orjson

from funnel.batch.assemble import Assembler
from funnel.batch.ids import SeenIds
from funnel.batch.rows import Row, RowProblem, short_raw
from funnel.batch.source import Source
from funnel.batch.summary import Summary, rank
from funnel.complaint import Complaint
from funnel.decision import Decision
from funnel.errors import SourceError

_EVERY = 200
"""Rows between two reports of progress."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is: rows done, bytes read of the source at hand, and its size where known."""

    rows: int
    read: int | None
    size: int | None
    source: str


class DecisionWriter(Protocol):
    """Takes decisions as they come."""

    def write(self, decision: Decision) -> None:
        """Write one decision."""
        ...


class JsonlWriter:
    """Writes decisions as JSON Lines, the contract."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, decision: Decision) -> None:
        """Write one decision."""
        self._stream.write(decision.model_dump_json().encode("utf-8") + b"\n")


def run_batch(
    sources: Iterable[Source],
    decide: Callable[[Complaint], Decision],
    assembler: Assembler,
    *,
    decisions: DecisionWriter | None = None,
    rejects: BinaryIO | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    lang: str = "zh",
    pack: tuple[str, str] = ("", ""),
) -> Summary:
    """Decide every row of some sources.

    Args:
        sources: Open sources, read one after the other.
        decide: Decides one complaint; a crash in it rejects the row (code ``engine-error``) and the batch goes on.
        assembler: Turns rows into complaints.
        decisions: Where decisions go; None for a dry run.
        rejects: Where unreadable rows go, as JSON Lines with row, line, file, id, code, field, reason and raw.
        on_progress: Called every few hundred rows.
        lang: Language of the reasons.
        pack: Id and digest, for the summary.

    Returns:
        The summary. ``rows == decided + sum(rejected.values())`` always holds.

    Raises:
        SourceError: A table has no column with a text or facts.
        MappingError: Headers clash.
    """
    tally = _Tally()
    started = time.perf_counter()
    with SeenIds() as seen:
        for place, source in enumerate(sources, 1):
            prefix = "row-" if place == 1 else f"file{place}-row-"  # row 1 of two files is two complaints
            with closing(source):
                paths = _paths(source, assembler, tally)
                for row in source.rows:
                    tally.rows += 1
                    complaint, problem = assembler.assemble(row, paths, prefix)
                    if complaint is not None and problem is None:
                        before = seen.first(complaint.id, tally.rows)
                        if before is not None:
                            problem = RowProblem(
                                "duplicate-id",
                                f"编号与第 {before} 行重复，没有再判断",
                                f"the id was that of row {before} already; not decided again",
                                "id",
                            )
                    decision = None
                    if complaint is not None and problem is None:
                        decision, problem = _decide(decide, complaint)
                    if decision is not None and complaint is not None:
                        tally.add(decision, complaint, generated=complaint.id == f"{prefix}{row.number}")
                        if decisions is not None:
                            decisions.write(decision)
                    elif problem is not None:
                        tally.rejected[problem.code] += 1
                        if rejects is not None:
                            rejects.write(_reject(source, row, complaint, problem, lang))
                    if on_progress is not None and tally.rows % _EVERY == 0:
                        on_progress(Progress(tally.rows, _position(source), source.size, source.name))
    return tally.summary(time.perf_counter() - started, pack, assembler)


def _paths(source: Source, assembler: Assembler, tally: _Tally) -> Mapping[str, str]:
    if not source.headers:
        return {}
    found = assembler.headers.table(source.headers)
    if not any(path == "text" or path.startswith("facts.") for path in found.paths.values()):
        seen = "、".join(source.headers)
        raise SourceError(
            f"{source.name}：没有找到投诉内容这一列（现有：{seen}）；用 --map 表头=text 指定 "
            f"no column with the complaint's text; name it with --map HEADER=text"
        )
    for item in found.unknown:
        tally.suggestions[item.header] = item.suggestion
    tally.has_ids = "id" in found.paths.values()
    return found.paths


def _decide(decide: Callable[[Complaint], Decision], complaint: Complaint) -> tuple[Decision | None, RowProblem | None]:
    try:
        return decide(complaint), None
    except Exception as error:  # noqa: BLE001 (one case that crashes must not lose the others; it is kept as a reject)
        kind = type(error).__name__
        return None, RowProblem(
            "engine-error",
            f"判断时出错（{kind}），这一件交人工",
            f"deciding failed ({kind}); this one goes to a human",
        )


def _reject(source: Source, row: Row, complaint: Complaint | None, problem: RowProblem, lang: str) -> bytes:
    raw = row.raw or (orjson.dumps(dict(row.content), default=str).decode() if row.content is not None else "")
    content: dict[str, Any] = {
        "row": row.number,
        "line": row.line,
        "file": source.name,
        "id": complaint.id if complaint is not None else None,
        "code": problem.code,
        "field": problem.field,
        "reason": problem.text(lang),
        "raw": short_raw(raw).encode("utf-8", "backslashreplace").decode("utf-8"),
    }
    return orjson.dumps(content) + b"\n"


def _position(source: Source) -> int | None:
    try:
        return source.stream.tell()
    except (OSError, ValueError):
        return None


class _Tally:
    """Counts as a batch runs."""

    def __init__(self) -> None:
        self.rows = self.recognised = self.settled = self.asked = self.decided = self.generated = 0
        self.referred: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.gates: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()
        self.suggestions: dict[str, str | None] = {}
        self.scenarios: dict[str, list[int]] = {}
        self.titles: dict[str, str] = {}
        self.amount = Decimal(0)
        self.has_ids = True

    def add(self, decision: Decision, complaint: Complaint, *, generated: bool) -> None:
        self.decided += 1
        self.recognised += decision.recognised
        self.settled += decision.outcome == "settle"
        self.asked += decision.outcome == "ask"
        if decision.outcome == "refer":
            self.referred[decision.tier or ""] += 1
        if decision.referral is not None:
            self.gates.update(sorted({reason.gate for reason in decision.referral.reasons if reason.gate}))
        for matter in decision.matters:
            counts = self.scenarios.setdefault(matter.scenario, [0, 0])
            counts[0] += 1
            self.titles[matter.scenario] = matter.title
            if matter.outcome == "settle":
                counts[1] += decision.outcome == "settle"
                if decision.outcome == "settle":
                    self.amount += sum((Decimal(r.amount) for r in matter.remedies if r.amount is not None), Decimal(0))
        self.unknown.update(sorted(decision.passed_through.keys() | complaint.extra.keys()))
        self.generated += generated

    def summary(self, seconds: float, pack: tuple[str, str], assembler: Assembler) -> Summary:
        unknown = {
            name: (count, self.suggestions.get(name) or assembler.headers.suggest(name))
            for name, count in (
                *((header, self.unknown[header]) for header in self.suggestions),  # every one, also of rejected rows
                *self.unknown.most_common(20),
            )
        }
        return Summary(
            rows=self.rows,
            decided=self.decided,
            recognised=self.recognised,
            settled=self.settled,
            asked=self.asked,
            referred=MappingProxyType(dict(self.referred.most_common())),
            rejected=MappingProxyType(dict(self.rejected.most_common())),
            scenarios=rank(self.scenarios, self.titles, self.recognised),
            gates=MappingProxyType(dict(self.gates.most_common())),
            unknown_fields=MappingProxyType(unknown),
            generated_ids=self.generated,
            amount=self.amount,
            seconds=seconds,
            pack=pack[0],
            digest=pack[1],
        )
