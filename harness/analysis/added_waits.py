"""The wait that a strategy adds: how long after the release of its hold an operation went on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.failure_runs import KEY

if TYPE_CHECKING:
    import pandas as pd

    from harness.analysis.selection import Case


def added_waits(case: Case) -> pd.DataFrame:
    """Return the operations of a case with `wait_ms`, the wait beyond the release of their last hold.

    0 for an operation that failed, which is counted as such. NaN where nothing is injected: no receipt
    says when a hold ended.
    """
    attempts = case.attempts.groupby(KEY)["start_ms"].agg(["min", "max"])
    rows = case.operations.join(attempts, on=KEY)
    if case.is_ambient:
        return rows.assign(wait_ms=math.nan)
    released = case.holds.groupby(KEY)["released_ms"].max().rename("released_ms")
    rows = rows.join(released, on=KEY)
    from_ms = np.maximum(rows["released_ms"].fillna(-math.inf), rows["min"])
    waits = (rows["max"] - from_ms).clip(lower=0).fillna(0.0)
    return rows.assign(wait_ms=waits.where(rows["outcome"] == "ok", 0.0))
