"""Read amounts, dates and durations from Chinese complaint text. Linear in the text; nothing is guessed.

What is mentioned but ambiguous (几百块, 前几天) is a reading without a value, so that it can silence a fact instead of
inventing one. Rules of reading:

- A bare figure is no amount: it needs 元, 块, 钱, ¥ or the like. A bare Chinese numeral (三百五) counts as money only
  right behind a word of paying and with 百, 千 or 万 in it, and not before a measure word.
- Up to twenty 块 may be pieces: they are money only near a word of money or in a price's form (3块一斤).
- A range, an estimate and a figure with 大概, 不到 or 左右 at it have no value.
- Two readings of a kind in one breath (3号到5号, 50元和30元, 一个月零三天) have no value.
- A month and day without a year is the latest such day not after the day of the complaint.
- 半个月 is fifteen days; 一个月 is exact only counted back from the day of the complaint.
- 七天无理由, 15天价保, 三天内 name rights and limits, not facts.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType

from funnel.facts._read_amounts import read_amounts
from funnel.facts._read_dates import read_dates, read_days
from funnel.facts._reading import Reading, longest

__all__ = ["Reading", "read"]

_JOINER = re.compile("(?:-|~|—|到|至|、|或|或者|和|跟|与|及|零|又)?")
"""What joins two readings into one: a range, a list, a sum."""
_WIDE: Mapping[int, str] = MappingProxyType({code: chr(code - 0xFEE0) for code in (*range(0xFF10, 0xFF1A), 0xFF0E)})
"""Full-width figures and stop to ASCII, one for one, so that raw text reads alike and offsets stay."""


def read(text: str, *, received_on: dt.date | None) -> tuple[Reading, ...]:
    """Read every amount, date and duration.

    Args:
        text: The text, best normalised (`funnel.facts.normalise`).
        received_on: The day of the complaint, from which 昨天 and a bare 11月3日 count; None leaves those unread.

    Returns:
        Readings in order, non-overlapping; where two kinds claim the same words, the longer one wins.
    """
    plain = text.translate(_WIDE)
    found = [*read_dates(plain, received_on), *read_amounts(plain), *read_days(plain, received_on)]
    kept = _apart(plain, longest(found, len(text)))
    if plain != text:
        kept = [replace(r, text=text[r.start : r.end]) for r in kept]
    return tuple(kept)


def _apart(text: str, readings: list[Reading]) -> list[Reading]:
    """Take the value from neighbours of one kind that are said in one breath: neither is the whole of what is meant.

    一个月零三天, 3号到11月5号, 50元和30元. Two dates that touch may name one day twice (双十一11月11号); they keep it.
    """
    joined: set[int] = set()
    for index, (one, other) in enumerate(pairwise(readings)):
        if one.kind != other.kind or not _JOINER.fullmatch(text, one.end, other.start):
            continue
        touching_dates = one.kind == "date" and one.end == other.start
        if touching_dates and (one.value is None or other.value is None or one.value == other.value):
            continue
        joined |= {index, index + 1}
    return [
        replace(reading, value=None, why="vague") if index in joined and reading.value is not None else reading
        for index, reading in enumerate(readings)
    ]
