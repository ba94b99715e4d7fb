"""Exceptions, for errors in the use of the API. Errors in rules are collected `funnel.Diagnostic` objects.

FunnelError              each has `.zh`, `.en` and `.text(lang)`: what is wrong, in Chinese and in English
├── ComplaintError       a complaint does not fit the contract; `.problems` lists every field
├── TwoLanguageError
│   ├── ArgumentError    an argument of a function is not what it takes
│   ├── PackError        a pack does not load; `.diagnostics` says all that is wrong
│   │   └── PackNotFoundError   no pack of that name or path
│   ├── BatchError       a batch cannot be read or written
│   │   ├── SourceError      the file is not what it should be
│   │   ├── MappingError     a column mapping names what does not exist
│   │   ├── ResumeError      a run cannot be taken up where it was left
│   │   └── WorkerError      another process cannot decide as this one does, or died
│   ├── MatcherError     a matcher cannot be had here
│   ├── AnswerError      an answer in an interview does not fit the question
│   ├── MiningError      there is nothing to mine, or the extra that mines is missing
│   ├── TemplateError    what `funnel init` is to make does not fit, or is there already
│   ├── ReportError      the extra that draws reports is missing
│   ├── LikenessError    a file of what was learnt cannot be read
│   └── LearningError    there is nothing to learn from, or the extra that learns is missing
└── QueueError           a command on the human queue is refused; nothing was changed
    ├── UnknownCaseError       this tenant has no such case, agent, offer or incident
    ├── InvalidCommandError    an argument cannot be used: an empty reason, an instant in the future
    ├── InvalidTransitionError the case's state does not allow it
    ├── NotEligibleError       tier, skills, cap or rights do not allow it
    ├── ConcurrencyError       somebody else was faster
    │   ├── AlreadyClaimedError   another agent holds the case
    │   ├── StaleClaimError       the claim is no longer the caller's
    │   └── StaleVersionError     the case has changed since it was read
    ├── ErasedError            the personal data that would be needed has been erased
    ├── CipherError            the vault's cipher failed, or has another key
    └── StoreError             the database failed
        ├── StoreBusyError     another writer held it too long; try again
        ├── StoreFullError     it is out of room
        └── StoreSchemaError   its schema is not the one this library needs
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from funnel.diagnostics import Diagnostic


Lang = Literal["zh", "en"]
"""The languages of messages and texts."""


def _again(kind: type[BaseException], args: tuple[Any, ...], state: dict[str, Any]) -> BaseException:
    """An exception as it was, without calling what made it."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class Portable(BaseException):
    """What can be copied and sent to another process whatever its ``__init__`` takes: a pool must not break on it."""

    def __reduce__(self) -> tuple[Any, ...]:
        """How to make it again: its class, its arguments and its attributes."""
        return _again, (type(self), self.args, self.__dict__)


class FunnelError(Portable, Exception):
    """Base of every exception this library raises on purpose. All of them can be pickled, with their attributes."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One field of a complaint that cannot be read.

    Attributes:
        field: Path of the field in the contract, such as ``order.price``; empty for the complaint as a whole.
        zh, en: What is wrong and what was expected, in Chinese and English. Never contain the value, which may be
            personal data.
    """

    field: str
    zh: str
    en: str

    def text(self, lang: str = "zh") -> str:
        """What is wrong and what was expected, in ``zh`` or ``en``."""
        return self.en if lang == "en" else self.zh

    def line(self, lang: str = "zh") -> str:
        """The field and what is wrong with it, in ``zh`` or ``en``."""
        return f"{self.field or 'complaint'}: {self.en}" if lang == "en" else f"{self.field or '投诉'}：{self.zh}"

    @property
    def message(self) -> str:
        """Both languages, for who does not know the reader's."""
        return f"{self.zh}: {self.en}"


