"""JSON Lines, and JSON arrays read object by object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from funnel.batch.rows import Row, RowProblem, short_raw

MAX_OBJECT = 8 * 1024 * 1024
"""Largest object, in bytes."""
_CHUNK = 64 * 1024


def read_jsonl(stream: BinaryIO) -> Iterator[Row]:
    """One object a line; blank lines are passed over."""
    number = 0
    for line, data in _lines(stream):
        if data is not None and not data.strip(b" \t\r\n\xef\xbb\xbf"):
            continue
        number += 1
        yield (
            _too_large(number, line)
            if data is None
            else parse(number, line, data.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n"))
        )


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Lines with their numbers, None for one over the limit; flat memory."""
    line = 0
    while True:
        data = stream.readline(MAX_OBJECT + 1)
        if not data:
            return
        line += 1
        if len(data) > MAX_OBJECT and not data.endswith(b"\n"):
            while data and not data.endswith(b"\n"):
                data = stream.readline(MAX_OBJECT)
            yield line, None
        else:
            yield line, data


def _too_large(number: int, line: int) -> Row:
    problem = RowProblem(
        "field-too-large",
        f"单条超过 {MAX_OBJECT // 1024 // 1024} MB，已跳过",
        f"an object over {MAX_OBJECT // 1024 // 1024} MB was skipped",
    )
    return Row(number, line, None, problem)


def parse(number: int, line: int, data: bytes) -> Row:
    """One object."""
    try:
        content: Any = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        problem = RowProblem(
            "bad-json",
            f"不是有效的 JSON（第 {error.lineno + line - 1} 行第 {error.colno} 列）：{error.msg}",
            f"not valid JSON (line {error.lineno + line - 1}, column {error.colno}): {error.msg}",
        )
        return Row(number, line, None, problem, short_raw(data))
    if not isinstance(content, dict):
        problem = RowProblem("not-an-object", "应当是一个 JSON 对象 {…}", "expected a JSON object {…}")
        return Row(number, line, None, problem, short_raw(data))
    return Row(number, line, content, raw=short_raw(data))


def read_json(stream: BinaryIO) -> Iterator[Row]:
    """The objects of the first list in a file: ``[{…}, …]`` or ``{"complaints": [{…}, …]}``; else the one object.

    Objects are cut out by brackets outside strings and parsed one by one, so that a file may be larger than memory and
    what stands before a break is kept.
    """
    for number, (line, data, whole) in enumerate(_objects(stream), 1):
        if data is None:
            yield _too_large(number, line)
        elif not whole:
            problem = RowProblem(
                "bad-json", "文件在这里断了，后面的读不出", "the file breaks off here; the rest cannot be read"
            )
            yield Row(number, line, None, problem, short_raw(data))
        else:
            yield parse(number, line, data)


def _objects(stream: BinaryIO) -> Iterator[tuple[int, bytes | None, bool]]:
    buffer = bytearray()
    start_line = line = 1
    depth = 0  # of braces and brackets inside the object at hand
    outer = bytearray()  # brackets around it
    string = escaped = oversized = False
    while data := stream.read(_CHUNK):
        for byte in data:
            if byte == 0x0A:
                line += 1
            inside = depth > 0
            if inside and not oversized:
                buffer.append(byte)
                if len(buffer) > MAX_OBJECT:
                    oversized = True
                    buffer.clear()
            if string:
                if escaped:
                    escaped = False
                elif byte == 0x5C:
                    escaped = True
                elif byte == 0x22:
                    string = False
            elif byte == 0x22:
                string = True
            elif byte == 0x5B and not inside:
                outer.append(byte)
            elif byte in b"]}" and not inside:
                del outer[-1:]
            elif byte == 0x7B and not inside:
                if not outer and _holds_list(data):
                    outer.append(byte)
                    continue
                depth, start_line = 1, line
                buffer[:] = b"{"
            elif inside and byte in b"{[":
                depth += 1
            elif inside and byte in b"}]":
                depth -= 1
                if depth == 0:
                    yield start_line, None if oversized else bytes(buffer), True
                    buffer.clear()
                    oversized = False
    if depth > 0:
        yield start_line, bytes(buffer), False
    elif outer or string:  # also where it breaks between two objects
        yield line, b"", False


def _holds_list(head: bytes) -> bool:
    """Whether a file that begins with ``{`` wraps a list of objects: its first value is one."""
    _, colon, rest = head.partition(b":")
    return bool(colon) and rest.lstrip().startswith(b"[") and rest.lstrip()[1:].lstrip()[:1] in {b"{", b"]"}
