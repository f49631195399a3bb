"""Estimates of differences, with intervals, and the numbers of blocks that would decide them.

Plain Python: terminal, JSON, report and notebooks all compare with these functions, and the first two
run on the measured machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, fmean
from typing import Final, NamedTuple

from harness.summary.statistics import Interval, wilson
from harness.summary.student_t import t_quantile

MIN_TIME_DRAWS: Final = 20
"""Fewer draws give no interval of time: none could tell how skewed the times are."""

CLOCK_MS: Final = 0.001
"""Resolution of the record. A shorter time counts as this long, so that it has a logarithm."""

POWER: Final = 0.8
"""The probability that a comparison of the advised size reaches a verdict, if the estimate is right."""

SAME: Final = 1e-12
"""Smaller differences are rounding."""
ROUNDING_MS: Final = 0.0005
"""Half of the record's resolution."""


class Estimate(NamedTuple):
    """An estimate and its confidence interval."""

    value: float
    low: float
    high: float

    @property
    def interval(self) -> Interval:
        """The interval alone."""
        return Interval(self.low, self.high)


def paired_difference(
    only_first: float, only_second: float, blocks: float, *, confidence: float = 0.95
) -> Estimate:
    """The difference of two paired rates; in `only_first` of the blocks only the first variant failed, …

    The numbers need not be whole: repeated measurements of a draw count together.

    Interval: Wald's, adjusted by one more pair of each discordant kind (Bonett and Price, Journal of
    Educational and Behavioral Statistics 37 (2012) 479-488); recommended, with those of Tango and
    Newcombe, by Fagerland, Lydersen and Laake, Statistics in Medicine 33 (2014) 2850-2875. It has a
    width even where no pair is discordant. Without blocks: NaN, -1 to 1.
    """
    first, second = (only_first + 1) / (blocks + 2), (only_second + 1) / (blocks + 2)
    centre = first - second
    half = _z(confidence) * math.sqrt((first + second - centre**2) / (blocks + 2))
    value = (only_first - only_second) / blocks if blocks else math.nan
    return Estimate(value, max(centre - half, -1.0), min(centre + half, 1.0))


