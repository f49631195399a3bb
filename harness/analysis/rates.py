"""Failure rates of the variants of a case, with intervals, and in words that claim no more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from harness.analysis.grouping import counted, one_case, variant_columns, variant_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def failure_rates(trials: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Failure rates of the variants of one case.

    `trials` as in `Frames.trials`; those that do not count are left out (`grouping.counted`). Returns
    one row a variant, index `variant`: `strategy`, `factors` (text), `trials`, `failures` (int64),
    `rate`, `low`, `high` (shares, 0 to 1; Wilson's interval) and `words` (`rate_words`).

    Raises `InvalidInputError` for trials of several cases.
    """
    one_case(trials)
    trials = counted(trials)
    variant = variant_of(trials)
    codes = variant.cat.codes.to_numpy()
    rows = variant_columns(trials, variant)
    failed = (trials["outcome"] != "ok").to_numpy(dtype=bool)
    rows["trials"] = np.bincount(codes, minlength=len(rows)).astype(np.int64)
    rows["failures"] = np.bincount(codes[failed], minlength=len(rows)).astype(np.int64)
    rows["rate"] = rows["failures"] / rows["trials"]
    rows["low"], rows["high"] = wilson(rows["failures"], rows["trials"], confidence=confidence)
    words = [
        rate_words(int(failures), int(number), confidence=confidence)
        for failures, number in zip(rows["failures"], rows["trials"], strict=True)
    ]
    rows["words"] = pd.Series(words, index=rows.index, dtype=object)
    return rows


def wilson(
    failures: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson's score interval for each rate of two arrays; (0, 1) where there are no trials.

    `harness.summary.statistics.wilson` for arrays. Source: Wilson, JASA 22 (1927) 209-212; recommended
    by Brown, Cai and DasGupta, Statistical Science 16 (2001) 101-133.
    """
    k = np.atleast_1d(np.asarray(failures, dtype=np.float64))
    n = np.atleast_1d(np.asarray(trials, dtype=np.float64))
    low, high = proportion_confint(k, np.maximum(n, 1), alpha=1 - confidence, method="wilson")
    # exact at the ends, where rounding would leave 1e-17
    low = np.where(k == 0, 0.0, np.maximum(low, 0.0))
    return low, np.where(k >= n, 1.0, np.minimum(high, 1.0))


def rate_words(failures: int, trials: int, *, confidence: float = 0.95) -> str:
    """Say a failure rate: ``0 of 400: at most 1.0 % (95 %)``; with none or only failures, as a bound.

    Bounds are rounded outwards, so that what is said holds.
    """
    if trials == 0:
        return "no trials"
    low, high = (float(bound[0]) for bound in wilson(failures, trials, confidence=confidence))
    of, level = f"{failures:,} of {trials:,}", f"{100 * confidence:g} %"
    if failures == 0:
        return f"{of}: at most {_outwards(high, up=True)} % ({level})"
    if failures == trials:
        return f"{of}: at least {_outwards(low, up=False)} % ({level})"
    interval = f"{_outwards(low, up=False)} to {_outwards(high, up=True)} %"
    rate = failures / trials
    return f"{of}: {100 * rate:.{_decimals(rate)}f} % ({interval}, {level})"


def _outwards(share: float, *, up: bool) -> str:
    """A share in per cent, rounded up or down."""
    decimals = _decimals(share)
    value = 100 * share * 10**decimals
    # 1e-9: what is exact in decimals stays where it is
    rounded = math.ceil(value - 1e-9) if up else math.floor(value + 1e-9)
    return f"{rounded / 10**decimals:.{decimals}f}"


def _decimals(share: float) -> int:
    """One decimal of a percentage, or two significant figures of what it lacks to 0 or 100."""
    lacks = 100 * min(share, 1 - share)
    return 1 if lacks >= 0.1 or lacks <= 0 else 1 - math.floor(math.log10(lacks))  # noqa: PLR2004
