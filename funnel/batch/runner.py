"""Run a batch: every row becomes a decision or a reject, one bad row never stops the rest, memory stays flat."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import BinaryIO, Protocol

from funnel.batch.assemble import Assembler, reads_as_words
from funnel.batch.deciding import Decided, RowRefusedError, Table, crash, reject_line
from funnel.batch.ids import SeenIds
from funnel.batch.longrun import LongRun
from funnel.batch.orders import Mention, Place, SeenOrders, entries_of
from funnel.batch.pool import Pool
from funnel.batch.rows import Row, RowProblem, excerpt, excerpts
from funnel.batch.source import FileState, Source
from funnel.batch.summary import Summary
from funnel.batch.tally import Counted, Tally, counted
from funnel.batch.writers import JsonlWriter
from funnel.complaint import Complaint
from funnel.decision import Decision
from funnel.engine.shadow import Observer
from funnel.errors import BatchError, Lang, MappingError, ResumeError, SourceError

__all__ = ["DecisionWriter", "JsonlWriter", "Progress", "run_batch"]

_EVERY = 200
"""Rows between two reports of progress."""
_LOOKED_AT = 50
"""Rows of a table that are looked at to see what a column holds that is not understood."""
_PLACE = 40
"""Bits for the number of a row, below those for the number of its source."""
_ROWS = 64
"""Rows that a worker is given at once: some fifty milliseconds of work."""
_CHARACTERS = 1_000_000
"""Characters after which it is given fewer: rows may hold megabytes, and what is in flight stays in memory."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is: rows done, bytes read of the source at hand, and its size where known.

    Attributes:
        place: Which source it is, from 1.
        again: Whether rows are only passed over, since they were decided before the run was interrupted.
    """

    rows: int
    read: int | None
    size: int | None
    source: str
    place: int = 1
    again: bool = False


class DecisionWriter(Protocol):
    """Takes decisions as they come."""

    def write(self, decision: Decision) -> None:
        """Write one decision."""
        ...


class EncodedWriter(DecisionWriter, Protocol):
    """Takes decisions that another process has made bytes of, too."""

    def put(self, data: bytes) -> None:
        """Write the bytes of one decision."""
        ...


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some rows of a source, and how far it was read when they were cut. Without rows: the end of the source."""

    place: int
    source: Source
    table: Table
    rows: Sequence[Row]
    position: int | None


def run_batch(
    sources: Iterable[Source],
    decide: Callable[[Complaint], Decision],
    assembler: Assembler,
    *,
    decisions: DecisionWriter | None = None,
    rejects: BinaryIO | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    lang: Lang = "zh",
    pack: tuple[str, str] = ("", ""),
    pool: Pool | None = None,
    on_shadow: Observer | None = None,
    long_run: LongRun | None = None,
) -> Summary:
    """Decide every row of some sources.

    Args:
        sources: Open sources, read one after the other.
        decide: Decides one complaint; a crash in it rejects the row (code ``engine-error``) and the batch goes on, and so
            does a `RowRefusedError`, with the problem that it holds. A `BatchError` ends the run.
        assembler: Turns rows into complaints.
        decisions: Where decisions go; None for a dry run. With a pool it must take bytes too (``put``).
        rejects: Where unreadable rows go, as JSON Lines with row, line, file, id, code, field, reason and raw.
        on_progress: Called every few hundred rows, and at the end of each source.
        lang: Language of the reasons.
        pack: Id and digest, for the summary.
        pool: Processes that decide, with a plan that does what ``decide`` and ``assembler`` do. What is written is the
            same to the byte.
        on_shadow: Takes what draft rules would have decided in the processes of the pool.
        long_run: Where it is written down how far the run is, and where it goes on.

    Returns:
        The summary. ``rows == decided + sum(rejected.values())`` always holds.

    Raises:
        SourceError: A table has no column with a text or facts.
        MappingError: Headers clash.
        WorkerError: A process of the pool cannot decide as this one does, or dies again and again.
        ResumeError: A source has not the rows any more that were decided before.
        BatchError: Decisions or rejects cannot be written, as on a full disk.
    """
    run = _Run(assembler, decide, decisions, rejects, on_progress, lang, on_shadow, long_run)
    if run.finished:
        return run.summary(pack)
    with (
        SeenIds(log=long_run.ids if long_run is not None else None) as run.seen,
        SeenOrders(log=long_run.orders if long_run is not None else None) as run.orders,
    ):
        if long_run is not None:
            run.remember(long_run)
        with closing(run.pieces(sources, 1 if pool is None else _ROWS)) as pieces:
            if pool is None:
                for piece in pieces:
                    run.alone(piece)
            else:
                run.head(pieces, pool.head)
                for piece, found in pool.decide(pieces):
                    run.together(piece, found)
    run.complete()
    return run.summary(pack)


