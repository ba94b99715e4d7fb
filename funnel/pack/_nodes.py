"""YAML to nodes with spans, traps turned into diagnostics.

Only the event stream of PyYAML is used, never its constructors: no tag is resolved, no object is made, and a scalar
keeps the characters its author wrote until a field that expects something reads it (`funnel.pack._reader`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from funnel.diagnostics import Diagnostics, Span
from funnel.pack._fullwidth import signs

MAX_BYTES = 1024 * 1024
"""Largest file, in bytes."""
MAX_DEPTH = 32
"""Deepest nesting."""
MAX_NODES = 100_000
"""Most nodes in one file."""


class PureLoader(yaml.SafeLoader):
    """PyYAML's own parser, for where it was built without libyaml, made to read what libyaml reads.

    Inside { } and [ ] it ends a plain text at a question mark, as in ``{en: Was it opened?}``, which libyaml does not.
    """

    def scan_plain(self) -> Any:
        """The next plain text; while it is looked for, a question mark looks like a letter. What is taken are the real characters."""
        look = self.peek
        self.__dict__["peek"] = lambda index=0: "x" if (char := look(index)) == "?" else char
        try:
            return super().scan_plain()
        finally:
            del self.__dict__["peek"]


_Loader = getattr(yaml, "CSafeLoader", PureLoader)
"""libyaml where the wheel has it, as those of the common platforms do."""

_Scalar, _MappingEnd = yaml.ScalarEvent, yaml.MappingEndEvent
_SequenceStart, _SequenceEnd = yaml.SequenceStartEvent, yaml.SequenceEndEvent
_BOOLISH = frozenset({"y", "n", "yes", "no", "on", "off"})
_LEADING_ZERO = re.compile(r"[+-]?0[0-9_]+\Z")
_SEXAGESIMAL = re.compile(r"[+-]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?\Z")
_ODD_SPACES = "\u3000\u00a0\u2003\u2002\u2009"
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f\ufeff]")
_FULL_WIDTH_COLON = re.compile(r"^\s*(?:-\s+)?([A-Za-z_][\w.\-]*)\s*：", re.MULTILINE)
_WORTH_A_LOOK = re.compile(f"[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029\ufeff{_ODD_SPACES}]")
"""Any character that `_Composer._prescan` may object to besides a full-width colon, and any end of a line but a plain one."""
_BRACES_FIRST = re.compile(r"(?:^|[-:,\[])\s*\{[^{}:\[\],]+\}\s*\Z")
_NO_SPACE = re.compile(r"\s*(?:-\s+)?([A-Za-z_][\w.\-]*):(?=[^\s/])(.*)\Z")
_JOINED = re.compile(r"([A-Za-z_][\w.\-/]*\s*)[，、；]\s*[A-Za-z_]", re.ASCII)
_NO_COLON = "could not find expected ':'"
_PROBLEMS_ZH = (
    ("did not find expected key", "这一行的缩进和上面的对不上"),
    ("did not find expected '-' indicator", "这一行和上面的列表对不上"),
    ("mapping values are not allowed", "这里多了一个半角冒号，或者缩进不对"),
    ("could not find expected ':'", "键后面少了半角冒号"),
    ("found unexpected end of stream", "到文件末尾也没有找到结束的引号"),
    ("found character that cannot start any token", "这个字符不能放在开头"),
)
"""What libyaml and PyYAML say most often, in Chinese. Anything else is shown as it is."""
_SIGNS_AND_DIGITS = frozenset("+-0123456789")
_LONGEST_BOOLISH = max(map(len, _BOOLISH))


class _Source(NamedTuple):
    """A file that is being read: what spans name and quote."""

    path: str
    lines: list[str]

    def span(self, line: int, column: int, stop: int | None) -> Span:
        """A span (1-based, on one line) from figures that count from 0; ``stop`` None: to the end of the line."""
        source = self.lines[line] if line < len(self.lines) else ""
        return Span(self.path, line + 1, column + 1, max(len(source) if stop is None else stop, column + 1) + 1, source)


# A pack has some fifty thousand nodes and a few thousand places that are ever named, so a node keeps figures and makes its
# span when asked. Named tuples, since they are made several times as fast as frozen dataclasses.


class ScalarNode(NamedTuple):
    """A scalar as written. ``quoted`` tells whether quotes or a block style protect it."""

    value: str
    quoted: bool
    origin: _Source
    line: int
    column: int
    stop: int | None

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.origin.span(self.line, self.column, self.stop)


class ListNode(NamedTuple):
    """A sequence."""

    items: tuple[Node, ...]
    origin: _Source
    line: int
    column: int
    stop: int | None

    @property
    def span(self) -> Span:
        """Where it begins."""
        return self.origin.span(self.line, self.column, self.stop)


class MapNode(NamedTuple):
    """A mapping, in file order, keys unique."""

    names: tuple[ScalarNode, ...]
    values: dict[str, Node]
    origin: _Source
    line: int
    column: int
    stop: int | None

    @property
    def span(self) -> Span:
        """Where it begins."""
        return self.origin.span(self.line, self.column, self.stop)

    def get(self, key: str) -> Node | None:
        """The value under ``key``, if any."""
        return self.values.get(key)

    @property
    def entries(self) -> tuple[tuple[ScalarNode, Node], ...]:
        """Keys with their values."""
        return tuple(zip(self.names, self.values.values(), strict=True))


Node = ScalarNode | ListNode | MapNode


def yaml_files(folder: Path) -> list[Path]:
    """Every YAML file below a folder, in order."""
    return sorted(p for suffix in ("*.yaml", "*.yml") for p in folder.rglob(suffix) if p.is_file())


def load_file(path: Path, shown_as: str, sink: Diagnostics) -> Node | None:
    """Read one YAML file. Findings go to ``sink``; None if the file gives no usable node."""
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        sink.add("F100", Span(shown_as), detail=(why := error.strerror or "cannot be read"), detail_zh=why)
        return None
    if size > MAX_BYTES:
        sink.add("F114", Span(shown_as), size=size, limit=MAX_BYTES)
        return None
    return load_bytes(raw, shown_as, sink)


def _in_chinese(problem: str) -> str:
    return next((zh for en, zh in _PROBLEMS_ZH if en in problem), problem)


def load_bytes(raw: bytes, shown_as: str, sink: Diagnostics) -> Node | None:
    """Read YAML from bytes; see `load_file`."""
    if len(raw) > MAX_BYTES:
        sink.add("F114", Span(shown_as), size=len(raw), limit=MAX_BYTES)
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        sink.add("F116", Span(shown_as), byte=error.start)
        return None
    return _Composer(text, shown_as, sink).compose()


class _Composer:
    def __init__(self, text: str, path: str, sink: Diagnostics) -> None:
        self.text = text
        self.path = path
        self.sink = sink
        self.lines = text.splitlines() or [""]
        self.source = _Source(path, self.lines)
        self.hashes = {n for n, line in enumerate(self.lines) if "#" in line}
        self.nodes = 0
        self.broken = False

    def span(self, mark: Any, end: Any = None) -> Span:
        """From YAML marks (0-based; libyaml's and PyYAML's differ in type) to a span."""
        stop = end.column if end is not None and end.line == mark.line else None
        return self.source.span(mark.line, mark.column, stop)

    def compose(self) -> Node | None:
        if not self._prescan():
            return None
        try:
            loader = _Loader(self.text)
            try:
                root = self._document(iter(loader.get_event, None))
            finally:
                loader.dispose()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            span = self.span(mark) if mark is not None else Span(self.path)
            problem = error.problem or "unreadable"
            if self._full_width(span, error.context_mark) or self._no_space(problem, error.context_mark):
                return None
            if problem == _NO_COLON and error.context_mark is not None:
                span = self.span(error.context_mark)  # the mark of the problem is on the line below, which is innocent
            if self._begins_with_braces(span):
                self.sink.add("F122", span)
            elif "expected ',' or '}'" in problem or "expected ',' or ']'" in problem:
                self.sink.add("F121", span)
            else:
                self.sink.add("F100", span, detail=problem, detail_zh=_in_chinese(problem))
            return None
        except yaml.YAMLError as error:
            self.sink.add("F100", Span(self.path), detail=(why := str(error).splitlines()[0]), detail_zh=why)
            return None
        except _TooMuch:
            return None
        if root is None:
            self.sink.add("F118", Span(self.path))
        return None if self.broken else root

    def _full_width(self, span: Span, context: Any = None) -> bool:
        """Whether full-width signs are to blame for what cannot be read at a place; each is told."""
        numbers = {span.line} if context is None else {span.line, context.line + 1}
        found = False
        for number in sorted(number for number in numbers if 0 < number <= len(self.lines)):
            line = self.lines[number - 1]
            for sign in signs(line):
                place = Span(self.path, number, sign.column + 1, sign.column + 2, line)
                if sign.key:
                    self.sink.add("F107", place, key=sign.key)
                else:
                    self.sink.add("F124", place, sign=sign.sign, half=sign.half)
                found = True
        return found

    def _joined(self, items: list[Node]) -> None:
        """Words of the format in a list that a Chinese comma joins into one."""
        for item in items:
            if type(item) is ScalarNode and not item.quoted and (match := _JOINED.match(item.value)):
                at = item.column + match.end(1)
                span = self.source.span(item.line, at, at + 1)
                self.sink.add("F124", span, sign=item.value[match.end(1)], half=",")
                self.broken = True

    def _no_space(self, problem: str, context: Any) -> bool:
        """Whether it is a key whose colon has no space behind it, told where it stands."""
        if problem != _NO_COLON or context is None or context.line >= len(self.lines):
            return False
        line = self.lines[context.line]
        match = _NO_SPACE.match(line)
        if match is None:
            return False
        at = match.end(1) + 1
        self.sink.add("F125", Span(self.path, context.line + 1, at, at + 1, line), key=match[1], value=match[2].strip())
        return True

    @staticmethod
    def _begins_with_braces(span: Span) -> bool:
        """Whether what cannot be read comes right behind the braces that an unquoted text begins with: ``- {list}…words``."""
        before = span.source[: span.column - 1]
        return bool(_BRACES_FIRST.search(before)) and not span.source[span.column - 1 :].lstrip().startswith(
            (",", "}", "]")
        )

    def _prescan(self) -> bool:
        """What must be seen before a YAML parser does: it would choke on it or swallow it."""
        colon = "：" in self.text and _FULL_WIDTH_COLON.search(self.text)
        if not colon and not _WORTH_A_LOOK.search(self.text):
            return True  # nearly every file: two looks at the whole instead of several at each line
        fatal = False
        block_indent: int | None = None  # inside a block scalar (| or >) the text is the author's own
        for number, line in enumerate(self.lines, 1):
            stripped = line.lstrip(" \t" + _ODD_SPACES)
            lead = line[: len(line) - len(stripped)]
            indent = len(lead)
            if block_indent is not None:
                if not stripped or indent > block_indent:
                    continue
                block_indent = None
            for found in _CONTROL.finditer(line):
                column = found.start() + 1
                span = Span(self.path, number, column, column + 1, line)
                self.sink.add("F117", span, char=f"U+{ord(found.group()):04X}")
                fatal = True
            if "\t" in lead and stripped and not stripped.startswith("#"):
                column = lead.index("\t") + 1
                self.sink.add("F105", Span(self.path, number, column, column + 1, line))
                fatal = True
            odd = next((c for c in lead if c in _ODD_SPACES), None)
            if odd is not None and stripped:
                column = lead.index(odd) + 1
                self.sink.add("F106", Span(self.path, number, column, column + 1, line))
                fatal = True
            match = _FULL_WIDTH_COLON.match(line) if "：" in line else None
            if match:
                at = line.index("：") + 1
                self.sink.add("F107", Span(self.path, number, at, at + 1, line), key=match.group(1))
                fatal = True
            if ("|" in line or ">" in line) and re.search(r"[:\-]\s+[|>][+\-0-9]*\s*(?:#.*)?$", line):
                block_indent = indent
        return not fatal

    def _document(self, events: Iterator[yaml.Event]) -> Node | None:
        root: Node | None = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.sink.add("F113", self.span(event.start_mark, event.end_mark))
                    raise _TooMuch
            elif isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
                continue
            else:
                node = self._node(event, events, 1)
                if isinstance(node, ScalarNode) and node.value == "" and not node.quoted:
                    node = None
                root = node
        return root

    def _node(self, event: Any, events: Iterator[yaml.Event], depth: int) -> Node | None:
        # ``Any``: the exact type is compared, several times as fast as asking for its classes, and not understood by type checkers.
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.sink.add("F119", self.span(event.start_mark, event.end_mark), limit=MAX_NODES)
            raise _TooMuch
        if depth > MAX_DEPTH:
            self.sink.add("F115", self.span(event.start_mark, event.end_mark), limit=MAX_DEPTH)
            raise _TooMuch
        kind = type(event)
        if kind is _Scalar and event.anchor is None and event.tag is None:
            return self._scalar(event)
        if kind is yaml.AliasEvent:
            self.sink.add("F102", self.span(event.start_mark, event.end_mark))
            self.broken = True
            return ScalarNode("", True, *self._place(event))
        if event.anchor is not None:
            self.sink.add("F102", self.span(event.start_mark, event.end_mark))
            self.broken = True
        tag = event.tag
        if tag is not None and tag != "!":
            self.sink.add("F104", self.span(event.start_mark, event.end_mark), tag=tag)
            self.broken = True
        if kind is _Scalar:
            return self._scalar(event)
        if kind is _SequenceStart:
            items: list[Node] = []
            for inner in events:
                if type(inner) is _SequenceEnd:
                    break
                item = self._node(inner, events, depth + 1)
                if item is not None:
                    items.append(item)
            if event.flow_style:
                self._joined(items)
            return ListNode(tuple(items), *self._place(event))
        return self._mapping(event, events, depth)

    def _place(self, event: Any) -> tuple[_Source, int, int, int | None]:
        start, end = event.start_mark, event.end_mark
        return self.source, start.line, start.column, end.column if end.line == start.line else None

    def _mapping(self, event: Any, events: Iterator[yaml.Event], depth: int) -> MapNode:
        names: list[ScalarNode] = []
        values: dict[str, Node] = {}
        for inner in events:
            if type(inner) is _MappingEnd:
                break
            key = self._node(inner, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if type(key) is not ScalarNode or value is None:
                span = key.span if key is not None else self.span(inner.start_mark, inner.end_mark)
                self.sink.add("F100", span, detail="a key must be a plain word")
                self.broken = True
                continue
            name = key.value
            if name == "<<" and not key.quoted:
                self.sink.add("F103", key.span)
                self.broken = True
                continue
            if name in values:
                first = next(one for one in names if one.value == name)
                self.sink.add("F101", key.span, (first.span, ""), key=name)
                self.broken = True
                continue
            if event.flow_style and type(value) is ScalarNode and not (value.value or value.quoted or key.quoted):
                # `{en： x}` and `【a, b】` leave keys without a value, which is where a full-width sign shows.
                self.broken = self._full_width(key.span) or self.broken
            names.append(key)
            values[name] = value
        return MapNode(tuple(names), values, *self._place(event))

    def _scalar(self, event: Any) -> ScalarNode:
        value, start, end = event.value, event.start_mark, event.end_mark
        quoted, line = bool(event.style), start.line
        stop = end.column if end.line == line else None
        node = tuple.__new__(ScalarNode, (value, quoted, self.source, line, start.column, stop))  # the half of its time
        if value and not quoted:
            if len(value) <= _LONGEST_BOOLISH and value.lower() in _BOOLISH:
                self.sink.add("F108", node.span, value=value)
                self.broken = True
            elif value[0] in _SIGNS_AND_DIGITS:
                if _LEADING_ZERO.match(value):
                    self.sink.add("F109", node.span, value=value)
                    self.broken = True
                elif _SEXAGESIMAL.match(value):
                    self.sink.add("F110", node.span, value=value)
                    self.broken = True
            if end.line in self.hashes:
                self._lost_comment(end)
        return node

    def _lost_comment(self, end: Any) -> None:
        """` #` right behind a plain value: one space before it, or none after it, is taken for a slip."""
        line = self.lines[end.line]
        rest = line[end.column :]
        match = re.match(r"( +)#(.?)", rest)
        if match and (len(match.group(1)) == 1 or match.group(2) not in {" ", ""}):
            start = end.column + len(match.group(1))
            self.sink.add("F111", Span(self.path, end.line + 1, start + 1, len(line) + 1, line))
            self.broken = True


class _TooMuch(Exception):  # noqa: N818 (not an error for users: it only unwinds the composer)
    """Stop composing; the finding has been recorded."""
