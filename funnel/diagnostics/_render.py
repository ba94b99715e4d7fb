"""Draw diagnostics for terminals and machines. The caret stays aligned under double-width characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from funnel.diagnostics._model import Diagnostic

_LABELS = {
    ("error", "zh"): "错误",
    ("warning", "zh"): "警告",
    ("error", "en"): "error",
    ("warning", "en"): "warning",
}
_MAX_SOURCE = 160


def display_width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: wide and full-width characters take two, combining ones none."""
    width = 0
    for char in text:
        if unicodedata.combining(char):
            continue
        width += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return width


def render(diagnostic: Diagnostic, lang: str = "zh") -> str:
    """One diagnostic as text: place, message, the source line with a caret, and the way out."""
    label = _LABELS[diagnostic.severity, "en" if lang == "en" else "zh"]
    lines = [f"{diagnostic.span}: {label} {diagnostic.code}: {diagnostic.message(lang)}"]
    lines += _excerpt(diagnostic)
    for span, word in diagnostic.related:
        lines.append(f"    {'另见' if lang != 'en' else 'see also'} {span} {word}".rstrip())
    help_ = diagnostic.help(lang).strip()
    if help_:
        lines.append(f"    {'办法' if lang != 'en' else 'help'}: {help_}")
    return "\n".join(lines)


def _excerpt(diagnostic: Diagnostic) -> list[str]:
    span = diagnostic.span
    if not span.line or not span.source:
        return []
    source = span.source.rstrip("\n")
    start = span.column - 1
    end = max(span.end_column - 1, start + 1)
    if len(source) > _MAX_SOURCE:  # a window around the place: the caret must be on screen
        cut = max(0, start - _MAX_SOURCE // 2)
        source, start, end = source[cut : cut + _MAX_SOURCE], start - cut, min(end - cut, _MAX_SOURCE)
    shown = "".join(_visible(char) for char in source)
    pad = display_width("".join(_visible(char) for char in source[:start]))
    carets = max(1, display_width("".join(_visible(char) for char in source[start:end])))
    number = str(span.line)
    gutter = " " * len(number)
    return [f"  {number} | {shown}", f"  {gutter} | {' ' * pad}{'^' * carets}"]


def _visible(char: str) -> str:
    """Make tabs and control characters visible and of known width."""
    if char == "\t":
        return "→"
    if unicodedata.category(char) == "Cc":
        return "·"
    return char


def render_all(diagnostics: Sequence[Diagnostic], lang: str = "zh") -> str:
    """All diagnostics in file order, a blank line between them."""
    return "\n\n".join(render(item, lang) for item in diagnostics)


def render_json(diagnostics: Sequence[Diagnostic], lang: str = "zh") -> list[dict[str, Any]]:
    """Plain data for ``--format json``."""
    return [
        {
            "code": d.code,
            "severity": d.severity,
            "message": d.message(lang),
            "help": d.help(lang),
            "path": d.span.path,
            "line": d.span.line,
            "column": d.span.column,
            "end_column": d.span.end_column,
            "related": [{"path": s.path, "line": s.line, "column": s.column, "note": word} for s, word in d.related],
        }
        for d in diagnostics
    ]
