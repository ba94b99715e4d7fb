"""Where decisions go: JSON Lines, or CSV that is safe in a spreadsheet. Files appear whole or not at all."""

from __future__ import annotations

import csv
import io
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from funnel.decision import Decision, Question
from funnel.errors import BatchError

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_BLANK = " \t\r\n\u00a0\u200b\u3000\ufeff"
"""What a spreadsheet may strip before it looks at a cell."""
OWNERS = 0o600
"""Permissions of a new file that holds complaints or what was decided on them."""
_COLUMNS = (
    "complaint_id",
    "outcome",
    "tier",
    "scenarios",
    "rules",
    "amount",
    "reasons",
    "questions",
    "respond_by",
    "resolve_by",
    "presumed",
    "suggestions",
)


def safe_cell(value: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    Source: OWASP, "CSV Injection": cells that begin with ``= + - @``, tab or carriage return.

    >>> safe_cell("=1+1"), safe_cell("ok")
    ("'=1+1", 'ok')
    """
    return "'" + value if value.startswith(_FORMULA) or value.lstrip(_BLANK).startswith(_FORMULA) else value


class JsonlWriter:
    """Writes decisions as JSON Lines, the contract."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, decision: Decision) -> None:
        """Write one decision."""
        self.put(self.encode(decision))

    def put(self, data: bytes) -> None:
        """Write a decision that `encode` made bytes of, maybe in another process."""
        self._stream.write(data)

    @staticmethod
    def encode(decision: Decision) -> bytes:
        """The line of a decision."""
        return decision.model_dump_json().encode("utf-8") + b"\n"


class CsvWriter:
    """Writes decisions as flat CSV with a BOM, for Excel.

    Args:
        stream: Where to.
        begun: Whether the header stands there already, as where a run is resumed.
    """

    def __init__(self, stream: BinaryIO, *, begun: bool = False) -> None:
        self._stream = stream
        if not begun:
            stream.write(b"\xef\xbb\xbf" + _line(_COLUMNS))

    def write(self, decision: Decision) -> None:
        """Write one decision as a row."""
        self.put(self.encode(decision))

    def put(self, data: bytes) -> None:
        """Write a decision that `encode` made bytes of, maybe in another process."""
        self._stream.write(data)

    @staticmethod
    def encode(decision: Decision) -> bytes:
        """The row of a decision."""
        amounts = [r.amount for m in decision.matters for r in m.remedies if r.amount is not None]
        reasons = decision.referral.reasons if decision.referral else ()
        return _line(
            (
                decision.complaint_id,
                decision.outcome,
                decision.tier or "",
                "; ".join(m.scenario for m in decision.matters),
                "; ".join(m.rule for m in decision.matters),
                " + ".join(amounts),
                "; ".join(r.text for r in reasons),
                "; ".join(map(_asked, decision.questions)),
                decision.respond_by.isoformat() if decision.respond_by else "",
                decision.resolve_by.isoformat() if decision.resolve_by else "",
                "; ".join(m.scenario for m in decision.matters if m.presumed),
                "; ".join(s.scenario for s in decision.suggestions if s.because == "reads-like"),
            )
        )


def _line(cells: tuple[str, ...]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
    return buffer.getvalue().encode("utf-8", "backslashreplace")


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name only when everything in it was written.

    A device or a pipe (``/dev/null``) is written as it stands, a link's target is replaced and not the link. The file's
    permissions are those of the file before it, else its owner's alone (0600): it holds what people have written.

    Raises:
        BatchError: The folder is not there or cannot be written, or the disk is full.
    """
    target = Path(os.path.realpath(path))
    temporary: Path | None = None
    try:
        if target.exists() and not target.is_file():
            stream: BinaryIO = target.open("wb")
        else:
            temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), OWNERS)
            stream = os.fdopen(handle, "wb", buffering=1024 * 1024)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        yield stream
        _finish(path, stream, temporary, target)
    except BaseException:
        with suppress(OSError):  # what is still buffered is not wanted any more
            stream.close()
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise


def _finish(path: Path, stream: BinaryIO, temporary: Path | None, target: Path) -> None:
    try:
        stream.close()
        if temporary is not None:
            if target.exists():
                shutil.copymode(target, temporary)
            temporary.replace(target)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> BatchError:
    return BatchError(f"{path}：写不了（{error.strerror}）", f"{path}: cannot be written ({error.strerror})")


def _asked(question: Question) -> str:
    """A question, with what there is to choose from where it cannot be answered without."""
    labels = [answer.label for answer in question.answers] if question.type == "set" else []
    return question.text + (f" [{' / '.join(labels)}]" if labels else "")
