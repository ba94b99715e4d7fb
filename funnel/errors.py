"""Exceptions, for errors in the use of the API. Errors in rules are collected `funnel.Diagnostic` objects.

FunnelError
├── PackError            a pack does not load; `.diagnostics` says all that is wrong
│   └── PackNotFoundError   no pack of that name or path
├── ComplaintError       a complaint does not fit the contract; `.problems` lists every field
└── BatchError           a batch cannot be read or written
    ├── SourceError      the file is not what it should be
    └── MappingError     a column mapping names what does not exist
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from funnel.diagnostics import Diagnostic


class FunnelError(Exception):
    """Base of every exception this library raises on purpose."""


class PackError(FunnelError):
    """A pack does not load.

    Attributes:
        diagnostics: Every finding of the load, in file order, warnings included.
    """

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)


class PackNotFoundError(PackError):
    """There is no pack of that name or at that path."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One field of a complaint that cannot be read.

    Attributes:
        field: Path of the field in the contract, such as ``order.price``; empty for the complaint as a whole.
        message: What is wrong and what was expected. Never contains the value, which may be personal data.
    """

    field: str
    message: str


class ComplaintError(FunnelError, ValueError):
    """A complaint does not fit the contract.

    Attributes:
        problems: Every field that is wrong.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        lines = "; ".join(f"{p.field or 'complaint'}: {p.message}" for p in self.problems)
        super().__init__(lines)


class BatchError(FunnelError):
    """A batch cannot be read or written."""


class SourceError(BatchError):
    """An input file is not what it should be."""


class MappingError(BatchError):
    """A column mapping names a header or a path that does not exist."""
