"""Complaints that may be about the same thing. Only ever a suggestion: a person merges, nobody else.

Likeness of words is estimated with a bottom-k sketch (Broder 1997; Cohen and Kaplan 2007): of the hashes of all runs of
three characters the smallest k are kept, and the share of the smallest k of both that are in both estimates the Jaccard
index. The sketch says nothing about the words themselves beyond that.
"""

from __future__ import annotations

import hashlib
import heapq
import unicodedata

_SIZE = 64
_RUN = 3
_BYTES = 6
_SALT = b"funnel.duplicates.1"


def sketch(text: str) -> tuple[int, ...]:
    """The bottom-k sketch of a text: up to 64 numbers, rising. Equal texts have equal sketches.

    Case, width, spaces and punctuation make no difference.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
    runs = {plain[i : i + _RUN] for i in range(max(len(plain) - _RUN + 1, 1))} if plain else set()
    hashes = {
        int.from_bytes(hashlib.blake2b(run.encode(), digest_size=_BYTES, salt=_SALT[:16]).digest(), "big")
        for run in runs
    }
    return tuple(heapq.nsmallest(_SIZE, hashes))


def likeness(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    """The estimated Jaccard index of two sketches' texts, 0 to 1; 0 where one is empty."""
    if not a or not b:
        return 0.0
    union = heapq.nsmallest(_SIZE, set(a) | set(b))
    both = set(a) & set(b)
    return sum(value in both for value in union) / len(union)


def to_text(numbers: tuple[int, ...]) -> str:
    """A sketch as text, for a column."""
    return ",".join(format(number, "x") for number in numbers)


def from_text(text: str) -> tuple[int, ...]:
    """What `to_text` wrote."""
    return tuple(int(part, 16) for part in text.split(",")) if text else ()
