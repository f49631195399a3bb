"""Estimates from pairs, with intervals, and the verdicts that follow from an interval and a margin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np
from scipy.stats import bootstrap, norm, permutation_test
from statsmodels.stats.multitest import multipletests

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Verdict = Literal["better", "worse", "equivalent", "undecided"]

MIN_TIME_BLOCKS: Final = 20
"""Fewer blocks give no interval of time: a bootstrap can only draw from the blocks that there are."""

CLOCK_MS: Final = 0.001
"""Resolution of the record. A shorter time counts as this long, so that it has a logarithm."""

POWER: Final = 0.8
"""The probability that a comparison of the advised size reaches a verdict, if the estimate is right."""

RESAMPLES: Final = 4999
SAME: Final = 1e-12
"""Smaller differences are rounding."""
_DRAWS_AT_ONCE: Final = 4_000_000  # of indices, 32 MB
_MOST_FOR_BCA: Final = 2000  # blocks; the jackknife of BCa takes their square


class Estimate(NamedTuple):
    """An estimate and its confidence interval."""

    value: float
    low: float
    high: float


def paired_difference(
    only_first: int, only_second: int, blocks: int, *, confidence: float = 0.95
) -> Estimate:
    """The difference of two paired rates; in `only_first` of the blocks only the first variant failed, …

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


def paired_ratio(
    times: ArrayLike,
    baseline: ArrayLike,
    *,
    rng: np.random.Generator,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
) -> Estimate:
    """The ratio of the times of two variants, from finite times (ms) in pairs.

    It is the geometric mean of the ratios within blocks, which is the ratio of the geometric means:
    within a block, the effect of the hold on both cancels; every block counts, where a median ignores
    whatever happens in fewer than half of them; and a to b times b to c is a to c. (Fleming and Wallace,
    Communications of the ACM 29 (1986) 218-221; bioequivalence compares ratios in the same way.)

    Interval: bootstrap over blocks, BCa (Efron, JASA 82 (1987) 171-185), percentile above 2,000 blocks,
    where the correction vanishes. Like any bootstrap it draws only from the blocks that there are: a
    kind of block that makes up less than 3 / n of all may be missing from n. With fewer than
    `MIN_TIME_BLOCKS` blocks it is 0 to ``inf``; without any, the estimate is NaN.
    """
    logs = log_ratios(times, baseline)
    if not logs.size:
        return Estimate(math.nan, 0.0, math.inf)
    value = math.exp(logs.mean())
    if logs.size < MIN_TIME_BLOCKS:
        return Estimate(value, 0.0, math.inf)
    if np.ptp(logs) < SAME:
        return Estimate(value, value, value)
    found = bootstrap(
        (logs,),
        np.mean,
        n_resamples=resamples,
        batch=max(1, _DRAWS_AT_ONCE // logs.size),
        vectorized=True,
        confidence_level=confidence,
        method="BCa" if logs.size <= _MOST_FOR_BCA else "percentile",
        rng=rng,
    ).confidence_interval
    return Estimate(value, math.exp(found.low), math.exp(found.high))


def sign_change_p(logs: NDArray[np.float64], resamples: int, rng: np.random.Generator) -> float:
    """P-value of the hypothesis that logarithms of ratios have either sign with the same probability.

    That holds for variants without a difference, in random order within blocks. Permutation test of
    their mean (Fisher 1935): exact for few blocks, else from `resamples` draws. NaN without any.
    """
    if not logs.size:
        return math.nan
    if logs.size == 1 or np.abs(logs).max() < SAME:
        return 1.0
    found = permutation_test(
        (logs,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        batch=max(1, _DRAWS_AT_ONCE // logs.size),
        rng=rng,
    )
    return float(found.pvalue)


def verdict(estimate: Estimate, margin: float) -> Verdict:
    """The verdict on a difference (below 0 is better), where sizes up to `margin` do not matter.

    ``better`` or ``worse``: the whole interval is beyond the margin. ``equivalent``: all of it is within
    the margins (two one-sided tests: Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15
    (1987) 657-680). Else ``undecided``.
    """
    if estimate.high <= -margin:
        return "better"
    if estimate.low >= margin:
        return "worse"
    return "equivalent" if -margin < estimate.low and estimate.high < margin else "undecided"


def blocks_needed(estimate: Estimate, margin: float, blocks: int, *, confidence: float = 0.95) -> float:
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
    only_first: int, only_second: int, blocks: int, margin: float, *, confidence: float = 0.95
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


def _z(confidence: float) -> float:
    return float(norm.ppf((1 + confidence) / 2))


def _z_power(value: float, margin: float) -> float:
    """The normal quantile of `POWER`; within the margins, on both sides."""
    return float(norm.ppf((1 + POWER) / 2 if abs(value) < margin else POWER))


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """P-values with Holm's correction; NaN stays NaN, and does not count as a test."""
    given = np.asarray(p_values, dtype=np.float64)
    corrected = given.copy()
    known = ~np.isnan(given)
    if known.any():
        corrected[known] = multipletests(given[known], method="holm")[1]
    return corrected


def log_ratios(times: ArrayLike, baseline: ArrayLike) -> NDArray[np.float64]:
    """The logarithms of the ratios of times in pairs."""
    first, second = (np.maximum(np.asarray(each, np.float64), CLOCK_MS) for each in (times, baseline))
    return np.log(first) - np.log(second)
