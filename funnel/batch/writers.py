"""Where decisions go: JSON Lines, or CSV that is safe in a spreadsheet. Files appear whole or not at all."""

from __future__ import annotations

import csv
import errno
import io
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from funnel.decision import Decision
from funnel.errors import BatchError

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_WRITING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
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
)


def safe_cell(value: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    Source: OWASP, "CSV Injection": cells that begin with ``= + - @``, tab or carriage return.

    >>> safe_cell("=1+1"), safe_cell("ok")
    ("'=1+1", 'ok')
    """
    return "'" + value if value.lstrip(" ").startswith(_FORMULA) else value


class CsvWriter:
    """Writes decisions as flat CSV with a BOM, for Excel."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        stream.write(b"\xef\xbb\xbf")
        self._line(_COLUMNS)

    def _line(self, cells: tuple[str, ...]) -> None:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\r\n").writerow([safe_cell(cell) for cell in cells])
        self._stream.write(buffer.getvalue().encode("utf-8", "backslashreplace"))

    def write(self, decision: Decision) -> None:
        """Write one decision as a row."""
        amounts = [r.amount for m in decision.matters for r in m.remedies if r.amount is not None]
        reasons = decision.referral.reasons if decision.referral else ()
        self._line(
            (
                decision.complaint_id,
                decision.outcome,
                decision.tier or "",
                "; ".join(m.scenario for m in decision.matters),
                "; ".join(m.rule for m in decision.matters),
                " + ".join(amounts),
                "; ".join(r.text for r in reasons),
                "; ".join(q.text for q in decision.questions),
                decision.respond_by.isoformat() if decision.respond_by else "",
                decision.resolve_by.isoformat() if decision.resolve_by else "",
            )
        )


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name only when everything in it was written.

    Raises:
        BatchError: The folder is not there or cannot be written.
    """
    path = path.resolve()  # a link keeps pointing where it points
    if path.exists() and not path.is_file():
        with _plain_file(path) as stream:
            yield stream
        return
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise BatchError(f"{path}：写不了 cannot be written ({error.strerror})") from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb", buffering=1024 * 1024) as stream:
            yield stream
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _WRITING:
            raise BatchError(f"{path}：写不了 cannot be written ({error.strerror})") from None
        raise


@contextmanager
def _plain_file(path: Path) -> Iterator[BinaryIO]:
    """A device or a pipe: written as it is, since renaming a file over ``/dev/null`` would destroy it."""
    try:
        with path.open("wb") as stream:
            yield stream
    except OSError as error:
        raise BatchError(f"{path}：写不了 cannot be written ({error.strerror})") from None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
