"""How each variant of each case did, for a million trials at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from harness.frames.definition import CASE, VARIANT, group_numbers
from harness.summary.statistics import wilson

if TYPE_CHECKING:
    from harness.frames.definition import Frames

KEYS: Final = (*CASE, *VARIANT)


def variant_summary(frames: Frames) -> pd.DataFrame:
    """Failures, their rate and the median time to persist: one row a variant of a case (RangeIndex).

    Columns: those of `KEYS` (category), `trials` that count and their `failures` (int64),
    `failure_rate` with `low` and `high` (shares; Wilson's 95 % interval), `median_ms` (float64; failed
    trials count as never, so it may be ``inf``). Void blocks and harness errors are left out.
    """
    trials = frames.counted
    variant, _ = pd.factorize(group_numbers(trials, KEYS), sort=True)
    failed = (trials["outcome"] != "ok").to_numpy()
    order = np.argsort(variant, kind="stable")
    counts = np.bincount(variant)
    times = np.where(failed, np.inf, trials["elapsed_ms"])[order]
    ends = np.cumsum(counts)
    rows = pd.DataFrame(trials.iloc[order[ends - counts]][list(KEYS)].reset_index(drop=True))
    rows["trials"] = counts
    rows["failures"] = np.bincount(variant[failed], minlength=len(counts))
    rows["failure_rate"] = rows["failures"] / rows["trials"]
    pairs = zip(rows["failures"], rows["trials"], strict=True)
    rows[["low", "high"]] = np.array([wilson(*pair) for pair in pairs]).reshape(-1, 2)
    rows["median_ms"] = [
        _median(times[end - count : end]) for end, count in zip(ends, counts, strict=True)
    ]
    return rows


def _median(times: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """The median as `harness.summary.statistics.quantile` defines it."""
    place = (len(times) + 1) // 2 - 1
    return float(np.partition(times, place)[place])
