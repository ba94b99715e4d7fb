"""A process that decides rows for another one. Started by `funnel.batch.pool`, ends when its input does."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from funnel.batch._frames import receive, send
from funnel.batch.deciding import Decided, Decider, Table
from funnel.batch.plan import ready
from funnel.batch.rows import Row
from funnel.errors import ComplaintError, TwoLanguageError


def main() -> None:
    """Take a plan, then rows; give what becomes of them."""
    # Whatever prints goes to stderr: a stray line between two messages would garble them.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    gc.set_threshold(100_000, 50, 50)  # as the command does: a pack is large and lives as long as the process
    source = sys.stdin.buffer
    try:
        plan = receive(source)
        try:
            decider = ready(plan).decider
        except Exception as error:  # noqa: BLE001 (whatever it is, it is told over there, in one piece)
            send(output, _said(error, repr(error)))
            return
        send(output, None)
        while True:
            rows, table = receive(source)
            send(output, _answer(decider, rows, table))
    except (EOFError, OSError, KeyboardInterrupt):
        os._exit(0)  # whoever asked has gone: there is nothing to tidy up, and nobody to tell


def _answer(decider: Decider, rows: Sequence[Row], table: Table) -> list[Decided] | tuple[str, str]:
    """What became of the rows; a text in Chinese and English where this process cannot go on."""
    try:
        return decider.many(rows, table)
    except Exception as error:  # noqa: BLE001 (as above; the kind alone, since a message may hold personal data)
        return _said(error, type(error).__name__)


def _said(error: Exception, other: str) -> tuple[str, str]:
    """What an error says in both languages, as it cannot be known here which one is read; ``other`` where it speaks neither."""
    return (error.zh, error.en) if isinstance(error, TwoLanguageError | ComplaintError) else (other, other)