class _Run:
    """One run, as it goes."""

    def __init__(
        self,
        assembler: Assembler,
        decide: Callable[[Complaint], Decision],
        decisions: DecisionWriter | None,
        rejects: BinaryIO | None,
        on_progress: Callable[[Progress], None] | None,
        lang: Lang,
        on_shadow: Observer | None,
        long_run: LongRun | None,
    ) -> None:
        self.assembler, self.decide, self.decisions, self.rejects = assembler, decide, decisions, rejects
        self.on_progress, self.lang, self.on_shadow, self.long_run = on_progress, lang, on_shadow, long_run
        self.seen = SeenIds()
        self.orders = SeenOrders()
        self.names: list[str] = []
        self.started = time.perf_counter()
        start = long_run.start if long_run is not None else None
        self.place, self.row = (start.place, start.row) if start is not None else (1, 0)
        self.before = start.seconds if start is not None else 0.0
        self.finished = start is not None and start.finished
        self.tally = Tally.restored(start.tally) if start is not None else Tally()
        self.states: dict[int, FileState | None] = {}
        self.open: tuple[int, Source] | None = None

    def remember(self, long_run: LongRun) -> None:
        """Take up the ids and orders that were seen before the run was interrupted."""
        try:
            self.seen.again(long_run.seen())
            self.orders.again(entries_of(long_run.seen_orders()))
        except sqlite3.Error as error:
            raise _no_room_for_ids(error) from None

    # --- reading ----------------------------------------------------------------------------------------------------------

    def pieces(self, sources: Iterable[Source], size: int) -> Generator[_Piece, None, None]:
        """What there is to decide, piece by piece, read as it is asked for."""
        for place, source in enumerate(sources, 1):
            self.names.append(source.name)
            with closing(source):
                self.open = (place, source)
                prefix = "row-" if place == 1 else f"file{place}-row-"  # row 1 of two files is two complaints
                table = Table(source.name, self._paths(source, place), prefix)
                rows = source.rows
                if place < self.place:
                    continue  # done before the run was interrupted
                if not (place == self.place and self.row):
                    rows = self._looked_at(rows, source, table)
                if place == self.place and self.row:
                    self._pass_over(rows, self.row, source, place)
                while piece := _cut(rows, size):
                    yield _Piece(place, source, table, piece, source.position())
                self.states[place] = source.state()
                yield _Piece(place, source, table, (), source.size)

    def _looked_at(self, rows: Iterator[Row], source: Source, table: Table) -> Iterator[Row]:
        """The rows, of whose first ones it was seen what columns that are not understood hold.

        Raises:
            SourceError: Nothing is taken for the complaint's text, and such a column holds what reads like one.
        """
        unknown = [
            h for h, path in table.paths.items() if path == f"extra.{h}" and h not in self.assembler.headers.passed
        ]
        if not unknown:
            return rows
        first = list(islice(rows, _LOOKED_AT))
        texts: list[str] = []
        for header in unknown:
            cells = [row.content.get(header) for row in first if row.content is not None]
            cells = [cell for cell in cells if cell is not None and cell != ""]
            near = self.tally.suggestions.get(header)
            if near is not None and not all(self.assembler.fits(near, cell) for cell in cells):
                self.tally.suggestions[header] = (
                    "text" if _mostly_words(cells) and "text" not in table.paths.values() else None
                )
            if _mostly_words(cells):
                texts.append(header)
        if texts and "text" not in table.paths.values():
            name = excerpt(texts[0])
            raise SourceError(
                f"{source.name}：没有一列被当作投诉内容，“{name}”这一列却像是；写 --map '{name}=text'，不是就写 --map '{name}=extra.{name}'",
                f"{source.name}: no column is taken for the complaint's text, but {name!r} reads like it; write --map '{name}=text', or --map '{name}=extra.{name}' if it is not",
            )
        return chain(first, rows)

    def _pass_over(self, rows: Iterator[Row], count: int, source: Source, place: int) -> None:
        for done in range(1, count + 1):
            if next(rows, None) is None:
                raise ResumeError(
                    f"{source.name}：比中断前少了行，不能接着做；去掉 --resume 从头开始",
                    f"{source.name}: it has fewer rows than before; start anew without --resume",
                )
            if self.on_progress is not None and done % (10 * _EVERY) == 0:
                self.on_progress(Progress(done, source.position(), source.size, source.name, place, again=True))

    def _paths(self, source: Source, place: int) -> Mapping[str, str]:
        if not source.headers:
            return {}
        try:
            found = self.assembler.headers.table(source.headers)
        except (MappingError, SourceError) as error:
            raise error.about(source.name) from None
        if not self.assembler.headers.makes_complaints(source.headers):
            sheets = excerpts(
                [*(p.sheet for p in source.reading.parts if p.sheet), *(s.sheet for s in source.reading.left)]
            )
            zh, en = (
                (f"，或用 --sheet 换一个工作表（有：{sheets}）", f", or take another sheet with --sheet ({sheets})")
                if source.reading.left
                else ("", "")
            )
            raise SourceError(
                f"{source.name}：前几行里没有找到投诉内容这一列（现有：{excerpts(source.headers)}）；用 --map 表头=text 指定{zh}",
                f"{source.name}: no column with the complaint's text in the first rows; name it with --map HEADER=text{en}",
            )
        if source.reading.telling:
            self.tally.sources[place] = source.reading
        for item in found.unknown:  # also where every cell is empty
            self.tally.note_unknown(item.header, 0)
            self.tally.suggestions[item.header] = item.suggestion
        return dict(found.paths)

    # --- deciding ---------------------------------------------------------------------------------------------------------

    def head(self, pieces: Iterator[_Piece], count: int) -> None:
        """Decide the first rows in this process."""
        done = 0
        while done < count and (piece := next(pieces, None)) is not None:
            self.alone(piece)
            done += len(piece.rows)

    def alone(self, piece: _Piece) -> None:
        """Decide in this process. A row whose id was seen before is not decided at all: a queue must not take it."""
        table = piece.table
        for row in piece.rows:
            complaint, problem = self.assembler.assemble(row, table.paths, table.prefix)
            if complaint is not None:
                problem = self._repeated(complaint.id, piece.place, row)
            add = None
            if complaint is not None and problem is None:
                add, problem = self._decide(complaint, generated=complaint.id == f"{table.prefix}{row.number}")
            id_ = (
                complaint.id
                if complaint is not None
                else self.assembler.id_of(row, table.paths)
                if self.rejects
                else None
            )
            self._count(piece, row, id_, add, problem)
        if not piece.rows:
            self._end_of(piece)

    def together(self, piece: _Piece, found: Sequence[Decided]) -> None:
        """Take what other processes have decided, in the order of the rows."""
        for row, decided in zip(piece.rows, found, strict=True):
            problem = (
                self._repeated(decided.id, piece.place, row) if decided.complaint and decided.id is not None else None
            )
            if problem is None:
                problem = decided.problem
                if self.on_shadow is not None:
                    for shadow in decided.shadows:
                        self.on_shadow(shadow)
                if decided.data is not None and self.decisions is not None:
                    _write(self.decisions.put, decided.data)  # type: ignore[attr-defined]  # (an EncodedWriter, as documented)
            self._count(piece, row, decided.id, decided.counted if problem is None else None, problem)
        if not piece.rows:
            self._end_of(piece)

    def _count(self, piece: _Piece, row: Row, id_: str | None, add: Counted | None, problem: RowProblem | None) -> None:
        self.tally.rows += 1
        if add is not None:
            self.tally.add(add)
            if add.order is not None and id_ is not None:
                self._about(add.order, Place(piece.place, row.number, id_), settled=add.outcome == "settle")
        if problem is not None:
            self.tally.rejected[problem.code] += 1
            if self.rejects is not None:
                _write(self.rejects.write, reject_line(piece.source.name, row, id_, problem, self.lang))
        self.place, self.row = piece.place, row.number
        if self.on_progress is not None and self.tally.rows % _EVERY == 0:
            self._report(piece, piece.position)
        if self.long_run is not None and self.tally.rows % self.long_run.every == 0:
            self._save()

    def _end_of(self, piece: _Piece) -> None:
        self.place, self.row = piece.place + 1, 0
        if self.on_progress is not None:
            self._report(piece, piece.source.size)

    def _report(self, piece: _Piece, position: int | None) -> None:
        assert self.on_progress is not None  # noqa: S101 (the callers have looked)
        source = piece.source
        self.on_progress(Progress(self.tally.rows, position, source.size, source.name, piece.place))

    def _repeated(self, id_: str, place: int, row: Row) -> RowProblem | None:
        try:
            before = self.seen.first(id_, place << _PLACE | row.number)
        except sqlite3.Error as error:
            raise _no_room_for_ids(error) from None
        except OSError as error:
            raise _unwritable(error) from None
        if before is None:
            return None
        number, first = before & ((1 << _PLACE) - 1), before >> _PLACE
        name = self.names[first - 1]
        zh, en = (f"{name} ", f" of {name}") if first != place else ("", "")
        return RowProblem(
            "duplicate-id",
            f"编号与{zh}第 {number} 行重复，没有再判断",
            f"the id was that of row {number}{en} already; not decided again",
            "id",
        )

    def _about(self, order: Mention, at: Place, *, settled: bool) -> None:
        """Note a complaint about an order that others may have been about."""
        try:
            before = self.orders.add(order, at, settled=settled)
        except sqlite3.Error as error:
            raise _no_room_for_ids(error) from None
        except OSError as error:
            raise _unwritable(error) from None
        if before.complaints:
            self.tally.note_order(order, before, at, self.names, settled=settled)

    def _decide(self, complaint: Complaint, *, generated: bool) -> tuple[Counted | None, RowProblem | None]:
        """Decide and write; what is not written is not decided."""
        decision = None
        try:
            decision = self.decide(complaint)
            if self.decisions is not None:
                self.decisions.write(decision)
        except (BatchError, BrokenPipeError):
            raise
        except RowRefusedError as error:
            return None, error.problem
        except OSError as error:
            if decision is not None:
                raise _unwritable(error) from None
            return None, crash(error)
        except Exception as error:  # noqa: BLE001 (one case that crashes must not lose the others; it is kept as a reject)
            return None, crash(error)
        return counted(decision, complaint, generated=generated), None

    # --- keeping ----------------------------------------------------------------------------------------------------------

    def _save(self, *, finished: bool = False) -> None:
        assert self.long_run is not None  # noqa: S101 (the callers have looked)
        states = dict(self.states)
        if self.open is not None and self.open[0] not in states:
            place, source = self.open
            states[place] = source.state()
        self.long_run.save(
            place=self.place,
            row=self.row,
            tally=self.tally,
            seconds=self._seconds(),
            inputs=states,
            finished=finished,
        )

    def complete(self) -> None:
        """Write down that every row is done."""
        if self.long_run is not None:
            self._save(finished=True)

    def _seconds(self) -> float:
        return self.before + time.perf_counter() - self.started

    def summary(self, pack: tuple[str, str]) -> Summary:
        """What became of the batch."""
        seconds = self.before if self.finished else self._seconds()
        found = self.tally.summary(seconds, pack, self.assembler.headers)
        return replace(found, currency=self.assembler.currency)


