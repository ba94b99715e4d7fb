"""The one diagnostic type of loader, linter, analyser and scenario tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from funnel._nearness import nearest
from funnel.diagnostics._catalog import CATALOG
from funnel.diagnostics._chinese import format_word

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file. Lines and columns count from 1, columns in characters.

    Attributes:
        path: The file, as the user named it.
        line: First line, from 1; 0 for the file as a whole.
        column: First column, from 1.
        end_column: One past the last column, on the same line.
        source: The text of that line, for drawing; not part of a span's identity.
    """

    path: str
    line: int = 0
    column: int = 0
    end_column: int = 0
    source: str = field(default="", compare=False)

    def __str__(self) -> str:
        if not self.line:
            return self.path
        return f"{self.path}:{self.line}:{self.column}"


def shown_path(path: Path) -> str:
    """A path as people read it: from the working directory where it lies below it, else as it is."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: Stable code, such as ``F103``; `docs/codes/` has a page for each.
        severity: ``error`` keeps a pack from loading, ``warning`` does not.
        span: Where it is.
        values: What fills the message's blanks.
        related: Other places that belong to the finding, with a word each.
    """

    code: str
    severity: Severity
    span: Span
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    related: tuple[tuple[Span, str], ...] = ()

    def message(self, lang: str = "zh") -> str:
        """What is wrong and what was expected, in ``zh`` or ``en``."""
        return self._fill(CATALOG[self.code].message(lang))

    def help(self, lang: str = "zh") -> str:
        """One way out, in ``zh`` or ``en``."""
        return self._fill(CATALOG[self.code].help(lang))

    def __reduce__(self) -> tuple[object, ...]:
        """How to make it again: a view of a mapping cannot be pickled, a mapping can."""
        return Diagnostic, (self.code, self.severity, self.span, dict(self.values), self.related)

    def _fill(self, template: str) -> str:
        return template.format_map(_Blanks(self.values))


class _Blanks(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


class Diagnostics:
    """Collects the findings of one run. The only mutable thing here; it lives as long as the run."""

    def __init__(self) -> None:
        self._items: list[Diagnostic] = []

    def add(self, code: str, span: Span, *related: tuple[Span, str], **values: object) -> None:
        """Record a finding. The catalogue of codes knows its severity."""
        texts = {key: str(value) for key, value in values.items()}
        self._items.append(Diagnostic(code, CATALOG[code].severity, span, MappingProxyType(texts), tuple(related)))

    def extend(self, items: Iterable[Diagnostic]) -> None:
        """Take over the findings of another run."""
        self._items.extend(items)

    @property
    def has_errors(self) -> bool:
        """Whether any finding is an error."""
        return any(item.severity == "error" for item in self._items)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """The findings in file order, each once."""
        unique = {(d.code, d.span, tuple(sorted(d.values.items()))): d for d in self._items}
        return tuple(sorted(unique.values(), key=lambda d: (d.span.path, d.span.line, d.span.column, d.code)))

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.sorted())

    def __len__(self) -> int:
        return len(self._items)


def suggestion(word: str, known: Iterable[str]) -> str:
    """The nearest known word, by its letters or by its Chinese name; ``""`` where none is near."""
    choices = sorted(known)
    return nearest(word, choices) or format_word(word, choices)
