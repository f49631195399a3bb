"""Times to persist, over all trials, where failures count as infinite.

A strategy that gives up early must not look fast. So there are no means of the time to persist, only
quantiles and distributions, in which a failed trial is ``inf``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom

from harness.analysis.grouping import one_case, variant_of
from harness.frames.definition import VARIANT
from harness.frames.observations import counted, draw_numbers, effective_number
from harness.summary.statistics import rank
from harness.text import milliseconds

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Floats = NDArray[np.float64]

_ROUNDING: Final = 1e-9


def persist_times(
    trials: pd.DataFrame, *, shares: Sequence[float] = (0.5, 0.95), confidence: float = 0.95
) -> pd.DataFrame:
    """Quantiles of the time to persist, for the variants of one case.

    `trials` as in `Frames.trials`; those that do not count are left out. Returns one row per variant
    and share (RangeIndex): `variant`, `strategy`, `factors`, `trials`, `failures`, `share`, `time_ms`,
    `low_ms`, `high_ms` (``inf``: not reached, or too few trials for a bound), `coverage` (of
    `quantile_interval`) and `text`.

    Raises `InvalidInputError` for trials of several cases.
    """
    rows = [
        (*head.values(), share, *quantile_interval(times, share, number=number, confidence=confidence))
        for head, times, number in _by_variant(trials)
        for share in shares
    ]
    columns = [*_HEAD, "share", "time_ms", "low_ms", "high_ms", "coverage"]
    table = pd.DataFrame(rows, columns=columns)
    known = zip(table["time_ms"], table["low_ms"], table["high_ms"], strict=True)
    return table.assign(text=[_text(*each) for each in known])


def time_distributions(trials: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """The share of trials persisted by each time, for the variants of one case, to draw as steps.

    Returns one row per variant and step (RangeIndex): `variant`, `strategy`, `factors`, `trials`,
    `failures` and the columns of `distribution`. The last share of a variant is its share of successes.
    """
    parts = [
        distribution(times, number=number, confidence=confidence).assign(**head)
        for head, times, number in _by_variant(trials)
    ]
    columns = [*_HEAD, "time_ms", "share", "low", "high"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]


def quantile_interval(
    times: ArrayLike, share: float, *, number: float | None = None, confidence: float = 0.95
) -> tuple[float, float, float, float]:
    """A quantile (`rank`), its interval between two order statistics, and that interval's coverage.

    The interval assumes nothing about the distribution: the number of values below the quantile is
    binomial (Hahn and Meeker, Statistical Intervals, 1991, section 5.2), each tail at most half of
    1 - `confidence`; with ties it covers more. It starts at 0 or ends at ``inf`` where there are too few
    values to bound it, and all is NaN without values. Where the values amount to a smaller `number` of
    independent ones (`harness.frames.observations.effective_number`), it is between the order statistics
    of so many, spread over all of them (Woodruff, JASA 47 (1952) 635-646).
    """
    ordered = np.sort(np.asarray(times, dtype=np.float64))
    if ordered.size == 0:
        return math.nan, math.nan, math.nan, math.nan
    n = ordered.size if number is None else math.floor(number + _ROUNDING)
    tail = (1 - confidence) / 2
    # ranks from 1: rank 0 and rank n + 1 are the ends of what a time can be
    lower = int(binom.ppf(tail, n, share))
    upper = int(binom.ppf(1 - tail, n, share)) + 1
    value = ordered[rank(share, ordered.size) - 1]
    low = ordered[(lower - 1) * ordered.size // n] if lower else 0.0
    high = ordered[-(-upper * ordered.size // n) - 1] if upper <= n else math.inf
    coverage = binom.cdf(upper - 1, n, share) - binom.cdf(lower - 1, n, share)
    return float(value), float(low), float(high), float(coverage)


def distribution(
    times: ArrayLike, *, number: float | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """The empirical distribution function of times, ``inf`` for never, with a band.

    Returns one row per step (RangeIndex), from 0 ms on: `time_ms`, `share`, `low`, `high`. The
    band contains the whole true function with the given confidence (Dvoretzky, Kiefer and
    Wolfowitz 1956 with the constant of Massart, Annals of Probability 18 (1990) 1269-1283), for the
    `number` of independent times that they amount to (all of them, if not given). Without times: no
    rows.
    """
    values = np.asarray(times, dtype=np.float64)
    n = values.size
    if not n:
        return pd.DataFrame(columns=["time_ms", "share", "low", "high"], dtype=np.float64)
    at, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    done: NDArray[np.int64] = np.cumsum(counts)
    if not at.size or at[0] > 0:
        at, done = np.r_[0.0, at], np.r_[0, done]
    share = done / n
    half = math.sqrt(math.log(2 / (1 - confidence)) / (2 * (n if number is None else number)))
    low, high = np.maximum(share - half, 0), np.minimum(share + half, 1)
    return pd.DataFrame({"time_ms": at, "share": share, "low": low, "high": high})


_HEAD: Final = ("variant", "strategy", "factors", "trials", "failures")


def _by_variant(trials: pd.DataFrame) -> Iterator[tuple[dict[str, Any], Floats, float]]:
    """For each variant, its values of `_HEAD`, its times to persist, and as how many of them count."""
    one_case(trials)
    trials = counted(trials)
    for variant, part in trials.groupby(variant_of(trials), observed=True):
        strategy, factors = (str(part[name].iloc[0]) for name in VARIANT)
        elapsed = part["elapsed_ms"].to_numpy(dtype=np.float64)
        failed = (part["outcome"] != "ok").to_numpy(dtype=bool)
        head = (str(variant), strategy, factors, len(part), int(failed.sum()))
        times = np.where(failed, math.inf, elapsed)
        yield dict(zip(_HEAD, head, strict=True)), times, effective_number(draw_numbers(part))


def _text(value: float, low: float, high: float) -> str:
    """A quantile with its interval, as far as that is bounded."""
    text = milliseconds(value)
    if math.isinf(low):
        return text
    least = milliseconds(low, "down")
    if math.isinf(high):
        return f"{text} (at least {least})" if low else f"{text} (too few trials to bound it)"
    return f"{text} ({least} to {milliseconds(high, 'up')})"
