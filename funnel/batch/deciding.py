"""From a row to what becomes of it: bytes of its decision, or why there is none. The same in every process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from funnel.batch.assemble import Assembler
from funnel.batch.rows import Row, RowProblem, short_raw
from funnel.batch.tally import Counted, counted
from funnel.complaint import Complaint
from funnel.decision import Decision
from funnel.engine.shadow import Shadow
from funnel.errors import BatchError


@dataclass(frozen=True, slots=True)
class Table:
    """Where rows come from, as far as it decides what they mean.

    Attributes:
        name: The source's name, for messages.
        paths: What each header of a table means; empty for JSON.
        prefix: What precedes a row's number in the id of a complaint that has none; None: such a row is rejected.
    """

    name: str
    paths: Mapping[str, str]
    prefix: str | None


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a row.

    Attributes:
        id: The complaint's id, or that of a row that makes no complaint, if it has one.
        complaint: Whether the row made a complaint; its id counts for duplicates then.
        data: The decision as it is written; None where there is none.
        counted: What the decision adds to the summary.
        problem: Why there is no decision.
        shadows: What draft rules would have decided.
    """

    id: str | None
    complaint: bool
    data: bytes | None = None
    counted: Counted | None = None
    problem: RowProblem | None = None
    shadows: tuple[Shadow, ...] = ()


class Decider:
    """Decides rows, one by one; a crash is a problem of its row.

    Args:
        assembler: Turns rows into complaints.
        decide: Decides one.
        encode: Makes bytes of a decision.
        shadows: Where `decide` leaves what draft rules would have decided, if it does.
    """

    def __init__(
        self,
        assembler: Assembler,
        decide: Callable[[Complaint], Decision],
        encode: Callable[[Decision], bytes],
        shadows: list[Shadow] | None = None,
    ) -> None:
        self._assembler = assembler
        self._decide = decide
        self._encode = encode
        self._shadows = shadows

    def __call__(self, row: Row, table: Table) -> Decided:
        """What becomes of a row."""
        complaint, problem = self._assembler.assemble(row, table.paths, table.prefix)
        if complaint is None:
            return Decided(self._assembler.id_of(row, table.paths), complaint=False, problem=problem)
        try:
            decision = self._decide(complaint)
            data = self._encode(decision)
        except BatchError:
            raise
        except Exception as error:  # noqa: BLE001 (one case that crashes must not lose the others; it is kept as a reject)
            return Decided(complaint.id, complaint=True, problem=crash(error), shadows=self._taken())
        generated = complaint.id == f"{table.prefix}{row.number}"
        add = counted(decision, complaint, generated=generated)
        return Decided(complaint.id, complaint=True, data=data, counted=add, shadows=self._taken())

    def _taken(self) -> tuple[Shadow, ...]:
        if not self._shadows:
            return ()
        found = tuple(self._shadows)
        self._shadows.clear()
        return found

    def many(self, rows: Sequence[Row], table: Table) -> list[Decided]:
        """What becomes of some rows, in their order."""
        return [self(row, table) for row in rows]


ENGINE_ERROR: Final = "engine-error"
"""The code of a reject, or of a referral's reason, that is no fault of its row."""


class RowRefusedError(Exception):
    """What a function that decides raises over a row that is at fault itself, though the contract takes it.

    Attributes:
        problem: Why, for the reject.
    """

    def __init__(self, problem: RowProblem) -> None:
        super().__init__(problem)
        self.problem = problem


def crash(error: Exception) -> RowProblem:
    """The kind of the error alone: its message may hold personal data."""
    kind = type(error).__name__
    return RowProblem(
        ENGINE_ERROR,
        f"判断时出错（{kind}），没有判断结果；这一件要由人来看",
        f"deciding failed ({kind}), there is no decision; a person must look at this one",
    )


def raw_of(row: Row) -> str:
    """What was there, as a rejects file keeps it."""
    raw = row.raw or (orjson.dumps(dict(row.content), default=str).decode() if row.content is not None else "")
    return short_raw(raw).encode("utf-8", "backslashreplace").decode("utf-8")


def reject_line(name: str, row: Row, id_: str | None, problem: RowProblem, lang: str) -> bytes:
    """A line of the rejects file."""
    content: dict[str, Any] = {
        "row": row.number,
        "line": row.line,
        "file": name,
        **({} if row.sheet is None else {"sheet": row.sheet}),
        "id": id_,
        "code": problem.code,
        "field": problem.field,
        "reason": problem.text(lang),
        "raw": raw_of(row),
    }
    return orjson.dumps(content) + b"\n"
