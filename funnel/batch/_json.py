"""JSON Lines, and JSON arrays read object by object."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from funnel.batch._encoding import Readable
from funnel.batch._records import CHUNK, MAX_RECORD, lines, too_large
from funnel.batch.rows import Row, RowProblem, excerpt, short_raw
from funnel.complaint import Complaint

_SPACE = re.compile(rb"[ \t\r\n]*")
_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'["\\]')
_SCALAR = re.compile(rb"[^,\]}\s]*")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"(\s*+:)?', re.DOTALL)
_SHOWN = 1_000
"""Bytes kept of what breaks the structure."""
_OWN = frozenset({b'"text"', b'"facts"', b'"order"'})
"""Members that show that an object is a complaint itself."""
_LISTS = frozenset({"complaints", "data", "items", "records", "rows", "list", "results"})
"""Members that hold the complaints even where the list is empty or does not begin with an object."""


def read_jsonl(stream: Readable, *, chunk: int = CHUNK) -> Iterator[Row]:
    """One object a line; blank lines are passed over."""
    number = 0
    for line in lines(stream, chunk=chunk):
        data = line.data.removeprefix(codecs.BOM_UTF8).strip(b" \t\r")
        if data:
            number += 1
            if line.whole:
                yield parse(number, line.number, data)
            else:
                yield Row(number, line.number, None, too_large(), short_raw(data))


def parse(number: int, line: int, data: bytes) -> Row:
    """One object."""
    problem = None
    content: Any = None
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        place = error.lineno + line - 1
        problem = RowProblem(
            "bad-json",
            f"不是有效的 JSON（第 {place} 行第 {error.colno} 列）：{error.msg}",
            f"not valid JSON (line {place}, column {error.colno}): {error.msg}",
        )
    else:
        if not isinstance(content, dict):
            problem = RowProblem("not-an-object", "应当是一个 JSON 对象 {…}", "expected a JSON object {…}")
        elif (twice := _repeated_key(data, content)) is not None:
            problem = RowProblem(
                "duplicate-key",
                f"同一个对象里“{excerpt(twice)}”写了两次，不知以哪个为准",
                f"the key {excerpt(twice)!r} stands twice in one object; which of them holds is not known",
            )
    if problem is not None:
        return Row(number, line, None, problem, short_raw(data))
    return Row(number, line, content, raw=short_raw(data))


def _repeated_key(data: bytes, content: dict[str, Any]) -> str | None:
    """A key that stands twice in one object; JSON parsers keep the last without a word."""
    written = sum(1 for colon in _STRING.findall(data) if colon)
    kept = 0
    heap: list[Any] = [content]
    while heap:
        item = heap.pop()
        if isinstance(item, dict):
            kept += len(item)
            heap.extend(item.values())
        elif isinstance(item, list):
            heap.extend(item)
    if written == kept:
        return None
    found: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                found.append(key)
            seen.add(key)

    try:
        json.loads(data, object_pairs_hook=look)
    except (ValueError, RecursionError):  # pragma: no cover (orjson read it, and reads less deep)
        return ""
    return found[0] if found else ""


class _Broken(Exception):  # noqa: N818 (ends the reading; becomes a reject)
    """The structure around the objects does not go on."""

    def __init__(self, data: bytes, line: int, *, ended: bool) -> None:
        super().__init__()
        self.data, self.line, self.ended = data, line, ended


def read_json(stream: Readable, *, chunk: int = CHUNK) -> Iterator[Row]:
    """The items of a list ``[{…}, …]``, or of the lists of objects in ``{"complaints": [{…}, …], …}``, or the one object.

    Items are cut out by brackets outside strings and parsed one by one, so that a file may be larger than memory and
    what stands before a break is kept. What stands beside the list in the object around it is no complaint and not read.
    """
    number = 0
    reader = _Reader(stream, chunk)
    try:
        for line, data in _items(reader):
            number += 1
            yield parse(number, line, data) if data is not None else Row(number, line, None, too_large())
    except _Broken as broken:
        if broken.ended:
            problem = RowProblem(
                "bad-json", "文件在这里断了，后面的读不出", "the file breaks off here; the rest cannot be read"
            )
        else:
            problem = RowProblem(
                "bad-json",
                f"第 {broken.line} 行起不是有效的 JSON，后面的没有读",
                f"not valid JSON from line {broken.line} on; the rest was not read",
            )
        yield Row(number + 1, broken.line, None, problem, short_raw(broken.data))


def _items(reader: _Reader) -> Iterator[tuple[int, bytes | None]]:
    while (byte := reader.next()) is not None:  # one value, or several one after the other
        if byte == b"[":
            yield from _list(reader)
        elif byte == b"{":
            yield from _object(reader)
        else:
            raise reader.broken()


def _list(reader: _Reader) -> Iterator[tuple[int, bytes | None]]:
    reader.step()
    while (byte := reader.next()) != b"]":
        if byte is None or byte in b",:}":
            raise reader.broken()
        line = reader.line
        yield line, reader.value()
        if reader.next() == b",":
            reader.step()
    reader.step()


def _object(reader: _Reader) -> Iterator[tuple[int, bytes | None]]:
    """A complaint, or an object around lists of complaints."""
    line = reader.line
    reader.step()
    members: list[bytes] = []
    size = 0
    listed = own = False
    while (byte := reader.next()) != b"}":
        if byte != b'"':
            raise reader.broken(b"{" + b",".join(members))
        key = reader.value()
        if reader.next() != b":":
            raise reader.broken(b"{" + b",".join(members))
        reader.step()
        own = own or key in _OWN
        if reader.next() == b"[" and not own and _holds_complaints(reader, key):
            listed = True
            yield from _list(reader)
        else:
            if reader.next() is None:
                raise reader.broken(b"{" + b",".join(members))
            value = reader.value()
            size += MAX_RECORD + 1 if key is None or value is None else len(key) + len(value) + 2
            if size <= MAX_RECORD and not listed:
                members.append((key or b"") + b":" + (value or b""))
        if reader.next() == b",":
            reader.step()
    reader.step()
    if not listed:
        yield line, b"{" + b",".join(members) + b"}" if size <= MAX_RECORD else None


def _holds_complaints(reader: _Reader, key: bytes | None) -> bool:
    try:
        name = json.loads(key or b'""')
    except ValueError:
        return False
    return name in _LISTS or (name not in Complaint.model_fields and reader.opens_objects())


class _Reader:
    """A window on a stream of JSON, as long as the value at hand and no longer than the limit."""

    def __init__(self, stream: Readable, chunk: int) -> None:
        self._stream = stream
        self._chunk = chunk
        self._buffer = bytearray()
        self._at = 0
        self._begun = False
        self.line = 1

    def _more(self) -> bool:
        data = self._stream.read(self._chunk)
        self._buffer += data
        return bool(data)

    def next(self) -> bytes | None:
        """The next byte that is no space, not taken; None at the end."""
        if not self._begun:
            while len(self._buffer) < len(codecs.BOM_UTF8) and self._more():
                pass
            self._begun = True
            self._at = len(codecs.BOM_UTF8) if self._buffer.startswith(codecs.BOM_UTF8) else 0
        while True:
            match = _SPACE.match(self._buffer, self._at)
            end = match.end() if match else self._at
            self.line += self._buffer.count(b"\n", self._at, end)
            self._at = end
            if end < len(self._buffer):
                return bytes(self._buffer[end : end + 1])
            self._buffer.clear()
            self._at = 0
            if not self._more():
                return None

    def step(self) -> None:
        """Take the byte that `next` gave."""
        self._at += 1

    def opens_objects(self) -> bool:
        """Whether the list at hand begins with an object."""
        while True:
            match = _SPACE.match(self._buffer, self._at + 1)
            end = match.end() if match else self._at + 1
            if end < len(self._buffer) or end > self._at + MAX_RECORD or not self._more():
                return self._buffer.startswith(b"{", end)

    def broken(self, before: bytes = b"") -> _Broken:
        """That the value does not go on here."""
        ended = self.next() is None
        while len(self._buffer) < self._at + _SHOWN and self._more():
            pass
        return _Broken(before + bytes(self._buffer[self._at : self._at + _SHOWN]), self.line, ended=ended)

    def value(self) -> bytes | None:
        """Take the value at hand; None for one over the limit.

        Raises:
            _Broken: The stream ends inside it, or there is none.
        """
        del self._buffer[: self._at]
        self._at = 0
        large = self._pass_nested() if self._buffer.startswith((b'"', b"{", b"[")) else self._pass_scalar()
        data = bytes(self._buffer[: self._at])
        self.line += data.count(b"\n")
        return None if large else data

    def _pass_scalar(self) -> bool:
        large = False
        end = 0
        while True:
            match = _SCALAR.match(self._buffer, end)
            end = match.end() if match else end
            if end < len(self._buffer) or not self._more():
                break
            if end > MAX_RECORD:
                large = True
                del self._buffer[:end]
                end = 0
        if end == 0 and not large:
            raise self.broken()
        self._at = end
        return large

    def _pass_nested(self) -> bool:
        large = string = False
        depth = scan = 0
        while True:
            match = (_INSIDE if string else _OUTSIDE).search(self._buffer, scan)
            if match is None:
                scan = max(scan, len(self._buffer))
                if scan > MAX_RECORD:
                    large = True
                    self.line += self._buffer.count(b"\n")
                    scan -= len(self._buffer)
                    self._buffer.clear()
                if not self._more():
                    raise _Broken(bytes(self._buffer[:4_000]), self.line, ended=True)
                continue
            scan = match.end()
            mark = match.group()
            if mark == b"\\":
                scan += 1
                continue
            if mark == b'"':
                string = not string
                if string or depth:
                    continue
            elif mark in b"{[":
                depth += 1
                continue
            else:
                depth -= 1
            if depth <= 0:
                self._at = scan
                return large