def _mostly_words(cells: Sequence[object]) -> bool:
    """Whether a third of the cells and more hold sentences."""
    return bool(cells) and 3 * sum(map(reads_as_words, cells)) >= len(cells)


def _cut(rows: Iterator[Row], size: int) -> list[Row]:
    """The next rows, fewer where they are long."""
    if size == 1:
        return list(islice(rows, 1))
    found: list[Row] = []
    weight = 0
    for row in rows:
        found.append(row)
        weight += len(row.raw) or _weight(row)
        if len(found) == size or weight > _CHARACTERS:
            break
    return found


def _weight(row: Row) -> int:
    cells = row.content.values() if row.content is not None else ()
    return sum(len(cell) for cell in cells if isinstance(cell, str))


def _write(put: Callable[[bytes], object], data: bytes) -> None:
    try:
        put(data)
    except BrokenPipeError:  # the reader of a pipe has gone, which is no fault
        raise
    except OSError as error:
        raise _unwritable(error) from None


def _unwritable(error: OSError) -> BatchError:
    return BatchError(f"结果写不了（{error.strerror}）", f"results cannot be written ({error.strerror})")


def _no_room_for_ids(error: sqlite3.Error) -> BatchError:
    return BatchError(f"临时文件写不了（{error}）", f"the temporary file of ids cannot be written ({error})")