class ComplaintError(FunnelError, ValueError):
    """A complaint does not fit the contract.

    Attributes:
        problems: Every field that is wrong.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        lines = "; ".join(f"{p.field or 'complaint'}: {p.message}" for p in self.problems)
        super().__init__(lines)

    @property
    def zh(self) -> str:
        """Every field with what is wrong with it, in Chinese."""
        return "；".join(problem.line() for problem in self.problems)

    @property
    def en(self) -> str:
        """The same in English."""
        return "; ".join(problem.line("en") for problem in self.problems)

    def text(self, lang: str = "zh") -> str:
        """What is wrong, in ``zh`` or ``en``."""
        return self.en if lang == "en" else self.zh


class TwoLanguageError(FunnelError):
    """Something is wrong that is told in the reader's language.

    Attributes:
        zh, en: What is wrong and the way out, in Chinese and English.
    """

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}: {en}")
        self.zh = zh
        self.en = en

    def text(self, lang: str = "zh") -> str:
        """What is wrong, in ``zh`` or ``en``."""
        return self.en if lang == "en" else self.zh


class ArgumentError(TwoLanguageError, ValueError):
    """An argument of a function is not what it takes: what was expected. A `ValueError`, as Python's own functions raise."""


class PackError(TwoLanguageError):
    """A pack does not load.

    Attributes:
        diagnostics: Every finding of the load, in file order, warnings included.
    """

    def __init__(self, zh: str, en: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(zh, en)
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)


class PackNotFoundError(PackError):
    """There is no pack of that name or at that path."""


class AnswerError(TwoLanguageError, ValueError):
    """An answer in an interview does not fit the question: what was expected."""


class BatchError(TwoLanguageError):
    """A batch cannot be read or written."""

    def about(self, name: str) -> Self:
        """The same, said of something: a file, a folder."""
        return type(self)(f"{name}：{self.zh}", f"{name}: {self.en}")


class SourceError(BatchError):
    """An input file is not what it should be."""


class MappingError(BatchError):
    """A column mapping names a header or a path that does not exist."""


class ResumeError(BatchError):
    """A run cannot be taken up where it was left: something has changed since, or another run is at it."""


class WorkerError(BatchError):
    """Another process cannot decide as this one does (another pack, another version), or died again and again."""


class QueueError(FunnelError):
    """A command on the human queue is refused. Nothing was changed.

    Attributes:
        status: The HTTP status that says the same, for whoever serves the queue.
        zh, en: What is refused and the way out, in Chinese and English. What a database says of itself is in its own words.
    """

    status: int = 400

    def __init__(self, en: str, zh: str | None = None) -> None:
        super().__init__(en)
        self.en = en
        self.zh = en if zh is None else zh

    def text(self, lang: str = "zh") -> str:
        """What is refused, in ``zh`` or ``en``."""
        return self.en if lang == "en" else self.zh


class UnknownCaseError(QueueError, LookupError):
    """This tenant has no such case, agent, offer, merchant decision or incident."""

    status = 404


class InvalidCommandError(QueueError, ValueError):
    """An argument cannot be used: an empty reason, an instant in the future, a command id used for something else."""

    status = 422


class InvalidTransitionError(QueueError):
    """The state of the case does not allow the command."""

    status = 422


class NotEligibleError(QueueError):
    """The agent may not: tier, skills, the cap on cases at once, or a supervisor's rights."""

    status = 403


class ConcurrencyError(QueueError):
    """Somebody else was faster. Read the case again."""

    status = 409


class AlreadyClaimedError(ConcurrencyError):
    """Another agent holds the case."""


class StaleClaimError(ConcurrencyError):
    """The claim is no longer the caller's: it lapsed, was given up, or was assigned to somebody else."""


class StaleVersionError(ConcurrencyError):
    """The case has changed since it was read."""


class ErasedError(QueueError):
    """The personal data that the command needs has been erased."""

    status = 410


class CipherError(QueueError):
    """The vault's cipher failed, or has another key. The command had no effect."""

    status = 503


class StoreError(QueueError):
    """The queue's database failed. The command had no effect."""

    status = 503


class StoreBusyError(StoreError):
    """Another writer held the database for longer than we wait. Try again."""


class StoreFullError(StoreError):
    """The disk or the database is out of room."""

    status = 507


class StoreSchemaError(StoreError):
    """The database's schema is missing, old, or newer than this library."""
