"""Which known word somebody meant who mistyped it: the nearest, or none. A guess that is far away is worse than none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LOOKED_AT = 10
_ALIKE = 0.6
_SURE = 0.75
"""How alike two words must be, by their common runs, of which more than one letter is wrong; words that share no more than a
habit of naming (`va_wrong_account`, `case_wrong_chosen`) are at two thirds."""
_SHORT = 5
"""In words of so many letters likeness by runs says nothing: `clp` is as like `ecl` as `cpl`."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is nearest; ``""`` where none is near, or two are as near.

    >>> nearest("clp", ["cpl", "ecl"]), nearest("phone_case", ["phone_fraud_said"])
    ('cpl', '')
    """
    found = ranked(word, known)
    if not found:
        return ""
    first = _rank(word, found[0])
    rivals = [other for other in found[1:] if _rank(word, other) == first]
    return "" if rivals else found[0]


def ranked(word: str, known: Iterable[str]) -> list[str]:
    """The known words that are near, the nearest first."""
    close = difflib.get_close_matches(word, sorted(known), n=_LOOKED_AT, cutoff=_ALIKE)
    return sorted((other for other in close if _near(word, other)), key=lambda other: (_rank(word, other), other))


def _near(word: str, other: str) -> bool:
    return edits(word, other) <= 1 or (len(word) > _SHORT and _ratio(word, other) >= _SURE)


def _rank(word: str, other: str) -> tuple[int, float]:
    return edits(word, other), 0.0 if len(word) <= _SHORT else -_ratio(word, other)


def _ratio(word: str, other: str) -> float:
    return difflib.SequenceMatcher(None, other, word).ratio()


def edits(one: str, two: str) -> int:
    """How many letters must be put in, left out, changed or exchanged with their neighbour to make one word of the other."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(two, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
