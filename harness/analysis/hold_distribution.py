"""The distribution of hold times, with its uncertainty, without assuming its shape."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.analysis.censoring import Intervals
from harness.analysis.rates import wilson_arrays
from harness.text import milliseconds, percent

if TYPE_CHECKING:
    from harness.analysis.observed_holds import HoldTimes

Floats = NDArray[np.float64]

RESAMPLES: Final = 500
BAND_TOLERANCE: Final = 0.01
"""For the fits of a bootstrap (`censoring.TOLERANCE`): changes the share by about 0.001."""
_ROUNDING: Final = 1e-9
_AT_ONCE: Final = 2_000_000  # weights in a batch of a bootstrap, 16 MB


def hold_time_distribution(
    observed: HoldTimes, *, confidence: float = 0.95, seed: int = 0, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """The share of blocked operations that were released by each time (`turnbull`), with a band.

    Returns one row per interval on which there is probability (RangeIndex): `left_ms`, `right_ms`
    (``inf`` in the last one, if some never succeeded), `mass`, `released` (share released by
    `right_ms`), `low`, `high`. Between `left_ms` and `right_ms` the share rises; the data do not say
    where.

    The band is pointwise: Wilson's interval for as many observations as would vary as much (Korn and
    Graubard, Survey Methodology 24 (1998) 193-201), from a bootstrap over draws of the holds,
    which all variants of a block share; where all are released, for as many as there are draws. With
    continuous inspection times it is approximate (Sen, Banerjee and Woodroofe, Annals of Statistics 38
    (2010) 1953-1977: a bootstrap of this estimate varies slightly too little).
    """
    times = observed.times
    problem = Intervals(times["low_ms"], times["high_ms"])
    mass, _ = problem.fit(np.ones((1, problem.size)))
    released = np.clip(np.cumsum(mass[0]), 0, 1)
    released[released > 1 - _ROUNDING] = 1.0
    number = _effective_number(released, problem, times, seed, resamples)
    low, high = wilson_arrays(released * number, number, confidence=confidence)
    return pd.DataFrame(
        {
            "left_ms": problem.left,
            "right_ms": problem.right,
            "mass": mass[0],
            "released": released,
            "low": low,
            "high": high,
        }
    )


def _effective_number(
    released: Floats, problem: Intervals, times: pd.DataFrame, seed: int, resamples: int
) -> Floats:
    """The number of independent observations whose shares would vary as those of a bootstrap do."""
    if not problem.size:
        return np.empty(0)
    cluster = times.groupby("draw", observed=True).ngroup().to_numpy()
    clusters = int(cluster.max()) + 1
    rng = np.random.default_rng(seed)
    batch = max(1, _AT_ONCE // problem.size)
    parts = []
    for first in range(0, resamples, batch):
        drawn = rng.multinomial(
            clusters, np.full(clusters, 1 / clusters), size=min(batch, resamples - first)
        )
        mass, _ = problem.fit(drawn[:, cluster].astype(np.float64), BAND_TOLERANCE)
        parts.append(np.cumsum(mass, axis=1))
    variance: Floats = np.concatenate(parts).var(axis=0)
    number = np.full(released.size, float(clusters))
    some = (released > _ROUNDING) & (released < 1) & (variance > _ROUNDING)
    number[some] = (released * (1 - released))[some] / variance[some]
    return np.asarray(np.clip(number, 1.0, problem.size))


@dataclass(frozen=True)
class Unreleased:
    """The share of blocked operations that were still held at `at_ms`, the longest observation.

    `high` bounds it, and with it the share that would never be released.
    """

    at_ms: float
    share: float
    high: float
    confidence: float

    @property
    def sentence(self) -> str:
        """The bound, in a sentence."""
        if math.isnan(self.share):
            return "No operation was blocked."
        text = (
            f"Of those that were blocked, {percent(self.share)} % were still held after the longest "
            f"observation, {milliseconds(self.at_ms)}"
        )
        if self.high == 1:
            return f"{text}: too few to bound the share that is never released."
        level = f"{100 * self.confidence:g} %"
        return f"{text}: so at most {percent(self.high, 'up')} % are never released ({level})."


def unreleased(
    observed: HoldTimes, *, confidence: float = 0.95, seed: int = 0, resamples: int = RESAMPLES
) -> Unreleased:
    """Bound the share that is never released.

    The bound is that of the band of `hold_time_distribution` at the end of the longest observation.
    """
    times = observed.times
    if times.empty:
        return Unreleased(math.nan, math.nan, 1.0, confidence)
    watched = np.where(np.isfinite(times["high_ms"]), times["high_ms"], times["low_ms"]).max()
    table = hold_time_distribution(observed, confidence=confidence, seed=seed, resamples=resamples)
    seen = table[table["right_ms"] <= watched]
    released, low = (0.0, 0.0) if seen.empty else (seen["released"].iloc[-1], seen["low"].iloc[-1])
    return Unreleased(float(watched), float(1 - released), float(1 - low), confidence)
