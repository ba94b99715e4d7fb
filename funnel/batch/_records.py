"""Lines and CSV records cut out of a byte stream: flat memory, and what is broken does not take the rest with it.

Bytes can be cut before they are decoded, because in UTF-8 and GB18030 no byte of a longer character is a quote, a
comma, a semicolon, a tab or a line end (GB18030 trail bytes are 0x30-0x39, 0x40-0x7E and 0x80-0xFE). UTF-16, and
GB18030 with bars for delimiters (0x7C is a trail byte), are turned into UTF-8 first.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from funnel.batch._encoding import Readable
from funnel.batch.rows import RowProblem

MAX_RECORD = 8 * 1024 * 1024
"""Largest record, in bytes: twice what the longest text of the contract needs. A larger one is rejected unread."""
_MAX_LINES = 50_000
"""Most lines of one record: short lines weigh more in memory than in bytes."""
CHUNK = 64 * 1024
_HEAD = 1_000
_QUOTE = b'"'
_LINE_END = re.compile(r"[\r\n]")


@dataclass(frozen=True, slots=True)
class Line:
    """A physical line without its line end. ``whole`` is False for one over the limit, of which the beginning is kept."""

    number: int
    data: bytes
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """A CSV record, or why a line makes none. ``line`` is where it begins, from 1."""

    data: bytes
    line: int
    problem: RowProblem | None = None


def too_large() -> RowProblem:
    """The problem of a record over the limit."""
    size = MAX_RECORD // 1024 // 1024
    return RowProblem(
        "field-too-large", f"这一条超过 {size} MB，没有读", f"this one is over {size} MB and was not read"
    )


def lines(stream: Readable, newline: bytes = b"\n", chunk: int = CHUNK) -> Iterator[Line]:
    """The lines of a stream, none held longer than the limit."""
    number, size, skipping = 1, 0, False
    pieces: list[bytes] = []
    while data := stream.read(chunk):
        *ended, rest = data.split(newline)
        for end in ended:
            part = end
            if pieces:
                pieces.append(end)
                part = b"".join(pieces)
                pieces.clear()
            if not skipping:
                yield Line(number, part) if len(part) <= MAX_RECORD else Line(number, part[:_HEAD], whole=False)
            size, skipping = 0, False
            number += 1
        if rest and not skipping:
            pieces.append(rest)
            size += len(rest)
            if size > MAX_RECORD:
                yield Line(number, b"".join(pieces)[:_HEAD], whole=False)
                pieces.clear()
                skipping = True
    if pieces:
        yield Line(number, b"".join(pieces))


def records(stream: Readable, delimiter: bytes, newline: bytes = b"\n", chunk: int = CHUNK) -> Iterator[Record]:
    """The records of a CSV stream, quoted line ends kept inside.

    A quote opens a cell only where the cell begins; elsewhere it is a character (``5" screen``). Where quotes do not
    work out (never closed within the limit, or followed by something else than a delimiter), every line of the
    record is read on its own: those with a quote of their own left open are rejected, the others are rows.
    """
    pending: list[bytes] = []
    size, start, quoted = 0, 1, False
    for line in lines(stream, newline, chunk):
        data = line.data.removeprefix(codecs.BOM_UTF8) if line.number == 1 else line.data
        if not pending:
            start = line.number
        if not line.whole:
            yield from _apart(pending, start, delimiter)
            yield Record(data, line.number, too_large())
            pending, size, quoted = [], 0, False
            continue
        body = data.rstrip(b"\r\n")
        if not quoted and _QUOTE not in body:
            yield Record(body, line.number)
            continue
        state = _scan(body, delimiter, quoted=quoted)
        size += len(data) + 1
        if state is False:
            pending.append(body)
            whole = newline.join(pending)
            yield Record(whole, start) if len(whole) <= MAX_RECORD else Record(whole[:_HEAD], start, too_large())
        else:
            pending.append(data)
            if state is True and size <= MAX_RECORD and len(pending) < _MAX_LINES:
                quoted = True
                continue
            yield from _apart(pending, start, delimiter)
        pending, size, quoted = [], 0, False
    yield from _apart(pending, start, delimiter)


def _scan(body: bytes, delimiter: bytes, *, quoted: bool) -> bool | None:
    """Whether a quote is open at the end of a line; None where a quoted cell does not end as it must."""
    at = 0
    while True:
        if quoted:
            at = body.find(_QUOTE, at)
            if at < 0:
                return True
            if body.startswith(_QUOTE, at + 1):
                at += 2
                continue
            quoted = False
            at += 1
        elif body.startswith(_QUOTE, at):
            quoted = True
            at += 1
            continue
        else:
            at = body.find(delimiter, at)
        if at < 0 or at >= len(body):
            return False
        if not body.startswith(delimiter, at):
            return None
        at += 1


def _apart(pending: Sequence[bytes], start: int, delimiter: bytes) -> Iterator[Record]:
    """Every line of a broken record on its own."""
    for index, data in enumerate(pending):
        body = data.rstrip(b"\r\n")
        state = _scan(body, delimiter, quoted=False)
        problem = None
        if state is None:
            problem = RowProblem(
                "bad-quote",
                "带引号的格子里有单个引号；格子里的引号要写两个",
                "a quoted cell holds a single quote; write quotes inside it twice",
            )
        elif state:
            problem = RowProblem(
                "unclosed-quote",
                "引号没有成对，这一行读不出；它后面的行各自单独读",
                "a quote is not closed; this line cannot be read, the lines after it are read on their own",
            )
        yield Record(body, start + index, problem)


def split_cells(text: str, delimiter: str) -> list[str]:
    """The cells of one record that `records` let through.

    Raises:
        ValueError: Its quotes do not work out, or a line end stands outside them.
    """
    if '"' not in text:
        if _LINE_END.search(text):
            raise ValueError("a line end outside quotes")
        return text.split(delimiter)
    cells: list[str] = []
    at = 0
    while True:
        if text.startswith('"', at):
            end = text.index('"', at + 1)
            while text.startswith('"', end + 1):
                end = text.index('"', end + 2)
            cells.append(text[at + 1 : end].replace('""', '"'))
            at = end + 1
        else:
            end = text.find(delimiter, at)
            end = len(text) if end < 0 else end
            if _LINE_END.search(text, at, end):
                raise ValueError("a line end outside quotes")
            cells.append(text[at:end])
            at = end
        if at >= len(text):
            return cells
        if not text.startswith(delimiter, at):
            raise ValueError("a quoted cell is not followed by a delimiter")
        at += 1