def independent_difference(
    failures: float,
    trials: float,
    other_failures: float,
    other_trials: float,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """The difference of the rates of two independent samples, the first less the second.

    Interval: Newcombe's hybrid of two Wilson intervals (method 10, Statistics in Medicine 17 (1998)
    873-890). Without trials on both sides: NaN, -1 to 1.
    """
    if not trials or not other_trials:
        return Estimate(math.nan, -1.0, 1.0)
    first, second = failures / trials, other_failures / other_trials
    mine, other = (
        wilson(failures, trials, confidence),
        wilson(other_failures, other_trials, confidence),
    )
    value = first - second
    return Estimate(
        value,
        value - math.hypot(first - mine.low, other.high - second),
        value + math.hypot(mine.high - first, second - other.low),
    )


def mean_log(logs: Sequence[float], *, confidence: float = 0.95) -> Estimate:
    """The mean of logarithms of ratios of times, one for each draw of the holds.

    Its exponential is the geometric mean of the ratios within blocks, which is the ratio of the
    geometric means: within a block, the effect of the hold on both cancels; every block counts, where a
    median ignores whatever happens in fewer than half of them; and a to b times b to c is a to c.
    (Fleming and Wallace, Communications of the ACM 29 (1986) 218-221; bioequivalence compares ratios in
    the same way.)

    Interval: Student's t after a monotone transformation that removes the skewness (Hall, JRSS B 54
    (1992) 221-228, his second one). Of 20 exponential values it covers 95.5 % (a BCa bootstrap: 92 %),
    of 20 lognormal ones 92.5 %. Like any it knows only the blocks that there are: a kind of block that
    makes up less than 3 / n of all may be missing from n, and then it covers less (88 % at a tenth of
    20). With fewer than `MIN_TIME_DRAWS` it is without bounds; without any, the estimate is NaN.
    """
    size = len(logs)
    mean = fmean(logs) if logs else math.nan
    if size < MIN_TIME_DRAWS:
        return Estimate(mean, -math.inf, math.inf)
    if max(logs) - min(logs) < SAME:
        return Estimate(mean, mean, mean)
    from_mean = [each - mean for each in logs]
    deviation = math.sqrt(math.fsum(each**2 for each in from_mean) / (size - 1))
    skewness = math.fsum(each**3 for each in from_mean) / size / deviation**3
    root = math.sqrt(size)
    bend, shift = skewness / (3 * root), skewness / (6 * root)

    def back(z: float) -> float:
        """The t whose transform, t + bend t^2 + bend^2 t^3 / 3 + shift, is z."""
        straight = z - shift
        return (math.cbrt(1 + 3 * bend * straight) - 1) / bend if abs(bend) > SAME else straight

    z = t_quantile((1 + confidence) / 2, size - 1)
    scale = deviation / root
    return Estimate(mean, mean - scale * back(z), mean - scale * back(-z))


def independent_log_ratio(
    logs: Sequence[float], others: Sequence[float], *, confidence: float = 0.95
) -> Estimate:
    """The difference of the means of logarithms of times of two independent samples, first less second.

    Interval: that of each mean (`mean_log`), combined as Newcombe combines those of rates: the method of
    variance estimates recovery (Zou and Donner, Statistics in Medicine 27 (2008) 1693-1702).
    """
    mine, theirs = (mean_log(each, confidence=confidence) for each in (logs, others))
    value = mine.value - theirs.value
    return Estimate(
        value,
        value - math.hypot(mine.value - mine.low, theirs.high - theirs.value),
        value + math.hypot(mine.high - mine.value, theirs.value - theirs.low),
    )


def blocks_needed(
    estimate: Estimate, margin: float, blocks: float, *, confidence: float = 0.95
) -> float:
    """The approximate number of blocks for a verdict, if the estimate from `blocks` is right.

    The interval, which shrinks with the square root of the blocks, must fit between the estimate and the
    nearest margin with probability `POWER` (normal approximation). ``inf`` if the estimate is on the
    margin, where no number decides; NaN if there is no interval.
    """
    half = (estimate.high - estimate.low) / 2
    if not math.isfinite(half):
        return math.nan
    room = abs(abs(estimate.value) - margin)
    if room < SAME:
        return math.inf
    z, more = _z(confidence), _z_power(estimate.value, margin)
    return max(math.ceil(blocks * (half / room * (z + more) / z) ** 2), blocks + 1)


def pairs_needed(
    only_first: float, only_second: float, blocks: float, margin: float, *, confidence: float = 0.95
) -> float:
    """`blocks_needed` for `paired_difference`, whose interval shrinks faster while few pairs differ."""
    if not blocks:
        return math.nan
    difference = (only_first - only_second) / blocks
    room = abs(abs(difference) - margin)
    if room < SAME:
        return math.inf
    discordant = (only_first + only_second) / blocks
    k = _z(confidence) + _z_power(difference, margin)
    # k^2 (discordant n + 2) <= room^2 (n + 2)^2, solved for n + 2; the centre's square is left out
    root = math.sqrt((k * discordant) ** 2 + 8 * room**2 * (1 - discordant))
    return max(math.ceil(k * (k * discordant + root) / (2 * room**2) - 2), blocks + 1)


def log_ratio(time_ms: float, baseline_ms: float, resolution_ms: float = 0.0) -> float:
    """The logarithm of the ratio of two times; 0 where they differ by up to `resolution_ms`."""
    first, second = max(time_ms, CLOCK_MS), max(baseline_ms, CLOCK_MS)
    if abs(first - second) <= resolution_ms + ROUNDING_MS:
        return 0.0
    return math.log(first) - math.log(second)


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def _z_power(value: float, margin: float) -> float:
    """The normal quantile of `POWER`; within the margins, on both sides."""
    return NormalDist().inv_cdf((1 + POWER) / 2 if abs(value) < margin else POWER)
