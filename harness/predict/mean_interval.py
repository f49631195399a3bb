"""The interval of a mean that was drawn: true for any distribution, also where all draws agree."""

from __future__ import annotations

import math
from typing import Final

_LOG: Final = math.log(4 / 0.05)
"""For 95 %, both sides."""


def half_width(variance: float, count: int) -> float:
    """Return how far the mean of `count` draws from 0 to 1 is from the true one at most, at 95 %.

    `variance` is theirs. The empirical Bernstein bound (Maurer and Pontil, "Empirical Bernstein Bounds
    and Sample Variance Penalization", 2009, theorem 4), on both sides: it holds for every number of
    draws and every distribution, so also for something rare that no draw showed.
    """
    if count < 2:  # noqa: PLR2004 - one draw tells nothing
        return 1.0
    return math.sqrt(2 * variance * _LOG / count) + 7 * _LOG / (3 * (count - 1))
