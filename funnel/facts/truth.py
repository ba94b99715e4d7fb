"""Strong Kleene logic: true, false, unknown. Unknown is never false.

Truth values are ``True``, ``False`` and ``None`` (unknown). Source: S. C. Kleene, *Introduction to Metamathematics*
(1952), section 64, the strong tables.
"""

from __future__ import annotations

from collections.abc import Iterable

Truth = bool | None
"""``True``, ``False``, or ``None`` for unknown."""


def all_of(values: Iterable[Truth]) -> Truth:
    """Conjunction: false if any is false, else unknown if any is unknown, else true. Empty: true."""
    result: Truth = True
    for value in values:
        if value is False:
            return False
        if value is None:
            result = None
    return result


def any_of(values: Iterable[Truth]) -> Truth:
    """Disjunction: true if any is true, else unknown if any is unknown, else false. Empty: false."""
    result: Truth = False
    for value in values:
        if value is True:
            return True
        if value is None:
            result = None
    return result


def negate(value: Truth) -> Truth:
    """Negation; unknown stays unknown."""
    return None if value is None else not value
