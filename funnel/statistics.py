"""Statistics that several parts share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from funnel.errors import ArgumentError

PARETO: Final = Fraction(4, 5)
"""The founding claim to measure: a few scenarios make up this share of what is recognised."""

_Z95: Final = 1.959963984540054


def wilson(hits: int, of: int, z: float = _Z95) -> tuple[float, float]:
    """The Wilson score interval of a share.

    Args:
        hits: How many did.
        of: How many could have.
        z: Quantile of the normal distribution; the default is for 95 %.

    Raises:
        ArgumentError: They are no whole numbers with ``0 <= hits <= of``.
    """
    whole = all(isinstance(count, int) and not isinstance(count, bool) for count in (hits, of))
    if not whole or not 0 <= hits <= of:
        raise ArgumentError(
            f"{of!r} 个里 {hits!r} 个不成比率，应为 0 ≤ 命中 ≤ 总数的整数",
            f"{hits!r} of {of!r} is no rate: whole numbers, 0 <= hits <= of",
        )
    if not of:
        return 0.0, 1.0
    share, square = hits / of, z * z
    middle = share + square / (2 * of)
    spread = z * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    bottom = 1 + square / of
    low = 0.0 if hits == 0 else max(0.0, (middle - spread) / bottom)
    high = 1.0 if hits == of else min(1.0, (middle + spread) / bottom)
    return low, high


def needed(counts: Iterable[int]) -> int | None:
    """How many of some counts, the largest first, make up four fifths of their sum; None of nothing.

    Args:
        counts: The counts, the largest first.
    """
    ranked = tuple(counts)
    total, so_far = sum(ranked), 0
    for number, count in enumerate(ranked, 1):
        so_far += count
        if so_far >= PARETO * total:
            return number
    return None
