"""The few statistics that a run's own table needs, in plain Python (no numpy on this machine)."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def wilson(failures: int, trials: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for a rate: good for small numbers and for rates near 0 and 1.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
    (1927) 209-212; recommended by Brown, Cai and DasGupta, Statistical Science 16 (2001) 101-133.
    """
    if trials == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    rate = failures / trials
    centre = (rate + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    half /= 1 + z * z / trials
    # exact at the ends, where rounding would leave 1e-17
    low = 0.0 if failures == 0 else centre - half
    high = 1.0 if failures == trials else centre + half
    return Interval(low, high)


def quantile(values: Sequence[float], share: float) -> float | None:
    """Give the smallest value that at least `share` of all values do not exceed.

    That is the inverse of the empirical distribution function (definition 1 of Hyndman and Fan, The
    American Statistician 50 (1996) 361-365), which needs no arithmetic on infinite values. ``inf``
    means that the quantile falls on a trial that never succeeded; ``None`` that there are no values.
    """
    if not values:
        return None
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
