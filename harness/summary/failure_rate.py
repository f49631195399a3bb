"""The failures of some trials as part of a model: their number, their rate and its interval."""

from __future__ import annotations

import math

from pydantic import computed_field

from harness.summary.statistics import Interval, wilson
from harness.summary.summary_model import SummaryModel


class CountedFailures(SummaryModel):
    """The failures of a strategy or of a variant."""

    trials: int
    """Number of trials that count: not of a void block, and not ended as ``harness-error``."""
    effective_trials: float
    """Number of trials that the interval is for: `trials` where each has a draw of its own; else fewer,
    as trials of one draw of the holds are repeated measurements.
    """
    failures: int
    """Number of trials that count and did not end as ``ok``."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def failure_rate(self) -> float:
        """Share of the trials that failed."""
        return self.failures / self.trials if self.trials else math.nan

    @computed_field  # type: ignore[prop-decorator]
    @property
    def failure_rate_95(self) -> Interval:
        """Wilson's 95 % interval of the failure rate."""
        return wilson(self.failure_rate * self.effective_trials, self.effective_trials)
