"""Statistics that several parts share."""

from __future__ import annotations

import math
from typing import Final

_Z95: Final = 1.959963984540054


def wilson(hits: int, of: int, z: float = _Z95) -> tuple[float, float]:
    """The Wilson score interval of a share.

    Args:
        hits: How many did.
        of: How many could have.
        z: Quantile of the normal distribution; the default is for 95 %.

    Raises:
        ValueError: Not ``0 <= hits <= of``.
    """
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no rate")
    if not of:
        return 0.0, 1.0
    share, square = hits / of, z * z
    middle = share + square / (2 * of)
    spread = z * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    bottom = 1 + square / of
    low = 0.0 if hits == 0 else max(0.0, (middle - spread) / bottom)
    high = 1.0 if hits == of else min(1.0, (middle + spread) / bottom)
    return low, high
