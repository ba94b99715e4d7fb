"""Full-width signs where YAML has signs of its own. They look alike on a Chinese keyboard, and to YAML they are letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from funnel.facts.phrases import QUOTES

_OPEN: Mapping[str, str] = MappingProxyType({"｛": "{", "［": "[", "【": "["})
_CLOSE: Mapping[str, str] = MappingProxyType({"｝": "}", "］": "]", "】": "]"})
_KEY_BEHIND = re.compile(r"\s*[A-Za-z_][\w.\-]*\s*[:：]")
_WORD_BEHIND = re.compile(r"\s*[A-Za-z_][\w.\-]*\s*[:：,，\]】］}｝]")
_KEY_BEFORE = re.compile(r"(?:[{\[,，｛]|^)\s*([A-Za-z_][\w.\-]*)\s*\Z")
_ENDS = re.compile(r"\s*(?:[,，}\]｝］】]|\Z)")


class Sign(NamedTuple):
    """A full-width sign, by its column from 0, with the sign to write; ``key`` is the key before a colon."""

    column: int
    sign: str
    half: str
    key: str = ""


def signs(line: str) -> Iterator[Sign]:
    """The full-width signs of a line that can only be meant for YAML's own. Signs inside a text are its author's."""
    at, depth, wide, start = 0, 0, 0, True
    while at < len(line):
        char, rest = line[at], line[at + 1 :]
        if char == "#" and (not at or line[at - 1].isspace()):
            return
        begins, start = (
            start,
            char in "{[" or (char == "," and depth > 0) or (char == ":" and (not rest or rest[0] == " ")),
        )
        if begins and char in "\"'":
            end = line.find(char, at + 1)
            if end < 0:
                return
            at = end
        elif begins and char in QUOTES:
            end = line.find(QUOTES[char], at + 1)
            if end < 0 or _ENDS.match(line, end + 1):
                yield Sign(at, char, '"')
            at = max(at, end)
        elif begins and char in _OPEN and _WORD_BEHIND.match(rest):
            yield Sign(at, char, _OPEN[char])
            depth, wide, start = depth + 1, wide + 1, True
        elif char in _CLOSE and (wide or (depth and char != "】")) and _ENDS.match(rest):
            yield Sign(at, char, _CLOSE[char])
            depth, wide = depth - 1, max(0, wide - 1)
        elif char == "，" and depth and _KEY_BEHIND.match(rest):
            yield Sign(at, char, ",")
            start = True
        elif char == "：" and depth and (key := _KEY_BEFORE.search(line, 0, at)):
            yield Sign(at, char, ":", key[1])
            start = True
        elif char in "{[":
            depth += 1
        elif char in "}]":
            depth -= 1
        elif begins and (char.isspace() or (char == "-" and rest[:1] == " ")):
            start = True
        at += 1
