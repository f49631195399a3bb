"""Count the rows of trials: the one place where rates, quantiles and means are computed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from harness.summary.model import VariantSummary
from harness.summary.statistics import effective_number, quantile
from harness.summary.trial_row import TrialRow


def tally(rows: Sequence[TrialRow]) -> dict[str, Any]:
    """The numbers of trials that count, named as in `harness.summary.model.VariantSummary`."""
    failed = [row for row in rows if row.failed]
    times = [math.inf if row.failed else row.elapsed_ms for row in rows]
    reruns = [row.rerun for row in failed if row.rerun]
    return {
        "trials": len(rows),
        "effective_trials": effective_number(Counter(row.draw for row in rows).values()),
        "failures": len(failed),
        "outcomes": dict(Counter(row.outcome for row in rows)),
        "held": sum(row.held for row in rows),
        "left": dict(Counter(row.left for row in rows if row.failed or row.left)),
        "median_ms": quantile(times, 0.5),
        "p95_ms": quantile(times, 0.95),
        "total_failing_ms": math.fsum(row.elapsed_ms for row in failed),
        "mean_attempts": fmean(row.attempts for row in rows) if rows else math.nan,
        "max_attempts": max((row.attempts for row in rows), default=0),
        "mean_calls": fmean(row.calls for row in rows) if rows else math.nan,
        "mean_ms": math.fsum(row.elapsed_ms for row in rows) / len(rows) if rows else math.nan,
        "leftover_files": sum(row.leftover_files for row in rows),
        "leftover_bytes": sum(row.leftover_bytes for row in rows),
        "reruns": len(reruns),
        "recovered": reruns.count("ok"),
    }


def variant_summary(rows: Sequence[TrialRow], **about: Any) -> VariantSummary:
    """The summary of a variant from its trials that count; `about` has its other values."""
    return VariantSummary(**tally(rows), **about)
