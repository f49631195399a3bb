"""P-values, and their correction for several tests: beside verdicts, which follow from intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import permutation_test
from statsmodels.stats.multitest import multipletests

from harness.summary.paired_estimates import SAME

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

RESAMPLES: Final = 4999
_DRAWS_AT_ONCE: Final = 4_000_000  # of indices, 32 MB


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


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """P-values with Holm's correction; NaN stays NaN, and does not count as a test."""
    given = np.asarray(p_values, dtype=np.float64)
    corrected = given.copy()
    known = ~np.isnan(given)
    if known.any():
        corrected[known] = multipletests(given[known], method="holm")[1]
    return corrected
