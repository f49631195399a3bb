"""Failure rates of the variants of a case, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.grouping import one_case, variant_columns, variant_of
from harness.frames.observations import counted
from harness.frames.variant_summaries import variant_summaries
from harness.summary.statistics import wilson

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray


def failure_rates(trials: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Failure rates of the variants of one case.

    `trials` as in `Frames.trials`; those that do not count are left out (`counted`). Returns one row per
    variant, index `variant`: `strategy`, `factors` (text), `trials`, `failures` (int64),
    `effective_trials` (float64: `harness.frames.observations.effective_number`), `rate`, `low` and
    `high` (shares, 0 to 1; Wilson's interval for `effective_trials`).

    Raises `InvalidInputError` for trials of several cases.
    """
    one_case(trials)
    trials = counted(trials)
    summaries = next(iter(variant_summaries(trials).values()), [])
    rows = variant_columns(trials, variant_of(trials))
    rows["trials"] = np.array([each.trials for each in summaries], np.int64)
    rows["failures"] = np.array([each.failures for each in summaries], np.int64)
    number = np.array([each.effective_trials for each in summaries], np.float64)
    rows["effective_trials"] = number
    rows["rate"] = rows["failures"] / rows["trials"]
    rows["low"], rows["high"] = wilson_arrays(rows["rate"] * number, number, confidence=confidence)
    return rows


def wilson_arrays(
    failures: ArrayLike, trials: ArrayLike, *, confidence: float = 0.95
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`harness.summary.statistics.wilson` for each pair of two arrays: lower and upper bounds."""
    pairs = zip(np.asarray(failures).tolist(), np.asarray(trials).tolist(), strict=True)
    bounds = np.array([wilson(*pair, confidence) for pair in pairs]).reshape(-1, 2)
    return bounds[:, 0], bounds[:, 1]
