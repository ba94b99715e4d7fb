"""Run a batch: every row becomes a decision or a reject, one bad row never stops the rest, memory stays flat."""

from __future__ import annotations

import sqlite3
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
from funnel.batch.rows import Row, RowProblem, excerpts, short_raw
from funnel.batch.source import Source
from funnel.batch.summary import Summary, rank
from funnel.complaint import Complaint
from funnel.decision import Decision
from funnel.errors import BatchError, MappingError, SourceError

_EVERY = 200
"""Rows between two reports of progress."""
_NAMES = 1_000
"""Names of unknown fields that are told apart; JSON keys can be without number, and memory stays flat."""
_PLACE = 40
"""Bits for the number of a row, below those for the number of its source."""


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
        on_progress: Called every few hundred rows, and at the end of each source.
        lang: Language of the reasons.
        pack: Id and digest, for the summary.

    Returns:
        The summary. ``rows == decided + sum(rejected.values())`` always holds.

    Raises:
        SourceError: A table has no column with a text or facts.
        MappingError: Headers clash.
        BatchError: Decisions or rejects cannot be written, as on a full disk.
    """
    tally = _Tally()
    started = time.perf_counter()
    names: list[str] = []
    with SeenIds() as seen:
        for place, source in enumerate(sources, 1):
            names.append(source.name)
            prefix = "row-" if place == 1 else f"file{place}-row-"  # row 1 of two files is two complaints
            with closing(source):
                paths = _paths(source, assembler, tally)
                for row in source.rows:
                    tally.rows += 1
                    complaint, problem = assembler.assemble(row, paths, prefix)
                    if complaint is not None:
                        problem = _repeated(seen, complaint.id, place, row, names)
                    if complaint is not None and problem is None:
                        decision, problem = _decide(decide, decisions, complaint)
                        if decision is not None:
                            tally.add(decision, complaint)
                            tally.generated += complaint.id == f"{prefix}{row.number}"
                    if problem is not None:
                        tally.rejected[problem.code] += 1
                        if rejects is not None:
                            id_ = complaint.id if complaint is not None else assembler.id_of(row, paths)
                            _write(rejects, _reject(source, row, id_, problem, lang))
                    if on_progress is not None and tally.rows % _EVERY == 0:
                        on_progress(Progress(tally.rows, _position(source), source.size, source.name))
                if on_progress is not None:
                    on_progress(Progress(tally.rows, source.size, source.size, source.name))
    return tally.summary(time.perf_counter() - started, pack, assembler)


def _repeated(seen: SeenIds, id_: str, place: int, row: Row, names: list[str]) -> RowProblem | None:
    try:
        before = seen.first(id_, place << _PLACE | row.number)
    except sqlite3.Error as error:
        raise BatchError(f"临时文件写不了 the temporary file of ids cannot be written ({error})") from None
    if before is None:
        return None
    number, first = before & ((1 << _PLACE) - 1), before >> _PLACE
    zh, en = (f"{names[first - 1]} ", f" of {names[first - 1]}") if first != place else ("", "")
    return RowProblem(
        "duplicate-id",
        f"编号与{zh}第 {number} 行重复，没有再判断",
        f"the id was that of row {number}{en} already; not decided again",
        "id",
    )


def _write(stream: BinaryIO, data: bytes) -> None:
    try:
        stream.write(data)
    except BrokenPipeError:  # the reader of a pipe has gone, which is no fault
        raise
    except OSError as error:
        raise _unwritable(error) from None


def _unwritable(error: OSError) -> BatchError:
    return BatchError(f"结果写不了 results cannot be written ({error.strerror})")


def _paths(source: Source, assembler: Assembler, tally: _Tally) -> Mapping[str, str]:
    if not source.headers:
        return {}
    try:
        found = assembler.headers.table(source.headers)
    except MappingError as error:
        raise MappingError(f"{source.name}：{error}") from None
    except SourceError as error:
        raise SourceError(f"{source.name}：{error}") from None
    if not any(path == "text" or path.startswith("facts.") for path in found.paths.values()):
        raise SourceError(
            f"{source.name}：没有找到投诉内容这一列（现有：{excerpts(source.headers)}）；用 --map 表头=text 指定 "
            f"no column with the complaint's text; name it with --map HEADER=text"
        )
    for item in found.unknown:  # also where every cell is empty
        tally.note_unknown(item.header, 0)
        tally.suggestions[item.header] = item.suggestion
    return found.paths


def _decide(
    decide: Callable[[Complaint], Decision], decisions: DecisionWriter | None, complaint: Complaint
) -> tuple[Decision | None, RowProblem | None]:
    """Decide and write; what is not written is not decided."""
    decision = None
    try:
        decision = decide(complaint)
        if decisions is not None:
            decisions.write(decision)
    except BatchError:
        raise
    except BrokenPipeError:
        raise
    except OSError as error:
        if decision is not None:
            raise _unwritable(error) from None
        return None, _crash(error)
    except Exception as error:  # noqa: BLE001 (one case that crashes must not lose the others; it is kept as a reject)
        return None, _crash(error)
    return decision, None


def _crash(error: Exception) -> RowProblem:
    """The kind of the error alone: its message may hold personal data."""
    kind = type(error).__name__
    return RowProblem(
        "engine-error",
        f"判断时出错（{kind}），这一件交人工",
        f"deciding failed ({kind}); this one goes to a human",
    )


def _reject(source: Source, row: Row, id_: str | None, problem: RowProblem, lang: str) -> bytes:
    raw = row.raw or (orjson.dumps(dict(row.content), default=str).decode() if row.content is not None else "")
    content: dict[str, Any] = {
        "row": row.number,
        "line": row.line,
        "file": source.name,
        "id": id_,
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
        self.nameless = 0
        self.out_of_scope: Counter[str] = Counter()

    def note_unknown(self, name: str, rows: int = 1) -> None:
        """Count a field that is not understood."""
        if name in self.unknown or len(self.unknown) < _NAMES:
            self.unknown[name] += rows
        else:
            self.nameless += rows

    def add(self, decision: Decision, complaint: Complaint) -> None:
        self.decided += 1
        self.recognised += decision.recognised
        self.settled += decision.outcome == "settle"
        self.asked += decision.outcome == "ask"
        if decision.outcome == "refer":
            self.referred[decision.tier or ""] += 1
        if decision.referral is not None:
            self.gates.update(sorted({reason.gate for reason in decision.referral.reasons if reason.gate}))
        for matter in decision.matters:
            if matter.out_of_scope:
                self.out_of_scope[matter.title] += 1
                continue
            counts = self.scenarios.setdefault(matter.scenario, [0, 0])
            counts[0] += 1
            self.titles[matter.scenario] = matter.title
            if matter.outcome == "settle":
                counts[1] += decision.outcome == "settle"
                if decision.outcome == "settle":
                    self.amount += sum((Decimal(r.amount) for r in matter.remedies if r.amount is not None), Decimal(0))
        extra = decision.passed_through.keys() | complaint.extra.keys()
        for part in ("consumer", "merchant", "order"):
            if inner := getattr(complaint, part).model_extra:
                extra |= {f"{part}.{name}" for name in inner}
        for name in sorted(extra):
            self.note_unknown(name)

    def summary(self, seconds: float, pack: tuple[str, str], assembler: Assembler) -> Summary:
        unknown = {
            name: (count, self.suggestions.get(name) or assembler.headers.suggest(name))
            for name, count in self.unknown.most_common()
            if name not in assembler.headers.passed
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
            unnamed_fields=self.nameless,
            out_of_scope=MappingProxyType(dict(self.out_of_scope.most_common())),
            generated_ids=self.generated,
            amount=self.amount,
            seconds=seconds,
            pack=pack[0],
            digest=pack[1],
        )
