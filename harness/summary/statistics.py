"""Statistics of a summary, in plain Python: the measured machine loads nothing of the lab extra."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import NamedTuple


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def wilson(failures: float, trials: float, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for a rate: good for small numbers and for rates near 0 and 1.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
    (1927) 209-212; recommended by Brown, Cai and DasGupta, Statistical Science 16 (2001) 101-133.
    """
    if trials == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate = failures / trials
    scale = 1 + z * z / trials
    centre = (rate + z * z / (2 * trials)) / scale
    half = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials)) / scale
    # exact at the ends, where rounding would leave 1e-17
    low = 0.0 if failures <= 0 else centre - half
    high = 1.0 if failures >= trials else centre + half
    return Interval(low, high)


def effective_number(sizes: Iterable[int]) -> float:
    """The number of independent observations in a sample with so many members of each draw.

    It is the size of a sample whose members of one draw are all alike (Kish, Survey Sampling, 1965,
    section 8.2: the design effect at an intraclass correlation of 1): 40 for 40 draws, 20 for 20 draws
    measured twice. Where repeated measurements of a draw differ, an interval of that size is too wide.
    """
    counts = list(sizes)
    return sum(counts) ** 2 / sum(count * count for count in counts) if counts else 0.0


def rank(share: float, number: int) -> int:
    """The rank, from 1, of a quantile among `number` sorted values (at least one).

    It is the smallest value that at least `share` of all values do not exceed: the inverse of the
    empirical distribution function (definition 1 of Hyndman and Fan, The American Statistician 50
    (1996) 361-365), which needs no arithmetic on infinite values.
    """
    return max(math.ceil(share * number), 1)


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value at `rank`; ``inf`` where that is a trial that failed, ``None`` without values."""
    return sorted(values)[rank(share, len(values)) - 1] if values else None
