"""Statistics of a summary, in plain Python: the measured machine loads nothing of the lab extra."""

from __future__ import annotations

import math
from bisect import bisect_left
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


def sign_test(more: int, less: int) -> float:
    """Two-sided p-value of the hypothesis that a difference has either sign with the same probability.

    `more` and `less` are the numbers of pairs that differ in either direction. On pairs of failures it
    is the exact form of McNemar's test (Psychometrika 12 (1947) 153-157); 1 where no pair differs.
    """
    return min(1.0, 2 * _at_most(min(more, less), more + less))


def fisher_test(failures: int, trials: int, other_failures: int, other_trials: int) -> float:
    """Two-sided p-value of Fisher's exact test for the failures of two independent samples.

    The sum of the probabilities of all tables that are at most as probable as the one found, given its
    margins (Fisher, "The logic of inductive inference", JRSS 98 (1935) 39-82).
    """
    failed = failures + other_failures
    possible = range(max(0, failed - other_trials), min(trials, failed) + 1)
    ways = {each: _log_ways(trials, each) + _log_ways(other_trials, failed - each) for each in possible}
    most = max(ways.values())
    found = ways[failures] + 1e-7  # tables of the same probability, apart from rounding
    tail = math.fsum(math.exp(way - most) for way in ways.values() if way <= found)
    return min(1.0, tail / math.fsum(math.exp(way - most) for way in ways.values()))


def median_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """The interval of a median between two order statistics, whatever the distribution.

    Infinite where there are too few values: at 95 %, fewer than 6. Source: Conover, Practical
    Nonparametric Statistics (3rd edition, 1999), section 3.2.
    """
    ordered, number = sorted(values), len(values)
    outside = math.nextafter((1 - confidence) / 2, 1)
    ranks = range(number // 2 + 1)
    cut = bisect_left(ranks, True, key=lambda each: _at_most(each, number) > outside)
    if cut == 0:
        return Interval(-math.inf, math.inf)
    return Interval(ordered[cut - 1], ordered[number - cut])


def _at_most(heads: int, coins: int) -> float:
    """The probability of at most so many heads (no more than half of the coins)."""
    probable = math.exp(_log_ways(coins, heads) - coins * math.log(2))
    tail = 0.0
    while probable > tail * 1e-17:
        tail += probable
        probable *= heads / (coins - heads + 1)
        heads -= 1
    return tail


def _log_ways(number: int, chosen: int) -> float:
    """The logarithm of the number of ways to choose."""
    return math.lgamma(number + 1) - math.lgamma(chosen + 1) - math.lgamma(number - chosen + 1)
